"""Activations through the real verifier and approver processes: judged, approved, signed once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from agents.service.activation_proof import Case
from agents.service.activation_records import Followed
from agents.service.activation_trace import activation_events
from contracts.activation import ACTIVATION_PAYLOAD_TYPE, Activation
from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE, RECEIPT_PAYLOAD_TYPE
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign, unverified_payload, verify
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.audit import verify_ledger
from contracts.ledger.reader import LedgerReader
from contracts.plant_link import SNAPSHOT_PAYLOAD_TYPE
from contracts.record import RecordKind
from contracts.site import Role
from contracts.verdict import VERDICT_PAYLOAD_TYPE, Verdict
from tests.agents.moving import FAIR, OTHER, SCENARIO, Acted, acted
from tests.xapps.world import World
from twins.calibration.certificate import load_certificate

TRACE = "trace"


class Office:
    """A site whose verifier and approver run, and an action that was fulfilled there."""

    def __init__(self, world: World, after: Acted) -> None:
        self.world, self.after = world, after
        self.plan = after.papers(0.5).plan

    def signed(self, contract: Any, payload_type: str, role: Role) -> dict[str, Any]:
        envelope = sign(contract, payload_type, load_signer(self.world.site, role))
        return envelope.model_dump(mode="json")

    def papers(self, of: Any = None, **changes: Any) -> dict[str, Any]:
        papers = self.after.papers_of(of or self.plan)
        return {
            "plan": papers.plan.model_dump(mode="json"),
            "certificate": self.signed(papers.certificate, CERTIFICATE_PAYLOAD_TYPE, "verifier"),
            "receipt": self.signed(papers.receipt, RECEIPT_PAYLOAD_TYPE, "actuator"),
            "snapshot": self.signed(papers.observation, SNAPSHOT_PAYLOAD_TYPE, "actuator"),
            "beside": [],
            **changes,
        }

    def verdict(self, **changes: Any) -> Verdict:
        """A verdict that passed; what the twin says is proven elsewhere."""
        values = {
            "plan_digest": self.plan.digest,
            "problem_digest": self.after.certificate.digest,
            "snapshot_digest": self.plan.snapshot_digest,
            "policy_digest": FAIR.digest,
            "scenario_digest": SCENARIO.digest,
            "calibration_digest": load_certificate().digest,
            "attempt": 1,
            "passed": True,
            "checks": (),
            "seed": 0,
        }
        return Verdict(**values | changes)

    def asked(self, **changes: Any) -> dict[str, Any]:
        verdict = self.verdict(**changes)
        return {
            "trace_id": TRACE,
            "plan": self.plan.model_dump(mode="json"),
            "verdict": self.signed(verdict, VERDICT_PAYLOAD_TYPE, "verifier"),
        }

    def code(self, role: Role, method: str, params: dict[str, Any]) -> str:
        with pytest.raises(RanwrightError) as caught:
            self.world.call(role, method, params)
        return caught.value.code


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    scenario = folder / "small.yaml"
    scenario.write_text(yaml.safe_dump(SCENARIO.model_dump(mode="json")))
    world = World.make(folder / "site")
    world.site.policy.write_text(yaml.safe_dump(FAIR.model_dump(mode="json")))
    world.spawn("verifier", ["-m", "agents.verifier", "--scenario", str(scenario)])
    world.spawn("ledger", ["-m", "contracts.ledger.writer"])
    world.spawn("approver", ["-m", "agents.approver"])
    try:
        after = acted(-12.0)
        for role in ("verifier", "ledger", "approver"):
            world.await_answer(role)  # type: ignore[arg-type]
        yield Office(world, after)
    finally:
        world.close()


def test_the_verifier_signs_what_its_twin_says(office) -> None:
    """Two decibels up and down cost cell 1 more than an eighth of its throughput."""
    wide = office.after.papers(2.0).plan
    heard: list[Any] = []
    answer = office.world.call("verifier", "verify_activation", office.papers(wide), heard.append)
    trust, now = load_trust(office.world.site), Clock().now().wall_time
    envelope = SignedEnvelope.model_validate(answer)
    verdict = Verdict.parse(verify(envelope, VERDICT_PAYLOAD_TYPE, "verifier", trust, now))
    assert not verdict.passed
    assert verdict.reasons[0].startswith("twin.envelope")
    assert verdict.plan_digest == wide.digest
    assert 0 < heard[0]["rollouts_done"] < heard[-1]["rollouts_done"] <= heard[-1]["rollouts"]


FORGED = {
    "certificate of another signer": (
        lambda o: {"certificate": o.signed(o.after.certificate, CERTIFICATE_PAYLOAD_TYPE, "plant")},
        "signature.wrong_role",
    ),
    "receipt of another signer": (
        lambda o: {"receipt": o.signed(o.after.receipt, RECEIPT_PAYLOAD_TYPE, "verifier")},
        "signature.wrong_role",
    ),
    "snapshot of the planner": (
        lambda o: {"snapshot": o.after.now.model_dump(mode="json")},
        "verify.snapshot_unsigned",
    ),
    "a receipt for a certificate": (
        lambda o: {"certificate": o.signed(o.after.receipt, CERTIFICATE_PAYLOAD_TYPE, "verifier")},
        "verify.papers_malformed",
    ),
    "no receipt": (lambda _o: {"receipt": None}, "rpc.bad_params"),
    "a plan of another shape": (lambda _o: {"plan": {"changes": []}}, "rpc.bad_params"),
    "an unsigned neighbour": (lambda _o: {"beside": [{"activation": 1}]}, "rpc.bad_params"),
    "an expired neighbour": (
        lambda o: {
            "beside": [o.signed(o.after.activation(o.plan), ACTIVATION_PAYLOAD_TYPE, "verifier")]
        },
        "verify.beside_expired",
    ),
}


@pytest.mark.parametrize(("forge", "code"), FORGED.values(), ids=FORGED)
def test_what_others_did_not_sign_is_not_looked_at(office, forge, code) -> None:
    assert office.code("verifier", "verify_activation", office.papers(**forge(office))) == code


def test_luck_is_not_tried_too_often(office) -> None:
    """All of these are unlawful and cost nothing, but each is an attempt."""
    codes = set()
    for priority in range(4):
        mutant = office.plan.model_copy(update={"priority": priority, "node_name": "another"})
        try:
            office.world.call("verifier", "verify_activation", office.papers(mutant))
        except RanwrightError as error:
            codes.add(error.code)
    assert codes == {"verify.attempts_exhausted"}


def test_a_person_approves_and_one_activation_is_signed(office) -> None:
    asked = office.asked()
    assert office.code("approver", "approve_automatically", asked) == "approval.person_required"
    request = office.world.call("approver", "request", asked)
    assert request["risk_class"] == "high"
    kept = {k: request[k] for k in ("trace_id", "plan_digest", "verdict_digest", "risk_class")}
    said = {**kept, "decision": "approved", "approved_by": "ada"}
    approval = office.world.call("approver", "decide", said)
    followed = office.papers()["certificate"]
    params = {**asked, "approval": approval, "certificate": followed}
    first = office.world.call("verifier", "certify_activation", params)
    trust, now = load_trust(office.world.site), Clock().now()
    payload = verify(
        SignedEnvelope.model_validate(first),
        ACTIVATION_PAYLOAD_TYPE,
        "verifier",
        trust,
        now.wall_time,
    )
    activation = Activation.parse(payload)
    assert activation.plan == office.plan
    assert activation.trace_id == TRACE
    validity = activation.expires_at - activation.issued_at.wall_time
    assert validity == timedelta(seconds=office.plan.validity_s)
    # asked again it is the same one, also by a verifier that began anew
    assert office.world.call("verifier", "certify_activation", params) == first
    records = [e.record for e in LedgerReader.of(office.world.site).records(TRACE)]
    assert [r.kind for r in records] == [RecordKind.APPROVAL, RecordKind.ACTIVATION]
    found = verify_ledger(office.world.site.ledger, office.world.site.objects, trust)
    found.require_ok()
    assert found.signatures >= 2
    refuse_other_papers(office, params)


def refuse_other_papers(office: Office, params: dict[str, Any]) -> None:
    other_plan = office.plan.model_copy(update={"priority": 99})
    failed = office.asked(passed=False)["verdict"]
    other_verdict = office.asked(attempt=2)["verdict"]
    other_action = office.after.certificate.model_copy(update={"trace_id": "x"})
    other_followed = office.signed(other_action, CERTIFICATE_PAYLOAD_TYPE, "verifier")
    other_policy = office.asked(policy_digest=OTHER)["verdict"]
    other_twin = office.asked(calibration_digest=OTHER)["verdict"]
    for change, code in (
        ({"plan": other_plan.model_dump(mode="json")}, "certify.papers_differ"),
        ({"verdict": other_verdict}, "certify.papers_differ"),
        ({"certificate": other_followed}, "certify.papers_differ"),
        ({"verdict": failed}, "certify.verdict_failed"),
        ({"verdict": other_policy}, "certify.policy_changed"),
        ({"verdict": other_twin}, "certify.calibration_changed"),
        ({"verdict": params["approval"]}, "signature.wrong_type"),
        ({"approval": None}, "rpc.bad_params"),
    ):
        assert office.code("verifier", "certify_activation", {**params, **change}) == code


def test_an_action_plan_and_an_activation_plan_are_not_taken_for_each_other(office) -> None:
    action = office.after.certificate.plan
    verdict = office.verdict(plan_digest=action.digest)
    asked = {
        "trace_id": "another",
        "plan": action.model_dump(mode="json"),
        "verdict": office.signed(verdict, VERDICT_PAYLOAD_TYPE, "verifier"),
    }
    approval = office.world.call("approver", "approve_automatically", asked)
    params = {**asked, "approval": approval, "certificate": office.papers()["certificate"]}
    assert office.code("verifier", "certify_activation", params) == "rpc.bad_params"


def test_no_room_is_said_before_the_verifier_is_asked(office) -> None:
    """Cell 1 promised more than the action brought; what was found stands in the ledger."""
    tight, heard = acted(5.0), list[str]()
    papers = Office(office.world, tight).papers()
    signed = {k: SignedEnvelope.model_validate(papers[k]) for k in ("certificate", "receipt")}
    case = Case(
        office.world.site,
        SCENARIO,
        "tight",
        Followed(**signed, problem=tight.problem),
        FAIR,
        SignedEnvelope.model_validate(papers["snapshot"]),
        (),
    )
    with pytest.raises(RanwrightError) as caught:
        case.prove(tight.proposal(), 0.5, lambda stage, _share, _detail: heard.append(stage))
    assert caught.value.code == "activation.no_room"
    assert caught.value.exit_code is ExitCode.INFEASIBLE
    assert "mean throughput of cell 1 at least +5 % has -" in caught.value.message
    assert set(heard) == {"propose"}
    (record,) = [e.record for e in LedgerReader.of(office.world.site).records("tight")]
    assert record.kind is RecordKind.STEP
    (event,) = activation_events(office.world.site, "tight")
    assert event.said.startswith("no cell has room to move: mean throughput of cell 1")


def test_a_policy_may_let_activations_pass(office) -> None:
    """The last test: it changes the policy of the site."""
    rules = FAIR.activation.model_copy(update={"automatic": True})
    lenient = FAIR.model_copy(update={"activation": rules})
    office.world.site.policy.write_text(yaml.safe_dump(lenient.model_dump(mode="json")))
    plan = office.plan.model_copy(update={"priority": 51})
    verdict = office.verdict(plan_digest=plan.digest, policy_digest=lenient.digest)
    asked = {
        "trace_id": TRACE,
        "plan": plan.model_dump(mode="json"),
        "verdict": office.signed(verdict, VERDICT_PAYLOAD_TYPE, "verifier"),
    }
    approval = office.world.call("approver", "approve_automatically", asked)
    payload = unverified_payload(SignedEnvelope.model_validate(approval))
    assert b"policy:test" in payload
    params = {**asked, "approval": approval, "certificate": office.papers()["certificate"]}
    assert office.world.call("verifier", "certify_activation", params)
