"""Message buffers as a C library hands them out: live memory that the caller reads and writes."""

import ctypes
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.message import (
    MOST_MEID_BYTES,
    MOST_SOURCE_BYTES,
    MOST_XID_BYTES,
    NO_SUB_ID,
    RmrMessage,
    RmrState,
)

UNSET_MTYPE = -1

if TYPE_CHECKING:
    CharPointer = ctypes._Pointer[ctypes.c_char]
else:
    CharPointer = ctypes.POINTER(ctypes.c_char)


class Mbuf(ctypes.Structure):
    """The public part of ``rmr_mbuf_t`` (rmr.h); ricxappframe's own mirror has the same layout."""

    _fields_ = (
        ("state", ctypes.c_int),
        ("mtype", ctypes.c_int),
        ("len", ctypes.c_int),
        ("payload", ctypes.POINTER(ctypes.c_char)),
        ("xaction", ctypes.POINTER(ctypes.c_char)),
        ("sub_id", ctypes.c_int),
        ("tp_state", ctypes.c_int),
    )


_Pointer = ctypes.POINTER(Mbuf)
Pointer = Any
"""A ctypes pointer to a :class:`Mbuf`; it carries its :class:`Buffer` in the attribute ``buffer``.
NULL (false) where C gives NULL."""


class Ticket:
    """The right to hold one received message; given back by hand, or with the last reference.

    Args:
        pool: where tickets come from. A ``SimpleQueue`` may be put to from a finaliser.
    """

    __slots__ = ("_pool",)

    def __init__(self, pool: "SimpleQueue[None]") -> None:
        self._pool: SimpleQueue[None] | None = pool

    def give_back(self) -> None:
        """Let another message in. Twice is once."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.put(None)

    def __del__(self) -> None:
        self.give_back()


class Buffer:
    """One message in memory; the struct's address never changes.

    Args:
        payload_bytes: room for the payload.
        source: own ``name:port``, told by ``rmr_get_src`` until a message is received into it.
    """

    def __init__(self, payload_bytes: int, source: str) -> None:
        self.struct = Mbuf()
        self.meid = b""
        self.received: RmrMessage | None = None
        self.ticket: Ticket | None = None
        self._own_source = source
        # One octet more than RMR has: ricxappframe reads it as a string that a NUL ends.
        self._xaction = ctypes.create_string_buffer(MOST_XID_BYTES + 1)
        self.struct.xaction = self._xaction
        self._allocate(payload_bytes)
        self.clear()

    @property
    def capacity(self) -> int:
        """Octets of payload it has room for."""
        return len(self._payload) - 1

    @property
    def source(self) -> bytes:
        """The sender's ``name:port`` in printable characters: callers decode it unchecked."""
        source = self.received.source if self.received else self._own_source
        return source.encode("ascii", "replace")[:MOST_SOURCE_BYTES]

    def new_pointer(self) -> Pointer:
        """What a C function returns for this buffer."""
        pointer: Any = ctypes.pointer(self.struct)
        pointer.buffer = self
        return pointer

    def clear(self) -> None:
        """As new: what remains is the room, and whom an answer would go to."""
        self.struct.state = RmrState.OK
        self.struct.tp_state = 0
        self.struct.mtype = UNSET_MTYPE
        self.struct.sub_id = NO_SUB_ID
        self.struct.len = 0
        self.meid = b""
        ctypes.memset(self._xaction, 0, MOST_XID_BYTES)

    def end(self, state: RmrState, tp_state: int = 0) -> None:
        """Note how an operation ended."""
        self.struct.state = state
        self.struct.tp_state = tp_state

    def fill(self, message: RmrMessage) -> None:
        """Put a received message in."""
        if len(message.payload) > self.capacity:
            self._allocate(len(message.payload))
        self.end(RmrState.OK)
        self.struct.mtype = message.mtype
        self.struct.sub_id = message.sub_id
        self.struct.len = len(message.payload)
        ctypes.memmove(self._payload, message.payload, len(message.payload))
        ctypes.memmove(self._xaction, message.xid.ljust(MOST_XID_BYTES, b"\0"), MOST_XID_BYTES)
        self.meid = message.meid.encode("utf-8", "surrogateescape")[:MOST_MEID_BYTES]
        self.received = message

    def message(self) -> RmrMessage:
        """The message as the caller has left it.

        Raises:
            RanwrightError: ``rmr.bad_length`` when ``len`` says more than there is room for.
        """
        length = self.struct.len
        if not 0 <= length <= self.capacity:
            raise RanwrightError(
                "rmr.bad_length",
                f"The buffer's length is {length}; it has room for {self.capacity} octets.",
                "Make room with rmr_realloc_payload before writing.",
                ExitCode.DEFECT,
            )
        return RmrMessage(
            mtype=self.struct.mtype,
            payload=ctypes.string_at(self._payload, length),
            sub_id=self.struct.sub_id,
            meid=self.meid.decode("utf-8", "surrogateescape"),
            xid=self._xaction.raw[:MOST_XID_BYTES],
            trace=self.received.trace if self.received else b"",
        )

    def make_room(self, payload_bytes: int, *, keep: bool) -> None:
        """Grow the payload in place; without ``keep`` it is empty afterwards."""
        held = ctypes.string_at(self._payload, self.capacity)
        if payload_bytes > self.capacity:
            self._allocate(payload_bytes)
            ctypes.memmove(self._payload, held, len(held))
        if not keep:
            self.struct.len = 0
            self.struct.mtype = UNSET_MTYPE
            self.struct.sub_id = NO_SUB_ID

    def clone(self, payload_bytes: int) -> "Buffer":
        """A copy with at least so much room."""
        twin = Buffer(max(payload_bytes, self.capacity), self._own_source)
        twin.received = self.received
        twin.meid = self.meid
        for name in ("state", "tp_state", "mtype", "sub_id", "len"):
            setattr(twin.struct, name, getattr(self.struct, name))
        ctypes.memmove(twin._payload, self._payload, self.capacity)
        ctypes.memmove(twin._xaction, self._xaction, MOST_XID_BYTES)
        return twin

    def free(self) -> None:
        """The caller needs it no longer. Its memory goes with the last reference to it."""
        if self.ticket is not None:
            self.ticket.give_back()

    def _allocate(self, payload_bytes: int) -> None:
        self._payload = ctypes.create_string_buffer(payload_bytes + 1)  # NUL after the last octet
        self.struct.payload = self._payload


def null_pointer() -> Pointer:
    """NULL."""
    return _Pointer()


def buffer_of(pointer: Pointer) -> Buffer | None:
    """The buffer behind a pointer that this library gave out; ``None`` behind NULL.

    Raises:
        RanwrightError: ``rmr.foreign_buffer``.
    """
    if not pointer:
        return None
    buffer = getattr(pointer, "buffer", None)
    if isinstance(buffer, Buffer):
        return buffer
    raise RanwrightError(
        "rmr.foreign_buffer",
        "This is no message buffer that rmr_alloc_msg or a receive gave out.",
        "Pass the pointer itself, not a copy or cast of it.",
        ExitCode.DEFECT,
    )
