"""A site with an activation policy, papers of activations, and an xApp that asks for moves."""

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from contracts.activation import (
    ACTIVATION_PAYLOAD_TYPE,
    ACTIVATION_POLICY_TYPE,
    MOVE_ANSWER,
    MOVE_REQ,
    Activation,
    ActivationPlan,
    Holder,
    MoveAnswer,
    Promise,
)
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval, Certificate
from contracts.dsse import SignedEnvelope, sign
from contracts.keys import init_keys, load_signer
from contracts.ledger.reader import LedgerReader
from contracts.measure import measure_kpi
from contracts.problem import Objective, PowerVariable
from contracts.site import Site
from tests.xapps.world import (
    PLANT,
    POLICY,
    TRACE,
    World,
    eventually,
    make_certificate,
    make_requirements,
    now,
    sign_certificate,
)
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState
from xapps.platform.routing import XappRoutes, table_for

LEFT = {1: 30_000, 2: 18_000, 3: 20_000}
"""What the action leaves, milliwatts."""

HALF_WIDTH_DB, STEP_DB = 0.5, 0.1
VERDICT = "sha256:" + "7" * 64
RULES: dict[str, Any] = {
    **POLICY["activation"],
    "allowed_xapps": ["power", "other-power"],
    "max_half_width_db": HALF_WIDTH_DB,
    "watch_window_ms": 2000,
}


def make_site(root: Path) -> World:
    site = Site(root)
    init_keys(site)
    site.policy.write_text(yaml.safe_dump({**POLICY, "activation": RULES}))
    return World(site)


def domain(cell: int, step_db: float = STEP_DB) -> PowerVariable:
    base_mw = LEFT[cell]
    steps = round(HALF_WIDTH_DB / STEP_DB)
    top_mw = round(base_mw * 10 ** (steps * STEP_DB / 10))
    return PowerVariable(
        cell_id=cell,
        current_mw=base_mw,
        lower_mw=round(top_mw * 10 ** (-2 * steps * STEP_DB / 10)),
        upper_mw=top_mw,
        step_db=step_db,
    )


def grid(cell: int) -> list[int]:
    """Powers of a cell that are inside its envelope and on its grid, ascending."""
    of = domain(cell)
    steps = round(2 * HALF_WIDTH_DB / STEP_DB)
    return [round(of.upper_mw * 10 ** (-k * STEP_DB / 10)) for k in range(steps, -1, -1)]


def make_plan(
    certificate: Certificate, cells: Sequence[int] = (1,), **changes: Any
) -> ActivationPlan:
    baseline, thresholds = certificate.baseline, certificate.watch.thresholds
    values: dict[str, Any] = {
        "certificate_id": certificate.certificate_id,
        "snapshot_digest": baseline.digest,
        "node_name": certificate.node_name,
        "holder": Holder(name="power", version="1.0.0", package_digest="sha256:" + "8" * 64),
        "objective": Objective.MEAN_THROUGHPUT,
        "objective_cells": (1,),
        "envelope": tuple(domain(c) for c in cells),
        "max_total_power_mw": sum(domain(c).upper_mw for c in cells),
        "promises": tuple(
            Promise(
                requirement=s.requirement,
                origin=s.origin,
                before_in_kpi_unit=measure_kpi(
                    s.requirement.kpi, s.requirement.cells, baseline, baseline, thresholds
                ),
            )
            for s in make_requirements(10.0)
        ),
        "thresholds": thresholds,
        "least_interval_ms": RULES["least_interval_ms"],
        "watch_window_ms": RULES["watch_window_ms"],
        "priority": 50,
        "validity_s": 600,
    }
    return ActivationPlan(**{**values, **changes})


def make_activation(
    world: World,
    plan: ActivationPlan,
    approval: dict[str, Any] | None = None,
    valid_s: float = 300.0,
    **changes: Any,
) -> Activation:
    issued = now()
    approved = Approval(
        **{
            "trace_id": TRACE,
            "plan_digest": plan.digest,
            "verdict_digest": VERDICT,
            "decision": "approved",
            "risk_class": "low",
            "approved_by": "alex",
            "decided_at": issued,
            **(approval or {}),
        }
    )
    approver = load_signer(world.site, "approver")
    values: dict[str, Any] = {
        "activation_id": os.urandom(16).hex(),
        "trace_id": TRACE,
        "plan": plan,
        "verdict_digest": VERDICT,
        "policy_digest": world.policy().digest,
        "scenario_digest": "sha256:" + "5" * 64,
        "calibration_digest": "sha256:" + "6" * 64,
        "approval": sign(approved, APPROVAL_PAYLOAD_TYPE, approver),
        "issued_at": issued,
        "expires_at": issued.wall_time + timedelta(seconds=valid_s),
    }
    return Activation(**{**values, **changes})


def sign_activation(world: World, activation: Activation) -> SignedEnvelope:
    return sign(activation, ACTIVATION_PAYLOAD_TYPE, load_signer(world.site, "verifier"))


