"""RMR on the wire: the octets of a capture of librmr_si, laws, and hostile streams."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from xapps.platform.rmr.frame import FrameReader, decode, encode
from xapps.platform.rmr.message import RmrMessage

_INT32 = st.integers(-(2**31), 2**31 - 1)


def _texts(most: int) -> st.SearchStrategy[str]:
    letters = st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))
    return st.text(letters, max_size=most).filter(lambda text: len(text.encode()) <= most)


MESSAGES = st.builds(
    RmrMessage,
    mtype=_INT32,
    payload=st.binary(max_size=300),
    sub_id=_INT32,
    meid=_texts(31),
    xid=st.binary(max_size=32).map(lambda xid: xid.rstrip(b"\0")),
    source=_texts(63),
    source_ip=_texts(63),
    trace=st.binary(max_size=40),
    call_id=st.integers(0, 255),
    is_call=st.booleans(),
)


def test_layout_is_that_of_the_capture() -> None:
    frame = encode(
        RmrMessage(
            mtype=12050,
            payload=b"13 octets....",
            sub_id=7,
            meid="gnb_1",
            xid=b"0123456789abcdef0123456789ABCDEF",
            source="here:4560",
            source_ip="10.0.0.1:4560",
            call_id=2,
            is_call=True,
        )
    )
    total = 50 + 280 + 4 + 13
    assert len(frame) == total == 347
    assert frame[0:4] == total.to_bytes(4, "little")
    assert frame[4:8] == total.to_bytes(4, "big")
    assert frame[8:9] == b"$"
    assert frame[9:50] == bytes(41)
    header = frame[50:330]
    assert header[0:4] == (12050).to_bytes(4, "big")
    assert header[4:8] == (13).to_bytes(4, "big")
    assert header[8:12] == (3).to_bytes(4, "big")
    assert header[12:44] == b"0123456789abcdef0123456789ABCDEF"
    assert header[44:76] == bytes(32)
    assert header[76:140] == b"here:4560".ljust(64, b"\0")
    assert header[140:172] == b"gnb_1".ljust(32, b"\0")
    assert header[172:192] == bytes(20)
    assert header[192:196] == b"\x04\0\0\0"
    assert header[196:212] == b"".join(n.to_bytes(4, "big") for n in (280, 0, 4, 0))
    assert header[212:216] == (7).to_bytes(4, "big")
    assert header[216:280] == b"10.0.0.1:4560".ljust(64, b"\0")
    assert frame[330:334] == b"\x02\0\0\0"
    assert frame[334:] == b"13 octets...."


@given(MESSAGES)
def test_decoding_undoes_encoding(message: RmrMessage) -> None:
    assert decode(encode(message)) == message


@pytest.mark.parametrize("flags", [b"\x04\0\0\0", b"\0\0\0\x04"])
def test_a_call_is_known_in_either_octet_order(flags: bytes) -> None:
    frame = bytearray(encode(RmrMessage(1)))
    frame[50 + 192 : 50 + 196] = flags
    assert decode(frame).is_call


def test_heap_octets_of_the_c_library_do_not_matter() -> None:
    frame = bytearray(encode(RmrMessage(1, b"payload")))
    frame[9:50] = b"\xa5" * 41
    frame[331:334] = b"\xa5" * 3
    assert decode(frame) == RmrMessage(1, b"payload")


def test_areas_that_later_headers_may_add_are_passed_over() -> None:
    frame = bytearray(encode(RmrMessage(1, b"payload", trace=b"tr")))
    frame[50 + 196 : 50 + 200] = (288).to_bytes(4, "big")  # a longer header
    frame[50 + 208 : 50 + 212] = (3).to_bytes(4, "big")  # d2
    frame[50 + 280 : 50 + 280] = bytes(8)
    at_payload = len(frame) - len(b"payload")
    frame[at_payload:at_payload] = b"d2!"
    assert decode(frame) == RmrMessage(1, b"payload", trace=b"tr")


@pytest.mark.parametrize(
    "fields",
    [
        {"mtype": 2**31},
        {"sub_id": -(2**31) - 1},
        {"meid": "x" * 32},
        {"xid": bytes(33)},
        {"source": "s" * 64},
        {"source_ip": "s" * 64},
        {"trace": bytes(65_537)},
        {"call_id": 256},
        {"call_id": -1},
    ],
)
def test_a_field_that_does_not_fit_is_refused(fields: dict[str, object]) -> None:
    message = dataclasses.replace(RmrMessage(1), **fields)  # type: ignore[arg-type]
    with pytest.raises(RanwrightError, match=r"rmr\.bad_message"):
        encode(message)


@given(st.lists(MESSAGES, max_size=5), st.lists(st.integers(1, 400), max_size=40))
def test_a_stream_is_cut_into_its_messages_however_it_comes(
    messages: list[RmrMessage], cuts: list[int]
) -> None:
    stream = b"".join(map(encode, messages))
    reader, read = FrameReader(), []
    for size in [*cuts, len(stream)]:
        piece, stream = stream[:size], stream[size:]
        reader.feed(piece)
        while (message := reader.next()) is not None:
            read.append(message)
    assert read == messages
    assert reader.malformed == 0


def _read_all(octets: bytes) -> tuple[list[RmrMessage], int, str]:
    """What a reader makes of octets: messages, malformed frames, and the code that ended it."""
    reader, read = FrameReader(most_frame_bytes=4096), []
    reader.feed(octets)
    try:
        while (message := reader.next()) is not None:
            read.append(message)
    except RanwrightError as error:
        return read, reader.malformed, error.code
    return read, reader.malformed, ""


@settings(max_examples=300)
@given(st.binary(max_size=900))
def test_any_octets_give_a_message_or_an_error(octets: bytes) -> None:
    code = "rmr.malformed_message"
    try:
        decode(octets)
    except RanwrightError as error:
        code = error.code
    assert code == "rmr.malformed_message"
    assert _read_all(octets)[2] in ("", "rmr.broken_stream")


@settings(max_examples=300)
@given(MESSAGES, st.data())
def test_a_changed_octet_gives_a_message_or_an_error(
    message: RmrMessage, data: st.DataObject
) -> None:
    frame = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    read, malformed, code = _read_all(bytes(frame))
    incomplete = int.from_bytes(frame[:4], "little") > len(frame)
    assert read or malformed or code == "rmr.broken_stream" or incomplete


def test_a_malformed_frame_is_counted_and_the_next_one_read() -> None:
    bad = bytearray(encode(RmrMessage(1, b"payload")))
    bad[54:58] = (8).to_bytes(4, "big")  # one octet of payload more than the frame holds
    reader = FrameReader()
    reader.feed(bytes(bad) + encode(RmrMessage(2)))
    assert reader.next() == RmrMessage(2)
    assert reader.malformed == 1


@pytest.mark.parametrize("total", [-1, 0, 49, 1_000_001, 2**31 - 1])
def test_a_length_that_cannot_be_true_ends_the_stream(total: int) -> None:
    reader = FrameReader(most_frame_bytes=1_000_000)
    reader.feed(total.to_bytes(4, "little", signed=True) + bytes(5))
    with pytest.raises(RanwrightError, match=r"rmr\.broken_stream"):
        reader.next()


def test_the_first_length_word_decides() -> None:
    """As in librmr: the second one counts only where it says the same."""
    frame = bytearray(encode(RmrMessage(1, b"payload")))
    frame[4:8] = b"\xff\xff\xff\xff"
    frame[8:9] = b"?"
    reader = FrameReader()
    reader.feed(bytes(frame))
    assert reader.next() == RmrMessage(1, b"payload")
