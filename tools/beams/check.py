"""``check_beam_tool``: proof that a beam tool keeps its contract, ours or a third party's.

Each clause is a function that raises ``tool.contract`` and names the clause.
"""

from collections.abc import Iterable
from math import isclose

from contracts.beams import BeamAnswer, BeamChoice, BeamTool, BeamWindow
from tools.check import ToolContractError

_SHIFT_DB = -7.0


def check_beam_tool(tool: BeamTool, cases: Iterable[BeamWindow]) -> None:
    """Run a tool on windows and check every clause of the contract.

    Clauses: ``input_untouched``, ``identity``, ``steps``, ``domain``, ``measure``, ``promise``,
    ``deterministic``, ``unit``.

    Args:
        tool: any implementation of the protocol.
        cases: windows to try it on; give several, a clause may break on one only.

    Raises:
        ToolContractError: the first clause found broken.
    """
    for window in cases:
        digest = window.digest
        answer = tool.solve(window)
        _require(tool, "input_untouched", window.digest == digest, "the window was changed")
        _check_identity(tool, answer, window)
        _check_steps(tool, answer, window)
        for choice in answer.choices:
            _check_choice(tool, choice, window)
        _require(tool, "deterministic", tool.solve(window) == answer, "asked twice, two answers")
        _check_unit(tool, answer, window)


def _check_identity(tool: BeamTool, answer: BeamAnswer, window: BeamWindow) -> None:
    signed = (answer.tool, answer.tool_version, answer.window_digest)
    own = (tool.name, tool.version, window.digest)
    _require(tool, "identity", signed == own, f"signed {signed}")


def _check_steps(tool: BeamTool, answer: BeamAnswer, window: BeamWindow) -> None:
    after_s = [c.after_s for c in answer.choices]
    due_s = [(h + 1) * window.step_s for h in range(window.horizons)]
    same = len(after_s) == len(due_s) and all(map(isclose, after_s, due_s))
    _require(tool, "steps", same, f"answers at {after_s} s, not {due_s} s")


def _check_choice(tool: BeamTool, choice: BeamChoice, window: BeamWindow) -> None:
    used = (choice.beam, *choice.measure)
    inside = min(used) >= 0 and max(used) < window.beams
    _require(tool, "domain", inside, f"beams {min(used)} to {max(used)} of {window.beams}")
    distinct = len(set(choice.measure)) == len(choice.measure)
    covered = not choice.measure or choice.beam in choice.measure
    _require(tool, "measure", distinct and covered, f"sweeps {choice.measure} for {choice.beam}")
    # who knows nothing of a beam cannot promise that it is good
    kept = choice.confidence is not None or len(choice.measure) == window.beams
    _require(tool, "promise", kept, f"{choice.origin} knows nothing and does not sweep all")


def _check_unit(tool: BeamTool, answer: BeamAnswer, window: BeamWindow) -> None:
    moved = tuple(tuple(p + _SHIFT_DB for p in row) for row in window.power_dbm)
    other = tool.solve(window.model_copy(update={"power_dbm": moved}))
    same = [c.beam for c in other.choices] == [c.beam for c in answer.choices]
    _require(tool, "unit", same, f"{_SHIFT_DB:g} dB for all beams change the answer")


def _require(tool: BeamTool, clause: str, kept: bool, detail: str) -> None:
    if not kept:
        raise ToolContractError(tool.name, clause, detail)
