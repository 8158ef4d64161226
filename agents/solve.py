"""Solver agent: asks every tool, rehearses the best answers, corrects the model, takes the best."""

import math
import time
from collections.abc import Callable, Sequence

from agents.papers import Solution, UnavailableTool
from contracts.action import ActionPlan, Candidate, ParameterChange
from contracts.errors import ExitCode, RanwrightError
from contracts.kpi import CATALOGUE
from contracts.network import NetworkSnapshot
from contracts.problem import Problem, SourcedRequirement
from contracts.tool import Tool, ToolUnavailableError
from tools.margins import relative_margin
from tools.rehearsal import Rehearsal, Rehearsals
from twins.scenario import Scenario

ROUNDS = 4
"""Times the tools are asked: once as the problem says, then with the model's error corrected."""

REHEARSED_A_ROUND = 2
SURE = math.log(0.99)
"""A candidate this sure in rehearsal needs no further round."""

OnTool = Callable[[str, float], None]


def solve(
    problem: Problem,
    snapshot: NetworkSnapshot,
    scenario: Scenario,
    tools: Sequence[Tool],
    on_tool: OnTool = lambda _name, _time_ms: None,
) -> Solution:
    """Rehearsed candidates, and the plan of the one that most surely keeps all requirements.

    A tool that lacks something is named in the solution, and the others go on without it.

    Args:
        tools: the last one is asked again in later rounds; it must heed ``reserve_share``.
        on_tool: told each tool's name and its time in milliseconds.

    Raises:
        RanwrightError: ``solve.no_candidate`` when no tool answers.
    """
    rehearsals = Rehearsals(problem, snapshot, scenario)
    tried: dict[tuple[tuple[int, int], ...], Rehearsal] = {}
    missing: dict[str, UnavailableTool] = {}
    asked, current = tools, problem
    for _ in range(ROUNDS):
        found = _ask(asked, current, snapshot, on_tool, missing)
        for candidate in found[:REHEARSED_A_ROUND]:
            powers = tuple(sorted(candidate.tx_power_mw.items()))
            if powers not in tried:
                tried[powers] = rehearsals.rehearse(candidate)
        best = max(tried.values(), key=lambda r: r.log_held)
        if best.log_held >= SURE:
            break
        asked, current = tools[-1:], _corrected(problem, best)
    ranked = sorted(tried.values(), key=lambda r: -r.log_held)
    candidates = tuple(r.candidate.model_copy(update={"solve_time_ms": 0.0}) for r in ranked)
    return Solution(
        candidates=candidates,
        plan=plan_of(candidates[0], problem, snapshot),
        unavailable=tuple(missing.values()),
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


def limit_of(problem: Problem, candidate: Candidate) -> str:
    """The requirement that a candidate keeps least, with what it reaches; for people."""
    predicted = {(p.kpi, p.cells): p for p in candidate.predictions}

    def margin(sourced: SourcedRequirement) -> float:
        r = sourced.requirement
        p = predicted[r.kpi, r.cells]
        return float(relative_margin(r, p.before_in_kpi_unit, p.after_in_kpi_unit))

    worst = min(problem.requirements, key=margin).requirement
    p = predicted[worst.kpi, worst.cells]
    return (
        f"{worst.describe()} (now {p.before_in_kpi_unit:.2f}, with it {p.after_in_kpi_unit:.2f}, "
        f"required {worst.threshold(p.before_in_kpi_unit):.2f} {CATALOGUE[worst.kpi].unit})"
    )


def _ask(
    tools: Sequence[Tool],
    problem: Problem,
    snapshot: NetworkSnapshot,
    on_tool: OnTool,
    missing: dict[str, UnavailableTool],
) -> list[Candidate]:
    """Candidates of all tools, best first on their common scale; adds to what is ``missing``."""
    found: list[Candidate] = []
    for tool in tools:
        started = time.perf_counter()
        try:
            found += tool.solve(problem, snapshot)
        except ToolUnavailableError as error:
            missing[tool.name] = UnavailableTool(tool=tool.name, code=error.code)
        on_tool(tool.name, 1000.0 * (time.perf_counter() - started))
    if not found:
        raise RanwrightError(
            "solve.no_candidate", "No tool gave an answer.", "Add a tool.", ExitCode.DEFECT
        )
    return sorted(found, key=lambda c: -c.objective_value)


def _corrected(problem: Problem, best: Rehearsal) -> Problem:
    """The problem with the model's error at the best candidate as reserve (space mapping)."""
    return problem.model_copy(
        update={
            "requirements": tuple(
                s.model_copy(
                    update={
                        "reserve_share": s.reserve_share
                        + best.model_error[s.requirement.describe()]
                    }
                )
                for s in problem.requirements
            )
        }
    )
