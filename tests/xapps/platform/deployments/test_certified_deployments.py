"""A site's RIC does to its xApps what a certificate says, once, and nothing else."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.deployment import (
    DEPLOYMENT_PAYLOAD_TYPE,
    DeploymentCertificate,
    DeploymentPlan,
)
from contracts.dsse import Signer, sign
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import load_signer, load_trust, revoke, rotate
from contracts.ledger.audit import verify_ledger
from contracts.record import RecordKind
from tests.xapps.platform.deployments.papers import RULES, Place, descriptor
from tests.xapps.platform.waits import wait_until
from xapps.platform.release import actuator_package


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Place(tmp_path_factory.mktemp("place")) as place:
        yield place


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    running.onboard()
    yield running
    running.write_policy(RULES)
    for name in running.instances():
        running.do("undeploy", name=name)


def test_an_xapp_lives_under_certificates(place: Place) -> None:
    done = place.do("deploy", controls={"period_ms": 50})
    assert (done["step"], done["code"]) == ("in_force", "deployment.carried_out")
    assert place.ask("deployment", deployment_id=done["deployment_id"]) == done
    config = place.home.instances / "quiet" / "config-file.json"
    assert json.loads(config.read_text())["controls"] == {"period_ms": 50}
    assert wait_until(lambda: place.instances()["quiet"]["pid"])

    assert place.do("configure", controls={"period_ms": 20})["step"] == "done"
    assert json.loads(config.read_text())["controls"] == {"period_ms": 20}
    assert place.do("undeploy")["step"] == "done"
    assert place.instances() == {}

    outcomes = [r.content["step"] for r in place.records(RecordKind.DEPLOYMENT_OUTCOME)]
    assert outcomes[-4:] == ["in_force", "done", "ended", "done"]
    site = place.site
    verify_ledger(site.ledger, site.objects, load_trust(site)).require_ok()


@pytest.mark.parametrize("method", ["deploy", "undeploy", "configure"])
def test_nothing_is_done_straight_over_the_socket(place: Place, method: str) -> None:
    refused = "deployment.certificate_required"
    assert place.refusal(lambda: place.ask(method, name="quiet", controls={})) == refused
    assert place.instances() == {}
    last = place.records(RecordKind.DEPLOYMENT_REFUSED)[-1].content
    assert (last["method"], last["name"]) == (method, "quiet")


def test_a_sites_ric_is_not_run_as_a_stand_alone_one(place: Place, tmp_path: Path) -> None:
    def started(*options: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "xapps.platform", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    site = str(place.site.root)
    code, said = started("--home", str(place.home.root))
    assert (code, "ric.other_place" in said) == (ExitCode.USAGE, True)
    code, said = started("--site", str(tmp_path))
    assert (code, "ric.other_place" in said) == (ExitCode.USAGE, True)
    assert started("--site", site, "--controller", "quiet")[0] == ExitCode.USAGE
    assert started("--site", site, "--home", str(tmp_path))[0] == ExitCode.USAGE
    with pytest.raises(RanwrightError, match="other_place"):
        place.home.require_place(None)


def test_nobody_registers_what_was_not_deployed(place: Place) -> None:
    body = {
        "appName": "guest",
        "appInstanceName": "guest",
        "httpEndpoint": "127.0.1.9:8080",
        "rmrEndpoint": "127.0.1.9:4560",
        "config": descriptor("guest", policies=[20001]),
    }
    address = place.ask("status")["services"]["appmgr"]
    answer = httpx.post(f"http://{address}/ric/v1/register", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "appmgr.not_deployed")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def mutated(payload: Any, path: tuple[Any, ...]) -> Any:
    changed = json.loads(json.dumps(payload))
    target = changed
    for key in path[:-1]:
        target = target[key]
    held = target[path[-1]]
    match held:
        case str():
            target[path[-1]] = held[:-1] + ("0" if held[-1:] != "0" else "1")
        case int():
            target[path[-1]] = held + 1
        case _:
            target[path[-1]] = "x"
    return changed


def test_every_field_of_a_certificate_is_covered_by_its_signature(place: Place) -> None:
    envelope = place.signed(place.certificate(place.plan("deploy", controls={"period_ms": 50})))
    payload = json.loads(base64.b64decode(envelope.payload))
    paths = list(leaves(payload))
    assert len(paths) > 20
    for path in paths:
        data = json.dumps(mutated(payload, path), sort_keys=True, separators=(",", ":"))
        forged = envelope.model_copy(update={"payload": base64.b64encode(data.encode()).decode()})
        assert place.refusal(lambda e=forged: place.carry_out(e)) == "signature.invalid", path
    for path in leaves(envelope.model_dump(mode="json")):
        document = mutated(envelope.model_dump(mode="json"), path)
        code = place.refusal(lambda d=document: place.ask("carry_out", envelope=d))
        assert code.partition(".")[0] in ("signature", "key"), path
    assert place.instances() == {}
    assert place.carry_out(envelope)["step"] == "in_force"


PLAN_CHANGES: dict[str, Any] = {
    "trace_id": "another",
    "operation": "undeploy",
    "ric_id": "0" * 32,
    "name": "calm",
    "version": "2",
    "package_digest": "0" * 64,
    "controls": {"period_ms": 11},
    "received_types": (1,),
    "sent_types": (12040,),
    "policy_types": (),
    "ends_at": datetime(2999, 1, 1, tzinfo=UTC),
}


def test_every_field_of_a_plan_is_changed_below() -> None:
    assert set(PLAN_CHANGES) == set(DeploymentPlan.model_fields)


@pytest.mark.parametrize("field", PLAN_CHANGES)
def test_an_approval_is_for_one_plan_to_the_field(place: Place, field: str) -> None:
    """Even the verifier's own key cannot stretch what a person approved."""
    plan = place.plan()
    other = plan.model_copy(update={field: PLAN_CHANGES[field]})
    certificate = place.certificate(plan, plan=other)
    code = place.refusal(lambda: place.carry_out(place.signed(certificate)))
    assert code == "approval.other_plan"


