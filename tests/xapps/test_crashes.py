"""kill -9 after every durable step: at most one change, and the next start repairs."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pytest

from contracts.activation import CERTIFICATE_POLICY_TYPE
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.keys import load_trust
from contracts.ledger.audit import verify_ledger
from contracts.ledger.reader import LedgerReader
from contracts.record import RecordKind
from tests.xapps.world import (
    TRACE,
    World,
    eventually,
    make_certificate,
    make_requirements,
    sign_certificate,
)
from xapps.actuator.journal import Journal

BEFORE = {1: 20_000, 2: 20_000, 3: 20_000}
AFTER = {1: 30_000, 2: 18_000, 3: 20_000}
LAST_RESORT_MW = 41_000
JOURNAL_STEPS = {
    2: "received",
    5: "logged",
    6: "sending",
    8: "acknowledged",
    10: "watching",
    11: "sending the second stage",
    13: "acknowledged",
    15: "watching",
    16: "finished",
}
"""Which write to the journal is which step of a good action; the others belong to the outbox."""
JOURNAL_WRITES = 18
LEDGER_WRITES = 8
NO_CRASH = (f"journal:{JOURNAL_WRITES + 1}", f"ledger:{LEDGER_WRITES + 1}")
CONTROLS = [f"control:{when}:{stage}" for when in ("before", "after") for stage in (1, 2)]
CONTROLS_OF_FALL_BACK = ["control:before:last_resort", "control:after:last_resort"]
POINTS = [
    *(f"journal:{n}" for n in range(1, JOURNAL_WRITES + 2)),
    *(f"ledger:{n}" for n in range(1, LEDGER_WRITES + 2)),
    *CONTROLS,
]
NORMAL = {
    *(f"journal:{n}" for n in JOURNAL_STEPS),
    f"journal:{JOURNAL_WRITES}",
    NO_CRASH[0],
    "ledger:2",
    "ledger:5",
    *CONTROLS,
}
"""One of each kind of step; the whole matrix runs with the slow tests."""
ROLLBACK_POINTS = [f"journal:{n}" for n in range(16, 21)]
"""From the step ``rolling_back`` of an action whose goal is missed to its last word."""
FALL_BACK_POINTS = [*(f"journal:{n}" for n in range(18, 23)), *CONTROLS_OF_FALL_BACK]
"""From the step ``falling_back`` on, and around the controls that a stubborn cell is sent."""


def slow_but_for(points: Sequence[str], normal: Collection[str]) -> list[Any]:
    return [p if p in normal else pytest.param(p, marks=pytest.mark.slow) for p in points]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Ledger and plant; only the actuator crashes."""
    made = World.make(tmp_path_factory.mktemp("site"))
    made.start_ledger()
    made.start_plant()
    yield made
    made.close()


@pytest.fixture
def world(running: World) -> Iterator[World]:
    """The running site with a new journal, and afterwards the plant as it was."""
    for path in running.site.root.glob("actuator.sqlite*"):
        path.unlink()
    for name in running.ric.core.a1.instance_ids(CERTIFICATE_POLICY_TYPE):
        running.ric.core.a1.delete_instance(CERTIFICATE_POLICY_TYPE, name)
    (running.site.root / "plant_changes.log").unlink(missing_ok=True)
    yield running
    running.stop("actuator")
    running.fault()
    running.call("plant", "reset")


@pytest.mark.parametrize("point", slow_but_for(POINTS, NORMAL))
def test_a_crash_at_any_point_is_repaired(world: World, point: str) -> None:
    world.start_actuator(CRASH=point)
    certificate = make_certificate(world, world.snapshot())
    envelope, name = sign_certificate(world, certificate), certificate.certificate_id
    crashed = code_of(world, envelope) == "rpc.unreachable"
    assert crashed == (point not in NO_CRASH), "the points cover all"
    if crashed:
        assert world.processes["actuator"].wait(timeout=20) == -9
    else:
        world.stop("actuator", kill=True)
    begun = Journal(world.site.actuator_journal).find(name) is not None
    sent_before_repair = world.changes()

    world.start_actuator()  # the policy still stands, and is given to it again
    step = eventually(lambda: ended(world, name), "the action is ended")

    expected = {"fulfilled": AFTER, "rolled_back": BEFORE, "not_applied": BEFORE}
    assert world.powers() == expected[step]
    stages = [f"{name}:1", f"{name}:2"]
    assert all(world.changes().count(stage) <= 1 for stage in stages)
    if begun:
        again = [c for c in world.changes() if c in stages]
        assert again == [c for c in sent_before_repair if c in stages], "never sent again"
    else:
        assert step == "fulfilled", "what never began is carried out, once"
    sent = world.changes()
    assert world.execute(envelope).status == step, "answered by the journal"
    assert world.changes() == sent
    eventually(lambda: RecordKind.RECEIPT in kinds(world, name), "the receipt is in the ledger")
    assert not was_refused(world, envelope)
    if sent:
        assert RecordKind.CONTROL_SENT in kinds(world, name)
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


