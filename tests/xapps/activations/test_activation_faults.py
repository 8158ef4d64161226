"""What can befall an activation: answers lost or doubled, plants that lie, parts killed."""

from collections.abc import Iterator
from typing import Any

import pytest

from agents.service.activation_delivery import ActivationDelivery
from agents.verifier.activation.office import record_key
from contracts.activation import Activation
from contracts.dsse import SignedEnvelope
from contracts.ledger.client import LedgerClient
from contracts.record import Record, RecordKind
from tests.xapps.activations.office import (
    LEFT,
    Office,
    grid,
    make_activation,
    make_plan,
    sign_activation,
)
from tests.xapps.world import eventually
from xapps.platform.rmr import RmrMessage, RmrState


class Answers:
    """The core's replies to who sent a control; the first is lost or doubled."""

    def __init__(self, office: Office, copies: int, monkeypatch: pytest.MonkeyPatch) -> None:
        link = office.world.ric.core._e2_rmr
        self.answered = 0
        self._copies = copies
        self._reply = link.reply
        monkeypatch.setattr(link, "reply", self.reply)

    def reply(self, asked: RmrMessage, **answer: Any) -> RmrState:
        self.answered += 1
        state = RmrState.OK
        for _ in range(self._copies if self.answered == 1 else 1):
            state = self._reply(asked, **answer)
        return state


INSIDE = {**LEFT, 1: grid(1)[-1]}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office.open(tmp_path_factory.mktemp("site"))
    yield opened
    opened.close()


@pytest.fixture
def live(office: Office) -> Iterator[str]:
    """An activation that is live; afterwards all is as the action left it."""
    office.world.fault()
    name = office.live()
    yield name
    office.world.fault()
    if office.status(name) == "live":
        office.end(name)
    assert eventually(lambda: office.world.powers() == LEFT, "all is at its base")
    office.clear()


