"""Solver agent: asks every tool under the one contract and takes the best answer."""

import time
from collections.abc import Callable, Sequence

from agents.papers import Solution
from contracts.action import ActionPlan, Candidate, ParameterChange
from contracts.errors import ExitCode, RanwrightError
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from contracts.tool import Tool


def solve(
    problem: Problem,
    snapshot: NetworkSnapshot,
    tools: Sequence[Tool],
    on_tool: Callable[[str, float], None] = lambda _name, _time_ms: None,
) -> Solution:
    """Candidates of all tools; the best is the one with the largest worst margin.

    The margin decides because the plan must still hold when the network differs from the model;
    the tool's objective only breaks ties.

    Args:
        on_tool: told each tool's name and its time in milliseconds.

    Raises:
        RanwrightError: ``solve.no_candidate`` when no tool answers.
    """
    candidates: list[Candidate] = []
    for tool in tools:
        started = time.perf_counter()
        answers = tool.solve(problem, snapshot)
        on_tool(tool.name, 1000.0 * (time.perf_counter() - started))
        candidates += [c.model_copy(update={"solve_time_ms": 0.0}) for c in answers]
    if not candidates:
        raise RanwrightError(
            "solve.no_candidate", "No tool gave an answer.", "Add a tool.", ExitCode.DEFECT
        )
    chosen = max(
        range(len(candidates)),
        key=lambda i: (candidates[i].worst_margin, candidates[i].objective_value),
    )
    return Solution(
        candidates=tuple(candidates),
        chosen=chosen,
        plan=plan_of(candidates[chosen], problem, snapshot),
    )


def plan_of(candidate: Candidate, problem: Problem, snapshot: NetworkSnapshot) -> ActionPlan | None:
    """The plan that turns the present powers into the candidate's; None when nothing changes."""
    changes = tuple(
        ParameterChange(cell_id=v.cell_id, from_mw=v.current_mw, to_mw=to_mw)
        for v in problem.variables
        if (to_mw := candidate.tx_power_mw.get(v.cell_id, v.current_mw)) != v.current_mw
    )
    if not changes:
        return None
    return ActionPlan(
        problem_digest=problem.digest,
        snapshot_digest=snapshot.digest,
        resource_version=snapshot.resource_version,
        changes=changes,
    )
