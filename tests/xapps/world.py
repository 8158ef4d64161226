"""A small network, its papers, and the processes of a site, for tests of the trusted core."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from agents.service.delivery import carry_out, withdraw
from benchmarks.seat import LAUNCH, Seat
from contracts.action import ActionPlan, ParameterChange
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    Approval,
    Certificate,
    EffectWatch,
    Receipt,
)
from contracts.clock import Instant
from contracts.delivery import certificate_digest, certificate_policy
from contracts.dsse import SignedEnvelope, sign, unverified_payload
from contracts.errors import RanwrightError
from contracts.keys import init_keys, load_signer
from contracts.kpi import Kpi
from contracts.network import KpmReport, NetworkSnapshot
from contracts.plant_link import NodeInfo
from contracts.policy import Policy, load_policy
from contracts.problem import PowerVariable, SourcedRequirement
from contracts.requirement import Condition, RatioBound, RelativeChange, Requirement
from contracts.rpc import Client
from contracts.site import Role, Site
from contracts.stages import EffectForecast, KpiForecast, Stage
from contracts.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
TRACE = "trace-1"
LEDGER = ("-m", "contracts.ledger.writer")
PLANT = ("-m", "tests.xapps.plain_plant")
ACTUATOR = (*LAUNCH, "xapps.actuator")
POLICY: dict[str, Any] = {
    "policy_id": "test",
    "guard_rails": [
        {
            "name": "no_coverage_loss",
            "kpi": "CoverageLossRatio",
            "condition": "IS_EQUAL_TO_OR_LESS_THAN",
            "bound": {"kind": "ratio", "threshold_percent": 0},
            "applies_to": "all_cells",
        }
    ],
    "thresholds": {"weak_rsrp_dbm": -110, "low_sinr_db": 0},
    "action": {
        "allowed_parameters": ["NRSectorCarrier.configuredMaxTxPower"],
        "allowed_cells": [1, 2, 3],
        "max_step_db": 3,
        "max_changed_cells": 2,
    },
    "verification": {
        "max_miss_probability": 0.05,
        "confidence": 0.95,
        "rollouts": 59,
        "max_attempts": 1,
    },
    "approval": {"automatic_up_to_changed_cells": 2, "automatic_up_to_step_db": 2},
    "certificate": {
        "validity_s": 600,
        "settle_ms": 200,
        "watch_window_ms": 1000,
        "effect_deadline_ms": 5000,
        "silence_timeout_s": 1.0,
    },
    "stages": {
        "canary_cells": 1,
        "max_step_db": 3,
        "window_ms": 600,
        "fallback_tx_power_mw": 41000,
    },
    "xapps": {
        "allowed": [
            {"name": "actuator", "may_send": [12040, 31001], "approval": "release"},
            {"name": "power-control", "may_send": [31000], "approval": "person"},
        ],
        "shared_policy_types": [20101],
        "validity_s": 300,
    },
    "forecast": {"false_alarm_probability": 0.02, "gap": "unlimited"},
    "activation": {
        "allowed_xapps": ["power-control"],
        "max_half_width_db": 2.0,
        "max_validity_s": 600,
        "least_interval_ms": 200,
        "watch_window_ms": 1000,
        "max_live": 2,
        "rollouts": 112,
        "interior_points": 32,
        "automatic": False,
    },
}


def eventually(condition: Callable[[], Any], what: str, deadline_s: float = 30.0) -> Any:
    """The first true value of a condition, asked again until the deadline."""
    until = time.monotonic() + deadline_s
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        pause.wait(0.02)
    return value


@dataclass
class World:
    """A site with keys, policy and processes."""

    site: Site
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @cached_property
    def ric(self) -> Seat:
        """The site's RIC, begun by who needs it first."""
        return Seat(self.site.ric)

    @classmethod
    def make(cls, root: Path) -> "World":
        site = Site(root)
        init_keys(site)
        site.policy.write_text(yaml.safe_dump(POLICY))
        return cls(site)

    def start(self, role: Role, command: Sequence[str], **environment: str) -> None:
        self.spawn(role, command, **environment)
        self.await_answer(role)

    def await_answer(self, role: Role) -> None:
        eventually(lambda: self.answers(role), f"{role} answers", 120.0)

    def spawn(self, role: Role, command: Sequence[str], **environment: str) -> None:
        if (ended := self.processes.pop(role, None)) is not None:
            ended.wait(timeout=20)
        with (self.site.logs / f"{role}.log").open("ab") as log:
            self.processes[role] = subprocess.Popen(
                [sys.executable, *command, "--site", str(self.site.root)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stderr=log,
            )

    def start_ledger(self) -> None:
        self.start("ledger", LEDGER)

    def start_plant(self, command: Sequence[str] = PLANT) -> None:
        self.start("plant", [*command, *self.ric.e2()])
        self.await_e2()

    def await_e2(self) -> None:
        eventually(lambda: self.ric.is_connected(self.node().node_name), "the plant is on E2")

    def start_actuator(self, **environment: str) -> None:
        module = "benchmarks.faults.hurt_actuator" if environment else "xapps.actuator"
        self.start("actuator", [*LAUNCH, module], **self.ric.environment(), **environment)

    def start_approver(self) -> None:
        self.start("approver", ["-m", "agents.approver"])

    def start_all(self) -> None:
        """Ledger, plant and actuator, side by side; those that run go on."""
        commands: dict[Role, Sequence[str]] = {
            "ledger": LEDGER,
            "plant": [*PLANT, *self.ric.e2()],
            "actuator": ACTUATOR,
        }
        missing = [r for r in commands if not self.runs(r)]
        for role in missing:
            self.spawn(role, commands[role], **self.ric.environment())
        for role in missing:
            self.await_answer(role)
        self.await_e2()

    def runs(self, role: Role) -> bool:
        return role in self.processes and self.processes[role].poll() is None

    def answers(self, role: Role) -> bool:
        if self.processes[role].poll() is not None:
            log = (self.site.logs / f"{role}.log").read_text()
            raise AssertionError(f"{role} ended: {log[-3000:]}")
        try:
            return bool(self.call(role, "ping")["pid"] == self.processes[role].pid)
        except RanwrightError:
            return False

    def stop(self, role: Role, kill: bool = False) -> int:
        process = self.processes.pop(role)
        process.kill() if kill else process.terminate()
        return process.wait(timeout=20)

    def close(self) -> None:
        for role in list(self.processes):
            self.stop(role, kill=True)  # type: ignore[arg-type]
        if "ric" in vars(self):
            self.ric.close()

    def call(
        self,
        role: Role,
        method: str,
        params: dict[str, Any] | None = None,
        on_progress: Callable[[Any], None] | None = None,
    ) -> Any:
        with Client(self.site.socket(role), 60.0) as client:
            return client.call(method, params, on_progress)

    def execute(
        self, envelope: SignedEnvelope, on_progress: Callable[[Any], None] | None = None
    ) -> Receipt:
        return receipt_of(self.deliver(envelope.model_dump(mode="json"), on_progress))

    def deliver(self, certificate: Any, on_progress: Callable[[Any], None] | None = None) -> Any:
        """What a planner does with a certificate, over A1; any JSON value may be one."""
        name = certificate_digest(certificate)
        hear = on_progress or (lambda _: None)
        receipt = carry_out(self.site, name, certificate_policy(certificate), hear, 60.0)
        withdraw(self.site, name)
        return receipt

    def node(self) -> NodeInfo:
        return NodeInfo.model_validate(self.call("plant", "read_back"))

    def powers(self) -> dict[int, int]:
        return {c.cell_id: c.configured_max_tx_power_mw for c in self.node().cells}

    def fault(self, **faults: Any) -> None:
        (self.site.root / "fault.yaml").write_text(yaml.safe_dump(faults))

    def changes(self) -> list[str]:
        """Request identifiers of the controls that changed a value in the plant, in order."""
        log = self.site.root / "plant_changes.log"
        return log.read_text().split() if log.exists() else []

    def policy(self) -> Policy:
        return load_policy(self.site.policy)

    def snapshot(self) -> NetworkSnapshot:
        reports: list[KpmReport] = []
        with Client(self.site.socket("plant"), 30.0) as client:
            client.call(
                "subscribe",
                {"period_ms": 100, "count": 10},
                lambda r: reports.append(KpmReport.model_validate(r)),
            )
        node = self.node()
        return NetworkSnapshot.from_reports(
            node.scenario, node.scenario_digest, node.cells, reports, now()
        )


def receipt_of(envelope: Any) -> Receipt:
    return Receipt.parse(unverified_payload(SignedEnvelope.model_validate(envelope)))


def now() -> Instant:
    return Instant(wall_time=datetime.now(UTC), kpm_time_ms=0)


def make_plan(snapshot: NetworkSnapshot, targets: dict[int, int] | None = None) -> ActionPlan:
    power_mw = snapshot.tx_power_mw
    return ActionPlan(
        problem_digest="sha256:" + "0" * 64,
        snapshot_digest=snapshot.digest,
        resource_version=snapshot.resource_version,
        changes=tuple(
            ParameterChange(cell_id=c, from_mw=power_mw.get(c, 20_000), to_mw=mw)
            for c, mw in (targets or {1: 30_000, 2: 18_000}).items()
        ),
    )


def make_requirements(gain_percent: float = 10.0) -> tuple[SourcedRequirement, ...]:
    goal = Requirement(
        kpi=Kpi.UE_THP_DL_MEAN,
        cells=(1,),
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=gain_percent),
    )
    rail = Requirement(
        kpi=Kpi.COVERAGE_LOSS_RATIO,
        cells=(1, 2, 3),
        condition=Condition.AT_MOST,
        bound=RatioBound(threshold_percent=0),
    )
    return (
        SourcedRequirement(requirement=goal, origin="intent"),
        SourcedRequirement(requirement=rail, origin="guard_rail:no_coverage_loss"),
    )


