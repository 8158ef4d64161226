"""kill -9 after every durable step: at most one change, and the next start repairs."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pytest

from contracts.certificate import Certificate
from contracts.dsse import SignedEnvelope, unverified_payload
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
    (running.site.root / "plant_changes.log").unlink(missing_ok=True)
    yield running
    running.stop("actuator")
    running.fault()
    running.call("plant", "reset")


@pytest.mark.parametrize("point", slow_but_for(POINTS, NORMAL))
def test_a_crash_at_any_point_is_repaired(world: World, point: str) -> None:
    world.start_actuator(CRASH=point)
    envelope = sign_certificate(world, make_certificate(world, world.snapshot()))
    params = {"envelope": envelope.model_dump(mode="json")}
    crashed = code_of(world, "execute", params) == "rpc.unreachable"
    assert crashed == (point not in NO_CRASH), "the points cover all"
    if crashed:
        assert world.processes["actuator"].wait(timeout=20) == -9
    else:
        world.stop("actuator", kill=True)
    name = certificate_id(world, params)
    sent_before_repair = world.changes()

    world.start_actuator()
    step = eventually(lambda: ended(world, name), "the action is ended")

    expected = {"fulfilled": AFTER, "rolled_back": BEFORE, "not_applied": BEFORE, "none": BEFORE}
    assert world.powers() == expected[step]
    stages = [f"{name}:1", f"{name}:2"]
    assert all(world.changes().count(stage) <= 1 for stage in stages)
    again = [c for c in world.changes() if c in stages]
    assert again == [c for c in sent_before_repair if c in stages], "never sent again"
    if step != "none":
        assert code_of(world, "execute", params) == "certificate.used"
        eventually(lambda: RecordKind.RECEIPT in kinds(world, name), "the receipt is in the ledger")
    if world.changes():
        assert RecordKind.CONTROL_SENT in kinds(world, name)
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


@pytest.mark.parametrize("point", slow_but_for(ROLLBACK_POINTS, ROLLBACK_POINTS[:1]))
def test_a_crash_on_the_way_back_is_repaired(world: World, point: str) -> None:
    world.start_actuator(CRASH=point)
    missed = make_certificate(world, world.snapshot(), requirements=make_requirements(80.0))
    params = {"envelope": sign_certificate(world, missed).model_dump(mode="json")}
    assert code_of(world, "execute", params) == "rpc.unreachable"
    assert world.processes["actuator"].wait(timeout=20) == -9
    name = missed.certificate_id
    world.start_actuator()
    assert eventually(lambda: ended(world, name), "the action is ended") == "rolled_back"
    assert world.powers() == BEFORE
    assert world.changes() == [f"{name}:1", f"{name}:2", f"{name}:rollback"]
    assert code_of(world, "execute", params) == "certificate.used"
    eventually(lambda: RecordKind.RECEIPT in kinds(world, name), "the receipt is in the ledger")
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


@pytest.mark.parametrize("point", slow_but_for(FALL_BACK_POINTS, FALL_BACK_POINTS[:1]))
def test_a_crash_in_the_fall_back_is_repaired(world: World, point: str) -> None:
    world.fault(stubborn=1, stubborn_mw=[20_000])
    world.start_actuator(CRASH=point, LIMIT_S="0.5")
    missed = make_certificate(world, world.snapshot(), requirements=make_requirements(80.0))
    params = {"envelope": sign_certificate(world, missed).model_dump(mode="json")}
    assert code_of(world, "execute", params) == "rpc.unreachable"
    assert world.processes["actuator"].wait(timeout=20) == -9
    name = missed.certificate_id
    world.start_actuator(LIMIT_S="0.5")
    eventually(lambda: step_of(world, name) == "fallen_back", "it falls back")
    assert world.powers() == {**BEFORE, 1: LAST_RESORT_MW}
    assert code_of(world, "execute", params) == "actuator.unrepaired"
    world.fault()
    assert eventually(lambda: ended(world, name), "the way back is taken") == "rolled_back"
    assert world.powers() == BEFORE
    assert [c for c in world.changes() if c[-1].isdigit()] == [f"{name}:1", f"{name}:2"]
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


def test_a_control_that_was_under_way_is_fenced_off(world: World) -> None:
    """A control from before the crash that arrives after the repair is stale."""
    world.start_actuator(CRASH="control:before:1")
    version = world.node().resource_version
    envelope = sign_certificate(world, make_certificate(world, world.snapshot()))
    params = {"envelope": envelope.model_dump(mode="json")}
    assert code_of(world, "execute", params) == "rpc.unreachable"
    assert world.processes["actuator"].wait(timeout=20) == -9
    name = certificate_id(world, params)
    world.start_actuator()
    assert eventually(lambda: ended(world, name), "it is ended") == "not_applied"
    assert world.node().resource_version > version
    assert world.changes() == []


def certificate_id(world: World, params: dict[str, object]) -> str:
    envelope = SignedEnvelope.model_validate(params["envelope"])
    return Certificate.parse(unverified_payload(envelope)).certificate_id


def code_of(world: World, method: str, params: dict[str, object]) -> str | None:
    """The error code of a call; ``None`` when it succeeds."""
    try:
        world.call("actuator", method, params)
    except RanwrightError as error:
        return error.code
    return None


def ended(world: World, name: str) -> str | None:
    params: dict[str, object] = {"certificate_id": name}
    if code_of(world, "status", params) == "certificate.unknown":
        return "none"
    step = step_of(world, name)
    return step if step in ("fulfilled", "rolled_back", "not_applied") else None


def step_of(world: World, name: str) -> str:
    return str(world.call("actuator", "status", {"certificate_id": name})["step"])


def kinds(world: World, name: str) -> list[RecordKind]:
    records = [e.record for e in LedgerReader.of(world.site).records(TRACE)]
    return [r.kind for r in records if r.content.get("certificate_id") == name]
