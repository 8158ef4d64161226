"""Endpoints on real sockets: routes, answers, calls, wormholes, reconnection."""

import contextlib
import dataclasses
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.errors import RanwrightError
from tests.xapps.platform.support import endpoints, eventually, routed
from xapps.platform.rmr import (
    RmrEndpoint,
    RmrMessage,
    RmrSettings,
    RmrState,
    RouteEntry,
    table_text,
)
from xapps.platform.rmr.frame import encode
from xapps.platform.rmr.health import probe


def _serve(endpoint: RmrEndpoint, count: int, payload: bytes = b"answer") -> threading.Thread:
    """Answer so many messages from a thread, with the type after theirs."""

    def serve() -> None:
        for _ in range(count):
            message = endpoint.receive(10.0)
            assert message is not None
            assert endpoint.reply(message, mtype=message.mtype + 1, payload=payload) == RmrState.OK

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_message_arrives_as_it_was_sent() -> None:
    with endpoints(2) as (left, right):
        routed(left, 12040, right.name)
        sent = RmrMessage(12040, b"control", 7, "gnb_1", b"xid-1", trace=b"trace")
        assert left.send(sent) is RmrState.OK
        received = right.receive(5.0)
        assert received is not None
        assert received.arrived_on is not None
        assert dataclasses.replace(received, arrived_on=None) == dataclasses.replace(
            sent, source=left.name, source_ip=left.address
        )
        assert right.counters.received == left.counters.sent == 1


def test_an_answer_goes_back_and_can_be_repeated() -> None:
    with endpoints(2) as (left, right):
        routed(left, 1, right.name)
        left.send(RmrMessage(1, b"question", 3, "gnb", b"x"))
        received = right.receive(5.0)
        assert received is not None
        for payload in (b"one", b"two"):
            assert right.reply(received, mtype=2, payload=payload) is RmrState.OK
            answer = left.receive(5.0)
            assert answer is not None
            assert (answer.mtype, answer.payload) == (2, payload)
            assert (answer.sub_id, answer.meid, answer.xid) == (3, "gnb", b"x")
            assert answer.source == right.name


def test_an_answer_takes_the_way_the_question_came_when_the_name_leads_nowhere() -> None:
    with (
        endpoints(1) as (endpoint,),
        socket.create_connection(("127.0.0.1", endpoint.port)) as peer,
    ):
        question = RmrMessage(1, b"?", source="name.invalid.:1", source_ip="127.0.0.1:1")
        peer.sendall(encode(question))
        received = endpoint.receive(5.0)
        assert received is not None
        assert endpoint.reply(received, payload=b"!") is RmrState.OK
        peer.settimeout(5.0)
        assert peer.recv(4096).endswith(b"!")


def test_an_answer_takes_the_address_last() -> None:
    with endpoints(2) as (left, right):
        orphan = RmrMessage(1, b"?", source="127.0.0.1:1", source_ip=left.name)
        assert right.reply(orphan) is RmrState.OK
        assert left.receive(5.0) is not None
        nowhere = dataclasses.replace(orphan, source_ip="127.0.0.1:1")
        assert right.reply(nowhere) is RmrState.NO_ENDPOINT
        assert right.reply(dataclasses.replace(orphan, source="", source_ip="")) is (
            RmrState.NO_ENDPOINT
        )


def test_each_group_gets_a_message_and_within_a_group_they_take_turns() -> None:
    with endpoints(4) as (sender, a, b, c):
        sender.set_routes(table_text([RouteEntry(1, ((a.name, b.name), (c.name,)))]))
        for number in range(10):
            assert sender.send(RmrMessage(1, bytes([number]))) is RmrState.OK
        eventually(lambda: (a.backlog, b.backlog, c.backlog) == (5, 5, 10), "all arrived")
        assert sender.counters.sent == 20


