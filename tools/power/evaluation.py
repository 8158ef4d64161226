"""Requirement margins and scores of power vectors, over the samples of a rate model.

Each sample is compared with itself: KPIs before and after come from the same gains and activities and
from two windows' noise, as in a paired roll-out. The throughput a model shows before is anchored to the measured one.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from contracts.action import KpiPrediction
from contracts.kpi import CATALOGUE, Kpi
from contracts.measure import measure_kpi
from contracts.network import NetworkSnapshot
from contracts.problem import Objective, Problem
from tools.margins import relative_margin
from tools.power.kpis import KpiModel
from tools.power.model import Association, RateModel, State
from tools.power.utilities import utility

THROUGHPUT = (Kpi.UE_THP_DL_MEAN, Kpi.UE_THP_DL_P5)
LOW_QUANTILE = 0.03
"""Share of samples that may lie below the margin that the score maximises."""
HARM_CAP = 0.5
"""Margins beyond this share count no further."""
_STEP_SCALE = 0.1
"""A lost UE is a margin of -1 percentage point or less; scaled to be comparable with throughput."""
_RESERVE = 0.02
"""Margin that power saving and coverage keep before they look at their objective."""


@dataclass(frozen=True)
class Evaluator:
    """Judges powers for one problem on S samples.

    Attributes:
        model: the samples in the window after the action.
        present_model: the same samples in the window before it.
    """

    problem: Problem
    snapshot: NetworkSnapshot
    model: RateModel
    present_model: RateModel

    @cached_property
    def kpis(self) -> KpiModel:
        """KPIs with the problem's thresholds."""
        return KpiModel(self.model.knowledge, self.problem.thresholds)

    @cached_property
    def before(self) -> State:
        """The samples at present power, [1, S, ...]."""
        return self.present_model.evaluate(self.model.knowledge.power_mw[None])

    @cached_property
    def before_kpis(self) -> tuple[Tensor, ...]:
        """KPI of each requirement at present power, [1, S] each, un-anchored."""
        return tuple(
            self.kpis.value(s.requirement.kpi, s.requirement.cells, self.before, self.before)
            for s in self.problem.requirements
        )

    @cached_property
    def measured(self) -> tuple[float, ...]:
        """KPI of each requirement as the snapshot measures it."""
        return tuple(
            measure_kpi(
                s.requirement.kpi,
                s.requirement.cells,
                self.snapshot,
                self.snapshot,
                self.problem.thresholds,
            )
            for s in self.problem.requirements
        )

    @cached_property
    def anchors(self) -> tuple[float, ...]:
        """Measured over modelled present throughput of each requirement; 1 for other KPIs."""
        factors = []
        for sourced, modelled, measured in zip(
            self.problem.requirements, self.before_kpis, self.measured, strict=True
        ):
            level = float(modelled[0, 0])
            is_rate = sourced.requirement.kpi in THROUGHPUT and level > 0.0
            factors.append(measured / level if is_rate else 1.0)
        return tuple(factors)

    def state(self, power_mw: Tensor, association: Association | None = None) -> State:
        """The samples at powers [B, C]."""
        return self.model.evaluate(power_mw, association)

    def margins(self, state: State, smooth: bool = False) -> Tensor:
        """Relative margins [B, S, R] less the reserve each requirement asks for.

        Args:
            smooth: ratios through sigmoids, for gradients.
        """
        columns = []
        for sourced, before, anchor in zip(
            self.problem.requirements, self.before_kpis, self.anchors, strict=True
        ):
            r = sourced.requirement
            after = self.kpis.value(r.kpi, r.cells, state, self.before, smooth)
            margin = relative_margin(r, before * anchor, after * anchor)
            columns.append(margin - sourced.reserve_share)
        return torch.stack(columns, dim=-1)

    def worst(self, margins: Tensor) -> Tensor:
        """Margin that decides, [B, S]: throughput as it is; other KPIs only where they fail.

        Power and ratios hold or do not hold whatever the samples: being far inside them is no
        better than being just inside, so that saving power is not mistaken for safety.
        """
        columns = []
        for j, sourced in enumerate(self.problem.requirements):
            margin = margins[..., j]
            if sourced.requirement.kpi not in THROUGHPUT:
                unit = CATALOGUE[sourced.requirement.kpi].unit
                scaled = margin * _STEP_SCALE if unit == "percent" else margin
                margin = torch.where(margin < -1e-9, scaled, HARM_CAP)
            columns.append(margin.clamp(max=HARM_CAP))
        return torch.stack(columns, dim=-1).amin(-1)

    def score(self, power_mw: Tensor) -> Tensor:
        """One number [B] for ranking, larger is better; the same scale in every power tool.

        ``held + q + 0.02 * gain`` with ``held`` the share of samples in which all requirements hold
        and ``q`` the 3 % quantile of the deciding margin, at most its value in the measured network. For power saving and coverage margins count
        up to a reserve of 2 % only, and the relative gain of the objective decides beyond it:
        ``held + 5 * min(q, reserve) + gain``. With an upper limit on power asked for by the intent,
        power saving means meeting that limit with the least harm: the first formula.
        """
        state = self.state(power_mw)
        worst = self.worst(self.margins(state))
        held = (worst >= 0.0).to(worst.dtype).mean(-1)
        low = torch.minimum(worst.quantile(LOW_QUANTILE, dim=-1), worst[:, 0])
        gain = self.gain(state)
        if self.saves_first:
            return held + 5.0 * low.clamp(max=_RESERVE) + gain
        return held + low + 0.02 * gain

    def gain(self, state: State, smooth: bool = False) -> Tensor:
        """Improvement of the objective against present power, mean over samples, [B]."""
        return utility(self.problem, self.kpis, state, self.before, smooth).mean(-1)

    @cached_property
    def saves_first(self) -> bool:
        """Whether the objective, not the margins, decides beyond a reserve."""
        capped = any(
            s.origin == "intent" and s.requirement.kpi in (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER)
            for s in self.problem.requirements
        )
        if self.problem.objective is Objective.MIN_POWER:
            return not capped
        return self.problem.objective is Objective.COVERAGE

    def predictions(self, power_mw: Tensor) -> list[tuple[KpiPrediction, ...]]:
        """Predictions of every requirement's KPI for powers [B, C]; use with one sample."""
        state = self.state(power_mw)
        columns = []
        for sourced, measured, before, anchor in zip(
            self.problem.requirements, self.measured, self.before_kpis, self.anchors, strict=True
        ):
            r = sourced.requirement
            after = self.kpis.value(r.kpi, r.cells, state, self.before)[:, 0] * anchor
            if CATALOGUE[r.kpi].unit == "percent" and r.kpi is not Kpi.COVERAGE_LOSS_RATIO:
                after = (after - before[0, 0] + measured).clamp(0.0, 100.0)
            columns.append(
                [
                    KpiPrediction(
                        kpi=r.kpi, cells=r.cells, before_in_kpi_unit=measured, after_in_kpi_unit=a
                    )
                    for a in after.tolist()
                ]
            )
        return [tuple(row) for row in zip(*columns, strict=True)]
