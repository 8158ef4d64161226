"""The client for moves: answers find who asked, whatever else arrives."""

import threading

import pytest

from contracts.activation import MOVE_ANSWER, MOVE_REQ, Move, MoveAnswer
from contracts.errors import RanwrightError
from tests.xapps.platform.waits import wait_until
from tests.xapps.sdk.rig import EndpointMessenger
from xapps.platform.rmr import RmrEndpoint, RmrSettings
from xapps.sdk.moves import CARRIED_OUT, MoveClient

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture
def pair():
    """A client, and an actuator's messenger, on RMR."""
    with RmrEndpoint(RmrSettings()) as own, RmrEndpoint(RmrSettings()) as actuator:
        own.set_routes(f"newrt|start\nrte|{MOVE_REQ}|{actuator.name}\nnewrt|end|1\n")
        actuator.set_routes(f"newrt|start\nrte|{MOVE_ANSWER}|{own.name}\nnewrt|end|1\n")
        yield MoveClient(EndpointMessenger(own)), EndpointMessenger(actuator)


def move(sequence, activation=ONE):
    return Move(activation_id=activation, sequence=sequence, tx_power_mw={1: 20_000})


def answer(messenger, asked, code=CARRIED_OUT, version=7):
    found = MoveAnswer(
        activation_id=asked.activation_id,
        sequence=asked.sequence,
        code=code,
        reason="",
        resource_version=version,
    )
    assert messenger.send(MOVE_ANSWER, found.model_dump_json().encode(), "")


def test_each_gets_its_own_answer(pair):
    client, actuator = pair
    asked: list[Move] = []
    both = threading.Event()

    def take(received):
        asked.append(Move.parse(received.payload))
        if len(asked) == 2:
            for one in reversed(asked):
                answer(actuator, one, version=one.sequence)
            both.set()

    actuator.on(MOVE_REQ, take)
    found: dict[int, MoveAnswer] = {}

    def ask(sequence, activation):
        found[sequence] = client.ask(move(sequence, activation), "gnb", 20.0)

    threads = [threading.Thread(target=ask, args=a) for a in ((5, ONE), (6, OTHER))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {s: a.resource_version for s, a in found.items()} == {5: 5, 6: 6}
    assert found[6].activation_id == OTHER


def test_answers_for_others_and_junk_are_no_answers(pair):
    client, actuator = pair

    def take(received):
        asked = Move.parse(received.payload)
        actuator.send(MOVE_ANSWER, b"{", "")
        actuator.send(MOVE_ANSWER, b"[1]\0\0", "")
        answer(actuator, move(asked.sequence, OTHER))
        answer(actuator, move(asked.sequence - 1))
        answer(actuator, asked, "move.outside_envelope", None)
        answer(actuator, asked)  # a duplicate changes nothing

    actuator.on(MOVE_REQ, take)
    assert client.ask(move(9), "gnb", 20.0).code == "move.outside_envelope"


def test_silence_is_told_and_a_late_answer_harms_nothing(pair):
    client, actuator = pair
    asked: list[Move] = []
    actuator.on(MOVE_REQ, lambda received: asked.append(Move.parse(received.payload)))
    with pytest.raises(RanwrightError) as silent:
        client.ask(move(3), "gnb", 0.05)
    assert silent.value.code == "move.unanswered"
    wait_until(lambda: asked)
    answer(actuator, asked[0])
    actuator.on(MOVE_REQ, lambda received: answer(actuator, Move.parse(received.payload)))
    assert client.ask(move(4), "gnb", 20.0).code == CARRIED_OUT


def test_nobody_there():
    with RmrEndpoint(RmrSettings()) as alone, pytest.raises(RanwrightError) as refused:
        MoveClient(EndpointMessenger(alone)).ask(move(1), "gnb", 1.0)
    assert refused.value.code == "move.unreachable"


def test_a_sequence_is_under_way_once(pair):
    client, actuator = pair
    release, asked = threading.Event(), threading.Event()

    def take(received):
        asked.set()
        release.wait(20)
        answer(actuator, Move.parse(received.payload))

    actuator.on(MOVE_REQ, take)
    first = threading.Thread(target=client.ask, args=(move(3), "gnb", 20.0))
    first.start()
    assert asked.wait(20)
    with pytest.raises(RanwrightError) as refused:
        client.ask(move(3), "gnb", 1.0)
    assert refused.value.code == "move.repeated"
    release.set()
    first.join()
