"""What is to be lifted: statistics of rates, what they must not fall below, and their tangents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from contracts.problem import Objective
from tools.near_rt.model import Array, Index

Statistic = Literal["mean", "low", "least", "log"]

STATISTIC_OF: dict[Objective, Statistic] = {
    Objective.MEAN_THROUGHPUT: "mean",
    Objective.LOW_PERCENTILE: "low",
    Objective.MAX_MIN: "least",
    Objective.PROPORTIONAL_FAIRNESS: "log",
}
"""Of the objectives on rates. ``low`` is the 5th percentile, ``log`` the mean logarithm."""

_PERCENT = 5.0
_LEAST_RATE = 1e-6
_MISSED_WEIGHT = 10.0
"""A floor that is missed by one percent weighs as much as ten percent of the objective."""


def statistic(kind: Statistic, rates: Array) -> Array:
    """A statistic [...] of the rates [..., U]."""
    match kind:
        case "mean":
            value = rates.mean(-1)
        case "log":
            value = np.log(rates.clip(_LEAST_RATE)).mean(-1)
        case "least":
            value = rates.min(-1)
        case "low":
            low, high, part = _ranks(rates.shape[-1])
            parted = np.partition(rates, sorted({low, high}), -1)
            value = parted[..., low] * (1.0 - part) + parted[..., high] * part
    return np.asarray(value, np.float64)


def tangent(kind: Statistic, rates: Array) -> Array:
    """[U] slope of a statistic in each rate; of order statistics, of their neighbourhood.

    The lowest UE changes with every step, so the slope of the percentile and of the minimum is
    spread over the ranks near it, as :func:`tools.power.utilities.smooth_low_percentile` does.
    """
    count = len(rates)
    match kind:
        case "mean":
            return np.full(count, 1.0 / count)
        case "log":
            return 1.0 / (rates.clip(_LEAST_RATE) * count)
    centre = 0.0 if kind == "least" else (count - 1) * _PERCENT / 100.0
    width = max(2.0, count * _PERCENT / 100.0)
    reach = min(count, int(centre + width) + 1)
    lowest = np.argpartition(rates, reach - 1)[:reach]
    lowest = lowest[np.argsort(rates[lowest], kind="stable")]
    weights = np.zeros(count)
    spread = (1.0 - np.abs(np.arange(reach) - centre) / width).clip(1e-9)
    weights[lowest] = spread / spread.sum()
    return weights


@dataclass(frozen=True, slots=True)
class Floor:
    """A statistic that shall not fall below a value.

    Attributes:
        kind: of the statistic.
        users: whose rates.
        least: the value, bit/s/Hz.
    """

    kind: Statistic
    users: Index
    least: float

    def missed(self, rates: Array) -> Array:
        """By what share [...] of it rates [..., U] miss it."""
        reached = statistic(self.kind, rates[..., self.users])
        return (1.0 - reached / self.least).clip(0.0)

    def slope(self, rates: Array) -> Array:
        """[U] by how much less it is missed for each rate; 0 where it is kept."""
        slope, own = np.zeros(len(rates)), rates[self.users]
        if float(statistic(self.kind, own)) < self.least:
            slope[self.users] = tangent(self.kind, own) / self.least
        return slope


@dataclass(frozen=True, slots=True)
class MeanFloors:
    """F means that shall not fall below a value each: many guard-rails at the cost of a few.

    Attributes:
        shares: [F, U] each UE's share in each mean; rows sum up to 1.
        least: [F] the values, bit/s/Hz.
    """

    shares: Array
    least: Array

    def missed(self, rates: Array) -> Array:
        """The sum [...] of the shares by which rates [..., U] miss them."""
        missed = (1.0 - rates @ self.shares.T / self.least).clip(0.0).sum(-1)
        return np.asarray(missed, np.float64)

    def slope(self, rates: Array) -> Array:
        """[U] by how much less they are missed for each rate."""
        below = self.shares @ rates < self.least
        slope: Array = (below / self.least) @ self.shares
        return slope


@dataclass(frozen=True, slots=True)
class Goal:
    """What is maximised, as a share of its present value.

    Attributes:
        objective: of the plan.
        users: whose rates count.
        floors: what is to be kept.
        scale: present value of the objective, by which gains are measured; positive.
    """

    objective: Objective
    users: Index
    floors: Sequence[Floor | MeanFloors]
    scale: float

    def value(self, rates: Array, power_mw: Array) -> Array:
        """Value [...] of rates [..., U] under powers [..., C]; 0.01 more is 1 percent."""
        value: Array
        if self.objective is Objective.MIN_POWER:
            value = np.asarray(-power_mw.sum(-1) / self.scale)
        else:
            value = statistic(STATISTIC_OF[self.objective], rates[..., self.users]) / self.scale
        for floor in self.floors:
            value = value - _MISSED_WEIGHT * floor.missed(rates)
        return value

    def weights(self, rates: Array) -> Array:
        """[U] slope of the value in each rate."""
        weights = np.zeros(len(rates))
        if self.objective is not Objective.MIN_POWER:
            kind = STATISTIC_OF[self.objective]
            weights[self.users] += tangent(kind, rates[self.users]) / self.scale
        for floor in self.floors:
            weights += _MISSED_WEIGHT * floor.slope(rates)
        return weights

    def power_slope(self, power_mw: Array) -> Array:
        """[C] slope of the value in the logarithm of each power, at fixed rates."""
        if self.objective is Objective.MIN_POWER:
            return -power_mw / self.scale
        return np.zeros_like(power_mw)


def _ranks(count: int) -> tuple[int, int, float]:
    position = (count - 1) * _PERCENT / 100.0
    low = int(position)
    return low, min(low + 1, count - 1), position - low
