"""The ledger: idempotent appends, durable objects, and an audit that no edit escapes."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.activation import (
    ACTIVATION_END_PAYLOAD_TYPE,
    ACTIVATION_PAYLOAD_TYPE,
    Activation,
    ActivationEnd,
    ActivationPlan,
    Holder,
    Promise,
)
from contracts.canonical import canonical_bytes, digest_bytes
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, RECEIPT_PAYLOAD_TYPE, Receipt
from contracts.deployment import (
    DEPLOYMENT_PAYLOAD_TYPE,
    DEPLOYMENT_VERDICT_PAYLOAD_TYPE,
    DeploymentCertificate,
    DeploymentPlan,
    DeploymentVerdict,
)
from contracts.dsse import SignedEnvelope, sign, unverified_payload
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust, revoke, rotate
from contracts.ledger.audit import AuditReport, verify_ledger
from contracts.ledger.envelopes import SIGNED_KINDS
from contracts.ledger.merkle import leaf_hash
from contracts.ledger.objects import ObjectStore
from contracts.ledger.reader import LedgerReader
from contracts.ledger.store import LedgerStore
from contracts.measure import Thresholds
from contracts.network import NetworkSnapshot
from contracts.problem import Objective, PowerVariable
from contracts.record import Record, RecordKind
from contracts.site import Site
from contracts.verdict import VERDICT_PAYLOAD_TYPE
from tests.contracts_support import mutations
from tests.xapps.activations.office import make_activation, sign_activation
from tests.xapps.activations.office import make_plan as make_moves
from tests.xapps.plain_snapshot import plain_snapshot
from tests.xapps.world import (
    TRACE,
    World,
    make_approval,
    make_certificate,
    make_plan,
    make_requirements,
    make_verdict,
    now,
    sign_certificate,
)

RECORDS = len(RecordKind)
"""One of each kind."""


class Log(NamedTuple):
    """A finished ledger and a checkpoint of it that was kept elsewhere."""

    site: Site
    kept: SignedEnvelope

    def audit(self, kept: bool = True) -> AuditReport:
        return verify_ledger(
            self.site.ledger,
            self.site.objects,
            load_trust(self.site),
            self.kept if kept else None,
        )

    def sql(self, *statements: str, values: tuple[Any, ...] = ()) -> None:
        with closing(sqlite3.connect(self.site.ledger)) as db, db:
            for statement in statements:
                db.execute(statement, values)


def envelopes(world: World) -> dict[RecordKind, SignedEnvelope]:
    seen = plain_snapshot()
    plan = make_plan(seen)
    verdict = make_verdict(plan, world.policy())
    certificate = make_certificate(world, seen, plan)
    receipt = Receipt(
        certificate_id=certificate.certificate_id,
        trace_id=TRACE,
        plan_digest=plan.digest,
        status="fulfilled",
        code="effect.confirmed",
        reason="as measured",
        measured=seen,
        finished_at=now(),
    )
    activation = make_activation(world, make_moves(certificate))
    end = ActivationEnd(
        activation_id=activation.activation_id,
        trace_id=TRACE,
        status="expired",
        code="activation.expired",
        reason="as agreed",
        moves=3,
        tx_power_mw={1: 20_000},
        resource_version=4,
        measured=None,
        finished_at=now(),
    )
    site = world.site
    approval = make_approval(plan, verdict)
    actuator = load_signer(site, "actuator")
    approved = sign(approval, APPROVAL_PAYLOAD_TYPE, load_signer(site, "approver"))
    return {
        **deployment_envelopes(site, approved),
        **activation_envelopes(site, approved, seen),
        RecordKind.VERDICT: sign(verdict, VERDICT_PAYLOAD_TYPE, load_signer(site, "verifier")),
        RecordKind.APPROVAL: approved,
        RecordKind.CERTIFICATE: sign_certificate(world, certificate),
        RecordKind.RECEIPT: sign(receipt, RECEIPT_PAYLOAD_TYPE, actuator),
        RecordKind.ACTIVATION: sign_activation(world, activation),
        RecordKind.ACTIVATION_ENDED: sign(end, ACTIVATION_END_PAYLOAD_TYPE, actuator),
    }


def deployment_envelopes(site: Site, approval: SignedEnvelope) -> dict[RecordKind, SignedEnvelope]:
    digest, signer = digest_bytes(b""), load_signer(site, "verifier")
    plan = DeploymentPlan(
        trace_id=TRACE,
        operation="undeploy",
        ric_id="0" * 32,
        name="quiet",
        version="1",
        package_digest="0" * 64,
        received_types=(),
        sent_types=(),
        policy_types=(),
    )
    verdict = DeploymentVerdict(
        trace_id=TRACE,
        plan_digest=plan.digest,
        view_digest=digest,
        policy_digest=digest,
        passed=True,
        checks=(),
        judged_at=now(),
    )
    certificate = DeploymentCertificate(
        deployment_id="0" * 32,
        trace_id=TRACE,
        plan=plan,
        verdict_digest=verdict.digest,
        policy_digest=digest,
        approval=approval,
        issued_at=now(),
        expires_at=now().wall_time,
    )
    return {
        RecordKind.DEPLOYMENT_VERDICT: sign(verdict, DEPLOYMENT_VERDICT_PAYLOAD_TYPE, signer),
        RecordKind.DEPLOYMENT_CERTIFICATE: sign(certificate, DEPLOYMENT_PAYLOAD_TYPE, signer),
    }


def activation_envelopes(
    site: Site, approval: SignedEnvelope, seen: NetworkSnapshot
) -> dict[RecordKind, SignedEnvelope]:
    digest = digest_bytes(b"")
    requirement = make_requirements()[0].requirement
    plan = ActivationPlan(
        certificate_id="0" * 32,
        snapshot_digest=seen.digest,
        node_name="node",
        holder=Holder(name="quiet", version="1", package_digest=digest),
        objective=Objective.MIN_POWER,
        objective_cells=(1,),
        envelope=(
            PowerVariable(
                cell_id=1, current_mw=20_000, lower_mw=10_000, upper_mw=40_000, step_db=0.5
            ),
        ),
        max_total_power_mw=40_000,
        promises=(Promise(requirement=requirement, origin="intent", before_in_kpi_unit=1.0),),
        thresholds=Thresholds(weak_rsrp_dbm=-110, low_sinr_db=0),
        least_interval_ms=200,
        watch_window_ms=1_000,
        priority=50,
        validity_s=60,
    )
    activation = Activation(
        activation_id="0" * 32,
        trace_id=TRACE,
        plan=plan,
        verdict_digest=digest,
        policy_digest=digest,
        scenario_digest=digest,
        calibration_digest=digest,
        approval=approval,
        issued_at=now(),
        expires_at=now().wall_time,
    )
    end = ActivationEnd(
        activation_id="0" * 32,
        trace_id=TRACE,
        status="expired",
        code="activation.expired",
        reason="its time was up",
        moves=0,
        tx_power_mw={1: 20_000},
        resource_version=1,
        measured=None,
        finished_at=now(),
    )
    return {
        RecordKind.ACTIVATION: sign(
            activation, ACTIVATION_PAYLOAD_TYPE, load_signer(site, "verifier")
        ),
        RecordKind.ACTIVATION_ENDED: sign(
            end, ACTIVATION_END_PAYLOAD_TYPE, load_signer(site, "actuator")
        ),
    }


def record(kind: RecordKind, content: dict[str, Any], objects: tuple[str, ...] = ()) -> Record:
    return Record(
        key=f"key:{kind}",
        trace_id=TRACE,
        kind=kind,
        actor="planner",
        at=now(),
        content=content,
        objects=objects,
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """One record of each kind, nested content, objects, inline and stored envelopes."""
    world = World.make(tmp_path_factory.mktemp("ledger"))
    store = LedgerStore(world.site.ledger, load_trust(world.site))
    objects = ObjectStore(world.site.objects)
    signer = load_signer(world.site, "ledger")
    signed = envelopes(world)
    for kind in RecordKind:
        stored = objects.put(f"object of {kind}".encode())
        content: dict[str, Any] = {"a": [1, 2.5, {"b": None, "c": True}], "kind": kind.value}
        names: tuple[str, ...] = (stored,)
        if kind is RecordKind.APPROVAL:
            content["envelope"] = signed[kind].model_dump(mode="json")
        elif kind in signed:
            content["envelope"] = objects.put(signed[kind].canonical())
            names = (stored, content["envelope"])
        if kind is RecordKind.VERDICT:
            content["output"] = digest_bytes(unverified_payload(signed[kind]))
        store.append(record(kind, content, names), signer)
    kept = store.checkpoint(signer)
    store.close()
    with closing(sqlite3.connect(world.site.ledger)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Log(world.site, kept)


@pytest.fixture
def log(original: Log, tmp_path: Path) -> Log:
    """A copy to tamper with."""
    copy = tmp_path / "site"
    shutil.copytree(original.site.root, copy)
    return Log(Site(copy), original.kept)


def leaves(log: Log) -> list[tuple[int, bytes]]:
    return [(leaf.seq, leaf.record) for leaf in LedgerReader.of(log.site).leaves()]


def test_an_untouched_ledger_passes(log: Log) -> None:
    report = log.audit()
    assert report.ok, report.problems
    report.require_ok()
    assert report.leaves == report.checkpoints == len(RecordKind)
    assert report.signatures == len(SIGNED_KINDS)
    assert report.vouches_up_to is not None
    assert report.vouches_up_to.tree_size == len(RecordKind)
    assert "cut off" not in "".join(report.not_covered)
    assert "cut off" in "".join(log.audit(kept=False).not_covered)


def test_every_edit_of_every_leaf_is_caught(log: Log) -> None:
    """With and without the stored leaf hash adapted; nothing a keyless attacker can recompute."""
    count = 0
    for seq, data in leaves(log):
        for where, edited in mutations(json.loads(data)):
            changed = canonical_bytes(edited)
            update = "UPDATE leaf SET record = ?, leaf_hash = ? WHERE seq = ?"
            log.sql(update, values=(changed, leaf_hash(changed), seq))
            assert not log.audit(kept=False).ok, f"leaf {seq} {where}"
            count += 1
        log.sql(
            "UPDATE leaf SET record = ?, leaf_hash = ? WHERE seq = ?",
            values=(data, leaf_hash(data), seq),
        )
    assert count > 150
    assert log.audit().ok


def test_other_bytes_of_the_same_content_are_caught(log: Log) -> None:
    (seq, data), *_ = leaves(log)
    log.sql("UPDATE leaf SET record = ? WHERE seq = ?", values=(b" " + data, seq))
    assert not log.audit().ok


TAMPERING: dict[str, Callable[[Log], None]] = {
    "swap": lambda log: log.sql(
        "UPDATE leaf SET seq = -1 WHERE seq = 2",
        "UPDATE leaf SET seq = 2 WHERE seq = 3",
        "UPDATE leaf SET seq = 3 WHERE seq = -1",
    ),
    "reorder": lambda log: log.sql(
        "UPDATE leaf SET seq = seq + 100", f"UPDATE leaf SET seq = {99 + RECORDS} - seq"
    ),
    "delete": lambda log: log.sql("DELETE FROM leaf WHERE seq = 4"),
    "delete and close the gap": lambda log: log.sql(
        "DELETE FROM leaf WHERE seq = 4",
        "UPDATE leaf SET seq = -seq WHERE seq > 4",
        "UPDATE leaf SET seq = -seq - 1 WHERE seq < 0",
        f"DELETE FROM checkpoint WHERE tree_size = {RECORDS}",
    ),
    "insert": lambda log: insert(log),
    "truncate leaves": lambda log: log.sql(f"DELETE FROM leaf WHERE seq = {RECORDS - 1}"),
    "index key": lambda log: log.sql("UPDATE leaf SET key = 'x' WHERE seq = 1"),
    "index trace": lambda log: log.sql("UPDATE leaf SET trace_id = 'x' WHERE seq = 1"),
    "stored hash": lambda log: log.sql("UPDATE leaf SET leaf_hash = x'00' WHERE seq = 1"),
    "drop a checkpoint": lambda log: log.sql("DELETE FROM checkpoint WHERE tree_size = 5"),
    "drop all checkpoints": lambda log: log.sql("DELETE FROM checkpoint"),
    "move a checkpoint": lambda log: log.sql(
        "UPDATE checkpoint SET tree_size = 100 WHERE tree_size = 5"
    ),
    "malformed checkpoint": lambda log: log.sql(
        "UPDATE checkpoint SET envelope = x'7b7d' WHERE tree_size = 5"
    ),
    "not a database": lambda log: log.site.ledger.write_bytes(b"nothing") and None,
}


def insert(log: Log) -> None:
    data = record(RecordKind.STEP, {}).model_copy(update={"key": "new"}).canonical()
    insert = f"INSERT INTO leaf VALUES ({RECORDS}, 'new', ?, ?, ?)"
    log.sql(insert, values=(TRACE, data, leaf_hash(data)))


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_with_the_sequence_is_caught(log: Log, name: str) -> None:
    TAMPERING[name](log)
    report = log.audit(kept=False)
    assert not report.ok
    assert report.vouches_up_to is None
    with pytest.raises(RanwrightError, match=r"ledger\.audit_failed"):
        report.require_ok()


def test_a_clean_cut_needs_a_checkpoint_kept_elsewhere(log: Log) -> None:
    log.sql("DELETE FROM leaf WHERE seq >= 9", "DELETE FROM checkpoint WHERE tree_size > 9")
    assert log.audit(kept=False).ok
    report = log.audit()
    assert [p.code for p in report.problems] == ["ledger.truncated"]


def test_every_edit_of_a_checkpoint_is_caught(log: Log) -> None:
    for size, envelope in enumerate(LedgerReader.of(log.site).checkpoints(), start=1):
        for where, edited in mutations(envelope.model_dump(mode="json")):
            changed = SignedEnvelope.model_validate(edited).canonical()
            update = "UPDATE checkpoint SET envelope = ? WHERE tree_size = ?"
            log.sql(update, values=(changed, size))
            assert not log.audit(kept=False).ok, f"checkpoint {size} {where}"
        log.sql(
            "UPDATE checkpoint SET envelope = ? WHERE tree_size = ?",
            values=(envelope.canonical(), size),
        )
    for _, edited in mutations(log.kept.model_dump(mode="json")):
        assert not Log(log.site, SignedEnvelope.model_validate(edited)).audit().ok


def test_every_edited_or_missing_object_is_caught(log: Log) -> None:
    paths = [p for p in log.site.objects.rglob("*") if p.is_file()]
    assert len(paths) == len(RecordKind) + len(SIGNED_KINDS) - 1  # one is held inline
    for path in paths:
        data = path.read_bytes()
        path.write_bytes(data[:-1] + b"~")
        assert "object.tampered" in {p.code for p in log.audit().problems}
        path.unlink()
        assert "object.missing" in {p.code for p in log.audit().problems}
        path.write_bytes(data)
    assert log.audit().ok


def rebuilt(log: Log, edit: Callable[[Record], Record]) -> AuditReport:
    """The audit of a log that the ledger key itself signed over edited records."""
    records = [Record.parse(data) for _, data in leaves(log)]
    log.site.ledger.unlink()
    store = LedgerStore(log.site.ledger, load_trust(log.site))
    for one in records:
        store.append(edit(one), load_signer(log.site, "ledger"))
    store.close()
    return log.audit(kept=False)


def test_inner_signatures_hold_even_against_the_ledger_key(log: Log) -> None:
    approval = next(
        r for r in (Record.parse(d) for _, d in leaves(log)) if r.kind is RecordKind.APPROVAL
    )
    assert rebuilt(log, lambda r: r).ok
    for where, content in mutations(dict(approval.content)):
        if "envelope" not in where:
            continue

        def edit(held: Record, content: dict[str, Any] = content) -> Record:
            same = held.kind is RecordKind.APPROVAL
            return held.model_copy(update={"content": content}) if same else held

        assert not rebuilt(log, edit).ok, where


def test_an_envelope_of_another_trace_or_none_is_caught(log: Log) -> None:
    report = rebuilt(log, lambda r: r.model_copy(update={"trace_id": "other"}))
    assert {p.code for p in report.problems} == {"record.other_trace"}
    report = rebuilt(log, lambda r: r.model_copy(update={"content": {}, "trace_id": TRACE}))
    assert {p.code for p in report.problems} == {"record.no_envelope"}


def test_a_record_that_names_another_verdict_is_caught(log: Log) -> None:
    def swapped(held: Record) -> Record:
        other = {**held.content, "output": "sha256:" + "0" * 64}
        verdict = held.kind is RecordKind.VERDICT
        return held.model_copy(update={"content": other}) if verdict else held

    report = rebuilt(log, swapped)
    assert {p.code for p in report.problems} == {"record.other_verdict"}


def test_the_audit_outlives_rotation_and_reports_revocation(log: Log) -> None:
    rotate(log.site, "verifier")
    rotate(log.site, "ledger")
    assert log.audit().ok
    keyid = next(k.keyid for k in load_trust(log.site).keys if k.role == "verifier")
    revoke(log.site, keyid, "lost")
    report = log.audit()
    assert report.ok
    assert "revoked later" in report.notes[0]
    late = rebuilt(log, lambda r: r)
    assert {p.code for p in late.problems} == {"key.revoked"}


def test_the_first_record_under_a_key_stands(log: Log) -> None:
    store = LedgerStore(log.site.ledger, load_trust(log.site))
    signer = load_signer(log.site, "ledger")
    again = store.append(record(RecordKind.STEP, {"other": 1}), signer)
    assert again.duplicate
    assert again.tree_size == len(RecordKind)
    fresh = store.append(record(RecordKind.STEP, {}).model_copy(update={"key": "k"}), signer)
    assert (fresh.duplicate, fresh.seq) == (False, len(RecordKind))
    store.close()
    assert log.audit().ok
    held = LedgerReader.of(log.site).find(f"key:{RecordKind.STEP}")
    assert held is not None
    assert held.record.content["kind"] == "step"


@pytest.mark.parametrize("name", ["insert", "truncate leaves", "drop all checkpoints"])
def test_the_writer_does_not_sign_over_a_damaged_log(log: Log, name: str) -> None:
    TAMPERING[name](log)
    with pytest.raises(RanwrightError, match=r"ledger\.damaged"):
        LedgerStore(log.site.ledger, load_trust(log.site))


def test_reading_traces(log: Log) -> None:
    reader = LedgerReader.of(log.site)
    (trace,) = reader.traces()
    assert (trace.trace_id, trace.records, trace.last_seq) == (TRACE, RECORDS, RECORDS - 1)
    entries = reader.records(TRACE)
    assert [e.seq for e in entries] == list(range(RECORDS))
    assert reader.records("none") == []
    assert reader.find("none") is None
    (named, *_) = entries[0].record.objects
    assert digest_bytes(reader.get_object(named)) == named


def test_objects_are_checked_by_name(log: Log) -> None:
    objects = ObjectStore(log.site.objects)
    with pytest.raises(RanwrightError, match=r"object\.missing"):
        objects.get("sha256:../../etc/passwd")
    assert objects.put(b"x") == objects.put(b"x")
    assert objects.put(b"x") in objects
