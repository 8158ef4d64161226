"""What can befall E2 itself in mid-action: the RIC away, answers lost or doubled, junk, floods."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contracts.certificate import Receipt
from contracts.e2.transport import connect
from contracts.errors import RanwrightError
from tests.xapps.test_effects import AFTER, BEFORE, audit_ok
from tests.xapps.world import World, eventually, make_certificate, sign_certificate
from xapps.platform.message_types import (
    RIC_CONTROL_ACK,
    RIC_CONTROL_FAILURE,
    RIC_INDICATION,
)
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState

JUNK = b"\x00\x05\x40\xff\xff" + bytes(range(64))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("site"))
    made.start_all()
    yield made
    made.close()


@pytest.fixture
def world(running: World) -> World:
    """The running site without faults, and the plant as it was."""
    running.fault()
    running.call("plant", "reset")
    (running.site.root / "plant_changes.log").unlink(missing_ok=True)
    return running


Hurt = Callable[[dict[str, Any]], None]


def act(world: World, hurt: Hurt | None = None) -> tuple[str, Receipt]:
    certificate = make_certificate(world, world.snapshot())
    return certificate.certificate_id, world.execute(sign_certificate(world, certificate), hurt)


def at(stage: str, number: int, do: Callable[[], None]) -> Hurt:
    """Do something when the action comes to a step of a stage."""

    def hurt(progress: dict[str, Any]) -> None:
        if (progress["stage"], progress.get("number")) == (stage, number):
            do()

    return hurt


class Answers:
    """The core's replies to who sent a control, lost or doubled."""

    def __init__(self, world: World, copies: int) -> None:
        self.answered = 0
        self._copies = copies
        self._link = world.ric.core._e2_rmr
        self._reply = self._link.reply

    def reply(self, asked: RmrMessage, **answer: Any) -> RmrState:
        self.answered += 1
        state = RmrState.OK
        for _ in range(self._copies if self.answered == 1 else 1):
            state = self._reply(asked, **answer)
        return state


def test_a_lost_acknowledgement_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(world, copies=0)
    monkeypatch.setattr(world.ric.core._e2_rmr, "reply", answers.reply)
    name, receipt = act(world)
    assert (receipt.status, receipt.code) == ("rolled_back", "e2.control_unanswered")
    assert world.changes() == [f"{name}:1", f"{name}:rollback"]
    assert world.powers() == BEFORE
    assert answers.answered >= 2
    audit_ok(world)


def test_an_acknowledgement_that_comes_twice_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(world, copies=3)
    monkeypatch.setattr(world.ric.core._e2_rmr, "reply", answers.reply)
    name, receipt = act(world)
    assert receipt.status == "fulfilled", receipt.reason
    assert world.changes() == [f"{name}:1", f"{name}:2"]
    assert answers.answered == 2


@pytest.mark.parametrize("stage", ["sending", "acknowledged"])
def test_a_ric_that_goes_in_mid_action_and_returns_is_found_again(world: World, stage: str) -> None:
    def hurt(progress: dict[str, Any]) -> None:
        if (progress["stage"], progress.get("number")) == (stage, 2):
            world.fault(reports="silent")  # the stage is not judged before the RIC is gone
            world.ric.close()
        elif progress["stage"] == "rolling_back":
            world.fault()
            world.ric.start()

    name, receipt = act(world, hurt)
    assert receipt.status == "rolled_back", receipt.reason
    assert world.changes()[-1] == f"{name}:rollback"
    assert world.powers() == BEFORE
    audit_ok(world)
    _, receipt = act(world)
    assert receipt.status == "fulfilled", receipt.reason
    assert world.powers() == AFTER


def test_junk_on_every_link_changes_nothing(world: World) -> None:
    actuator = world.ric.rmr_address

    def throw() -> None:
        node = connect(world.ric.core.e2.address, 5.0)
        node.send(JUNK)
        with RmrEndpoint(RmrSettings()) as stranger:
            for to in (actuator, world.ric.core._rmr.name, world.ric.core._e2_rmr.name):
                wormhole = stranger.open_wormhole(to)
                assert wormhole is not None
                for mtype in (RIC_INDICATION, RIC_CONTROL_ACK, RIC_CONTROL_FAILURE):
                    for payload in (b"", JUNK):
                        stranger.send_wormhole(wormhole, RmrMessage(mtype, payload, sub_id=1))
        node.close()

    name, receipt = act(world, at("acknowledged", 1, throw))
    assert receipt.status == "fulfilled", receipt.reason
    assert world.changes() == [f"{name}:1", f"{name}:2"]


def test_a_flood_of_indications_is_no_new_evidence(world: World) -> None:
    world.fault(reports="flood")
    name, receipt = act(world)
    assert receipt.status == "fulfilled", receipt.reason
    assert world.changes() == [f"{name}:1", f"{name}:2"]


def test_an_actuator_that_is_killed_leaves_no_subscription(world: World) -> None:
    def kill() -> None:
        world.processes["actuator"].kill()

    certificate = make_certificate(world, world.snapshot())
    name, envelope = certificate.certificate_id, sign_certificate(world, certificate)
    with pytest.raises(RanwrightError) as caught:
        world.execute(envelope, at("watching", 1, kill))
    assert caught.value.code == "rpc.unreachable"
    world.start_actuator()
    eventually(lambda: world.powers() == BEFORE, "the action is taken back")
    assert set(world.changes()) == {f"{name}:1", f"{name}:rollback"}
    # the question of what stands is a subscription too, and may be ending still
    eventually(lambda: not world.ric.core.subscriptions.records(), "none is left")
