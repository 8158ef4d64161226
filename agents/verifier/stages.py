"""Stages of a plan: canary cells first, then all cells, in steps (a ramp)."""

from collections.abc import Iterator, Sequence

from contracts.action import ActionPlan, ParameterChange
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.policy import StageRules
from contracts.risk import within_step

Changes = tuple[ParameterChange, ...]


def stage_changes(
    plan: ActionPlan, snapshot: NetworkSnapshot, rules: StageRules, grid_mw: Sequence[int]
) -> tuple[Changes, ...]:
    """What each stage sets; together they are the plan.

    The ``canary_cells`` that serve the fewest UEs take their first step alone. After that each
    stage moves every cell that is not there yet, by ``max_step_db`` at most.

    Args:
        plan: the whole way.
        snapshot: says how many UEs each cell serves.
        rules: of the policy.
        grid_mw: powers that the equipment can be set to, ascending.

    Raises:
        RanwrightError: ``policy.stage_step`` when a step of the equipment is larger than a stage's.
    """
    exposed = sorted(plan.changes, key=lambda c: (len(snapshot.cohort([c.cell_id])), c.cell_id))
    canaries = {c.cell_id for c in exposed[: rules.canary_cells]}
    ramps = {c.cell_id: list(_ramp(c, rules.max_step_db, grid_mw)) for c in plan.changes}
    stages = []
    if len(canaries) < len(plan.changes):
        stages.append([ramps[cell].pop(0) for cell in ramps if cell in canaries])
    while any(ramps.values()):
        stages.append([ramp.pop(0) for ramp in ramps.values() if ramp])
    return tuple(tuple(stage) for stage in stages if stage)


def fallback(plan: ActionPlan, rules: StageRules) -> Changes:
    """Powers of last resort for the cells of a plan."""
    to = {"to_mw": rules.fallback_tx_power_mw}
    return tuple(c.model_copy(update={"from_mw": c.to_mw, **to}) for c in plan.changes)


def _ramp(
    change: ParameterChange, max_step_db: float, grid_mw: Sequence[int]
) -> Iterator[ParameterChange]:
    """Steps of one cell, each as long as it may be and on the grid."""
    here, there = change.from_mw, change.to_mw
    low, high = min(here, there), max(here, there)
    between = sorted((v for v in {*grid_mw, there} if low <= v <= high), reverse=there < here)
    while here != there:
        ahead = between[between.index(here) + 1 :] if here in between else between
        step = [
            next_one
            for v in ahead
            if within_step(
                next_one := change.model_copy(update={"from_mw": here, "to_mw": v}), max_step_db
            )
        ]
        if not step:
            raise RanwrightError(
                "policy.stage_step",
                f"Cell {change.cell_id} cannot leave {here} mW in steps of {max_step_db:g} dB.",
                "Raise stages.max_step_db to a step of the equipment.",
            )
        yield step[-1]
        here = step[-1].to_mw
