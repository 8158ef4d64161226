"""The steps that an envelope is made of, and the choice of the most valuable ones that fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from agents.verifier.activation.papers import ActivationPapers
from contracts.activation import ActivationPlan
from contracts.errors import ExitCode, RanwrightError
from contracts.network import NetworkSnapshot
from contracts.problem import Objective, PowerVariable
from contracts.requirement import CellId
from contracts.units import mw_to_dbm

Array = NDArray[np.float64]

_HELPS = 3.0
"""How much more a step is worth that helps the objective."""


@dataclass(frozen=True)
class Step:
    """One more power that a cell might be set to.

    Args:
        cell_id: of the cell.
        to_mw: the power.
        rank: 1 next to the power in force, then outward; a step needs those before it.
        up: whether it lies above the power in force.
        weight: what it is worth; the farther out, the less.
    """

    cell_id: CellId
    to_mw: int
    rank: int
    up: bool
    weight: float


Way = tuple[Step, ...]
"""All steps of a cell in one direction, outward."""


def ways_of(widest: ActivationPapers) -> list[Way]:
    """Every way inside the widest plan, without steps that would leave a UE uncovered."""
    plan, grid_mw = widest.plan, widest.scenario.equipment.grid_mw()
    ways = []
    for v in plan.envelope:
        above = [mw for mw in grid_mw if v.current_mw < mw <= v.upper_mw]
        below = [mw for mw in reversed(grid_mw) if v.lower_mw <= mw < v.current_mw]
        weak_dbm = plan.thresholds.weak_rsrp_dbm
        covered = [mw for mw in below if not _uncovers(v, mw, widest.snapshot, weak_dbm)]
        ways += [_way(plan, v.cell_id, True, above), _way(plan, v.cell_id, False, covered)]
    return [way for way in ways if way]


def _way(plan: ActivationPlan, cell: CellId, up: bool, powers_mw: Sequence[int]) -> Way:
    worth = _HELPS if _helps(plan, cell, up) else 1.0
    return tuple(
        Step(cell, mw, rank, up, worth / rank) for rank, mw in enumerate(powers_mw, start=1)
    )


def _helps(plan: ActivationPlan, cell: CellId, up: bool) -> bool:
    """Less power where that is the aim; else stronger objective cells and weaker others."""
    if plan.objective is Objective.MIN_POWER:
        return not up
    return up == (cell in plan.objective_cells)


def _uncovers(
    variable: PowerVariable, to_mw: int, snapshot: NetworkSnapshot, weak_dbm: float
) -> bool:
    """Whether a UE whose strongest cell this is would hear it too weakly there."""
    change_db = mw_to_dbm(to_mw) - mw_to_dbm(variable.current_mw)
    strongest = (max(ue.rsrp_dbm.items(), key=lambda item: item[1]) for ue in snapshot.ues)
    return any(
        cell == variable.cell_id and rsrp_dbm >= weak_dbm > rsrp_dbm + change_db
        for cell, rsrp_dbm in strongest
    )


def choose(
    ways: Sequence[Way], cost: Array, room: Array, apart: Sequence[Sequence[Step]] = ()
) -> tuple[Step, ...]:
    """The most valuable steps whose costs together leave every promise something.

    A linear programme over whole steps, solved by HiGHS (Huangfu and Hall, "Parallelizing the dual
    revised simplex method", Mathematical Programming Computation 10, 2018).

    Args:
        ways: S steps in all.
        cost: [S, R] of each step together with those before it on its way, in the KPIs' units.
        room: [R] what all cells together may cost.
        apart: steps of which not all may be taken.

    Returns:
        None where not a single one fits, or a promise has less than nothing left.
    """
    steps = [step for way in ways for step in way]
    if not steps or (room < 0.0).any():
        return ()
    first = np.array([step.rank == 1 for step in steps])
    more = np.where(first[:, None], cost, cost - np.roll(cost, 1, 0))
    order = (np.eye(len(steps)) - np.eye(len(steps), k=-1))[~first]
    together = np.array([[float(step in some) for step in steps] for some in apart])
    together = together.reshape(len(apart), len(steps))
    found = linprog(
        [-step.weight for step in steps],
        A_ub=np.vstack([more.T, order, together]),
        b_ub=np.concatenate([room, np.zeros(len(order)), together.sum(1) - 1.0]),
        bounds=(0.0, 1.0),
        integrality=1,
        method="highs",
    )
    if found.x is None:
        raise RanwrightError(
            "activation.no_programme",
            f"The steps of the envelope could not be chosen: {found.message}",
            "This is a defect; report it with the trace.",
            ExitCode.DEFECT,
        )
    return tuple(step for step, taken in zip(steps, found.x > 0.5, strict=True) if taken)
