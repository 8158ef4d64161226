"""Forecasts: between which values every KPI must be measured, stage by stage.

The first roll-outs say where a KPI will lie and how far it scatters. How many half-widths of that
an outcome may be off is not for the twin to say: it is the conformal quantile of outcomes on other
plants, or, where a policy takes the twin at its word, of the later roll-outs. The largest residual
over all KPIs and stages is one score, so the false-alarm rate is that of the whole action.
"""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from agents.verifier.papers import Papers
from agents.verifier.stages import Changes
from contracts.kpi import CATALOGUE
from contracts.stages import EffectForecast, KpiForecast, Stage
from twins.conformal import reach

FIRST_LOOK = 56
"""Roll-outs that location and scale are taken from."""

_LEAST_SHARE = 0.01
"""Of a throughput or power: no half-width is believed smaller."""


@dataclass(frozen=True)
class Expectation:
    """Median and half-width of the 90 % interval, [S, R] each, of R KPIs in S stages."""

    median: Tensor
    half_width: Tensor

    @classmethod
    def of(cls, after: Tensor, papers: Papers) -> Self:
        """From the first of the roll-outs [N, S, R]."""
        quantiles = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
        low, median, high = torch.nanquantile(after[:FIRST_LOOK], quantiles, dim=0)
        return cls(median, torch.maximum((high - low) / 2.0, _least(median, papers)))

    def residual(self, measured: Tensor) -> Tensor:
        """Largest distance of [..., S, R] from the median in half-widths; undefined is infinite."""
        off = (measured - self.median).abs() / self.half_width
        return off.nan_to_num(nan=math.inf).amax((-2, -1))


def _least(median: Tensor, papers: Papers) -> Tensor:
    """Of a ratio, one UE; of everything else, a share."""
    least = (_LEAST_SHARE * median.abs()).nan_to_num(nan=1.0).clamp_min(1e-9)
    for r, sourced in enumerate(papers.problem.requirements):
        if CATALOGUE[sourced.requirement.kpi].unit == "percent":
            ues = len(papers.snapshot.cohort(sourced.requirement.cells))
            least[:, r] = 100.0 / max(1, ues)
    return least


@dataclass(frozen=True)
class Reach:
    """How far an outcome may lie from the median, in half-widths, and what that rests on."""

    half_widths: float
    outcomes: int
    conditional_on: str

    @classmethod
    def of_rollouts(cls, expectation: Expectation, after: Tensor, probability: float) -> Self:
        """The twin taken at its word: what the later of the roll-outs [N, S, R] reach."""
        later = expectation.residual(after[FIRST_LOOK:]).tolist()
        condition = "the plant being a network as the twin draws them"
        return cls(reach(later, probability), len(later), condition)


def foretell(
    papers: Papers,
    changes: tuple[Changes, ...],
    windows_ms: tuple[int, ...],
    expectation: Expectation,
    allowed: Reach,
) -> EffectForecast:
    """The intervals of all KPIs in all stages.

    Args:
        changes: of each stage.
        windows_ms: of each stage.
    """
    off = allowed.half_widths * expectation.half_width
    low, high = (expectation.median - off).tolist(), (expectation.median + off).tolist()
    kpis = [(s.requirement.kpi, s.requirement.cells) for s in papers.problem.requirements]
    stages = []
    for s, (change, window_ms) in enumerate(zip(changes, windows_ms, strict=True)):
        forecasts = {
            kpi: KpiForecast(kpi=kpi[0], cells=kpi[1], low=low[s][r], high=high[s][r])
            for r, kpi in enumerate(kpis)
        }
        stages.append(
            Stage(changes=change, window_ms=window_ms, forecasts=tuple(forecasts.values()))
        )
    return EffectForecast(
        stages=tuple(stages),
        false_alarm_probability=papers.policy.forecast.false_alarm_probability,
        outcomes=allowed.outcomes,
        half_widths=allowed.half_widths,
        conditional_on=allowed.conditional_on,
    )
