"""Requirement margins and scores of power vectors, over the samples of a rate model.

Each sample is compared with itself: KPIs before and after come from the same gains and activities
and from two windows' noise, as in a paired roll-out. The throughput that a model shows before is
anchored to the measured one.
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
from contracts.requirement import Condition
from tools.margins import SCALE_FLOOR
from tools.power.kpis import KpiModel
from tools.power.model import Association, RateModel, State
from tools.power.runtime import DTYPE
from tools.power.utilities import utility

THROUGHPUT = (Kpi.UE_THP_DL_MEAN, Kpi.UE_THP_DL_P5)
_LEAST_DEVIATION = 1e-3
"""Margins are never taken to be surer than this share of the threshold."""
_RARE = 1e-3
"""Probability that stands for "in no sample": keeps logarithms finite."""
_ENOUGH_LOG = -0.01
"""Log-probability beyond which power saving and coverage look at their objective alone."""
_HARM_WEIGHT = 10.0


@dataclass(frozen=True)
class Evaluator:
    """Judges powers for one problem on S samples.

    Attributes:
        model: the samples in the window after the action.
        present_model: the same samples in the window before it.
        extra_sd: [R] deviation of each margin that these samples lack (window noise), or None.
    """

    problem: Problem
    snapshot: NetworkSnapshot
    model: RateModel
    present_model: RateModel
    extra_sd: Tensor | None = None

    @cached_property
    def kpis(self) -> KpiModel:
        """KPIs with the problem's thresholds."""
        return KpiModel(self.model.knowledge, self.problem.thresholds)

    @cached_property
    def before(self) -> State:
        """The samples at present power, [1, S, ...]."""
        return self.present_model.evaluate(self.model.knowledge.power_mw[None])

    @cached_property
    def before_kpis(self) -> Tensor:
        """KPI of each requirement at present power, [1, S, R], un-anchored."""
        return self.values(self.before)

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
    def anchors(self) -> Tensor:
        """[R] measured over modelled present throughput of each requirement; 1 for other KPIs."""
        modelled = self.before_kpis[0, 0]
        rated = torch.tensor([k in THROUGHPUT for k in self._kinds]) & (modelled > 0.0)
        measured = torch.tensor(self.measured, dtype=modelled.dtype)
        return torch.where(rated, measured / modelled.clamp(min=1e-12), 1.0)

    @cached_property
    def bar(self) -> tuple[Tensor, Tensor]:
        """Thresholds and scales of the margins, [1, S, R] each, in the KPI's unit."""
        before = self.before_kpis * self.anchors
        thresholds = torch.stack(
            [
                s.requirement.threshold(before[..., j])
                for j, s in enumerate(self.problem.requirements)
            ],
            dim=-1,
        )
        floors = torch.tensor([SCALE_FLOOR[CATALOGUE[k].unit] for k in self._kinds])
        return thresholds, torch.maximum(thresholds.abs(), floors.to(thresholds.dtype))

    @cached_property
    def _kinds(self) -> tuple[Kpi, ...]:
        return tuple(s.requirement.kpi for s in self.problem.requirements)

    @cached_property
    def _means(self) -> Tensor:
        """[U, J] averages over the cohorts of the J requirements on mean throughput."""
        columns = []
        for sourced in self.problem.requirements:
            if sourced.requirement.kpi is Kpi.UE_THP_DL_MEAN:
                cohort = self.kpis.cohort(sourced.requirement.cells, True)
                column = torch.zeros(len(self.model.knowledge.ue_ids), dtype=DTYPE)
                column[cohort] = 1.0 / len(cohort)
                columns.append(column)
        return torch.stack(columns, dim=-1)

    @cached_property
    def _signs(self) -> Tensor:
        up = [s.requirement.condition is Condition.AT_LEAST for s in self.problem.requirements]
        return torch.where(torch.tensor(up), 1.0, -1.0).to(DTYPE)

    @cached_property
    def _reserves(self) -> Tensor:
        return torch.tensor([s.reserve_share for s in self.problem.requirements], dtype=DTYPE)

    def state(self, power_mw: Tensor, association: Association | None = None) -> State:
        """The samples at powers [B, C]."""
        return self.model.evaluate(power_mw, association)

    def values(self, state: State, smooth: bool = False) -> Tensor:
        """KPI of each requirement [B, S, R] in its unit; cohorts' means in one product."""
        by_mean = state.rates_mbps @ self._means if Kpi.UE_THP_DL_MEAN in self._kinds else None
        columns, used = [], 0
        for sourced in self.problem.requirements:
            r = sourced.requirement
            if by_mean is not None and r.kpi is Kpi.UE_THP_DL_MEAN:
                columns.append(by_mean[..., used])
                used += 1
            else:
                columns.append(self.kpis.value(r.kpi, r.cells, state, self.before, smooth))
        return torch.stack(columns, dim=-1)

    def margins(self, state: State, smooth: bool = False) -> Tensor:
        """Relative margins [B, S, R] less the reserve each requirement asks for.

        Args:
            smooth: ratios through sigmoids, for gradients.
        """
        threshold, scale = self.bar
        after = self.values(state, smooth) * self.anchors
        relative: Tensor = self._signs * (after - threshold) / scale - self._reserves
        return relative

    def log_held(self, margins: Tensor, smooth: bool = False) -> Tensor:
        """Logarithm of the estimated probability that all requirements hold, [B].

        Throughput and consumption margins are taken as normal with the samples' mean and deviation
        and as independent, ``sum_j ln Phi(mean_j / sd_j)``: far more can be learnt from few samples
        this way than by counting. Ratios count the samples that keep them; one missed in the
        measured network (the first sample) is taxed on top, and so are power limits.

        Args:
            margins: [B, S, R].
            smooth: leave ratios to the caller (a count has no gradient).
        """
        kinds = self._kinds
        normal = [j for j, k in enumerate(kinds) if k in (*THROUGHPUT, Kpi.PEE_AVG_POWER)]
        counted = [j for j, k in enumerate(kinds) if CATALOGUE[k].unit == "percent"]
        hard = [j for j, k in enumerate(kinds) if k is Kpi.TX_POWER_TOTAL]
        result = _HARM_WEIGHT * margins[:, 0, hard].add(1e-9).clamp(max=0.0).sum(-1)
        if normal:
            result = result + self._log_normal(margins[..., normal], normal)
        if counted and not smooth:
            chosen = margins[..., counted]
            missed = (chosen < -1e-9).any(-1).to(chosen.dtype)
            harm = chosen.clamp(max=0.0).mean(1).sum(-1)
            result = result + torch.log((1.0 - missed.mean(-1)).clamp(min=_RARE)) + harm
            result = result - missed[:, 0]
        return result

    def _log_normal(self, margins: Tensor, columns: list[int]) -> Tensor:
        mean, variance = margins.mean(1), margins.var(1, correction=min(1, margins.shape[1] - 1))
        if self.extra_sd is not None:
            variance = variance + self.extra_sd[columns] ** 2
        deviation = (variance + _LEAST_DEVIATION**2).sqrt()
        logs: Tensor = torch.special.log_ndtr(mean / deviation)
        return logs.sum(-1)

    def score(self, power_mw: Tensor) -> Tensor:
        """One number [B] for ranking, larger is better; the same scale in every power tool.

        ``log_held + 0.02 * gain``: the log-probability that all requirements hold, and a little of
        the objective's relative gain. Where the objective decides beyond enough certainty (power
        saving, coverage): ``10 * min(log_held, ln 0.99) + gain``.
        """
        state = self.state(power_mw)
        return self.combine(self.log_held(self.margins(state)), self.gain(state))

    def combine(self, log_held: Tensor, gain: Tensor) -> Tensor:
        """The score of a log-probability and a gain."""
        if self.saves_first:
            return _HARM_WEIGHT * log_held.clamp(max=_ENOUGH_LOG) + gain
        return log_held + 0.02 * gain

    def gain(self, state: State, smooth: bool = False) -> Tensor:
        """Improvement of the objective against present power, mean over samples, [B]."""
        return utility(self.problem, self.kpis, state, self.before, smooth).mean(-1)

    @cached_property
    def saves_first(self) -> bool:
        """Whether the objective decides beyond enough certainty.

        True for coverage, and for power saving without an upper limit on power in the intent: with
        one, saving means meeting that limit with the least harm.
        """
        capped = any(
            s.origin == "intent" and s.requirement.kpi in (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER)
            for s in self.problem.requirements
        )
        if self.problem.objective is Objective.MIN_POWER:
            return not capped
        return self.problem.objective is Objective.COVERAGE

    def predictions(self, power_mw: Tensor) -> list[tuple[KpiPrediction, ...]]:
        """Predictions of every requirement's KPI for powers [B, C], before as measured.

        After: throughput times the median ratio over samples, other KPIs plus the median shift.
        """
        measured = torch.tensor(self.measured, dtype=DTYPE)
        before, values = self.before_kpis, self.values(self.state(power_mw))
        ratio = (values / before.clamp(min=1e-12)).quantile(0.5, dim=1)
        shifted = measured + (values - before).quantile(0.5, dim=1)
        percent = torch.tensor([CATALOGUE[k].unit == "percent" for k in self._kinds])
        shifted = torch.where(percent, shifted.clamp(0.0, 100.0), shifted)
        rated = torch.tensor([k in THROUGHPUT for k in self._kinds])
        after = torch.where(rated, measured * ratio, shifted)
        return [
            tuple(
                KpiPrediction(
                    kpi=s.requirement.kpi,
                    cells=s.requirement.cells,
                    before_in_kpi_unit=now,
                    after_in_kpi_unit=value,
                )
                for s, now, value in zip(self.problem.requirements, self.measured, row, strict=True)
            )
            for row in after.tolist()
        ]