def test_a_dead_endpoint_of_a_group_is_passed_over() -> None:
    with endpoints(2) as (sender, alive):
        routed(sender, 1, "127.0.0.1:1", alive.name)
        assert [sender.send(RmrMessage(1)) for _ in range(4)] == [RmrState.OK] * 4
        eventually(lambda: alive.backlog == 4, "all arrived")


def test_one_of_two_groups_is_enough_and_the_other_is_counted() -> None:
    with endpoints(2) as (sender, alive):
        sender.set_routes(table_text([RouteEntry(1, (("127.0.0.1:1",), (alive.name,)))]))
        assert sender.send(RmrMessage(1)) is RmrState.OK
        assert sender.counters.refused == {RmrState.NO_ENDPOINT: 1}


def test_the_owner_of_a_meid_gets_what_is_for_it() -> None:
    with endpoints(3) as (sender, first, second):
        owners = {"gnb_1": first.name, "gnb_2": second.name}
        sender.set_routes(table_text([RouteEntry(12040)], owners))
        assert sender.send(RmrMessage(12040, meid="gnb_2")) is RmrState.OK
        received = second.receive(5.0)
        assert received is not None
        assert received.meid == "gnb_2"
        assert sender.send(RmrMessage(12040, meid="gnb_3")) is RmrState.NO_ENDPOINT
        assert first.backlog == 0


def test_the_route_of_a_subscription_comes_before_the_general_one() -> None:
    with endpoints(3) as (sender, general, special):
        sender.set_routes(
            table_text(
                [RouteEntry(1, ((general.name,),)), RouteEntry(1, ((special.name,),), sub_id=5)]
            )
        )
        for sub_id in (-1, 5, 6):
            assert sender.send(RmrMessage(1, sub_id=sub_id)) is RmrState.OK
        eventually(lambda: (general.backlog, special.backlog) == (2, 1), "all arrived")


def test_without_a_route_or_a_listener_nothing_is_sent() -> None:
    with endpoints(1) as (sender,):
        assert sender.send(RmrMessage(1)) is RmrState.NO_ENDPOINT
        assert not sender.ready
        routed(sender, 1, "127.0.0.1:1")
        assert sender.ready
        assert sender.send(RmrMessage(1)) is RmrState.NO_ENDPOINT
        assert sender.counters.refused == {RmrState.NO_ENDPOINT: 2}


def test_a_refused_table_leaves_the_one_before() -> None:
    with endpoints(2) as (sender, receiver):
        routed(sender, 1, receiver.name)
        with pytest.raises(RanwrightError, match=r"routes\.refused"):
            sender.set_routes("newrt|start\nnewrt|end|5\n")
        assert sender.send(RmrMessage(1)) is RmrState.OK


def test_a_call_waits_for_its_own_answer() -> None:
    with endpoints(2) as (caller, server):
        routed(caller, 1, server.name)
        thread = _serve(server, 1)
        answer = caller.call(RmrMessage(1, b"question"), 10.0)
        thread.join()
        assert isinstance(answer, RmrMessage)
        assert (answer.mtype, answer.payload) == (2, b"answer")
        assert caller.backlog == 0


def test_calls_from_many_threads_do_not_mix() -> None:
    with endpoints(2) as (caller, server), ThreadPoolExecutor(8) as pool:
        routed(caller, 1, server.name)

        def echo() -> None:
            for _ in range(200):
                message = server.receive(10.0)
                assert message is not None
                server.reply(message)

        echoing = pool.submit(echo)
        texts = [str(number).encode() for number in range(200)]
        answers = pool.map(lambda text: caller.call(RmrMessage(1, text), 10.0), texts)
        assert [a.payload for a in answers if isinstance(a, RmrMessage)] == texts
        echoing.result()
        assert caller.backlog == 0


