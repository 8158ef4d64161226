"""Decides on the moves of one activation: solves, and asks only for what is worth it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.activation import Activation
from contracts.kpi import Kpi
from contracts.problem import Objective
from contracts.requirement import Condition
from tools.near_rt.limits import Limits
from tools.near_rt.model import Array, Index, Links, Network
from tools.near_rt.objective import STATISTIC_OF, Floor, Goal, MeanFloors, statistic
from tools.near_rt.solver import PowerSolver, Proposal
from xapps.power_control.settings import Settings

_LEAST_SCALE = 1e-3


@dataclass(frozen=True, slots=True)
class _Kept:
    """A promise of throughput: of which cells of the node [C], and what share of what it was."""

    cells: NDArray[np.bool_]
    share: float


class Mover:
    """One activation on one node.

    Args:
        activation: what is allowed.
        cells: of the node, ascending.
        settings: of the xApp.

    Attributes:
        proposal: of the latest solve.
    """

    def __init__(self, activation: Activation, cells: Sequence[int], settings: Settings) -> None:
        plan = activation.plan
        self.activation = activation
        self.proposal: Proposal | None = None
        self._cells = tuple(cells)
        self._settings = settings
        self._limits = Limits.of(plan.envelope, plan.max_total_power_mw, cells)
        self._solver = PowerSolver(settings.radio, self._limits)
        self._means, self._lows = self._kept(Kpi.UE_THP_DL_MEAN), self._kept(Kpi.UE_THP_DL_P5)
        self._not_before_ms = 0

    def decide(
        self, network: Network, power_mw: Mapping[int, int], kpm_time_ms: int
    ) -> dict[int, int]:
        """The powers to ask for by cell; none where nothing is worth a move, or it is too early.

        Args:
            network: as it is believed to be.
            power_mw: in force, by cell.
            kpm_time_ms: now.
        """
        if kpm_time_ms < self._not_before_ms:
            return {}
        present = np.array([float(power_mw[c]) for c in self._cells])
        links = Links.under(present, network, self._settings.radio)
        goal = self._goal(network, links, present)
        if goal is None:
            return {}
        self.proposal = self._solver.solve(network, links, present, goal)
        if self.proposal.gain < self._settings.least_gain:
            return {}
        return self._changes(self.proposal.power_mw, power_mw)

    def way_back(self, power_mw: Mapping[int, int], kpm_time_ms: int) -> dict[int, int]:
        """The base powers of cells that are elsewhere."""
        self._solver.forget()
        if kpm_time_ms < self._not_before_ms:
            return {}
        return {c: p for c, p in self.activation.plan.base_mw.items() if power_mw[c] != p}

    def asked(self, kpm_time_ms: int, pause_ms: int = 0) -> None:
        """Ask for nothing again before the interval of the activation, or the pause, is over."""
        interval_ms = max(self.activation.plan.least_interval_ms, pause_ms)
        self._not_before_ms = kpm_time_ms + interval_ms

    def _changes(self, wanted: Array, power_mw: Mapping[int, int]) -> dict[int, int]:
        moved = {self._cells[place]: round(float(wanted[place])) for place in self._limits.movable}
        return {cell: mw for cell, mw in moved.items() if mw != power_mw[cell]}

    def _goal(self, network: Network, links: Links, present: Array) -> Goal | None:
        """None where nobody is served whom the objective is about.

        UEs count for the cells that would serve them at the base powers, so that handing a UE over
        never counts as lifting it.
        """
        plan, radio = self.activation.plan, self._settings.radio
        base = present.copy()
        base[self._limits.movable] = [float(v.current_mw) for v in plan.envelope]
        at_base = Links.under(base, network, radio)
        users = self._users(at_base, plan.objective_cells)
        if not len(users):
            return None
        floors = self._floors(at_base, at_base.rates(base))
        if plan.objective is Objective.MIN_POWER:
            return Goal(plan.objective, users, floors, float(base.sum()))
        if plan.objective is Objective.PROPORTIONAL_FAIRNESS:
            return Goal(plan.objective, users, floors, 1.0)
        now = statistic(STATISTIC_OF[plan.objective], links.rates(present)[users])
        return Goal(plan.objective, users, floors, max(float(now), _LEAST_SCALE))

    def _floors(self, at_base: Links, rates: Array) -> list[Floor | MeanFloors]:
        """Promises of throughput, as shares of what the model says of the base powers."""
        floors: list[Floor | MeanFloors] = []
        for kept in self._lows:
            users = np.flatnonzero(kept.cells[at_base.serving])
            if len(users):
                modelled = float(statistic("low", rates[users]))
                floors.append(Floor("low", users, max(kept.share * modelled, _LEAST_SCALE)))
        counted = [(kept.cells[at_base.serving], kept.share) for kept in self._means]
        if some := [(users, share) for users, share in counted if users.any()]:
            shares = np.array([users for users, _ in some], rates.dtype)
            shares /= shares.sum(1, keepdims=True)
            least = np.array([share for _, share in some]) * (shares @ rates)
            floors.append(MeanFloors(shares, least.clip(_LEAST_SCALE)))
        return floors

    def _kept(self, kpi: Kpi) -> list["_Kept"]:
        """Promises that a KPI does not fall below some share of what it was."""
        promises = [
            (p.requirement, p.before_in_kpi_unit)
            for p in self.activation.plan.promises
            if p.requirement.kpi is kpi and p.requirement.condition is Condition.AT_LEAST
        ]
        return [
            _Kept(
                np.isin(self._cells, wanted.cells),
                min(1.0, float(wanted.threshold(before)) / before),
            )
            for wanted, before in promises
            if before > 0.0
        ]

    def _users(self, links: Links, cells: Sequence[int]) -> Index:
        places = [place for place, cell in enumerate(self._cells) if cell in cells]
        return np.flatnonzero(np.isin(links.serving, places))
