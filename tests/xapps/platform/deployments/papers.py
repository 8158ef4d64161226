"""A site with a ledger and a RIC as processes, and papers signed with its own keys."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval
from contracts.clock import Instant
from contracts.deployment import (
    DEPLOYMENT_PAYLOAD_TYPE,
    DeploymentCertificate,
    DeploymentPlan,
    deployment_id_of,
)
from contracts.dsse import SignedEnvelope, sign
from contracts.errors import RanwrightError
from contracts.keys import init_keys, load_signer
from contracts.ledger.reader import LedgerReader
from contracts.policy import load_policy
from contracts.record import Record, RecordKind
from contracts.rpc import Client
from contracts.site import Site
from tests.xapps.platform.waits import wait_until
from tests.xapps.world import POLICY
from xapps.platform.descriptor import read_descriptor
from xapps.platform.home import RicHome

VERDICT = "sha256:" + "0" * 64
SCHEMA = '{"type": "object", "properties": {"period_ms": {"type": "integer", "minimum": 10}}}'
RULES: dict[str, Any] = {
    "allowed": [
        {"name": "quiet", "may_send": [30010], "approval": "person"},
        {"name": "calm", "may_send": [], "approval": "policy"},
        {"name": "actuator", "may_send": [12040], "approval": "release"},
    ],
    "shared_policy_types": [20008],
    "validity_s": 300,
}


def descriptor(name: str = "quiet", sent: tuple[str, ...] = ("30010",), **changes: Any) -> str:
    """A descriptor of an xApp that takes policies of type 20001."""
    port = {
        "name": "rmrdata",
        "port": 4560,
        "rxMessages": ["30010"],
        "txMessages": list(sent),
        "policies": changes.pop("policies", [20001]),
    }
    fields = {
        "name": name,
        "version": "1.0.0",
        "messaging": {"ports": [port]},
        "controls": {"period_ms": 100},
    }
    return json.dumps(fields | changes)


class Place:
    """A site's folder, its ledger and its RIC; runs inside ``with``."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder / "site")
        init_keys(self.site)
        self.write_policy(RULES)
        self.home = RicHome(self.site.ric)
        self.code = folder / "code"
        self.code.mkdir()
        (self.code / "quiet.py").write_text("import threading\nthreading.Event().wait()\n")
        self._ledger: subprocess.Popen[bytes] | None = None
        self._ric: subprocess.Popen[bytes] | None = None

    def write_policy(self, rules: dict[str, Any]) -> None:
        self.site.policy.write_text(yaml.safe_dump(POLICY | {"xapps": rules}))

    def __enter__(self) -> "Place":
        self.start_ledger()
        self.start_ric()
        return self

    def __exit__(self, *_: object) -> None:
        self.end_ric()
        self.end_ledger()

    def start_ledger(self) -> None:
        command = ["contracts.ledger.writer", "--site", str(self.site.root)]
        self._ledger = self._start("ledger", command)
        wait_until(lambda: self._answers(self.site.socket("ledger")), 60)

    def end_ledger(self) -> None:
        _end(self._ledger, signal.SIGTERM)

    def start_ric(self, module: str = "xapps.platform", **environment: str) -> None:
        self.home.create()
        command = [module, "--site", str(self.site.root)]
        self._ric = self._start("ric", command, **environment)
        wait_until(lambda: self._answers(self.home.socket), 60)

    def end_ric(self, number: signal.Signals = signal.SIGTERM) -> None:
        _end(self._ric, number)

    def await_ric_death(self) -> int:
        assert self._ric is not None
        return self._ric.wait(60)

    def ask(self, method: str, **params: Any) -> Any:
        with Client(self.home.socket, timeout_s=60) as client:
            return client.call(method, params)

    def onboard(self, text: str | None = None, schema: str = SCHEMA) -> dict[str, Any]:
        return self.ask(
            "onboard",
            descriptor=text or descriptor(),
            schema_text=schema,
            command=["quiet.py"],
            folder=str(self.code),
        )

    def instances(self) -> dict[str, dict[str, Any]]:
        return {report["name"]: report for report in self.ask("instances")}

    def plan(self, operation: str = "deploy", **changes: Any) -> DeploymentPlan:
        """A plan about the package onboarded last, as its descriptor says."""
        name = changes.get("name", "quiet")
        view = self.ask("view", name=name)
        shown = read_descriptor(view["package"]["descriptor"].encode())
        digests = [p["digest"] for p in self.ask("packages") if p["name"] == name]
        fields = {
            "trace_id": f"trace-{datetime.now(UTC).timestamp()}",
            "operation": operation,
            "ric_id": view["ric_id"],
            "name": name,
            "version": shown.version,
            "package_digest": digests[-1],
            "received_types": shown.received_types(),
            "sent_types": shown.sent_types(),
            "policy_types": shown.policies,
        }
        return DeploymentPlan.model_validate(fields | changes)

    def approval(self, plan: DeploymentPlan, **changes: Any) -> Approval:
        return Approval(
            trace_id=plan.trace_id,
            plan_digest=plan.digest,
            verdict_digest=VERDICT,
            decision="approved",
            risk_class="high",
            approved_by="anna",
            decided_at=Instant(wall_time=datetime.now(UTC)),
        ).model_copy(update=changes)

    def certificate(self, plan: DeploymentPlan, /, **changes: Any) -> DeploymentCertificate:
        approval = changes.pop("approved", None) or self.approval(plan)
        signed = sign(approval, APPROVAL_PAYLOAD_TYPE, load_signer(self.site, "approver"))
        now = datetime.now(UTC)
        return DeploymentCertificate(
            deployment_id=deployment_id_of(approval),
            trace_id=plan.trace_id,
            plan=plan,
            verdict_digest=VERDICT,
            policy_digest=load_policy(self.site.policy).digest,
            approval=signed,
            issued_at=Instant(wall_time=now),
            expires_at=now + timedelta(seconds=60),
        ).model_copy(update=changes)

    def signed(self, certificate: DeploymentCertificate, role: str = "verifier") -> SignedEnvelope:
        return sign(certificate, DEPLOYMENT_PAYLOAD_TYPE, load_signer(self.site, role))

    def carry_out(self, envelope: SignedEnvelope) -> dict[str, Any]:
        return self.ask("carry_out", envelope=envelope.model_dump(mode="json"))

    def do(self, operation: str = "deploy", **changes: Any) -> dict[str, Any]:
        """Sign and carry out a plan that is right."""
        return self.carry_out(self.signed(self.certificate(self.plan(operation, **changes))))

    def refusal(self, action: Callable[[], Any]) -> str:
        """The code by which something is refused."""
        with pytest.raises(RanwrightError) as caught:
            action()
        assert caught.value.remedy
        return caught.value.code

    def records(self, kind: RecordKind) -> list[Record]:
        reader = LedgerReader.of(self.site)
        traces = [trace.trace_id for trace in reader.traces()]
        entries = (entry for trace in traces for entry in reader.records(trace))
        found = sorted(entries, key=lambda entry: entry.seq)
        return [entry.record for entry in found if entry.record.kind is kind]

    def _start(self, name: str, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        with (self.site.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                stdout=log,
                stderr=log,
                env=os.environ | environment,
            )

    def _answers(self, socket: Path) -> bool:
        try:
            with Client(socket, timeout_s=5) as client:
                return bool(client.call("ping"))
        except RanwrightError as error:
            if error.code != "rpc.unreachable":
                raise
            return False


def _end(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(number)
        process.wait(60)
