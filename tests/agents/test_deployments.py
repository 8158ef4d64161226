"""xApps on a running site: asked for, judged, approved by a person, certified, carried out."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from agents.service import processes, traces
from agents.service.deployment_report import DeploymentReport, papers_of
from agents.service.deployments import Deployments
from agents.service.ric import ask
from contracts.decision import Outcome
from contracts.deployment import DeploymentCertificate
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.record import RecordKind
from contracts.rpc import Client
from tests.agents.town import Town
from tests.xapps.platform.deployments.papers import SCHEMA, descriptor
from tests.xapps.platform.waits import wait_until
from xapps.platform.home import RicHome
from xapps.platform.release import actuator_package


@pytest.fixture
def desk(town: Town, tmp_path: Path) -> Iterator[Deployments]:
    code = tmp_path / "quiet.py"
    code.write_text("import threading\nthreading.Event().wait()\n")
    made = Deployments(town.site, "anna")
    onboard(town, tmp_path)
    yield made
    if "quiet" in deployed(town):
        made.decide(made.request("undeploy", "quiet", "auto").trace_id, "approved")


def onboard(town: Town, folder: Path, **changes: Any) -> None:
    ask(
        RicHome(town.site.ric),
        "onboard",
        descriptor=descriptor(sent=(), **changes),
        schema_text=SCHEMA,
        command=["quiet.py"],
        folder=str(folder),
    )


def deployed(town: Town) -> dict[str, Any]:
    return {i["name"]: i for i in ask(RicHome(town.site.ric), "instances")}


def kinds(town: Town, trace_id: str) -> list[RecordKind]:
    return [entry.record.kind for entry in town.reader().records(trace_id)]


def test_the_actuator_runs_under_a_certificate_that_the_policy_approved(town: Town) -> None:
    (first,) = [t for t in traces.summaries(town.site) if t.requested_by == "ranwright up"][:1]
    report = traces.explained(town.site, first.trace_id)
    assert isinstance(report, DeploymentReport)
    assert report.outcome is Outcome.FULFILLED
    assert report.approved_by == "policy:munich-default"
    assert report.plan.package_digest == actuator_package(town.site).digest
    assert deployed(town)["actuator"]["digest"] == report.plan.package_digest
    assert kinds(town, first.trace_id) == [
        RecordKind.DEPLOYMENT_PLANNED,
        RecordKind.DEPLOYMENT_VERDICT,
        RecordKind.APPROVAL,
        RecordKind.DEPLOYMENT_CERTIFICATE,
        RecordKind.DEPLOYMENT_STARTED,
        RecordKind.DEPLOYMENT_OUTCOME,
    ]


def test_a_person_approves_what_is_done_with_an_xapp(town: Town, desk: Deployments) -> None:
    waiting = desk.request("deploy", "quiet", "auto")
    assert waiting.outcome is Outcome.AWAITING_APPROVAL
    assert waiting.passed
    assert "quiet" not in deployed(town)
    done = desk.decide(waiting.trace_id, "approved")
    assert (done.outcome, done.approved_by) == (Outcome.FULFILLED, "anna")
    assert deployed(town)["quiet"]["digest"] == waiting.plan.package_digest
    assert desk.decide(waiting.trace_id, "approved") == done  # goes on, and does nothing twice

    controls = {"period_ms": 20}
    denied = desk.request("configure", "quiet", "ask", controls=controls)
    assert desk.decide(denied.trace_id, "denied").outcome is Outcome.DENIED
    with pytest.raises(RanwrightError, match="already_decided"):
        desk.decide(denied.trace_id, "approved")
    config = RicHome(town.site.ric).instances / "quiet" / "config-file.json"
    assert json.loads(config.read_text())["controls"] == {"period_ms": 100}

    again = desk.request("configure", "quiet", "ask", controls=controls)
    assert desk.decide(again.trace_id, "approved").outcome is Outcome.FULFILLED
    assert json.loads(config.read_text())["controls"] == controls
    assert traces.verify_trace(town.site, again.trace_id, None).passed


def test_what_does_not_hold_is_refused_before_anybody_is_asked(
    town: Town, desk: Deployments, tmp_path: Path
) -> None:
    onboard(town, tmp_path, name="stranger")
    refused = desk.request("deploy", "stranger", "ask")
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "deployment.name_not_allowed")
    assert RecordKind.APPROVAL not in kinds(town, refused.trace_id)
    with pytest.raises(RanwrightError, match="not_waiting"):
        desk.decide(refused.trace_id, "approved")
    for name, operation, code in (
        ("nobody", "deploy", "xapp.not_onboarded"),
        ("quiet", "undeploy", "xapp.not_deployed"),
    ):
        with pytest.raises(RanwrightError) as caught:
            desk.request(operation, name, "auto")  # type: ignore[arg-type]
        assert caught.value.code == code
    with pytest.raises(RanwrightError, match=r"deployment\.bad_plan"):
        desk.request("deploy", "quiet", "auto", controls={"period_ms": 2**60})


def test_nobody_retires_the_actuator_without_a_person(town: Town) -> None:
    waiting = Deployments(town.site, "anna").request("undeploy", "actuator", "auto")
    assert waiting.outcome is Outcome.AWAITING_APPROVAL
    assert "actuator" in deployed(town)


def test_a_request_waits_over_a_crash_of_everybody(town: Town, desk: Deployments) -> None:
    waiting = desk.request("deploy", "quiet", "ask")
    for part in ("approver", "ric", "ledger"):
        pid = processes.status(town.site)[part]  # type: ignore[index]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda part=part: processes.status(town.site)[part] is None)
    processes.start(town.site, town.config)
    assert desk.decide(waiting.trace_id, "approved").outcome is Outcome.FULFILLED
    assert "quiet" in deployed(town)


def test_the_verifier_certifies_what_was_approved_and_nothing_else(
    town: Town, desk: Deployments
) -> None:
    waiting = desk.request("deploy", "quiet", "ask")
    paper = papers_of(town.reader(), waiting.trace_id)
    shown = {
        k: v if isinstance(v, str) else v.model_dump(mode="json")
        for k, v in paper.to_approver().items()
    }

    def call(role: Any, method: str, **params: Any) -> Any:
        with Client(town.site.socket(role)) as client:
            return client.call(method, params)

    request = call("approver", "request", **shown)
    decided = {k: request[k] for k in ("trace_id", "plan_digest", "verdict_digest", "risk_class")}
    for name in ("policy:me", " "):
        with pytest.raises(RanwrightError, match="not_a_person"):
            call("approver", "decide", **decided, decision="approved", approved_by=name)
    approval = call("approver", "decide", **decided, decision="approved", approved_by="anna")
    papers = {"plan": shown["plan"], "verdict": shown["verdict"], "approval": approval}
    other = desk.request("deploy", "quiet", "ask")
    others = papers_of(town.reader(), other.trace_id)
    for change in (
        {"plan": others.plan.model_dump(mode="json")},
        {"verdict": others.verdict.model_dump(mode="json")},
    ):
        with pytest.raises(RanwrightError, match="papers_differ"):
            call("verifier", "certify_deployment", **papers | change)
    with pytest.raises(RanwrightError, match="signature"):
        call("verifier", "certify_deployment", **papers | {"approval": shown["verdict"]})
    with pytest.raises(RanwrightError, match="bad_params"):
        call("verifier", "certify_deployment", plan=shown["plan"])
    first = call("verifier", "certify_deployment", **papers)
    assert call("verifier", "certify_deployment", **papers) == first
    envelope = SignedEnvelope.model_validate(first)
    certificate = DeploymentCertificate.parse(unverified_payload(envelope))
    assert certificate.plan == paper.plan


def test_the_command_asks_shows_and_waits(town: Town, desk: Deployments, tmp_path: Path) -> None:
    site = ("--site", str(town.site.root))

    def command(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, *site])
        return done.exit_code, done.output

    code, output = command("xapp", "deploy", "quiet", "--hours", "1", "--json")
    shown = json.loads(output)
    assert code == ExitCode.AWAITING_APPROVAL
    assert len(shown["plan"]["package_digest"]) == 64
    assert shown["plan"]["policy_types"] == [20001]
    assert shown["plan"]["ends_at"]
    trace_id = shown["trace_id"]
    assert command("trace", "show", trace_id)[0] == 0
    replayed = json.loads(command("trace", "replay", trace_id, "--json")[1])
    assert [step["result"] for step in replayed["steps"]] == ["equal"]
    code, output = command("approve", trace_id)
    assert code == 0
    assert shown["plan"]["package_digest"][:20] in output
    assert "20001" in output
    assert "quiet" in command("xapp", "list")[1]
    controls = tmp_path / "controls.json"
    controls.write_text('{"period_ms": 40}')
    code, output = command("xapp", "configure", "quiet", str(controls), "--json")
    assert code == ExitCode.AWAITING_APPROVAL
    assert command("deny", json.loads(output)["trace_id"])[0] == ExitCode.REFUSED
    code, output = command("trace", "explain", json.loads(output)["trace_id"], "--json")
    assert (code, json.loads(output)["outcome"]) == (0, "denied")
    assert trace_id in command("trace", "list", "--json")[1]
    code, output = command("xapp", "undeploy", "quiet", "--json")
    assert command("approve", json.loads(output)["trace_id"])[0] == 0
    assert "quiet" not in deployed(town)
