"""``check_tool``: proof that a tool keeps the tool contract, ours or a third party's.

Each clause is a function that raises ``tool.contract`` and names the clause. Nothing a tool says of
itself is believed where it can be computed from the problem and the snapshot alone.
"""

from collections.abc import Iterable, Sequence
from math import isclose, isfinite

from contracts.action import Candidate, KpiPrediction
from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import ExitCode, RanwrightError
from contracts.kpi import Kpi
from contracts.measure import measure_kpi
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from contracts.tool import Tool
from contracts.units import mw_to_w
from tools.margins import worst_margin

Case = tuple[Problem, NetworkSnapshot, EquipmentProfile]
"""A problem, the snapshot it was made on, and the equipment whose grid it must keep."""

_RELATIVE = 1e-6
_ABSOLUTE = 1e-6


class ToolContractError(RanwrightError):
    """A tool breaks the contract.

    Args:
        tool: its name.
        clause: stable name of the clause, e.g. ``domain``.
        detail: what was found.
    """

    def __init__(self, tool: str, clause: str, detail: str) -> None:
        super().__init__(
            "tool.contract",
            f"{tool} breaks the tool contract, clause {clause}: {detail}.",
            "Correct the tool; see contracts/tool.py.",
            ExitCode.DEFECT,
        )
        self.clause = clause


def check_tool(tool: Tool, cases: Iterable[Case]) -> None:
    """Run a tool on problems and check every clause of the contract.

    Clauses: ``answer``, ``identity``, ``input_untouched``, ``domain``, ``grid``, ``finite``,
    ``predictions``, ``honest_before``, ``honest_power``, ``honest_margin``, ``order``,
    ``deterministic``, ``ue_order``.

    Args:
        tool: any implementation of the protocol.
        cases: problems to try it on; give several, a clause may break on one only.

    Raises:
        ToolContractError: the first clause found broken.
    """
    for problem, snapshot, equipment in cases:
        _check_case(tool, problem, snapshot, equipment)


def _check_case(
    tool: Tool, problem: Problem, snapshot: NetworkSnapshot, equipment: EquipmentProfile
) -> None:
    digests = problem.digest, snapshot.digest
    candidates = tool.solve(problem, snapshot)
    if (problem.digest, snapshot.digest) != digests:
        raise ToolContractError(tool.name, "input_untouched", "problem or snapshot was changed")
    if not candidates:
        raise ToolContractError(tool.name, "answer", "no candidate")
    for candidate in candidates:
        _check_identity(tool, candidate)
        _check_domain(tool, candidate, problem, equipment)
        _check_predictions(tool, candidate, problem, snapshot)
    _check_order(tool, candidates)
    _check_repeatable(tool, candidates, problem, snapshot)


def _check_identity(tool: Tool, candidate: Candidate) -> None:
    if (candidate.tool, candidate.tool_version) != (tool.name, tool.version):
        raise ToolContractError(
            tool.name, "identity", f"candidate signed {candidate.tool} {candidate.tool_version}"
        )


def _check_domain(
    tool: Tool, candidate: Candidate, problem: Problem, equipment: EquipmentProfile
) -> None:
    variables = {v.cell_id: v for v in problem.variables}
    if set(candidate.tx_power_mw) != set(variables):
        raise ToolContractError(
            tool.name, "domain", "powers are not given for exactly the problem's variables"
        )
    grid = set(equipment.grid_mw())
    for cell, power_mw in candidate.tx_power_mw.items():
        v = variables[cell]
        if not v.lower_mw <= power_mw <= v.upper_mw:
            raise ToolContractError(
                tool.name,
                "domain",
                f"cell {cell}: {power_mw} mW outside {v.lower_mw}..{v.upper_mw} mW",
            )
        if power_mw not in grid and power_mw != v.current_mw:
            raise ToolContractError(
                tool.name, "grid", f"cell {cell}: {power_mw} mW cannot be set on {equipment.name}"
            )


def _check_predictions(
    tool: Tool, candidate: Candidate, problem: Problem, snapshot: NetworkSnapshot
) -> None:
    numbers = [candidate.objective_value, candidate.worst_margin, candidate.solve_time_ms]
    for p in candidate.predictions:
        numbers += [p.before_in_kpi_unit, p.after_in_kpi_unit]
    if not all(isfinite(n) for n in numbers):
        raise ToolContractError(tool.name, "finite", "a number is infinite or not a number")
    held = {(p.kpi, p.cells) for p in candidate.predictions}
    for sourced in problem.requirements:
        r = sourced.requirement
        if (r.kpi, r.cells) not in held:
            raise ToolContractError(tool.name, "predictions", f"none for: {r.describe()}")
    after_mw = snapshot.tx_power_mw | candidate.tx_power_mw
    for p in candidate.predictions:
        _check_prediction(tool, p, problem, snapshot, after_mw)
    recomputed = worst_margin(problem, candidate.predictions)
    if not _close(candidate.worst_margin, recomputed):
        raise ToolContractError(
            tool.name,
            "honest_margin",
            f"worst margin {candidate.worst_margin:g} said, its predictions give {recomputed:g}",
        )


def _check_prediction(
    tool: Tool,
    p: KpiPrediction,
    problem: Problem,
    snapshot: NetworkSnapshot,
    after_mw: dict[int, int],
) -> None:
    before = measure_kpi(p.kpi, p.cells, snapshot, snapshot, problem.thresholds)
    if not _close(p.before_in_kpi_unit, before):
        raise ToolContractError(
            tool.name,
            "honest_before",
            f"{p.kpi} of {p.cells} is {before:g} now, {p.before_in_kpi_unit:g} said",
        )
    if p.kpi is Kpi.TX_POWER_TOTAL:
        after = mw_to_w(sum(after_mw[c] for c in p.cells))
        if not _close(p.after_in_kpi_unit, after):
            raise ToolContractError(
                tool.name,
                "honest_power",
                f"powers sum to {after:g} W, {p.after_in_kpi_unit:g} W said",
            )


def _check_order(tool: Tool, candidates: Sequence[Candidate]) -> None:
    ranks = [(c.worst_margin >= 0, c.objective_value) for c in candidates]
    if ranks != sorted(ranks, reverse=True):
        raise ToolContractError(tool.name, "order", "not best first by (feasible, objective)")


def _check_repeatable(
    tool: Tool, candidates: Sequence[Candidate], problem: Problem, snapshot: NetworkSnapshot
) -> None:
    first = [_timeless(c) for c in candidates]
    if [_timeless(c) for c in tool.solve(problem, snapshot)] != first:
        raise ToolContractError(tool.name, "deterministic", "equal inputs gave other candidates")
    shuffled = snapshot.model_copy(update={"ues": tuple(reversed(snapshot.ues))})
    moved = problem.model_copy(update={"snapshot_digest": shuffled.digest})
    powers = [c.tx_power_mw for c in tool.solve(moved, shuffled)]
    if powers != [c.tx_power_mw for c in candidates]:
        raise ToolContractError(tool.name, "ue_order", "the order of the UEs changed the answer")


def _timeless(candidate: Candidate) -> Candidate:
    return candidate.model_copy(update={"solve_time_ms": 0.0})


def _close(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
