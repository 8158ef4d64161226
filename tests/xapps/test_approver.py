"""The approver process: automatic by policy, a person otherwise; one decision, durable, signed."""

from typing import Any

import pytest

from contracts.action import ActionPlan
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign, verify
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.audit import verify_ledger
from contracts.ledger.reader import LedgerReader
from contracts.record import RecordKind
from contracts.site import Role
from contracts.verdict import VERDICT_PAYLOAD_TYPE
from tests.xapps.plain_snapshot import plain_snapshot
from tests.xapps.world import TRACE, World, make_plan, make_verdict


@pytest.fixture
def running(world: World) -> World:
    world.start_ledger()
    world.start_approver()
    return world


def papers(
    world: World, targets: dict[int, int], role: Role = "verifier", **changes: Any
) -> dict[str, Any]:
    plan = make_plan(plain_snapshot(), targets)
    verdict = make_verdict(plan, world.policy()).model_copy(update=changes)
    envelope = sign(verdict, VERDICT_PAYLOAD_TYPE, load_signer(world.site, role))
    return {
        "plan": plan.model_dump(mode="json"),
        "verdict": envelope.model_dump(mode="json"),
        "trace_id": TRACE,
    }


def decision(asked: dict[str, Any], **changes: Any) -> dict[str, Any]:
    kept = {k: asked[k] for k in ("trace_id", "plan_digest", "verdict_digest", "risk_class")}
    return {**kept, "decision": "approved", "approved_by": "ada", **changes}


def code(world: World, method: str, params: dict[str, Any]) -> str:
    with pytest.raises(RanwrightError) as caught:
        world.call("approver", method, params)
    return caught.value.code


def opened(world: World, envelope: Any) -> Approval:
    payload = verify(
        SignedEnvelope.model_validate(envelope),
        APPROVAL_PAYLOAD_TYPE,
        "approver",
        load_trust(world.site),
        Clock().now().wall_time,
    )
    return Approval.parse(payload)


def test_small_steps_pass_by_policy(running: World) -> None:
    asked = papers(running, {1: 25_000})
    first = running.call("approver", "approve_automatically", asked)
    approval = opened(running, first)
    assert (approval.decision, approval.approved_by) == ("approved", "policy:test")
    assert approval.plan_digest == ActionPlan.model_validate(asked["plan"]).digest
    assert running.call("approver", "approve_automatically", asked) == first
    (entry,) = LedgerReader.of(running.site).records(TRACE)
    assert entry.record.kind is RecordKind.APPROVAL
    verify_ledger(running.site.ledger, running.site.objects, load_trust(running.site)).require_ok()


@pytest.mark.parametrize("targets", [{1: 38_000}, {1: 21_000, 2: 21_000, 3: 21_000}])
def test_larger_ones_need_a_person_across_a_restart(
    running: World, targets: dict[int, int]
) -> None:
    asked = papers(running, targets)
    with pytest.raises(RanwrightError) as caught:
        running.call("approver", "approve_automatically", {**asked, "policy": {"anything": 1}})
    assert caught.value.code == "approval.person_required"
    assert caught.value.exit_code is ExitCode.AWAITING_APPROVAL
    running.stop("approver", kill=True)
    running.start_approver()
    (pending,) = running.call("approver", "pending")
    assert pending["risk_class"] == "high"

    wrong = "sha256:" + "0" * 64
    for change, expected in (
        ({"approved_by": "policy:test"}, "approval.not_a_person"),
        ({"approved_by": " "}, "approval.not_a_person"),
        ({"verdict_digest": wrong}, "approval.other_verdict"),
        ({"plan_digest": wrong}, "approval.unknown"),
        ({"trace_id": "t"}, "approval.other_trace"),
        ({"risk_class": "low"}, "approval.other_risk"),
        ({"decision": "maybe"}, "rpc.bad_params"),
    ):
        assert code(running, "decide", decision(pending, **change)) == expected

    envelope = running.call("approver", "decide", decision(pending))
    assert opened(running, envelope).approved_by == "ada"
    assert running.call("approver", "pending") == []
    running.stop("approver", kill=True)
    running.start_approver()
    assert running.call("approver", "decide", decision(pending)) == envelope
    for change in ({"decision": "denied"}, {"approved_by": "bob"}):
        assert code(running, "decide", decision(pending, **change)) == "approval.already_decided"


def test_a_person_can_deny_what_the_policy_would_pass(running: World) -> None:
    asked = papers(running, {1: 25_000})
    request = running.call("approver", "request", asked)
    assert request["risk_class"] == "low"
    envelope = running.call("approver", "decide", decision(request, decision="denied"))
    assert opened(running, envelope).decision == "denied"
    assert code(running, "approve_automatically", asked) == "approval.already_decided"


def test_papers_that_do_not_fit_are_refused(running: World) -> None:
    ask = "approve_automatically"
    wrong = "sha256:" + "0" * 64
    step = {1: 25_000}
    assert code(running, ask, papers(running, step, "actuator")) == "signature.wrong_role"
    assert code(running, ask, papers(running, step, passed=False)) == "approval.verdict_failed"
    assert code(running, ask, papers(running, step, plan_digest=wrong)) == "approval.other_plan"
    assert code(running, ask, papers(running, step, policy_digest=wrong)) == "policy.changed"
    assert code(running, ask, {"plan": {}}) == "rpc.bad_params"
    first = papers(running, step)
    running.call("approver", "request", first)
    assert code(running, "request", {**first, "trace_id": "other"}) == "approval.other_request"
    running.site.policy.unlink()
    assert code(running, ask, first) == "policy.missing"