def test_a_call_without_an_answer_times_out_and_a_late_answer_is_counted() -> None:
    with endpoints(2) as (caller, server):
        routed(caller, 1, server.name)
        assert caller.call(RmrMessage(1), 0.05) is RmrState.TIMEOUT
        question = server.receive(5.0)
        assert question is not None
        assert question.is_call
        server.reply(question)
        eventually(lambda: caller.counters.late_answers == 1, "the late answer counted")
        assert caller.backlog == 0


def test_a_call_that_cannot_be_sent_says_why() -> None:
    with endpoints(1) as (caller,):
        assert caller.call(RmrMessage(1), 1.0) is RmrState.NO_ENDPOINT


def test_a_call_answered_under_another_transaction_id_is_not_answered() -> None:
    with endpoints(2) as (caller, server):
        routed(caller, 1, server.name)

        def mislead() -> None:
            question = server.receive(5.0)
            assert question is not None
            server.reply(dataclasses.replace(question, xid=b"another"))

        thread = threading.Thread(target=mislead)
        thread.start()
        assert caller.call(RmrMessage(1, xid=b"mine"), 0.3) is RmrState.TIMEOUT
        thread.join()


def test_wormholes_need_no_route() -> None:
    with endpoints(2) as (left, right):
        assert left.wormhole_state(0) is RmrState.NO_WORMHOLE_OPEN
        assert left.open_wormhole("127.0.0.1:1") is None
        assert left.open_wormhole("nonsense") is None
        wormhole = left.open_wormhole(right.name)
        assert wormhole is not None
        assert left.open_wormhole(right.name) == wormhole
        assert left.wormhole_state(wormhole) is RmrState.OK
        assert left.wormhole_state(wormhole + 1) is RmrState.WORMHOLE_ID
        assert left.send_wormhole(wormhole + 1, RmrMessage(9)) is RmrState.WORMHOLE_ID
        assert left.send_wormhole(wormhole, RmrMessage(9, b"through")) is RmrState.OK
        received = right.receive(5.0)
        assert received is not None
        assert received.payload == b"through"
        thread = _serve(right, 1)
        answer = left.call_wormhole(wormhole, RmrMessage(9), 10.0, call_id=77)
        thread.join()
        assert isinstance(answer, RmrMessage)
        assert answer.call_id == 77
        left.close_wormhole(wormhole)
        assert left.wormhole_state(wormhole) is RmrState.NO_WORMHOLE_OPEN


def test_senders_share_a_connection_however_they_begin() -> None:
    with endpoints(2) as (sender, receiver), ThreadPoolExecutor(8) as pool:
        routed(sender, 1, receiver.name)
        start = threading.Barrier(8)

        def send(_: int) -> RmrState:
            start.wait(5.0)
            return sender.send(RmrMessage(1))

        assert set(pool.map(send, range(8))) == {RmrState.OK}
        messages = [receiver.receive(5.0) for _ in range(8)]
        assert len({message.arrived_on for message in messages if message}) == 1


def test_a_receiver_that_comes_back_is_found_again() -> None:
    with endpoints(1) as (sender,):
        receiver = RmrEndpoint(RmrSettings())
        port = receiver.port
        routed(sender, 1, receiver.name)
        wormhole = sender.open_wormhole(receiver.name)
        assert wormhole is not None
        assert sender.send(RmrMessage(1, b"first")) is RmrState.OK
        assert receiver.receive(5.0) is not None
        receiver.close()
        eventually(
            lambda: sender.send(RmrMessage(1, b"lost")) is RmrState.NO_ENDPOINT, "the end is seen"
        )
        assert sender.wormhole_state(wormhole) is RmrState.NO_ENDPOINT
        with RmrEndpoint(RmrSettings(port=port)) as again:  # though connections are in TIME_WAIT
            eventually(lambda: sender.send(RmrMessage(1, b"back")) is RmrState.OK, "reconnected")
            received = again.receive(5.0)
            assert received is not None
            assert received.payload == b"back"