def test_papers_that_do_not_fit_are_refused(place: Place) -> None:
    plan, now = place.plan(), datetime.now(UTC)

    def code(role: str = "verifier", approval: dict[str, Any] | None = None, **changes: Any) -> str:
        approved = place.approval(plan, **(approval or {}))
        certificate = place.certificate(plan, approved=approved, **changes)
        return place.refusal(lambda: place.carry_out(place.signed(certificate, role)))

    assert code(role="approver") == "signature.wrong_role"
    assert code(role="actuator") == "signature.wrong_role"
    assert code(expires_at=now) == "deployment.expired"
    assert code(expires_at=now + timedelta(days=1)) == "deployment.valid_too_long"
    later = {"wall_time": now + timedelta(seconds=50), "kpm_time_ms": None}
    certificate = place.certificate(plan).model_dump(mode="python") | {"issued_at": later}
    early = place.signed(DeploymentCertificate.model_validate(certificate))
    assert place.refusal(lambda: place.carry_out(early)) == "deployment.not_yet_valid"
    assert code(policy_digest="sha256:" + "1" * 64) == "policy.changed"
    assert code(verdict_digest="sha256:" + "1" * 64) == "approval.other_verdict"
    assert code(trace_id="another") == "approval.other_trace"
    assert code(deployment_id="0" * 32) == "deployment.other_approval"
    assert code(approval={"decision": "denied"}) == "approval.denied"
    assert code(approval={"approved_by": "policy:test"}) == "approval.person_required"
    assert code(approval={"verdict_digest": "sha256:" + "1" * 64}) == "approval.other_verdict"
    junk = sign(place.approval(plan), DEPLOYMENT_PAYLOAD_TYPE, _signer(place))
    assert place.refusal(lambda: place.carry_out(junk)) == "deployment.malformed"
    stranger = sign(place.certificate(plan), DEPLOYMENT_PAYLOAD_TYPE, Signer.generate_ed25519())
    assert place.refusal(lambda: place.carry_out(stranger)) == "key.unknown"
    assert place.refusal(lambda: place.ask("carry_out", envelope="no")) == "signature.malformed"
    assert place.instances() == {}
    assert len(place.records(RecordKind.DEPLOYMENT_REFUSED)) > 10


def _signer(place: Place) -> Signer:
    return load_signer(place.site, "verifier")


def test_plans_that_do_not_hold_on_this_ric_are_refused(place: Place) -> None:
    def code(operation: str = "deploy", **changes: Any) -> str:
        return place.refusal(lambda: place.do(operation, **changes))

    assert code(ric_id="0" * 32) == "deployment.other_ric"
    assert code(version="2.0.0") == "deployment.not_onboarded"
    assert code(package_digest="0" * 64) == "deployment.digest"
    assert code(controls={"period_ms": 1}) == "deployment.bad_controls"
    assert code(received_types=()) == "deployment.not_as_declared"
    assert code(policy_types=()) == "deployment.not_as_declared"
    assert code(ends_at=datetime.now(UTC)) == "deployment.over"
    assert code("undeploy") == "deployment.not_deployed"
    assert code("configure", controls={"period_ms": 50}) == "deployment.not_deployed"

    place.onboard(descriptor("stranger"))
    assert code(name="stranger") == "deployment.name_not_allowed"
    place.onboard(descriptor(sent=("31000",)))
    assert code() == "deployment.message_type_not_allowed"
    assert code(sent_types=()) == "deployment.not_as_declared"
    place.onboard(descriptor(sent=("RIC_CONTROL_REQ",)))
    assert code() == "deployment.message_type_not_allowed"
    assert code(sent_types=()) == "deployment.not_as_declared"

    place.onboard()
    place.do()
    assert code() == "deployment.deployed"
    assert code("configure", controls={"period_ms": 1}) == "deployment.bad_controls"
    place.onboard(descriptor("calm", sent=()))
    assert code(name="calm") == "deployment.policy_type_taken"
    place.onboard(descriptor("calm", sent=(), policies=[20008], version="2.0.0"))
    assert place.do(name="calm")["step"] == "in_force"


