"""Every outcome has its exit code; decisions say what is known and leave out what is not."""

from types import SimpleNamespace

import pytest

from agents.conclude import decide
from agents.formulate import formulate
from agents.papers import Sentence, Solution, UnavailableTool
from contracts.action import ActionPlan, Candidate, ParameterChange
from contracts.canonical import digest_bytes
from contracts.clock import Clock
from contracts.decision import Outcome
from contracts.errors import ExitCode, RanwrightError
from tests.agents.city import POLICY, SCENARIO, intent, snapshot, ue

EXIT_CODES = {
    Outcome.FULFILLED: 0,
    Outcome.ALREADY_FULFILLED: 0,
    Outcome.REFUSED: 3,
    Outcome.DENIED: 3,
    Outcome.NOT_APPLIED: 3,
    Outcome.INFEASIBLE: 4,
    Outcome.CLARIFICATION_NEEDED: 5,
    Outcome.ROLLED_BACK: 6,
    Outcome.AWAITING_APPROVAL: 7,
    Outcome.FALLEN_BACK: 8,
    Outcome.FAILED: 1,
}


class Objects(dict):
    """Objects by content address, in memory."""

    def keep(self, contract):
        data = contract.canonical()
        self[digest_bytes(data)] = data
        return digest_bytes(data)

    def get(self, digest):
        return self[digest]


@pytest.fixture
def objects():
    return Objects()


def road(objects):
    return SimpleNamespace(objects=objects, clock=Clock())


def state(objects, **more):
    sentence = objects.keep(Sentence(text="a sentence", requested_by="ada"))
    refs = {"sentence": sentence} | more.pop("refs", {})
    return {"trace_id": "0123456789abcdef", "refs": refs, **more}


@pytest.mark.parametrize("outcome", Outcome)
def test_exit_codes_are_the_documented_ones(outcome):
    assert int(outcome.exit_code) == EXIT_CODES[outcome]


@pytest.mark.parametrize(
    ("code", "exit_code", "outcome"),
    [
        ("intent.out_of_scope", ExitCode.REFUSED, Outcome.REFUSED),
        ("intent.ambiguous", ExitCode.CLARIFICATION_NEEDED, Outcome.CLARIFICATION_NEEDED),
        ("solve.infeasible", ExitCode.INFEASIBLE, Outcome.INFEASIBLE),
        ("scenario.unknown", ExitCode.USAGE, Outcome.REFUSED),
    ],
)
def test_what_ended_the_road_is_told_with_its_remedy(objects, code, exit_code, outcome):
    failure = RanwrightError(code, "what was wrong", "what to do", exit_code).to_json()
    decision = decide(road(objects), state(objects, failure=failure))
    assert (decision.outcome, decision.code) == (outcome, code)
    assert (decision.reason, decision.remedy) == ("what was wrong", "what to do")
    assert decision.sentence == "a sentence"
    assert decision.changes == decision.undo == ()
    assert decision.undo_command is None


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (RanwrightError("approval.denied", "no", "-").to_json(), Outcome.DENIED),
        (None, Outcome.AWAITING_APPROVAL),
    ],
)
def test_a_plan_that_was_not_carried_out_is_shown_with_its_way_back(objects, failure, outcome):
    change = ParameterChange(cell_id=1, from_mw=40_000, to_mw=20_047)
    digest = "sha256:" + "0" * 64
    plan = ActionPlan(
        problem_digest=digest, snapshot_digest=digest, resource_version=1, changes=(change,)
    )
    more = {"failure": failure} if failure else {}
    decision = decide(road(objects), state(objects, refs={"plan": objects.keep(plan)}, **more))
    assert decision.outcome is outcome
    assert decision.changes == (change,)
    (back,) = decision.undo
    assert (back.from_mw, back.to_mw) == (change.to_mw, change.from_mw)
    assert decision.plan_digest == plan.digest
    assert decision.undo_command is None  # nothing was done


def test_without_failure_and_plan_the_intent_held_already(objects):
    taken = snapshot()
    problem = formulate(intent(), taken, POLICY, SCENARIO.equipment)
    refs = {"problem": objects.keep(problem), "snapshot": objects.keep(taken)}
    decision = decide(road(objects), state(objects, refs=refs))
    assert decision.outcome is Outcome.ALREADY_FULFILLED
    assert [c.requirement for c in decision.comparisons] == list(problem.requirements)
    assert all(c.measured is None and c.met is None for c in decision.comparisons)


def test_a_baseline_that_cannot_be_measured_is_left_out_not_a_defect(objects):
    taken = snapshot((ue(1, 1), ue(2, 2, throughput_mbps=None)))
    problem = formulate(intent(), taken, POLICY, SCENARIO.equipment)
    refs = {"problem": objects.keep(problem), "snapshot": objects.keep(taken)}
    decision = decide(road(objects), state(objects, refs=refs))
    told = [c.cells for c in decision.comparisons]
    assert told == [(1,), (1, 2, 3), (1, 2, 3), (1,)]


def test_what_the_tools_lacked_and_how_strange_the_network_was_is_said(objects):
    best = Candidate(
        tool="power.graph_model",
        tool_version="1+0123",
        tx_power_mw={1: 20_000},
        objective_value=0.0,
        worst_margin=0.0,
        predictions=(),
        solve_time_ms=0.0,
        origin="polished",
        familiarity=0.02,
    )
    missing = UnavailableTool(tool="power.other", code="model.missing")
    solution = Solution(candidates=(best,), plan=None, unavailable=(missing,))
    decision = decide(road(objects), state(objects, refs={"solution": objects.keep(solution)}))
    lacked, strange = decision.notes
    assert "power.other" in lacked
    assert "model.missing" in lacked
    assert "polished" in strange
    assert "2%" in strange