def test_a_port_in_use_is_refused_and_not_shared() -> None:
    with endpoints(1) as (endpoint,), pytest.raises(RanwrightError, match=r"rmr\.port_in_use"):
        RmrEndpoint(RmrSettings(port=endpoint.port))
    with pytest.raises(RanwrightError, match=r"rmr\.port_in_use"):
        RmrEndpoint(RmrSettings(port=70_000))


def test_a_large_message_passes_and_one_too_large_ends_its_connection() -> None:
    with endpoints(2, most_frame_bytes=300_000) as (sender, receiver):
        routed(sender, 1, receiver.name)
        payload = bytes(range(256)) * 1000
        assert sender.send(RmrMessage(1, payload), wait_s=5.0) is RmrState.OK
        received = receiver.receive(5.0)
        assert received is not None
        assert received.payload == payload
        sender.send(RmrMessage(1, bytes(300_000)), wait_s=5.0)
        eventually(lambda: receiver.counters.broken_streams == 1, "the stream given up")

        def next_arrives() -> bool:
            """What is sent before the end of the stream was noticed is lost with it."""
            return sender.send(RmrMessage(1, b"next")) is RmrState.OK and bool(receiver.backlog)

        eventually(next_arrives, "connected again")


def test_octets_that_are_no_frames_harm_nobody_else() -> None:
    with endpoints(2) as (sender, receiver):
        routed(sender, 1, receiver.name)
        with socket.create_connection(("127.0.0.1", receiver.port)) as hostile:
            hostile.sendall(b"GET / HTTP/1.1\r\n\r\n")
            hostile.settimeout(5.0)
            with contextlib.suppress(ConnectionResetError):
                assert hostile.recv(1) == b""
        assert sender.send(RmrMessage(1)) is RmrState.OK
        assert receiver.receive(5.0) is not None
        assert receiver.counters.broken_streams == 1


def test_connections_over_the_limit_wait_their_turn() -> None:
    with endpoints(1, most_connections=2) as (endpoint,):
        address = ("127.0.0.1", endpoint.port)
        peers = [socket.create_connection(address) for _ in range(3)]
        for number, peer in enumerate(peers):
            peer.sendall(encode(RmrMessage(number)))
        first = [endpoint.receive(5.0), endpoint.receive(5.0)]
        assert {m.mtype for m in first if m} == {0, 1}
        assert endpoint.receive(0.3) is None
        peers[0].close()
        third = endpoint.receive(5.0)
        assert third is not None
        assert third.mtype == 2
        for peer in peers[1:]:
            peer.close()


def test_closing_wakes_everybody_and_does_not_hang() -> None:
    endpoint, silent = RmrEndpoint(RmrSettings()), RmrEndpoint(RmrSettings())
    routed(endpoint, 1, silent.name)
    outcomes: list[object] = []

    def receive() -> None:
        try:
            endpoint.receive(None)
        except RanwrightError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=receive) for _ in range(3)]
    threads.append(
        threading.Thread(target=lambda: outcomes.append(endpoint.call(RmrMessage(1), 60.0)))
    )
    for thread in threads:
        thread.start()
    assert silent.receive(5.0) is not None
    began_s = time.monotonic()
    endpoint.close()
    for thread in threads:
        thread.join(5.0)
    assert sorted(map(str, outcomes)) == ["12", *["rmr.closed"] * 3]
    assert time.monotonic() - began_s < 5.0
    endpoint.close()
    assert endpoint.send(RmrMessage(1)) is RmrState.NO_ENDPOINT
    assert endpoint.open_wormhole(silent.name) is None
    silent.close()


def test_probe_tells_how_an_endpoint_is() -> None:
    with endpoints(1) as (endpoint,):
        thread = _serve(endpoint, 1, b"OK\n")
        assert probe(endpoint.name, 10.0) == "OK"
        thread.join()
        assert probe(endpoint.name, 0.1) is None
    assert probe("127.0.0.1:1", 1.0) is None
