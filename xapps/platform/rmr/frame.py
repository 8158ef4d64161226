"""RMR on the wire: SI95 framing and the version 3 message header.

A frame is ``transport header (50) | RMR header (280) | trace | d1 (4) | payload``, sent in one
piece over TCP. Field layouts are those of librmr_si 4.9.4, checked against a capture of it.
"""

import struct

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.message import (
    MOST_CALL_ID,
    MOST_MEID_BYTES,
    MOST_SOURCE_BYTES,
    MOST_XID_BYTES,
    RmrMessage,
)

TRANSPORT_BYTES = 50
HEADER_BYTES = 280
D1_BYTES = 4
MOST_TRACE_BYTES = 65_536
DEFAULT_MOST_FRAME_BYTES = 8 * 1024 * 1024

_LENGTH_KNOWN_BYTES = 9  # two length words and the marker that tells which of them counts
_VERSION = 3
_MARKER = b"$"
_CALL_FLAG = 0x04

_HOST_ORDER_LENGTH = struct.Struct("<i")
# The rest of the transport header, then the RMR header. Flags keep the sender's octet order.
_REST = struct.Struct("!ic41x iii32s32x64s32s4x16x4siiiii64s")
_HEADER = struct.Struct("!iii32s32x64s32s4x16x4siiiii64s")
_FLAGS = {False: bytes(4), True: bytes([_CALL_FLAG, 0, 0, 0])}
_INT32 = range(-(2**31), 2**31)


def encode(message: RmrMessage) -> bytes:
    """The frame of a message, transport header included.

    Raises:
        RanwrightError: ``rmr.bad_message`` when a field does not fit its place in the header.
    """
    meid, source, source_ip = _text(message.meid), _text(message.source), _text(message.source_ip)
    trace, payload = message.trace, message.payload
    _check_numbers(message)
    _check_length("meid", meid, MOST_MEID_BYTES)
    _check_length("xid", message.xid, MOST_XID_BYTES)
    _check_length("source", source, MOST_SOURCE_BYTES)
    _check_length("source_ip", source_ip, MOST_SOURCE_BYTES)
    _check_length("trace", trace, MOST_TRACE_BYTES)
    total = TRANSPORT_BYTES + HEADER_BYTES + len(trace) + D1_BYTES + len(payload)
    _check_length("payload", payload, _INT32.stop - 1 - (total - len(payload)))
    header = _REST.pack(
        total,
        _MARKER,
        message.mtype,
        len(payload),
        _VERSION,
        message.xid,
        source,
        meid,
        _FLAGS[message.is_call],
        HEADER_BYTES,
        len(trace),
        D1_BYTES,
        0,
        message.sub_id,
        source_ip,
    )
    d1 = bytes((message.call_id, 0, 0, 0))
    return b"".join((_HOST_ORDER_LENGTH.pack(total), header, trace, d1, payload))


def decode(frame: bytes | bytearray | memoryview, arrived_on: int | None = None) -> RmrMessage:
    """The message of one whole frame. Any header version is read as version 3, as librmr does.

    Raises:
        RanwrightError: ``rmr.malformed_message`` when the lengths in the header contradict the
            frame.
    """
    if len(frame) < TRANSPORT_BYTES + HEADER_BYTES:
        raise _malformed(f"a frame of {len(frame)} octets holds no header")
    fields = _HEADER.unpack_from(frame, TRANSPORT_BYTES)
    mtype, payload_bytes, _version, xid, source, meid, flags = fields[:7]
    header_bytes, trace_bytes, d1_bytes, d2_bytes, sub_id, source_ip = fields[7:]
    if header_bytes < HEADER_BYTES or min(trace_bytes, d1_bytes, d2_bytes, payload_bytes) < 0:
        raise _malformed("a length in the header is too small")
    trace_at = TRANSPORT_BYTES + header_bytes
    d1_at = trace_at + trace_bytes
    payload_at = d1_at + d1_bytes + d2_bytes
    if payload_at + payload_bytes > len(frame):
        raise _malformed("the lengths in the header exceed the frame")
    return RmrMessage(
        mtype=mtype,
        payload=bytes(frame[payload_at : payload_at + payload_bytes]),
        sub_id=sub_id,
        meid=_string(meid),
        xid=xid.rstrip(b"\0"),
        source=_string(source),
        source_ip=_string(source_ip),
        trace=bytes(frame[trace_at:d1_at]),
        call_id=frame[d1_at] if d1_bytes else 0,
        is_call=bool((flags[0] | flags[3]) & _CALL_FLAG),
        arrived_on=arrived_on,
    )


class FrameReader:
    """Cuts a TCP stream into messages; holds at most one frame and what came behind it."""

    def __init__(
        self, most_frame_bytes: int = DEFAULT_MOST_FRAME_BYTES, arrived_on: int | None = None
    ) -> None:
        self._most_frame_bytes = most_frame_bytes
        self._arrived_on = arrived_on
        self._buffer = bytearray()
        self._at = 0
        self.malformed = 0

    def feed(self, data: bytes) -> None:
        """Take what came from the socket."""
        self._buffer += data

    def next(self) -> RmrMessage | None:
        """The next message, or ``None`` until more is fed. Malformed ones are counted, skipped.

        Raises:
            RanwrightError: ``rmr.broken_stream`` when a length word cannot be true; frames carry
                no marker to find the next one by, so the stream is of no more use.
        """
        while (end := self._frame_end()) is not None:
            frame = memoryview(self._buffer)[self._at : end]
            try:
                return decode(frame, self._arrived_on)
            except RanwrightError:
                self.malformed += 1
            finally:
                frame.release()
                self._at = end
        del self._buffer[: self._at]
        self._at = 0
        return None

    def _frame_end(self) -> int | None:
        waiting = len(self._buffer) - self._at
        if waiting < _LENGTH_KNOWN_BYTES:
            return None
        # The second length word counts only where it equals the first, so the first one decides.
        (total,) = _HOST_ORDER_LENGTH.unpack_from(self._buffer, self._at)
        if not TRANSPORT_BYTES <= total <= self._most_frame_bytes:
            raise RanwrightError(
                "rmr.broken_stream",
                f"A frame of {total} octets was announced.",
                f"Frames have {TRANSPORT_BYTES} to {self._most_frame_bytes} octets.",
                ExitCode.DEFECT,
            )
        return self._at + total if waiting >= total else None


def _check_numbers(message: RmrMessage) -> None:
    if message.mtype not in _INT32 or message.sub_id not in _INT32:
        raise _bad(f"mtype {message.mtype} or sub_id {message.sub_id} exceeds 32 bits")
    if not 0 <= message.call_id <= MOST_CALL_ID:
        raise _bad(f"call_id is {message.call_id}")


def _check_length(name: str, value: bytes, most: int) -> None:
    if len(value) > most:
        raise _bad(f"{name} has {len(value)} octets of at most {most}")


def _bad(what: str) -> RanwrightError:
    return RanwrightError(
        "rmr.bad_message", f"This cannot be sent: {what}.", "Shorten it.", ExitCode.DEFECT
    )


def _malformed(what: str) -> RanwrightError:
    return RanwrightError(
        "rmr.malformed_message", f"Not an RMR message: {what}.", "Check the sender."
    )


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _string(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")
