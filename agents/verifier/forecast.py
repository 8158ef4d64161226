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
from contracts.gap import GapRecord
from contracts.kpi import CATALOGUE
from contracts.policy import GapRules
from contracts.stages import EffectForecast, KpiForecast, Stage
from contracts.verdict import Check, GapEvidence
from twins.conformal import p_value, reach, strangeness

FIRST_LOOK = 56
"""Roll-outs that location and scale are taken from."""

_USUAL_STRANGENESS = 3.0
"""Robust standard deviations up to which intervals are not widened."""
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
class Calibration:
    """Scores that the reach of the intervals is taken from, and what that rests on."""

    scores: tuple[float, ...]
    widening: float
    conditional_on: str

    @classmethod
    def on_rollouts(cls, expectation: Expectation, after: Tensor) -> Self:
        """The twin taken at its word."""
        later = expectation.residual(after[FIRST_LOOK:])
        return cls(tuple(later.tolist()), 1.0, "the plant being a network as the twin draws them")

    @classmethod
    def on_plants(cls, record: GapRecord, present: dict[str, float]) -> Self:
        """Outcomes on plants, each divided by the widening that it would have had."""
        figure, figures = strangeness(present, [o.discrepancy for o in record.outcomes])
        scores = [
            o.worst_residual / _widening(f) for o, f in zip(record.outcomes, figures, strict=True)
        ]
        return cls(
            tuple(scores),
            _widening(figure),
            f"plant and action being as usual as those of the {len(scores)} outcomes that the"
            " twin was compared with",
        )

    def half_widths(self, false_alarm_probability: float) -> float:
        """Reach of an interval."""
        return reach(self.scores, false_alarm_probability) * self.widening


def _widening(figure: float) -> float:
    return max(1.0, figure / _USUAL_STRANGENESS)


def gap_evidence(record: GapRecord, present: dict[str, float]) -> GapEvidence:
    """Where a snapshot stands among the plants of a record."""
    figure, figures = strangeness(present, [o.discrepancy for o in record.outcomes])
    return GapEvidence(
        record_digest=record.digest,
        plants=len(figures),
        discrepancy=present,
        p_value=p_value(figure, figures),
    )


def gap_checks(evidence: GapEvidence, half_widths: float, rules: GapRules) -> list[Check]:
    """Whether the plant is of the kind that the twin knows, and the intervals say something."""
    return [
        Check(
            name="gap.in_distribution",
            passed=evidence.p_value >= rules.least_p_value,
            reason=f"{evidence.p_value:.1%} of {evidence.plants} plants lie at least as far from"
            f" the twin; {rules.least_p_value:.1%} is the least",
        ),
        Check(
            name="gap.narrow_enough",
            passed=half_widths <= rules.max_half_widths,
            reason=f"a measured KPI may lie {half_widths:.2f} half-widths from the twin's median;"
            f" {rules.max_half_widths:g} are allowed",
        ),
    ]


def foretell(
    papers: Papers,
    changes: tuple[Changes, ...],
    windows_ms: tuple[int, ...],
    expectation: Expectation,
    calibration: Calibration,
) -> EffectForecast:
    """The intervals of all KPIs in all stages.

    Args:
        changes: of each stage.
        windows_ms: of each stage.
    """
    probability = papers.policy.forecast.false_alarm_probability
    half_widths = calibration.half_widths(probability)
    low = (expectation.median - half_widths * expectation.half_width).tolist()
    high = (expectation.median + half_widths * expectation.half_width).tolist()
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
        false_alarm_probability=probability,
        outcomes=len(calibration.scores),
        half_widths=half_widths,
        conditional_on=calibration.conditional_on,
    )