def test_after_a_lost_acknowledgement_it_goes_on_with_what_stands(
    office: Office, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(office, 0, monkeypatch)
    assert office.move(live, {1: grid(1)[-1]}).code == "e2.control_unanswered"
    assert office.world.powers() == INSIDE
    assert office.status(live) == "live"
    assert office.move(live, {1: grid(1)[0]}).code == "move.carried_out"
    assert answers.answered == 2


def test_an_acknowledgement_that_comes_twice_counts_once(
    office: Office, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(office, 3, monkeypatch)
    first = office.move(live, {1: grid(1)[-1]})
    second = office.move(live, {1: grid(1)[0]})
    assert (first.code, second.code) == ("move.carried_out", "move.carried_out")
    assert first.resource_version is not None
    assert second.resource_version == first.resource_version + 1
    assert answers.answered == 2


def test_a_refused_move_is_told_and_the_next_one_goes(office: Office, live: str) -> None:
    office.world.fault(control="refuse")
    assert office.move(live, {1: grid(1)[-1]}).code == "control.refused"
    office.world.fault()
    assert office.world.powers() == LEFT
    assert office.move(live, {1: grid(1)[-1]}).code == "move.carried_out"


def test_an_acknowledgement_without_effect_is_no_move(office: Office, live: str) -> None:
    office.world.fault(control="ignore")
    assert office.move(live, {1: grid(1)[-1]}).code == "move.not_taken"
    assert office.world.powers() == LEFT
    assert office.status(live) == "live"


def test_a_plant_that_sets_other_values_is_found_out(office: Office, live: str) -> None:
    office.world.fault(control="misapply")
    office.move(live, {1: grid(1)[-1]})
    assert office.await_status(live, "revoked")["code"] == "activation.outside_envelope"
    assert office.world.powers() == LEFT


def test_somebody_elses_control_ends_it_and_is_left_alone(office: Office, live: str) -> None:
    office.world.fault(control="foreign")
    office.move(live, {1: grid(1)[-1]})
    assert office.await_status(live, "revoked")["code"] == "activation.network_changed"
    assert office.world.powers() == {**LEFT, 3: 19_000}
    office.world.call("plant", "reset")
    set_back(office)


def set_back(office: Office) -> None:
    """The powers that the action left, by a plant that begins with them."""
    world = office.world
    world.stop("plant", kill=True)
    state = world.site.plant_state
    text = state.read_text().replace('"1": 20000', f'"1": {LEFT[1]}')
    state.write_text(text.replace('"2": 20000', f'"2": {LEFT[2]}'))
    start_plant(office)


def start_plant(office: Office) -> None:
    world = office.world
    world.start("plant", ["-m", "tests.xapps.plain_plant", *world.ric.e2()], PACE="10")
    world.await_e2()


def test_a_stale_move_is_told_and_what_stands_is_read_back(office: Office, live: str) -> None:
    """A version that nobody told the actuator of: powers as they were, so it goes on."""
    office.world.fault(control="ignore")
    office.move(live, {1: grid(1)[-1]})
    office.world.fault()
    assert office.move(live, {1: grid(1)[0]}).code == "move.carried_out"


def test_a_base_that_is_refused_is_tried_again(office: Office, live: str) -> None:
    assert office.move(live, {1: grid(1)[-1]}).code == "move.carried_out"
    office.world.fault(rollback="refuse")
    office.delete(live)
    office.await_status(live, "ending")
    assert office.world.powers() == INSIDE
    office.world.fault()
    office.await_status(live, "ended")
    assert office.world.powers() == LEFT


def test_a_plant_that_is_killed_is_brought_to_its_base_when_it_returns(
    office: Office, live: str
) -> None:
    assert office.move(live, {1: grid(1)[-1]}).code == "move.carried_out"
    office.world.stop("plant", kill=True)
    ending = eventually(
        lambda: office.listed(live) if office.status(live) == "ending" else None, "it ends"
    )
    assert ending["code"] == "promise.silence"
    start_plant(office)
    office.await_status(live, "revoked")
    assert office.world.powers() == LEFT


def test_a_core_that_begins_anew_loses_nothing(office: Office, live: str) -> None:
    assert office.move(live, {1: grid(1)[-1]}).code == "move.carried_out"
    office.world.ric.core.close()
    office.world.ric.start()
    office.connect()
    eventually(lambda: office.world.powers() == LEFT or still_inside(office, live), "it settles")
    eventually(lambda: office.world.ric.is_connected(office.world.node().node_name), "E2 is back")


def still_inside(office: Office, name: str) -> bool:
    return office.status(name) == "live" and office.world.powers() == INSIDE


def test_an_actuator_that_is_killed_goes_on_where_it_was(office: Office, live: str) -> None:
    assert office.move(live, {1: grid(1)[-1]}).code == "move.carried_out"
    office.world.stop("actuator", kill=True)
    office.world.start_actuator()
    assert office.status(live) == "live"
    assert office.world.powers() == INSIDE
    eventually(lambda: office.move(live, {1: grid(1)[0]}).code == "move.carried_out", "it moves")
    assert office.world.powers() == {**LEFT, 1: grid(1)[0]}


def test_what_was_deleted_while_nobody_listened_ends(office: Office, live: str) -> None:
    assert office.move(live, {1: grid(1)[-1]}).code == "move.carried_out"
    office.world.stop("actuator", kill=True)
    office.delete(live)
    office.world.start_actuator()
    assert office.await_status(live, "ended")["code"] == "activation.withdrawn"
    assert office.world.powers() == LEFT


def test_a_deletion_that_was_lost_is_repeated(office: Office) -> None:
    activation = make_activation(office.world, make_plan(office.certificate))
    signed = sign_activation(office.world, activation)
    in_the_ledger(office, activation, signed)
    name = office.put(activation, signed)
    office.await_status(name, "live")
    routes = office.world.ric.core.routes
    listening = {k: x for k, x in routes.state.xapps.items() if x.policies}
    for xapp in listening:
        routes.set_xapp(xapp, None)
    office.delete(name)
    for xapp, before in listening.items():
        routes.set_xapp(xapp, before, before.controls)
    assert office.status(name) == "live"
    ended = ActivationDelivery(office.world.site).take_back(name)
    assert (ended["status"], ended["code"]) == ("ended", "activation.deleted")
    assert office.world.powers() == LEFT
    office.clear()


def in_the_ledger(office: Office, activation: Activation, signed: SignedEnvelope) -> None:
    """As the verifier puts it there."""
    with LedgerClient(office.world.site) as ledger:
        digest = ledger.put(signed)
        ledger.append(
            Record(
                key=record_key(activation.activation_id),
                trace_id=activation.trace_id,
                kind=RecordKind.ACTIVATION,
                actor="verifier",
                at=activation.issued_at,
                content={"activation_id": activation.activation_id, "envelope": digest},
                objects=(digest,),
            )
        )


WRITES = [pytest.param(n, marks=[] if n in (4, 5) else pytest.mark.slow) for n in range(1, 9)]
"""From the claim of an activation, by its going live, to its second move."""


@pytest.mark.parametrize("write", WRITES)
def test_killed_at_any_write_it_is_inside_or_at_its_base(office: Office, write: int) -> None:
    office.world.fault()
    office.clear()
    office.settle()
    office.world.stop("actuator", kill=True)
    office.world.start_actuator(CRASH=f"journal:{write}")
    name = office.put(make_activation(office.world, make_plan(office.certificate)))
    crashed = office.world.processes["actuator"]

    def gone() -> bool:
        if crashed.poll() is None:
            office.try_ask(name, {1: grid(1)[office.sequence % 11]})
        return crashed.poll() is not None

    eventually(gone, "it is killed")
    office.world.start_actuator()
    eventually(lambda: office.status(name) != "received", "it is sorted out")
    assert office.world.powers()[1] in grid(1)
    if office.status(name) == "live":
        office.end(name)
    eventually(lambda: office.world.powers() == LEFT, "all is at its base")