def test_a_certificate_acts_once(place: Place) -> None:
    envelope = place.signed(place.certificate(place.plan()))
    place.carry_out(envelope)
    assert place.refusal(lambda: place.carry_out(envelope)) == "deployment.used"
    place.do("undeploy")
    assert place.refusal(lambda: place.carry_out(envelope)) == "deployment.used"
    place.end_ric()
    place.start_ric()
    assert place.refusal(lambda: place.carry_out(envelope)) == "deployment.used"
    assert place.instances() == {}


def test_what_has_an_end_is_retired_by_the_ric(place: Place) -> None:
    done = place.do(ends_at=datetime.now(UTC) + timedelta(seconds=3))

    def found() -> dict[str, Any]:
        return place.ask("deployment", deployment_id=done["deployment_id"])

    wait_until(lambda: found()["step"] == "ended")
    assert found()["code"] == "deployment.over"
    assert place.instances() == {}

    done = place.do(ends_at=datetime.now(UTC) + timedelta(seconds=3))
    ends_at = datetime.now(UTC) + timedelta(seconds=3)
    place.end_ric()
    wait_until(lambda: datetime.now(UTC) > ends_at)
    place.start_ric()
    assert place.instances() == {}
    assert place.ask("deployment", deployment_id=done["deployment_id"])["step"] == "ended"


def test_without_a_ledger_nothing_is_done(place: Place) -> None:
    envelope = place.signed(place.certificate(place.plan()))
    place.end_ledger()
    try:
        assert place.refusal(lambda: place.carry_out(envelope)) == "rpc.unreachable"
        assert place.instances() == {}
    finally:
        place.start_ledger()
    assert place.refusal(lambda: place.carry_out(envelope)) == "deployment.used"
    wait_until(lambda: place.records(RecordKind.DEPLOYMENT_OUTCOME)[-1].content["step"])
    assert place.do()["step"] == "in_force"


def test_only_this_releases_actuator_is_approved_by_the_policy(place: Place) -> None:
    shipped = actuator_package(place.site)
    other = descriptor("actuator", sent=("RIC_CONTROL_REQ",))
    place.onboard(other)
    plan = place.plan(name="actuator")
    assert plan.package_digest != shipped.digest
    approved = place.approval(plan, approved_by="policy:test")
    certificate = place.certificate(plan, approved=approved)
    code = place.refusal(lambda: place.carry_out(place.signed(certificate)))
    assert code == "approval.person_required"

    place.ask(
        "onboard",
        descriptor=shipped.text.decode(),
        schema_text=shipped.schema.decode(),
        command=list(shipped.command),
        folder=shipped.folder,
    )
    view = place.ask("view", name="actuator", version=shipped.version)
    assert view["package"]["command"] == list(shipped.command)


def test_what_runs_without_a_certificate_is_ended_when_the_ric_starts(place: Place) -> None:
    place.do()
    pid = wait_until(lambda: place.instances()["quiet"]["pid"])
    place.end_ric()
    # as an earlier release left it, or somebody who writes into the folder
    place.home.deployments.rename(place.site.root / "aside.sqlite")
    place.start_ric()
    assert place.instances() == {}
    assert not Path(f"/proc/{pid}").exists()
    assert place.ask("view", name="quiet")["ric_id"]
    place.onboard()
    assert place.do()["step"] == "in_force"


def test_controls_that_nobody_certified_do_not_survive_a_restart(place: Place) -> None:
    place.do()
    place.do("configure", controls={"period_ms": 70})
    place.end_ric()
    config = place.home.instances / "quiet" / "config-file.json"
    config.write_text(config.read_text().replace("70", "11"))
    place.start_ric()
    assert json.loads(config.read_text())["controls"] == {"period_ms": 70}


def test_a_revoked_key_deploys_nothing_and_takes_nothing_away(place: Place) -> None:
    place.do()
    old = place.signed(place.certificate(place.plan("undeploy")))
    revoke(place.site, "verifier", "lost")
    assert place.refusal(lambda: place.carry_out(old)) == "key.revoked"
    assert "quiet" in place.instances()
    place.end_ric()
    place.start_ric()
    assert "quiet" in place.instances()
    rotate(place.site, "verifier")
    assert place.do("undeploy")["step"] == "done"
    trust = place.site.trust
    newest = trust.read_bytes()
    rotate(place.site, "verifier")
    envelope = place.signed(place.certificate(place.plan()))
    assert place.carry_out(envelope)["step"] == "in_force"
    again, held = place.signed(place.certificate(place.plan("undeploy"))), trust.read_bytes()
    trust.write_bytes(newest)
    assert place.refusal(lambda: place.carry_out(again)) == "trust.rolled_back"
    trust.write_bytes(held)
