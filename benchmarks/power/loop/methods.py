"""Who decides on the powers, all from the same view and for the same objective.

The objective is that of the power-control xApp on the measured network, spectral efficiency capped
at the highest MCS. Every solver's answer is put on the equipment's grid and taken only where it
promises one percent more than present power: moves for less follow the noise of the readings, and
each may hand UEs over for good (event A3 has hysteresis).

* present: nobody moves anything; full: every cell at its largest power
* open loop: ``P = min(P_max, P_0 + 0.8 PL)`` of TS 38.213 clause 7.1.1, turned to the downlink:
  PL is the median path loss of the UEs that a cell serves, and ``P_0`` such that the cell with the
  largest PL sends at its limit, so that no cell edge is given up for the rule's sake
* WMMSE: from present power, 100 rounds, the objective's tangent anew in each, the best round counts
* WMMSE, any gain: the same without that one percent
* ascent: the xApp's own solver, which goes a few decibels a period and keeps its place
* classical portfolio: the best of all these, after ascent from the best three
* model portfolio: the same with what the graph model says of the cells' link graphs
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from benchmarks.power.loop.cells import proposals
from contracts.problem import Objective
from tools.near_rt.limits import Limits
from tools.near_rt.model import Array, Links, Network, Radio
from tools.near_rt.objective import STATISTIC_OF, Goal, tangent
from tools.near_rt.solver import PowerSolver
from tools.power.foundation.model import GraphFoundationModel
from tools.power.links import Links as SharedLinks
from tools.power.links import SolverLimits
from tools.power.wmmse import wmmse_step

_COMPENSATION = 0.8
_ROUNDS = 100
_LEAST_VALUE = 1e-9
_CLIMBERS, _CLIMBS = 3, 3


@dataclass(frozen=True)
class Setting:
    """What all methods of a loop have in common.

    Attributes:
        grid_mw: [G] settable powers of every cell.
        least_gain: share of the objective that a move must promise.
    """

    radio: Radio
    grid_mw: Array
    cells: int
    users: int
    objective: Objective
    least_gain: float = 0.01

    @property
    def goal(self) -> Goal:
        """Of all UEs, without floors."""
        return Goal(self.objective, np.arange(self.users), (), 1.0)

    def limits(self) -> Limits:
        """Every cell may move over the whole grid."""
        grid = np.tile(self.grid_mw, (self.cells, 1))
        return Limits(np.arange(self.cells), grid, float(self.grid_mw[-1] * self.cells))

    def on_grid(self, power_mw: Array) -> Array:
        """The nearest settable powers, in dB."""
        apart = np.abs(np.log(power_mw[:, None]) - np.log(self.grid_mw))
        nearest: Array = self.grid_mw[apart.argmin(1)]
        return nearest

    def value(self, network: Network, power_mw: Array) -> float:
        """Of the objective, with the handovers that the powers bring."""
        links = Links.under(power_mw, network, self.radio)
        return float(self.goal.value(links.rates(power_mw), power_mw))

    def best(self, network: Network, present_mw: Array, offers: Sequence[Array]) -> Array:
        """The first of the best, if it is enough better than present power."""
        values = [self.value(network, power) for power in offers]
        now, most = self.value(network, present_mw), max(values)
        is_log = self.objective is Objective.PROPORTIONAL_FAIRNESS
        gain = most - now if is_log else most / max(now, _LEAST_VALUE) - 1.0
        return offers[values.index(most)] if gain >= self.least_gain else present_mw


class Method(Protocol):
    """Decides once a period."""

    def decide(self, network: Network, present_mw: Array) -> Array:
        """Powers [C] on the grid."""
        ...


@dataclass
class Present:
    """No control."""

    setting: Setting

    def decide(self, network: Network, present_mw: Array) -> Array:
        """See :class:`Method`."""
        return present_mw


@dataclass
class Full:
    """No coordination."""

    setting: Setting

    def decide(self, network: Network, present_mw: Array) -> Array:
        """See :class:`Method`."""
        return np.full_like(present_mw, self.setting.grid_mw[-1])


@dataclass
class OpenLoop:
    """Fractional compensation of path loss; see the module."""

    setting: Setting

    def decide(self, network: Network, present_mw: Array) -> Array:
        """See :class:`Method`."""
        own = network.gain[np.arange(len(network.serving)), network.serving].astype(np.float64)
        loss = np.array(
            [
                np.median(1.0 / own[network.serving == c]) if (network.serving == c).any() else 0.0
                for c in range(len(present_mw))
            ]
        )
        share = (loss / loss.max()) ** _COMPENSATION
        least, most = self.setting.grid_mw[0], self.setting.grid_mw[-1]
        return self.setting.on_grid((most * share).clip(least, most))


@dataclass
class Wmmse:
    """From present power, with the objective's tangents."""

    setting: Setting

    def decide(self, network: Network, present_mw: Array) -> Array:
        """See :class:`Method`."""
        found = self.setting.on_grid(wmmse(self.setting, network, present_mw))
        return self.setting.best(network, present_mw, [found])


