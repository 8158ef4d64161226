"""The protocol: any cut of the stream gives the same requests, any bytes a request or an error."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapps.platform.sdl.resp import (
    MAX_BULK_BYTES,
    MAX_LINE_BYTES,
    Failure,
    ProtocolError,
    RequestParser,
    Simple,
    encode,
)

requests = st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=5), max_size=5)


def wire(request: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(request) + b"".join(b"$%d\r\n%b\r\n" % (len(a), a) for a in request)


@given(requests, st.data())
def test_any_cut_of_the_stream_gives_the_same_requests(sent: list[list[bytes]], data) -> None:
    stream = b"".join(map(wire, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    parser = RequestParser()
    got = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += parser.feed(stream[start:end])
    assert got == sent


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_give_requests_or_a_protocol_error(pieces: list[bytes]) -> None:
    parser = RequestParser()
    with suppress(ProtocolError):
        for piece in pieces:
            assert all(parser.feed(piece))


def test_a_line_of_words_is_a_request() -> None:
    assert RequestParser().feed(b"\r\nset  a b\r\nPING\n") == [[b"set", b"a", b"b"], [b"PING"]]


@pytest.mark.parametrize(
    "stream",
    [
        b"*1\r\n:1\r\n",
        b"*x\r\n",
        b"*1_0\r\n",
        b"*99999999999999999999\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$%d\r\n" % (MAX_BULK_BYTES + 1),
        b"*1\r\n$1\r\nabc",
        b"A" * (MAX_LINE_BYTES + 1),
    ],
)
def test_what_is_no_request_is_refused(stream: bytes) -> None:
    with pytest.raises(ProtocolError):
        RequestParser().feed(stream)


def test_a_big_value_in_small_pieces_is_read_once() -> None:
    value = b"x" * (1024 * 1024)
    parser = RequestParser()
    stream = wire([b"SET", b"k", value])
    got = [r for at in range(0, len(stream), 1000) for r in parser.feed(stream[at : at + 1000])]
    assert got == [[b"SET", b"k", value]]


def test_replies() -> None:
    assert encode(None) == b"$-1\r\n"
    assert encode([1, b"a\r\n", Simple("OK")]) == b"*3\r\n:1\r\n$3\r\na\r\n\r\n+OK\r\n"
    assert encode(Failure("ERR two\r\nlines")) == b"-ERR two  lines\r\n"
