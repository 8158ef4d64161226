"""Approval by a person: bound to one plan, kept over restarts and kills, acting once."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agents.service.a1 import A1Client
from agents.service.replay import replay
from agents.service.traces import decision_of, summaries, verify_trace
from contracts.activation import CERTIFICATE_POLICY_TYPE
from contracts.decision import Decision, Outcome
from contracts.errors import ExitCode, RanwrightError
from contracts.record import RecordKind
from tests.agents.town import Town, ignore
from xapps.platform.home import RicHome

SENTENCE = "Cut energy use of all cells by 1 %"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A running site of this module's own, because its processes are restarted."""
    with Town(tmp_path_factory.mktemp("approval")) as made:
        yield made


@pytest.fixture(scope="module")
def waiting(town) -> Decision:
    return town.run(SENTENCE, approve="ask")


@pytest.fixture(scope="module")
def start_mw(town, waiting) -> dict[int, int]:
    """Powers before anything was approved."""
    return town.powers_mw()


@pytest.fixture(scope="module")
def approved(town, waiting, start_mw) -> Decision:
    """Approved by another caller, after every process was restarted."""
    town.stop()
    town.start()
    return town.service("ada").approve(waiting.trace_id, "approved", ignore)


def test_a_proven_plan_waits_and_changes_nothing(town, waiting):
    assert (waiting.outcome, waiting.code) == (
        Outcome.AWAITING_APPROVAL,
        "approval.person_required",
    )
    assert waiting.outcome.exit_code is ExitCode.AWAITING_APPROVAL
    assert waiting.changes
    assert waiting.trace_id in (waiting.remedy or "")
    assert town.powers_mw() == {c: 40_000 for c in range(1, 7)}
    assert not town.records(waiting.trace_id, RecordKind.CERTIFICATE)
    (open_trace,) = [s for s in summaries(town.site) if s.trace_id == waiting.trace_id]
    assert open_trace.outcome is None


def test_resuming_a_waiting_trace_does_not_approve_it(town, waiting, start_mw):
    assert town.service().resume(waiting.trace_id, ignore).outcome is Outcome.AWAITING_APPROVAL
    assert town.powers_mw() == start_mw


def test_approved_after_a_restart_it_acts_once(town, waiting, start_mw, approved):
    assert (approved.outcome, approved.code) == (Outcome.FULFILLED, "effect.confirmed")
    assert approved.trace_id == waiting.trace_id
    assert approved.approved_by == "ada"
    assert approved.changes == waiting.changes
    assert town.powers_mw() == start_mw | {c.cell_id: c.to_mw for c in waiting.changes}
    assert len(town.records(waiting.trace_id, RecordKind.CONTROL_SENT)) == stages(approved)
    assert standing_policies(town) == []


def test_deciding_again_is_refused(town, approved):
    version = town.version()
    for decision in ("approved", "denied"):
        with pytest.raises(RanwrightError) as caught:
            town.service().approve(approved.trace_id, decision, ignore)
        assert caught.value.code == "approval.not_waiting"
        assert caught.value.exit_code is ExitCode.USAGE
    assert town.version() == version


def test_resuming_what_ended_tells_the_same_decision(town, approved):
    version = town.version()
    assert town.service().resume(approved.trace_id, ignore) == approved
    assert town.version() == version


def test_the_trace_verifies_replays_and_explains(town, approved):
    trace_id = approved.trace_id
    found = verify_trace(town.site, trace_id, None)
    assert found.passed, found.audit.problems
    assert found.leaves_of_trace >= 12
    report = replay(town.reader(), trace_id)
    assert report.same_runtime, report.runtime_differences
    assert {s.step: s.result for s in report.steps} == dict.fromkeys(
        ("reading", "evidence", "problem", "solution", "verdict"), "equal"
    )
    assert report.passed
    assert decision_of(town.site, trace_id) == approved


def test_undo_brings_the_previous_powers_back_once(town, approved, start_mw):
    version = town.version()
    receipt = town.service().undo(approved.trace_id)
    assert (receipt.status, receipt.code) == ("rolled_back", "rollback.requested")
    assert town.powers_mw() == start_mw
    assert town.version() == version + 1
    with pytest.raises(RanwrightError) as caught:
        town.service().undo(approved.trace_id)
    assert caught.value.code == "rollback.not_available"
    assert caught.value.exit_code is ExitCode.REFUSED
    assert town.version() == version + 1


def test_denied_it_changes_nothing(town, approved):
    before = town.plant()
    waiting = town.run("Cut energy use of all cells by 2 %", approve="ask")
    assert waiting.outcome is Outcome.AWAITING_APPROVAL
    denied = town.service("ada").approve(waiting.trace_id, "denied", ignore)
    assert (denied.outcome, denied.code) == (Outcome.DENIED, "approval.denied")
    assert denied.outcome.exit_code is ExitCode.REFUSED
    assert "ada" in denied.reason
    assert town.version() == before.resource_version
    assert not town.records(waiting.trace_id, RecordKind.CERTIFICATE)
    with pytest.raises(RanwrightError) as caught:
        town.service().undo(waiting.trace_id)
    assert caught.value.code == "undo.nothing_to_undo"


@pytest.mark.parametrize(
    "reached",
    [
        pytest.param("act 0.0 (stage 1 of .: )?sending", id="around the control"),
        pytest.param("solve 1.0", id="with a plan", marks=pytest.mark.slow),
        pytest.param("certify 1.0", id="with a certificate", marks=pytest.mark.slow),
        pytest.param(
            "act .* stage 2 of .: acknowledged", id="while it watches", marks=pytest.mark.slow
        ),
    ],
)
def test_a_killed_planner_is_resumed_and_nothing_is_done_twice(town, approved, reached):
    version = town.version()
    trace_id = killed_planner(town, "Cut energy use of all cells by 1.5 %", reached)
    decision = town.service().resume(trace_id, ignore)
    assert (decision.outcome, decision.code) == (Outcome.FULFILLED, "effect.confirmed")
    assert all(c.met for c in decision.comparisons)
    assert town.version() == version + stages(decision)
    sent = town.records(trace_id, RecordKind.CONTROL_SENT)
    assert [r.content["stage"] for r in sent] == [*range(1, stages(decision) + 1)]
    for kind in (RecordKind.CERTIFICATE, RecordKind.DECISION):
        assert len(town.records(trace_id, kind)) == 1, kind
    assert verify_trace(town.site, trace_id, None).passed
    assert standing_policies(town) == []
    town.service().undo(trace_id)


def standing_policies(town: Town) -> list[str]:
    with A1Client(RicHome(town.site.ric)) as a1:
        return a1.policies(CERTIFICATE_POLICY_TYPE)


def stages(decision: Decision) -> int:
    assert decision.forecast is not None
    return len(decision.forecast.stages)


def killed_planner(town: Town, sentence: str, reached: str) -> str:
    """Kill a planner process as soon as it reports a stage; the trace that it leaves open."""
    before = {s.trace_id for s in summaries(town.site)}
    command = [sys.executable, "-m", "tests.agents.planner", town.site.root, sentence, "auto"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as planner:
        assert planner.stdout is not None
        said = []
        for line in planner.stdout:
            said.append(line)
            if re.match(reached, line):
                os.kill(planner.pid, signal.SIGKILL)
                break
    assert planner.returncode == -signal.SIGKILL, said
    (opened,) = {s.trace_id for s in summaries(town.site)} - before
    return opened