class Ascent:
    """The xApp's solver."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._solver = PowerSolver(setting.radio, setting.limits())

    def decide(self, network: Network, present_mw: Array) -> Array:
        """See :class:`Method`."""
        links = Links.under(present_mw, network, self._setting.radio)
        found = self._solver.solve(network, links, present_mw, self._setting.goal).power_mw
        return self._setting.best(network, present_mw, [found])


@dataclass
class Portfolio:
    """The best of all that is computable, with a model or without."""

    setting: Setting
    model: GraphFoundationModel | None = None
    decisions: int = 0

    def decide(self, network: Network, present_mw: Array) -> Array:
        """See :class:`Method`."""
        setting = self.setting
        offers = [
            present_mw,
            Full(setting).decide(network, present_mw),
            OpenLoop(setting).decide(network, present_mw),
            setting.on_grid(wmmse(setting, network, present_mw)),
        ]
        if self.model is not None:
            self.decisions += 1
            links = Links.under(present_mw, network, setting.radio)
            weights = setting.goal.weights(links.rates(present_mw))
            most = float(setting.grid_mw[-1])
            shares = proposals(self.model, links, weights, present_mw / most, most, self.decisions)
            offers += [setting.on_grid(most * s.clip(setting.grid_mw[0] / most)) for s in shares]
        order = np.argsort([-setting.value(network, p) for p in offers], kind="stable")
        climbed = [self._climbed(network, offers[i]) for i in order[:_CLIMBERS]]
        return setting.best(network, present_mw, [*offers, *climbed])

    def _climbed(self, network: Network, power_mw: Array) -> Array:
        solver = PowerSolver(self.setting.radio, self.setting.limits())
        for _ in range(_CLIMBS):
            links = Links.under(power_mw, network, self.setting.radio)
            power_mw = solver.solve(network, links, power_mw, self.setting.goal).power_mw
        return power_mw


def wmmse(setting: Setting, network: Network, start_mw: Array) -> Array:
    """Powers [C], off the grid, from WMMSE with powers that a cell's UEs share."""
    links = Links.under(start_mw, network, setting.radio)
    gap = 10.0 ** (setting.radio.snr_gap_db / 10.0)
    shared = SharedLinks(
        torch.from_numpy(links.direct.astype(np.float64))[None, :, None] / gap,
        torch.from_numpy(links.leak.astype(np.float64))[None, :, :, None],
        torch.from_numpy(links.serving)[None],
    )
    ends = torch.tensor([setting.grid_mw[0], setting.grid_mw[-1]], dtype=torch.float64)
    limits = SolverLimits(ends[0].expand(setting.cells), ends[1].expand(setting.cells))
    power = torch.from_numpy(start_mw.astype(np.float64))[None, :, None]
    best, best_value = start_mw, -np.inf
    for _ in range(_ROUNDS):
        now_mw = power[0, :, 0].numpy()
        rates = links.rates(now_mw)
        value = float(setting.goal.value(rates, now_mw))
        if value > best_value:
            best, best_value = now_mw, value
        # several rounds on one tangent overshoot: the worth of a rate falls as it rises
        slope = tangent(STATISTIC_OF[setting.objective], rates) * links.share
        power = wmmse_step(power, shared, torch.from_numpy(slope)[None].double(), limits)
    return best
