"""The room that promises leave: how wide an envelope fits, found before the verifier is asked.

Every promise has something left at the powers in force, and each step of each cell costs some of
it: its own users where it goes down, those of others where it goes up. Both are measured on a few
paired roll-outs and read as the proof reads them (:mod:`agents.verifier.activation.tally`). The
widest envelope is that of the most valuable steps whose costs fit. What steps cost together is then
measured at the corners, and corrects the choice (space mapping, Bandler et al. 1994).

The verifier draws from seeds of its own and trusts none of this.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from agents.envelope import narrowed
from agents.handovers import kept_apart
from agents.papers import EnvelopeRoom, PromiseRoom
from agents.steps import Array, Step, choose, ways_of
from agents.verifier.activation.box import Box, Path, Powers
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.physical import check_physical
from agents.verifier.activation.proof import known_gap
from agents.verifier.activation.tally import Reading
from contracts.activation import ActivationPlan, Promise
from contracts.kpi import Kpi
from contracts.problem import PowerVariable
from contracts.requirement import Condition
from twins.flow import STEP_MS
from twins.kpis import PairedRollouts
from twins.rollout import Twin

Progress = Callable[[float], None]
"""Called with the share that is done."""

SEED = 77_011
_LOOK = 48
"""Roll-outs that say what is left, and what an envelope costs at its corners."""
_FEW = 16
"""Roll-outs that say what a step costs."""
_WIDENED = 1.25
"""Times the proof's factor, by which KPIs are moved away from their median: so many draws do not
show what hundreds of others will."""
_LEAST_ROOM = 0.25
"""Share of what is left that may be spent where that leaves nothing."""
_ROUNDS = 4
"""Choices that are tried at their corners."""
_ROUNDING = 1e-9
_UNDEFINED = 1e6
"""More than any promise has left, in any unit: what a KPI costs that becomes undefined."""


class Room:
    """What the promises of an action leave, on the twin conditioned on the network as it is.

    Args:
        widest: papers of the widest plan; no step goes beyond it.
        on_progress: told how far the measuring is.

    Attributes:
        gap_checks: whether the network is of the kind that the twin knows, in these draws.

    Raises:
        RanwrightError: what the twin refuses.
    """

    def __init__(
        self, widest: ActivationPapers, on_progress: Progress = lambda _share: None
    ) -> None:
        self._papers, self._promises = widest, widest.plan.promises
        self._twin = Twin(widest.scenario, widest.snapshot)
        self.gap_checks, _, factor = known_gap(widest, self._twin, SEED)
        self._present = Box.of(_still(widest.plan), widest.beside)
        here = self._present.corners()[: None if widest.beside else 1]
        windows = [self._window(p, _LOOK) for p in here]
        self._left = self._least(windows, self._present, factor)
        self._wide_factor = _WIDENED * factor
        self._margin = self._least(windows, self._present, self._wide_factor)
        self._here = [self._window(p, _FEW) for p in here]
        self._few = self._least(self._here, self._present, self._wide_factor)
        self._ways = ways_of(widest)
        self._apart = kept_apart(
            self._ways,
            Box.of(widest.plan, widest.beside),
            self._present,
            widest.scenario.cell_ids,
            self._serving,
        )
        self._cost = self._costs(on_progress)

    def fit(self, share: float) -> EnvelopeRoom:
        """The widest plan that spends a share of what is left, as far as a few roll-outs show."""
        left = tuple(
            PromiseRoom(requirement=p.requirement, left_in_kpi_unit=margin)
            for p, margin in zip(self._promises, self._left.tolist(), strict=True)
        )
        allowed = share * np.maximum(self._margin, _LEAST_ROOM * self._left)
        limit = left[self._limit(allowed)]
        return EnvelopeRoom(promises=left, limited_by=limit, plan=self._widest(allowed))

    def _widest(self, allowed: Array) -> ActivationPlan | None:
        room, tried = allowed, set[tuple[Step, ...]]()
        for _ in range(_ROUNDS):
            chosen = choose(self._ways, self._cost, room, self._apart)
            if not chosen or chosen in tried:
                return None
            tried.add(chosen)
            envelope = _reached(self._papers.plan, chosen)
            plan = narrowed(self._papers.plan, envelope, self._papers.snapshot)
            spent = self._spent(plan)
            if (spent <= allowed + _ROUNDING).all():
                return plan
            room = allowed - (spent - self._foreseen(chosen))
        return None

    def _limit(self, allowed: Array) -> int:
        if (self._left < 0.0).any():
            return int(self._left.argmin())
        in_the_way = self._cost > allowed + _ROUNDING
        return int(in_the_way.sum(0).argmax())

    def _costs(self, on_progress: Progress) -> Array:
        """[S, R] of each step with those before it; between a way's first and last it is even."""
        rows = [np.zeros((0, len(self._promises)))]
        for done, way in enumerate(self._ways, start=1):
            first = self._cost_of(way[0])
            last = self._cost_of(way[-1]) if len(way) > 1 else first
            rows.append(np.linspace(first, last, len(way)))
            on_progress(done / len(self._ways))
        return np.concatenate(rows)

    def _cost_of(self, step: Step) -> Array:
        """[R] what is lost where this cell alone may move so far, coming from its other end."""
        cell, present = step.cell_id, self._present
        (widest,) = [v for v in self._papers.plan.envelope if v.cell_id == cell]
        opposite_mw = widest.lower_mw if step.up else widest.upper_mw
        window = self._window(Path({cell: opposite_mw}, {cell: step.to_mw}), _FEW)
        lower_mw = present.lower_mw | {cell: min(step.to_mw, widest.current_mw)}
        upper_mw = present.upper_mw | {cell: max(step.to_mw, widest.current_mw)}
        worst = self._least([*self._here, window], Box(lower_mw, upper_mw), self._wide_factor)
        return (self._few - worst).clip(min=0.0)

    def _foreseen(self, chosen: Sequence[Step]) -> Array:
        """[R] what steps cost by themselves, summed."""
        steps = [step for way in self._ways for step in way]
        farthest = {(s.cell_id, s.up): i for i, s in enumerate(steps) if s in chosen}
        return np.asarray(self._cost[list(farthest.values())].sum(0))

    def _spent(self, plan: ActivationPlan) -> Array:
        """[R] what an envelope costs at its corners; all where a UE would not be covered."""
        papers = replace(self._papers, plan=plan)
        box = Box.of(plan, papers.beside)
        if not all(check.passed for check in check_physical(papers, box)):
            return np.full(len(self._promises), _UNDEFINED)
        corners = [self._window(p, _LOOK) for p in box.corners()]
        return self._margin - self._least(corners, box, self._wide_factor)

    def _window(self, path: Path, rollouts: int) -> PairedRollouts:
        watch_ms = self._papers.plan.watch_window_ms
        stages = [(path.come_from_mw, STEP_MS), (path.setting_mw, watch_ms)]
        return self._twin.roll_out_stages(stages, rollouts, SEED, STEP_MS)[-1]

    def _serving(self, powers_mw: Powers) -> Tensor:
        """[N, U] who is served where, at other powers; a step says as much as a window."""
        stages = [(powers_mw, STEP_MS)]
        return self._twin.roll_out_stages(stages, _FEW, SEED, STEP_MS)[-1].after.serving

    def _least(self, windows: Sequence[PairedRollouts], box: Box, factor: float) -> Array:
        """[R] margins in the worst roll-out, at the worst of all windows together, widened."""
        values = Reading(self._papers, box).worst(windows)
        centre = values.nanmedian(0).values
        stretched = centre + factor * (values - centre)
        margins = [_margin(p, stretched[:, r]) for r, p in enumerate(self._promises)]
        return np.array([float(m.nan_to_num(nan=-_UNDEFINED).min()) for m in margins])


