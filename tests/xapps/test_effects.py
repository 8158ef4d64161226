"""What happens after a control: effects confirmed, missed, late, silent, half; and the way back."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.certificate import Receipt
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
    make_plan,
    make_requirements,
    receipt_of,
    sign_certificate,
)

BEFORE = {1: 20_000, 2: 20_000, 3: 20_000}
AFTER = {1: 30_000, 2: 18_000, 3: 20_000}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture
def world(running: World) -> World:
    """The running site without faults, and the plant as it was."""
    running.fault()
    running.start_all()
    running.call("plant", "reset")
    (running.site.root / "plant_changes.log").unlink(missing_ok=True)
    return running


def act(world: World, **changes: Any) -> tuple[str, Receipt, list[dict[str, Any]]]:
    progress: list[dict[str, Any]] = []
    certificate = make_certificate(world, world.snapshot(), **changes)
    receipt = world.execute(sign_certificate(world, certificate), progress.append)
    return certificate.certificate_id, receipt, progress


def audit_ok(world: World) -> None:
    world.call("ledger", "checkpoint")
    verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site)).require_ok()


def kinds(world: World, name: str) -> list[RecordKind]:
    records = [e.record for e in LedgerReader.of(world.site).records(TRACE)]
    return [r.kind for r in records if r.content.get("certificate_id") == name]


def test_a_good_action_is_fulfilled_recorded_and_taken_back_once(world: World) -> None:
    name, receipt, progress = act(world)
    assert (receipt.status, receipt.code) == ("fulfilled", "effect.confirmed")
    assert world.powers() == AFTER
    assert receipt.measured is not None
    stages = [p["stage"] for p in progress]
    assert list(dict.fromkeys(stages))[-1] == "finished"
    assert {"checked", "sending", "acknowledged", "watching"} <= set(stages)
    told = [(p["number"], p["of"]) for p in progress if p["stage"] == "sending"]
    assert told == [(1, 2), (2, 2)]
    assert world.call("actuator", "status", {"certificate_id": name})["step"] == "fulfilled"

    undone = receipt_of(world.call("actuator", "rollback", {"certificate_id": name}))
    assert (undone.status, undone.code) == ("rolled_back", "rollback.requested")
    assert world.powers() == BEFORE
    with pytest.raises(RanwrightError) as caught:
        world.call("actuator", "rollback", {"certificate_id": name})
    assert caught.value.code == "rollback.not_available"
    assert kinds(world, name) == [
        RecordKind.ACTION_STARTED,
        *2 * (RecordKind.CONTROL_SENT, RecordKind.CONTROL_ANSWERED),
        RecordKind.RECEIPT,
        RecordKind.ROLLBACK_STARTED,
        RecordKind.RECEIPT,
    ]
    assert world.changes() == [f"{name}:1", f"{name}:2", f"{name}:rollback"]
    audit_ok(world)


def test_an_unknown_action_cannot_be_taken_back(shared_world: World) -> None:
    with pytest.raises(RanwrightError) as caught:
        shared_world.call("actuator", "rollback", {"certificate_id": "0" * 32})
    assert caught.value.code == "certificate.unknown"


def test_a_way_back_is_stale_after_another_action(world: World) -> None:
    first, _, _ = act(world)
    snapshot = world.snapshot()
    second = make_certificate(
        world,
        snapshot,
        plan=make_plan(snapshot, {2: 15_000}),
        requirements=make_requirements(1.0),
    )
    assert world.execute(sign_certificate(world, second)).status == "fulfilled"
    with pytest.raises(RanwrightError) as caught:
        world.call("actuator", "rollback", {"certificate_id": first})
    assert caught.value.code == "rollback.stale"


@pytest.mark.parametrize(
    ("faults", "status", "code", "sent"),
    [
        ({"control": "refuse"}, "not_applied", "control.refused", ""),
        ({"control": "ignore"}, "not_applied", "effect.not_taken", ""),
        ({"control": "misapply"}, "rolled_back", "effect.not_taken", "1 rollback"),
        ({"control": "lose_answer"}, "rolled_back", "e2.control_unanswered", "1 rollback"),
        ({"control_2": "refuse"}, "rolled_back", "control.refused", "1 rollback"),
        ({"control_2": "ignore"}, "rolled_back", "effect.not_taken", "1 rollback"),
        ({"control_2": "half"}, "rolled_back", "effect.not_taken", "1 2 rollback"),
        ({"control_2": "lose_answer"}, "rolled_back", "e2.control_unanswered", "1 2 rollback"),
        ({"control_2": "foreign"}, "rolled_back", "effect.configuration_differs", "1 2 rollback"),
        ({"reports": "weak"}, "rolled_back", "effect.requirement_missed", "1 rollback"),
    ],
)
def test_a_wrong_effect_is_taken_back(
    world: World, faults: dict[str, str], status: str, code: str, sent: str
) -> None:
    world.fault(**faults)
    name, receipt, _ = act(world)
    assert (receipt.status, receipt.code) == (status, code), receipt.reason
    cells = (1, 2) if "foreign" in faults.values() else (1, 2, 3)
    assert all(world.powers()[c] == BEFORE[c] for c in cells)
    changed = [c for c in world.changes() if c.startswith(name)]
    assert changed == [f"{name}:{way}" for way in sent.split()]
    audit_ok(world)


def test_a_goal_missed_is_taken_back(world: World) -> None:
    _, receipt, _ = act(world, requirements=make_requirements(80.0))
    assert (receipt.status, receipt.code) == ("rolled_back", "effect.requirement_missed")
    assert "intent" in receipt.reason
    assert world.powers() == BEFORE


def test_a_foreign_change_during_the_watch_is_no_success(world: World) -> None:
    world.fault(control="foreign")
    _, receipt, _ = act(world)
    assert (receipt.status, receipt.code) == ("rolled_back", "effect.configuration_differs")
    assert world.powers() == {**BEFORE, 3: 19_000}


@pytest.mark.parametrize("reports", ["silent", "stuck"])
def test_silence_is_taken_back(world: World, reports: str) -> None:
    certificate = make_certificate(world, world.snapshot())

    def fall_silent(progress: dict[str, Any]) -> None:
        if progress["stage"] == "acknowledged":
            world.fault(reports=reports)

    receipt = world.execute(sign_certificate(world, certificate), fall_silent)
    assert (receipt.status, receipt.code) == ("rolled_back", "effect.silence")
    assert world.powers() == BEFORE


def test_the_action_goes_on_when_its_caller_leaves(world: World) -> None:
    certificate = make_certificate(world, world.snapshot())

    class Left(Exception):
        pass

    def leave(progress: dict[str, Any]) -> None:
        if progress["stage"] == "acknowledged":
            raise Left

    with pytest.raises(Left):
        world.execute(sign_certificate(world, certificate), leave)
    params = {"certificate_id": certificate.certificate_id}
    eventually(
        lambda: world.call("actuator", "status", params)["step"] == "fulfilled", "it is fulfilled"
    )


@pytest.mark.parametrize("control", ["die_before", "die_after"])
def test_a_plant_that_dies_is_brought_back_when_it_returns(world: World, control: str) -> None:
    world.fault(control=control)
    certificate = make_certificate(world, world.snapshot())
    ended: list[Receipt] = []
    thread = threading.Thread(
        target=lambda: ended.append(world.execute(sign_certificate(world, certificate)))
    )
    thread.start()
    assert world.processes["plant"].wait(timeout=30) != 0
    world.fault()
    world.start_plant()
    thread.join(timeout=60)
    assert ended[0].status == ("not_applied" if control == "die_before" else "rolled_back")
    assert world.powers() == BEFORE
    assert world.changes().count(f"{certificate.certificate_id}:1") <= 1
    audit_ok(world)


def test_a_plant_killed_during_the_watch_is_brought_back(world: World) -> None:
    certificate = make_certificate(world, world.snapshot())
    killed = False

    def kill_plant(progress: dict[str, Any]) -> None:
        nonlocal killed
        if progress["stage"] == "acknowledged":
            world.stop("plant", kill=True)
            killed = True
        if progress["stage"] == "rolling_back":
            world.start_plant()

    receipt = world.execute(sign_certificate(world, certificate), kill_plant)
    assert killed
    assert receipt.status == "rolled_back"
    assert world.powers() == BEFORE


def test_without_a_ledger_nothing_is_sent(world: World) -> None:
    certificate = make_certificate(world, world.snapshot())
    world.stop("ledger")
    receipt = world.execute(sign_certificate(world, certificate))
    assert (receipt.status, receipt.code) == ("not_applied", "rpc.unreachable")
    assert world.changes() == []
    world.start_ledger()
    name = certificate.certificate_id
    eventually(lambda: RecordKind.RECEIPT in kinds(world, name), "the receipt reaches the ledger")


def test_clean_shutdown(world: World) -> None:
    world.start_approver()
    assert [world.stop(r) for r in ("actuator", "approver", "plant", "ledger")] == [0, 0, 0, 0]
