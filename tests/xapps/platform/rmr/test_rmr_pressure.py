"""A receiver that cannot keep up: senders feel it, nothing is lost unseen, nobody is shut out."""

import json
import socket
import threading
import time

import pytest

from tests.xapps.platform.support import endpoints, eventually, routed
from xapps.platform.alarms import Alarms
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState, drop_report
from xapps.platform.rmr.frame import encode

_PAYLOAD = bytes(2000)


def _flood(sender: RmrEndpoint, most: int, mtype: int = 1) -> int:
    """Send until refused; returns how many were taken."""
    for count in range(most):
        if sender.send(RmrMessage(mtype, _PAYLOAD), wait_s=0.05) is RmrState.RETRY:
            return count
    raise AssertionError("never refused")


def test_a_full_ring_holds_the_sender_back_and_loses_nothing() -> None:
    with (
        endpoints(1) as (sender,),
        RmrEndpoint(RmrSettings(ring_messages=16, stall_limit_s=600.0)) as receiver,
    ):
        routed(sender, 1, receiver.name)
        taken = _flood(sender, 100_000)
        assert taken > 16
        assert receiver.backlog == 16
        for _ in range(taken):
            assert receiver.receive(5.0) is not None
        assert receiver.receive(0.05) is None
        assert sender.send(RmrMessage(1), wait_s=1.0) is RmrState.OK
        assert receiver.receive(5.0) is not None
        assert receiver.counters.dropped == {}
        assert sender.counters.sent == receiver.counters.received == taken + 1
        assert sender.counters.refused == {RmrState.RETRY: 1}


def test_a_ring_is_full_of_octets_too() -> None:
    with (
        endpoints(1) as (sender,),
        RmrEndpoint(RmrSettings(ring_bytes=10_000, stall_limit_s=600.0)) as receiver,
    ):
        routed(sender, 1, receiver.name)
        taken = _flood(sender, 100_000)
        assert receiver.backlog == 10_000 // len(_PAYLOAD)
        for _ in range(taken):
            assert receiver.receive(5.0) is not None
        assert sender.send(RmrMessage(1, bytes(50_000)), wait_s=1.0) is RmrState.OK
        assert receiver.receive(5.0) is not None, "one message is always let in"


def test_a_slow_receiver_is_no_stuck_one() -> None:
    with (
        endpoints(1) as (sender,),
        RmrEndpoint(RmrSettings(ring_messages=4, stall_limit_s=0.3)) as receiver,
    ):
        routed(sender, 1, receiver.name)
        taken = _flood(sender, 100_000)
        for _ in range(10):  # for longer than the limit, one message at a time
            assert receiver.receive(5.0) is not None
            time.sleep(0.1)
        assert receiver.counters.dropped == {}
        for _ in range(taken - 10):
            assert receiver.receive(5.0) is not None


def test_what_a_stuck_receiver_misses_is_counted_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drop_report, "QUIET_S", 0.2)
    with (
        endpoints(2) as (sender, alarm_manager),
        RmrEndpoint(
            RmrSettings(ring_messages=8, stall_limit_s=0.1, alarm_address=alarm_manager.name)
        ) as receiver,
    ):
        routed(sender, 7, receiver.name)
        for _ in range(100):
            assert sender.send(RmrMessage(7), wait_s=5.0) is RmrState.OK
        eventually(lambda: receiver.counters.dropped == {7: 92}, "the rest dropped")
        assert receiver.counters.received == 100
        alarms = [alarm_manager.receive(5.0), alarm_manager.receive(5.0)]
        assert [alarm.mtype for alarm in alarms if alarm] == [110, 110]
        texts = [json.loads(alarm.payload) for alarm in alarms if alarm]
        assert [text["AlarmAction"] for text in texts] == ["RAISE", "CLEAR"]
        assert receiver.name in texts[0]["identifyingInfo"]
        manager = Alarms()
        for alarm, active in zip(alarms, (1, 0), strict=True):
            assert alarm is not None
            manager.on_message(alarm)
            assert len(manager.active()) == active
        assert "rmr.dropped" in capsys.readouterr().out
        kept = [receiver.receive(5.0) for _ in range(8)]
        assert all(kept)
        assert sender.send(RmrMessage(7), wait_s=5.0) is RmrState.OK
        assert receiver.receive(5.0) is not None


def test_a_flood_from_one_does_not_shut_another_out() -> None:
    with (
        endpoints(2) as (flooder, polite),
        RmrEndpoint(RmrSettings(ring_messages=32, stall_limit_s=600.0)) as receiver,
    ):
        routed(flooder, 1, receiver.name)
        routed(polite, 2, receiver.name)
        _flood(flooder, 100_000)
        stop = threading.Event()

        def go_on() -> None:
            while not stop.is_set():
                flooder.send(RmrMessage(1, _PAYLOAD), wait_s=0.05)

        thread = threading.Thread(target=go_on)
        thread.start()
        assert polite.send(RmrMessage(2)) is RmrState.OK
        seen = 0
        while (message := receiver.receive(5.0)) is not None and message.mtype == 1:
            seen += 1
        stop.set()
        thread.join()
        assert message is not None
        assert seen < 1000, "the polite sender waited behind all of the flood"


def test_answers_to_calls_pass_a_full_ring() -> None:
    with (
        endpoints(2) as (flooder, server),
        RmrEndpoint(RmrSettings(ring_messages=4, stall_limit_s=600.0)) as caller,
    ):
        routed(flooder, 1, caller.name)
        routed(caller, 5, server.name)
        _flood(flooder, 100_000)

        def answer() -> None:
            question = server.receive(5.0)
            assert question is not None
            server.reply(question)

        thread = threading.Thread(target=answer)
        thread.start()
        assert isinstance(caller.call(RmrMessage(5), 5.0), RmrMessage)
        thread.join()


def test_a_frame_sent_in_part_is_finished_later() -> None:
    """A message too large for the socket's buffers is taken whole, and follows by itself."""
    with endpoints(1) as (sender,), socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        routed(sender, 1, f"{host}:{port}")
        message = RmrMessage(1, bytes(6_000_000), xid=b"large")
        assert sender.send(message, wait_s=0.0) is RmrState.OK
        connection, _ = server.accept()
        with connection:
            assert sender.send(RmrMessage(1), wait_s=0.0) is RmrState.RETRY
            connection.settimeout(5.0)
            expected = len(encode(message))
            received = 0
            while received < expected:
                received += len(connection.recv(1 << 20))
            assert received == expected
            eventually(lambda: sender.send(RmrMessage(1)) is RmrState.OK, "room again")