@pytest.mark.parametrize("point", slow_but_for(ROLLBACK_POINTS, ROLLBACK_POINTS[:1]))
def test_a_crash_on_the_way_back_is_repaired(world: World, point: str) -> None:
    world.start_actuator(CRASH=point)
    missed = make_certificate(world, world.snapshot(), requirements=make_requirements(80.0))
    envelope = sign_certificate(world, missed)
    assert code_of(world, envelope) == "rpc.unreachable"
    assert world.processes["actuator"].wait(timeout=20) == -9
    name = missed.certificate_id
    world.start_actuator()
    assert eventually(lambda: ended(world, name), "the action is ended") == "rolled_back"
    assert world.powers() == BEFORE
    assert world.changes() == [f"{name}:1", f"{name}:2", f"{name}:rollback"]
    assert world.execute(envelope).status == "rolled_back"
    eventually(lambda: RecordKind.RECEIPT in kinds(world, name), "the receipt is in the ledger")
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


@pytest.mark.parametrize("point", slow_but_for(FALL_BACK_POINTS, FALL_BACK_POINTS[:1]))
def test_a_crash_in_the_fall_back_is_repaired(world: World, point: str) -> None:
    world.fault(stubborn=1, stubborn_mw=[20_000])
    world.start_actuator(CRASH=point, LIMIT_S="0.5")
    missed = make_certificate(world, world.snapshot(), requirements=make_requirements(80.0))
    envelope = sign_certificate(world, missed)
    assert code_of(world, envelope) == "rpc.unreachable"
    assert world.processes["actuator"].wait(timeout=20) == -9
    name = missed.certificate_id
    world.start_actuator(LIMIT_S="0.5")
    eventually(lambda: step_of(world, name) == "fallen_back", "it falls back")
    assert world.powers() == {**BEFORE, 1: LAST_RESORT_MW}
    assert world.execute(envelope).status == "fallen_back"
    other = sign_certificate(world, make_certificate(world, world.snapshot()))
    assert code_of(world, other) == "actuator.unrepaired"
    world.fault()
    assert eventually(lambda: ended(world, name), "the way back is taken") == "rolled_back"
    assert world.powers() == BEFORE
    assert [c for c in world.changes() if c[-1].isdigit()] == [f"{name}:1", f"{name}:2"]
    last = f"{name}:{RecordKind.RECEIPT.value}:rolled_back"
    eventually(lambda: LedgerReader.of(world.site).find(last), "the receipt is in the ledger")
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


def test_a_control_that_was_under_way_is_fenced_off(world: World) -> None:
    """A control from before the crash that arrives after the repair is stale."""
    world.start_actuator(CRASH="control:before:1")
    version = world.node().resource_version
    certificate = make_certificate(world, world.snapshot())
    envelope, name = sign_certificate(world, certificate), certificate.certificate_id
    assert code_of(world, envelope) == "rpc.unreachable"
    assert world.processes["actuator"].wait(timeout=20) == -9
    world.start_actuator()
    assert eventually(lambda: ended(world, name), "it is ended") == "not_applied"
    assert world.node().resource_version > version
    assert world.changes() == []


def code_of(world: World, envelope: SignedEnvelope) -> str | None:
    """The error code of an action; ``None`` when it ends with a receipt."""
    try:
        world.execute(envelope)
    except RanwrightError as error:
        return error.code
    return None


def ended(world: World, name: str) -> str | None:
    step = step_of(world, name)
    return step if step in ("fulfilled", "rolled_back", "not_applied") else None


def step_of(world: World, name: str) -> str | None:
    try:
        return str(world.call("actuator", "status", {"certificate_id": name})["step"])
    except RanwrightError as error:
        if error.code != "certificate.unknown":
            raise
        return None


def was_refused(world: World, envelope: SignedEnvelope) -> bool:
    records = [e.record for e in LedgerReader.of(world.site).records(TRACE)]
    return any(
        r.kind is RecordKind.ACTION_REFUSED and r.content["envelope_digest"] == envelope.digest
        for r in records
    )


def kinds(world: World, name: str) -> list[RecordKind]:
    records = [e.record for e in LedgerReader.of(world.site).records(TRACE)]
    return [r.kind for r in records if r.content.get("certificate_id") == name]