@dataclass
class Office:
    """A running site whose network an action has changed, and an xApp beside the actuator."""

    world: World
    certificate: Certificate
    xapp: RmrEndpoint
    sequence: int = 0
    answers: list[MoveAnswer] = field(default_factory=list)

    @classmethod
    def open(cls, root: Path, pace: float = 10.0) -> "Office":
        world = make_site(root)
        world.start_ledger()
        world.start("plant", [*PLANT, *world.ric.e2()], PACE=str(pace))
        world.await_e2()
        world.start_actuator()
        certificate = act(world)
        xapp = RmrEndpoint(RmrSettings())
        office = cls(world, certificate, xapp)
        office.connect()
        return office

    def connect(self) -> None:
        """Give the xApp its routes, again after the core began anew."""
        routes = self.world.ric.core.routes
        routes.set_xapp("power", XappRoutes(self.xapp.name, (MOVE_ANSWER,)))
        self.xapp.set_routes(table_for(routes.state, self.xapp.name))

    def close(self) -> None:
        self.xapp.close()
        self.world.close()

    def put(self, activation: Activation, envelope: SignedEnvelope | None = None) -> str:
        signed = envelope or sign_activation(self.world, activation)
        policy = {"activation": signed.model_dump(mode="json")}
        self.world.ric.core.a1.put_instance(
            ACTIVATION_POLICY_TYPE, activation.activation_id, policy
        )
        return activation.activation_id

    def delete(self, name: str) -> None:
        self.world.ric.core.a1.delete_instance(ACTIVATION_POLICY_TYPE, name)

    def clear(self) -> None:
        """Delete what is over: the mediator would name it again to an actuator that starts."""
        for name in self.world.ric.core.a1.instance_ids(ACTIVATION_POLICY_TYPE):
            self.delete(name)

    def settle(self) -> None:
        """Wait until the ledger has heard of everything: a start then has nothing to write."""

        def is_settled() -> bool:
            with closing(sqlite3.connect(self.world.site.actuator_journal)) as journal:
                left = journal.execute("SELECT 1 FROM outbox UNION SELECT 1 FROM move")
                return not left.fetchall()

        eventually(is_settled, "the outbox is empty")

    def listed(self, name: str) -> dict[str, Any]:
        found = self.world.call("actuator", "activations")
        return next((a for a in found if a["activation_id"] == name), {"status": "unknown"})

    def status(self, name: str) -> str:
        return str(self.listed(name)["status"])

    def await_status(self, name: str, status: str, deadline_s: float = 30.0) -> dict[str, Any]:
        def there() -> Any:
            found = self.listed(name)
            return found if found["status"] == status else None

        return dict(eventually(there, f"{name[:8]} is {status}", deadline_s))

    def live(self, **changes: Any) -> str:
        """A new activation that has gone live.

        One is put anew where the first went live just before the silence was noticed that a fault
        of an earlier test had begun.
        """
        plan = make_plan(self.certificate, **changes)
        name = self.put(make_activation(self.world, plan))
        ended = ("revoked", "promise.silence")

        def settled() -> Any:
            found = self.listed(name)
            return found if found["status"] == "live" or _end_of(found) == ended else None

        if _end_of(eventually(settled, f"{name[:8]} is live")) == ended:
            self.delete(name)
            name = self.put(make_activation(self.world, plan))
            self.await_status(name, "live")
        return name

    def refusal(self, activation: Activation, envelope: SignedEnvelope | None = None) -> str:
        """The code of the refusal of an activation, as the ledger has it."""
        signed = envelope or sign_activation(self.world, activation)
        self.put(activation, signed)
        prefix = f"refused:{signed.digest}:"

        def found() -> str | None:
            reader = LedgerReader.of(self.world.site)
            keys = [e.record.key for t in reader.traces() for e in reader.records(t.trace_id)]
            return next((k.removeprefix(prefix) for k in keys if k.startswith(prefix)), None)

        return str(eventually(found, "the refusal is in the ledger"))

    def send(self, payload: bytes) -> None:
        message = RmrMessage(MOVE_REQ, payload)
        eventually(lambda: self.xapp.send(message) is RmrState.OK, "the move is sent")

    def ask(self, name: str, powers_mw: dict[int, int], sequence: int | None = None) -> int:
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.send(self._request(name, powers_mw, sequence))
        return sequence

    def try_ask(self, name: str, powers_mw: dict[int, int]) -> None:
        """Ask once, of an actuator that may be gone by now."""
        self.sequence += 1
        self.xapp.send(RmrMessage(MOVE_REQ, self._request(name, powers_mw, self.sequence)))

    def _request(self, name: str, powers_mw: dict[int, int], sequence: int) -> bytes:
        fields = {"activation_id": name, "sequence": sequence, "tx_power_mw": powers_mw}
        return json.dumps(fields).encode()

    def answer(self, sequence: int, deadline_s: float = 20.0) -> MoveAnswer:
        def come() -> MoveAnswer | None:
            while (message := self.xapp.receive(0.005)) is not None:
                if message.mtype == MOVE_ANSWER:
                    self.answers.append(MoveAnswer.parse(message.payload))
            return next((a for a in self.answers if a.sequence == sequence), None)

        return MoveAnswer.model_validate(
            eventually(come, f"move {sequence} is answered", deadline_s)
        )

    def move(self, name: str, powers_mw: dict[int, int]) -> MoveAnswer:
        """Ask for a move until its turn has come."""
        while True:
            answer = self.answer(self.ask(name, powers_mw))
            if answer.code != "move.too_soon":
                return answer

    def end(self, name: str) -> dict[str, Any]:
        """Delete an activation and wait until it is over."""
        self.delete(name)
        return self.await_status(name, "ended")


def _end_of(listed: dict[str, Any]) -> tuple[str, str | None]:
    return listed["status"], listed.get("code")


def act(world: World) -> Certificate:
    certificate = make_certificate(world, world.snapshot())
    receipt = world.execute(sign_certificate(world, certificate))
    assert receipt.status == "fulfilled", receipt.reason
    assert world.powers() == LEFT
    return certificate
