"""Shares of a cell: between slices by their RRMPolicyRatio, between UEs by proportional fairness.

Everything is said in shares of a cell's downlink PRBs, 0..1. UEs that need less than a fair share
get what they need, and the rest is shared anew: water-filling.
"""

from dataclasses import dataclass

import numpy as np

from contracts.errors import ExitCode, RanwrightError
from twins.dynamics.randomness import Flags, Floats, Ints

_LEAST = 1e-12
_SHARING_ROUNDS = 3


def water_fill(need: Floats, group: Ints, budget: Floats, weight: Floats | None = None) -> Floats:
    """Divide budgets max-min fairly: nobody gets more than needed, nothing needed is left over.

    Args:
        need: ``[N]``, at least 0.
        group: ``[N]`` whose budget each one draws on.
        budget: ``[G]``.
        weight: ``[N]`` fair shares are in proportion to it; default equal.

    Returns:
        ``[N]`` what each one gets.
    """
    crowded = np.bincount(group, need, budget.size) > budget
    if not crowded.any():
        return need
    given = need.copy()
    left = budget.astype(float)
    share = np.where(crowded[group] & (need > 0), 1.0 if weight is None else weight, 0.0)
    while True:
        level = left / np.maximum(np.bincount(group, share, budget.size), _LEAST)
        fair = level[group] * share
        enough = (share > 0) & (need <= fair)
        if not enough.any():
            return np.where(share > 0, fair, given)
        left = np.maximum(left - np.bincount(group, need * enough, budget.size), 0.0)
        share = np.where(enough, 0.0, share)


@dataclass(frozen=True)
class SlicePolicy:
    """RRMPolicyRatio of every slice (TS 28.541 4.3.36), alike in all cells.

    Attributes:
        dedicated: ``[S]`` share that others never get, used or not.
        minimum: ``[S]`` share guaranteed when needed, lent while it is not.
        maximum: ``[S]`` share never exceeded.
        slice_of: ``[U]`` slice of each UE.
    """

    dedicated: Floats
    minimum: Floats
    maximum: Floats
    slice_of: Ints

    def __post_init__(self) -> None:
        """Refuse ratios that contradict each other."""
        ordered = (self.dedicated <= self.minimum) & (self.minimum <= self.maximum)
        if not ordered.all() or self.minimum.sum() > 1.0 + 1e-9:
            raise RanwrightError(
                "dynamics.slice_ratios",
                f"Slice ratios contradict each other: dedicated {_percent(self.dedicated)},"
                f" minimum {_percent(self.minimum)}, maximum {_percent(self.maximum)} percent.",
                "Keep dedicated <= minimum <= maximum in each slice, and the minima at 100 in sum.",
                ExitCode.USAGE,
            )

    def share(self, need: Floats, serving: Ints, cells: int) -> Floats:
        """Share of its cell that each UE gets, ``[U]``.

        Args:
            need: ``[U]`` share that would empty the UE's queue, 0..1.
            serving: ``[U]``.
            cells: C.
        """
        group = self.group(serving)
        return water_fill(need, group, self.budgets(need, group, cells).ravel())

    def group(self, serving: Ints) -> Ints:
        """``[U]`` cell and slice in one number."""
        return serving * self.dedicated.size + self.slice_of

    def budgets(self, need: Floats, group: Ints, cells: int) -> Floats:
        """Share of each cell that each slice gets, ``[C, S]``; arguments as for :meth:`share`."""
        slices = self.dedicated.size
        if slices == 1 and self.maximum[0] == 1.0:
            return np.ones((cells, 1))
        shape = (cells, slices)
        demand = np.bincount(group, need, cells * slices).reshape(shape)
        wanted = np.minimum(demand, self.maximum)
        guaranteed = np.minimum(wanted, self.minimum)
        free = 1.0 - np.maximum(guaranteed, self.dedicated).sum(1)
        users = np.bincount(group, 1.0 * (need > 0), cells * slices).astype(float)
        more = water_fill(
            (wanted - guaranteed).ravel(), np.repeat(np.arange(cells), slices), free, users
        )
        return guaranteed + more.reshape(shape)


def proportional_fair(rate: Floats, active: Flags, serving: Ints, cells: int) -> Floats:
    """What a UE gets from a whole cell when UEs are put where they are best.

    The shares of :func:`twins.flow._proportional_fair`, found in the same way, expressed as a rate
    per share of the cell. UEs without data would be spread evenly.

    Args:
        rate: ``[F, U]`` rate from the whole of a sub-band.
        active: ``[U]``.
        serving: ``[U]``.
        cells: C.

    Returns:
        ``[U]`` rate from the whole cell; the sum of ``rate`` where the UE is alone.
    """
    bands = rate.shape[0]
    member = (serving[:, None] == np.arange(cells)) * 1.0
    bids = np.where(active, 1.0 / bands, 0.0) * np.ones_like(rate)
    for last in range(_SHARING_ROUNDS, 0, -1):
        part = bids / np.maximum((bids @ member)[:, serving], _LEAST)
        gained = rate * part
        total = gained.sum(0)
        if last > 1:
            bids = gained / np.maximum(total, _LEAST)
    used = part.sum(0) / bands
    alone = rate.sum(0)
    fair: Floats = np.where(used > _LEAST, total / np.maximum(used, _LEAST), alone)
    return fair


def _percent(shares: Floats) -> str:
    return "/".join(f"{100 * share:g}" for share in shares)