def make_stages(
    plan: ActionPlan, requirements: tuple[SourcedRequirement, ...], policy: Policy
) -> tuple[Stage, ...]:
    """The canaries of the policy go half of their way, then all the rest; nothing is unforeseen."""
    foreseen = tuple(
        KpiForecast(kpi=s.requirement.kpi, cells=s.requirement.cells, low=-1e9, high=1e9)
        for s in requirements
    )
    canaries = plan.changes[: policy.stages.canary_cells]
    halfway = {c.cell_id: (c.from_mw + c.to_mw) // 2 for c in canaries}
    first = tuple(c.model_copy(update={"to_mw": halfway[c.cell_id]}) for c in canaries)
    rest = tuple(
        c.model_copy(update={"from_mw": halfway.get(c.cell_id, c.from_mw)}) for c in plan.changes
    )
    parts = (first, rest) if 0 < len(canaries) < len(plan.changes) else (plan.changes,)
    windows_ms = [policy.stages.window_ms] * (len(parts) - 1) + [policy.certificate.watch_window_ms]
    return tuple(
        Stage(changes=part, window_ms=window_ms, forecasts=foreseen)
        for part, window_ms in zip(parts, windows_ms, strict=True)
    )


def make_forecast(stages: tuple[Stage, ...]) -> EffectForecast:
    """A forecast over some stages."""
    return EffectForecast(
        stages=stages,
        false_alarm_probability=0.02,
        outcomes=49,
        half_widths=2.0,
        conditional_on="tests",
    )


def fallback(plan: ActionPlan, policy: Policy) -> tuple[ParameterChange, ...]:
    to = {"to_mw": policy.stages.fallback_tx_power_mw}
    return tuple(c.model_copy(update={"from_mw": c.to_mw, **to}) for c in plan.changes)


def make_verdict(plan: ActionPlan, policy: Policy, passed: bool = True) -> Verdict:
    return Verdict(
        plan_digest=plan.digest,
        problem_digest=plan.problem_digest,
        snapshot_digest=plan.snapshot_digest,
        policy_digest=policy.digest,
        scenario_digest="sha256:" + "5" * 64,
        calibration_digest="sha256:" + "6" * 64,
        attempt=1,
        passed=passed,
        checks=(),
        seed=0,
    )


def make_approval(plan: ActionPlan, verdict: Verdict, **changes: Any) -> Approval:
    values: dict[str, Any] = {
        "trace_id": TRACE,
        "plan_digest": plan.digest,
        "verdict_digest": verdict.digest,
        "decision": "approved",
        "risk_class": "low",
        "approved_by": "policy:test",
        "decided_at": now(),
    }
    return Approval(**{**values, **changes})


def make_certificate(
    world: World,
    snapshot: NetworkSnapshot,
    plan: ActionPlan | None = None,
    approval: dict[str, Any] | None = None,
    requirements: tuple[SourcedRequirement, ...] | None = None,
    stages: tuple[Stage, ...] | None = None,
    **changes: Any,
) -> Certificate:
    """A certificate in which everything is right but for what ``changes`` says."""
    plan = plan or make_plan(snapshot)
    policy = world.policy()
    verdict = make_verdict(plan, policy)
    signed = sign(
        make_approval(plan, verdict, **(approval or {})),
        APPROVAL_PAYLOAD_TYPE,
        load_signer(world.site, "approver"),
    )
    issued = now()
    values: dict[str, Any] = {
        "certificate_id": os.urandom(16).hex(),
        "trace_id": TRACE,
        "plan": plan,
        "envelope": tuple(
            PowerVariable(
                cell_id=c, current_mw=20_000, lower_mw=5_000, upper_mw=41_000, step_db=1e-4
            )
            for c in (1, 2, 3, 9)
        ),
        "baseline": snapshot,
        "node_name": world.node().node_name if "plant" in world.processes else "plain",
        "verdict_digest": verdict.digest,
        "policy_digest": policy.digest,
        "scenario_digest": snapshot.scenario_digest,
        "calibration_digest": verdict.calibration_digest,
        "watch": EffectWatch(
            requirements=requirements or make_requirements(),
            thresholds=policy.thresholds,
            timing=policy.certificate,
            forecast=make_forecast(
                stages or make_stages(plan, requirements or make_requirements(), policy)
            ),
            fallback=fallback(plan, policy),
        ),
        "approval": signed,
        "issued_at": issued,
        "expires_at": issued.wall_time + timedelta(seconds=300),
    }
    return Certificate(**{**values, **changes})


def sign_certificate(world: World, certificate: Certificate) -> SignedEnvelope:
    return sign(certificate, CERTIFICATE_PAYLOAD_TYPE, load_signer(world.site, "verifier"))
