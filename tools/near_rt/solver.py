"""Projected ascent in the logarithm of powers, then the grid; bounded and deterministic."""

from dataclasses import dataclass

import numpy as np

from tools.near_rt.limits import Limits
from tools.near_rt.model import Array, Index, Links, Network, Radio
from tools.near_rt.objective import Goal

ITERATIONS = 6
GRID_ROUNDS = 2
_FIRST_STEP_DB = 1.5
_LEAST_STEP_DB = 0.05
_STEPS = np.array([1.0, 0.25])
_TRIED_CELLS = 6
_DB = np.log(10.0) / 10.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a solve ended with.

    Attributes:
        power_mw: [C] powers, settable and inside the limits.
        gain: by how much the goal's value would rise, each side under its own association.
        value: the goal's value then.
    """

    power_mw: Array
    gain: float
    value: float


class PowerSolver:
    """Solves one problem again and again as the network changes.

    Args:
        radio: of the carrier.
        limits: of the powers.
    """

    def __init__(self, radio: Radio, limits: Limits) -> None:
        self._limits = limits
        self._radio = radio
        self._warm_mw: Array | None = None  # [M], before rounding

    def forget(self) -> None:
        """Start the next solve from the powers in force."""
        self._warm_mw = None

    def solve(self, network: Network, links: Links, present_mw: Array, goal: Goal) -> Proposal:
        """The best powers found from the present ones [C] and from those found before.

        Args:
            network: as it is.
            links: as they are under the present powers.
            present_mw: powers in force.
            goal: what is maximised.
        """
        limits, movable = self._limits, self._limits.movable
        start = present_mw.copy()
        start[movable] = limits.project(present_mw[movable])
        if self._warm_mw is not None:
            warm = start.copy()
            warm[movable] = self._warm_mw
            both = np.stack([start, warm])
            start = both[int(goal.value(links.rates(both), both).argmax())]
        best = self._ascend(links, goal, start)
        self._warm_mw = best[movable]
        rounded = self._onto_grid(links, goal, best)
        now = float(goal.value(links.rates(present_mw), present_mw))
        then = float(goal.value(self._rates(network, rounded), rounded))
        return Proposal(rounded, then - now, then)

    def _rates(self, network: Network, power_mw: Array) -> Array:
        return Links.under(power_mw, network, self._radio).rates(power_mw)

    def _ascend(self, links: Links, goal: Goal, start: Array) -> Array:
        limits, movable = self._limits, self._limits.movable
        power, step_db = start, _FIRST_STEP_DB
        rates = links.rates(power)
        value = float(goal.value(rates, power))
        for _ in range(ITERATIONS):
            slope = self._slope(links, goal, power, rates)
            largest = float(np.abs(slope).max(initial=0.0))
            if largest == 0.0 or step_db < _LEAST_STEP_DB:
                break
            lengths = _DB * step_db * _STEPS[:, None] * slope / largest
            tried = np.tile(power, (len(_STEPS), 1))
            tried[:, movable] = limits.project(power[movable] * np.exp(lengths))
            tried_rates = links.rates(tried)
            values = goal.value(tried_rates, tried)
            winner = int(values.argmax())
            if float(values[winner]) > value:
                power, rates, value = tried[winner], tried_rates[winner], float(values[winner])
                step_db *= 1.3 if winner == 0 else 0.5
            else:
                step_db *= float(_STEPS[-1]) / 2.0
        return power

    def _slope(self, links: Links, goal: Goal, power: Array, rates: Array) -> Array:
        slope = links.slope(power, goal.weights(rates)) + goal.power_slope(power)
        return slope[self._limits.movable]

    def _onto_grid(self, links: Links, goal: Goal, power: Array) -> Array:
        """Rounded down, then the best single steps, among the cells that matter most."""
        limits, movable = self._limits, self._limits.movable
        index = limits.floor_index(power[movable])
        best = power.copy()
        best[movable] = limits.at(index)
        for _ in range(GRID_ROUNDS):
            rates = links.rates(best)
            slope = self._slope(links, goal, best, rates)
            tried = _single_steps(index, np.argsort(-np.abs(slope), kind="stable"), limits)
            if not len(tried):
                break
            powers = np.tile(best, (len(tried), 1))
            powers[:, movable] = limits.at(tried)
            values = goal.value(links.rates(powers), powers)
            winner = int(values.argmax())
            if float(values[winner]) <= float(goal.value(rates, best)):
                break
            index, best = tried[winner], powers[winner]
        return best


def _single_steps(index: Index, order: Index, limits: Limits) -> Index:
    """Grid indices [K, M] one step up or down in one cell of the first in ``order``, and lawful."""
    cells = order[:_TRIED_CELLS]
    steps = np.zeros((2 * len(cells), len(index)), np.intp)
    rows = np.arange(len(cells))
    steps[rows, cells] = 1
    steps[len(cells) + rows, cells] = -1
    tried = index + steps
    inside = ((tried >= 0) & (tried < limits.grid_mw.shape[1])).all(1)
    tried = tried[inside]
    values = limits.at(tried)
    lawful = (values.sum(1) <= limits.total_mw) & (values != limits.at(index)).any(1)
    chosen: Index = tried[lawful]
    return chosen
