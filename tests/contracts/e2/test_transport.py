"""E2 associations over real sockets: PDUs keep their borders, and a broken end is noticed."""

import os
import resource
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from contracts.e2.transport import (
    MAX_PDU_OCTETS,
    E2Address,
    E2Connection,
    E2Listener,
    connect,
    has_sctp,
)
from contracts.errors import RanwrightError
from tests.xapps.platform.waits import wait_until

PROTOCOLS = [
    "tcp",
    pytest.param(
        "sctp", marks=pytest.mark.skipif(not has_sctp(), reason="this kernel has no SCTP")
    ),
]


@pytest.fixture(params=PROTOCOLS)
def ends(request):
    listener = E2Listener(E2Address.parse(f"{request.param}://127.0.0.1:0"))
    with ThreadPoolExecutor(1) as pool:
        accepted = pool.submit(listener.accept)
        near = connect(listener.address, timeout_s=5)
        far = accepted.result(timeout=5)
    assert far is not None
    yield near, far
    for end in (near, far, listener):
        end.close()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=70_000), max_size=8))
def test_pdus_arrive_whole_and_in_order(pdus):
    listener = E2Listener(E2Address.parse("tcp://127.0.0.1:0"))
    sender = connect(listener.address, timeout_s=5)
    receiver = listener.accept()
    assert receiver is not None

    def send() -> None:
        for pdu in pdus:
            sender.send(pdu)
        sender.close()

    thread = threading.Thread(target=send)
    thread.start()
    received = []
    while (pdu := receiver.receive()) is not None:
        received.append(pdu)
    thread.join()
    receiver.close()
    listener.close()
    assert received == pdus


def test_both_ends_speak(ends):
    near, far = ends
    near.send(b"setup")
    assert far.receive() == b"setup"
    far.send(b"accepted")
    assert near.receive() == b"accepted"
    assert near.peer.startswith("127.0.0.1:")


def test_threads_that_send_do_not_mix_their_pdus(ends):
    near, far = ends
    pdus = [bytes([n]) * 30_000 for n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(near.send, pdu) for pdu in pdus]
        received = [far.receive() for _ in pdus]
        for future in sent:
            future.result()
    assert sorted(received) == pdus


def test_a_closed_end_is_the_end(ends):
    near, far = ends
    near.close()
    assert far.receive() is None


def test_sending_to_a_closed_end_fails(ends):
    near, far = ends
    far.close()
    sends = (near.send(bytes(10_000)) for _ in range(1000))
    with pytest.raises(ConnectionError):
        list(sends)


def test_closing_wakes_the_thread_that_receives(ends):
    near, _ = ends
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(near.receive)
        near.close()
        with suppress(ConnectionError):  # the thread had not begun to receive yet
            assert waiting.result(timeout=5) is None


@pytest.mark.parametrize(
    "octets",
    [
        (MAX_PDU_OCTETS + 1).to_bytes(4, "big"),
        (10).to_bytes(4, "big") + b"short",
    ],
    ids=["too long", "cut off"],
)
def test_a_bad_frame_breaks_the_association(octets):
    listener = socket.create_server(("127.0.0.1", 0))
    raw = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    raw.sendall(octets)
    raw.close()
    connection = E2Connection(accepted)
    with pytest.raises(ConnectionError):
        connection.receive()
    connection.close()
    listener.close()


def test_nobody_listens():
    listener = E2Listener(E2Address.parse("tcp://127.0.0.1:0"))
    address = listener.address
    listener.close()
    with pytest.raises(ConnectionError):
        connect(address, timeout_s=1)


def test_a_port_is_taken_once():
    listener = E2Listener(E2Address.parse("tcp://127.0.0.1:0"))
    with pytest.raises(RanwrightError) as refused:
        E2Listener(listener.address)
    assert refused.value.code == "e2.cannot_listen"
    listener.close()


@pytest.mark.parametrize("text", ["", "127.0.0.1", "udp://h:1", "tcp://:1", "tcp://h:x", "h:99999"])
def test_bad_addresses(text):
    with pytest.raises(RanwrightError) as refused:
        E2Address.parse(text)
    assert refused.value.code == "e2.bad_address"


def test_an_address_without_a_scheme_takes_what_the_kernel_has():
    expected = "sctp" if has_sctp() else "tcp"
    assert str(E2Address.parse("127.0.0.1:36421")) == f"{expected}://127.0.0.1:36421"


@pytest.mark.skipif(has_sctp(), reason="this kernel has SCTP")
def test_sctp_that_the_kernel_lacks_is_said():
    with pytest.raises(RanwrightError) as refused:
        E2Address.parse("sctp://127.0.0.1:36421")
    assert refused.value.code == "e2.no_sctp"


@contextmanager
def no_descriptor_free():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open(os.devnull, os.O_RDONLY)
    os.close(probe)  # the lowest that is free
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_listener_outlives_want_of_descriptors():
    listener = E2Listener(E2Address.parse("tcp://127.0.0.1:0"))
    node = connect(listener.address, timeout_s=5)
    with ThreadPoolExecutor(1) as pool, capture_logs() as logs:
        with no_descriptor_free():
            accepted = pool.submit(listener.accept)
            wait_until(lambda: any(log["event"] == "e2.accept_failed" for log in logs))
        received = accepted.result(timeout=5)
        waiting = pool.submit(listener.accept)
        listener.close()
        assert waiting.result(timeout=5) is None
    assert received is not None
    received.close()
    node.close()


def test_an_end_that_takes_nothing_is_lost_in_time():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()[:2]) as hanging,
    ):
        far = E2Connection(server.accept()[0], send_timeout_s=0.2)

        def fill() -> None:
            while True:
                far.send(bytes(MAX_PDU_OCTETS))

        with pytest.raises(ConnectionError):
            fill()
        assert far.receive() is None
        assert hanging.recv(1)
        far.close()