def _margin(promise: Promise, values: Tensor) -> Tensor:
    """[N]; the plan's total keeps promises of summed power, whatever steps there are."""
    r = promise.requirement
    if r.kpi is Kpi.TX_POWER_TOTAL and r.condition is Condition.AT_MOST:
        return torch.zeros_like(values)
    margin: Tensor = r.margin(promise.before_in_kpi_unit, values)
    return margin


def _still(plan: ActivationPlan) -> ActivationPlan:
    """The plan with nothing moving."""
    envelope = tuple(
        v.model_copy(update={"lower_mw": v.current_mw, "upper_mw": v.current_mw})
        for v in plan.envelope
    )
    return plan.model_copy(update={"envelope": envelope})


def _reached(plan: ActivationPlan, chosen: Sequence[Step]) -> list[PowerVariable]:
    """The domains of the cells that take steps."""
    reached_mw: dict[int, list[int]] = {}
    for step in chosen:
        reached_mw.setdefault(step.cell_id, []).append(step.to_mw)
    return [
        v.model_copy(
            update={
                "lower_mw": min(v.current_mw, *reached_mw[v.cell_id]),
                "upper_mw": max(v.current_mw, *reached_mw[v.cell_id]),
            }
        )
        for v in plan.envelope
        if v.cell_id in reached_mw
    ]
