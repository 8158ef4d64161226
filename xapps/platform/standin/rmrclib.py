"""The 24 functions that ``ricxappframe.rmr.rmr`` takes from ``librmr_si.so``, on our own endpoint.

Plain functions serve where ctypes functions stood: ricxappframe sets ``restype`` and ``argtypes``
on them, which means nothing here, and passes its ctypes pointers through.
"""

import ctypes
import errno
import json
from collections.abc import Callable
from typing import Any

import structlog

from contracts.errors import RanwrightError
from xapps.platform.rmr.message import (
    MOST_MEID_BYTES,
    MOST_XID_BYTES,
    NO_SUB_ID,
    RmrMessage,
    RmrState,
)
from xapps.platform.rmr.route_sources import RouteSources
from xapps.platform.rmr.settings import RmrSettings
from xapps.platform.standin.buffers import (
    UNSET_MTYPE,
    Buffer,
    Pointer,
    buffer_of,
    null_pointer,
)
from xapps.platform.standin.context import Context, Contexts

_NO_THREAD_FLAG = 0x01
_NAME_ONLY_FLAG = 0x04
_RMR_CALL_ID = 1
_RMR_CALL_TIMEOUT_S = 1.0
_MOST_BUFFER_BYTES = 64 * 1024 * 1024
_ERRNO = {
    RmrState.OK: 0,
    RmrState.BAD_ARGUMENT: errno.EINVAL,
    RmrState.NO_ENDPOINT: errno.ENXIO,
    RmrState.RETRY: errno.EAGAIN,
    RmrState.TIMEOUT: errno.ETIMEDOUT,
}
_C_NAMES = {
    RmrState.OK: "RMR_OK",
    RmrState.BAD_ARGUMENT: "RMR_ERR_BADARG",
    RmrState.NO_ENDPOINT: "RMR_ERR_NOENDPT",
    RmrState.EMPTY: "RMR_ERR_EMPTY",
    RmrState.NO_HEADER: "RMR_ERR_NOHDR",
    RmrState.SEND_FAILED: "RMR_ERR_SENDFAILED",
    RmrState.CALL_FAILED: "RMR_ERR_CALLFAILED",
    RmrState.NO_WORMHOLE_OPEN: "RMR_ERR_NOWHOPEN",
    RmrState.WORMHOLE_ID: "RMR_ERR_WHID",
    RmrState.OVERFLOW: "RMR_ERR_OVERFLOW",
    RmrState.RETRY: "RMR_ERR_RETRY",
    RmrState.RECEIVE_FAILED: "RMR_ERR_RCVFAILED",
    RmrState.TIMEOUT: "RMR_ERR_TIMEOUT",
    RmrState.UNSET: "RMR_ERR_UNSET",
    RmrState.TRUNCATED: "RMR_ERR_TRUNC",
    RmrState.INIT_FAILED: "RMR_ERR_INITFAILED",
}
_CONSTANTS = {
    "RMR_MAX_XID": MOST_XID_BYTES,
    "RMR_MAX_SID": 32,
    "RMR_MAX_MEID": MOST_MEID_BYTES + 1,
    "RMR_MAX_SRC": 64,
    "RMR_MAX_RCV_BYTES": 2048,
    "RMRFL_NONE": 0,
    "RMRFL_AUTO_ALLOC": 3,
    "RMRFL_MTCALL": 2,
    "RMR_DEF_SIZE": 0,
    "RMR_VOID_MSGTYPE": UNSET_MTYPE,
    "RMR_VOID_SUBID": NO_SUB_ID,
    **{name: int(state) for state, name in _C_NAMES.items()},
}
_constants_text = ctypes.create_string_buffer(json.dumps(_CONSTANTS).encode())
_contexts = Contexts()
_log = structlog.get_logger(__name__)


def context_of(handle: Any) -> Context | None:
    """The context behind what ``rmr_init`` returned."""
    return _contexts.get(handle)


def rmr_get_consts() -> Any:
    """Names and numbers of rmr.h as JSON text."""
    return ctypes.cast(_constants_text, ctypes.POINTER(ctypes.c_char))


def rmr_free_consts(_text: Any) -> None:
    """Nothing to do: the text is made once."""


def rmr_init(port: bytes, payload_bytes: int, flags: int) -> int | None:
    """Open an endpoint as the environment says; NULL when it cannot be."""
    try:
        number = int(port.decode("ascii").rpartition(":")[2])
        settings = RmrSettings.from_environment(number, name_only=bool(flags & _NAME_ONLY_FLAG))
        sources = None if flags & _NO_THREAD_FLAG else RouteSources.from_environment()
        return _contexts.add(Context(settings, sources, payload_bytes))
    except (RanwrightError, ValueError) as error:
        _log.error("rmr.init_failed", port=repr(port), reason=str(error))
        return None


def rmr_ready(handle: Any) -> int:
    """1 once a route table holds."""
    context = _contexts.get(handle)
    return int(context is not None and context.ready)


def rmr_close(handle: Any) -> None:
    """Close the endpoint."""
    context = _contexts.remove(handle)
    if context is not None:
        context.close()


def rmr_set_stimeout(handle: Any, rounds: int) -> int:
    """Wait so many milliseconds for room; C spins that many rounds of about as long."""
    context = _contexts.get(handle)
    if context is None or rounds < 0:
        return -1
    context.send_wait_s = rounds / 1000.0
    return 0


def rmr_set_vlevel(_level: int) -> None:
    """Nothing to do: what this library has to say goes to the process's log."""


def rmr_alloc_msg(handle: Any, payload_bytes: int) -> Pointer:
    """A new buffer; NULL without a context."""
    context = _contexts.get(handle)
    if context is None or payload_bytes > _MOST_BUFFER_BYTES:
        return null_pointer()
    return _new_buffer(context, payload_bytes).new_pointer()


def rmr_realloc_payload(pointer: Pointer, payload_bytes: int, copy: int, clone: int) -> Pointer:
    """More room: in place, or in a copy."""
    buffer = buffer_of(pointer)
    if buffer is None or not 0 <= payload_bytes <= _MOST_BUFFER_BYTES:
        return null_pointer()
    if not clone:
        buffer.make_room(payload_bytes, keep=bool(copy))
        return pointer
    twin = buffer.clone(payload_bytes)
    if not copy:
        twin.make_room(payload_bytes, keep=False)
    return twin.new_pointer()


def rmr_free_msg(pointer: Pointer) -> None:
    """The caller needs the buffer no longer."""
    buffer = buffer_of(pointer)
    if buffer is not None:
        buffer.free()


def rmr_payload_size(pointer: Pointer) -> int:
    """Room in a buffer, -1 for NULL."""
    buffer = buffer_of(pointer)
    return -1 if buffer is None else buffer.capacity


def rmr_send_msg(handle: Any, pointer: Pointer) -> Pointer:
    """Send by the route table; the buffer comes back empty, or as it was with the state why not."""
    return _send(
        handle,
        pointer,
        lambda context, message: context.endpoint.send(message, context.send_wait_s),
    )


def rmr_rts_msg(handle: Any, pointer: Pointer) -> Pointer:
    """Return to sender; the buffer comes back empty and can be returned again."""
    buffer = buffer_of(pointer)
    received = buffer.received if buffer is not None else None
    if received is None:
        if buffer is not None:
            buffer.end(RmrState.NO_ENDPOINT, errno.ENXIO)
        return pointer
    question = received

    def reply(context: Context, message: RmrMessage) -> RmrState:
        answered = _addressed_as(question, message)
        return context.endpoint.reply(answered, wait_s=context.send_wait_s)

    return _send(handle, pointer, reply)


def rmr_rcv_msg(handle: Any, pointer: Pointer) -> Pointer:
    """Wait for a message."""
    return _receive(handle, pointer, None)


def rmr_torcv_msg(handle: Any, pointer: Pointer, timeout_ms: int) -> Pointer:
    """Wait so long for a message; 0 polls, less waits for ever."""
    return _receive(handle, pointer, None if timeout_ms < 0 else timeout_ms / 1000.0)


def rmr_call(handle: Any, pointer: Pointer) -> Pointer:
    """Send and wait a second for the answer; NULL when none comes."""
    return _call(
        handle,
        pointer,
        lambda context, message: context.endpoint.call(message, _RMR_CALL_TIMEOUT_S, _RMR_CALL_ID),
    )


def rmr_wh_open(handle: Any, address: bytes) -> int:
    """Connect to ``host:port``; the wormhole's number, or -1."""
    context = _contexts.get(handle)
    if context is None or not address:
        return -1
    wormhole = context.endpoint.open_wormhole(address.decode("utf-8", "replace"))
    return -1 if wormhole is None else wormhole


def rmr_wh_close(handle: Any, wormhole: int) -> None:
    """Forget a wormhole."""
    context = _contexts.get(handle)
    if context is not None:
        context.endpoint.close_wormhole(wormhole)


def rmr_wh_state(handle: Any, wormhole: int, *_stray: Any) -> int:
    """State of a wormhole. ricxappframe passes one argument more than there are."""
    context = _contexts.get(handle)
    if context is None:
        return RmrState.BAD_ARGUMENT
    return context.endpoint.wormhole_state(wormhole)


def rmr_wh_send_msg(handle: Any, wormhole: int, pointer: Pointer) -> Pointer:
    """Send through a wormhole."""
    return _send(
        handle,
        pointer,
        lambda context, message: context.endpoint.send_wormhole(
            wormhole, message, context.send_wait_s
        ),
    )


def rmr_wh_call(
    handle: Any, wormhole: int, pointer: Pointer, call_id: int, timeout_ms: int
) -> Pointer:
    """Call through a wormhole; NULL when no answer comes."""
    return _call(
        handle,
        pointer,
        lambda context, message: context.endpoint.call_wormhole(
            wormhole, message, timeout_ms / 1000.0, call_id
        ),
    )


def rmr_bytes2meid(pointer: Pointer, meid: bytes, length: int) -> int:
    """Set the managed entity; returns how many octets were taken, -1 for NULL."""
    buffer = buffer_of(pointer)
    if buffer is None or length < 0:
        return -1
    buffer.meid = meid[: min(length, MOST_MEID_BYTES)]
    return len(buffer.meid)


def rmr_get_meid(pointer: Pointer, destination: Any) -> Any:
    """Copy the managed entity, as a C string."""
    buffer = buffer_of(pointer)
    return _copy(b"" if buffer is None else buffer.meid, destination)


def rmr_get_src(pointer: Pointer, destination: Any) -> Any:
    """Copy the sender's name, as a C string."""
    buffer = buffer_of(pointer)
    return _copy(b"" if buffer is None else buffer.source, destination)


def _new_buffer(context: Context, payload_bytes: int) -> Buffer:
    room = payload_bytes if payload_bytes > 0 else context.payload_bytes
    return Buffer(max(room, 0), context.endpoint.name)


def _send(
    handle: Any, pointer: Pointer, send: Callable[[Context, RmrMessage], RmrState]
) -> Pointer:
    buffer, context = buffer_of(pointer), _contexts.get(handle)
    if buffer is None:
        return pointer
    state = RmrState.BAD_ARGUMENT
    if context is not None:
        try:
            state = send(context, buffer.message())
        except RanwrightError as error:
            _log.warning("rmr.unsendable", code=error.code, reason=error.message)
    if state is RmrState.OK:
        buffer.clear()
    else:
        buffer.end(state, _ERRNO.get(state, errno.ENOTCONN))
    return pointer


def _call(
    handle: Any, pointer: Pointer, call: Callable[[Context, RmrMessage], RmrMessage | RmrState]
) -> Pointer:
    buffer, context = buffer_of(pointer), _contexts.get(handle)
    if buffer is None or context is None:
        return null_pointer()
    try:
        answer = call(context, buffer.message())
    except RanwrightError as error:
        _log.warning("rmr.unsendable", code=error.code, reason=error.message)
        answer = RmrState.BAD_ARGUMENT
    if isinstance(answer, RmrMessage):
        buffer.fill(answer)
        return pointer
    if answer is RmrState.TIMEOUT:
        return null_pointer()
    buffer.end(answer, _ERRNO.get(answer, errno.ENOTCONN))
    return pointer


def _receive(handle: Any, pointer: Pointer, timeout_s: float | None) -> Pointer:
    context = _contexts.get(handle)
    if context is None:
        return pointer
    buffer = buffer_of(pointer)
    if buffer is None:
        buffer = _new_buffer(context, 0)
        pointer = buffer.new_pointer()
    buffer.free()  # what it held before is overwritten
    try:
        taken = context.take(timeout_s)
    except RanwrightError:
        buffer.end(RmrState.RECEIVE_FAILED, errno.ENOTCONN)
        return pointer
    if taken is None:
        buffer.struct.len = 0
        buffer.end(RmrState.TIMEOUT, errno.ETIMEDOUT)
    else:
        message, buffer.ticket = taken
        buffer.fill(message)
    return pointer


def _addressed_as(question: RmrMessage, answer: RmrMessage) -> RmrMessage:
    """The answer as the caller left it, with the way back of what it answers."""
    return RmrMessage(
        mtype=answer.mtype,
        payload=answer.payload,
        sub_id=answer.sub_id,
        meid=answer.meid,
        xid=answer.xid,
        source=question.source,
        source_ip=question.source_ip,
        trace=answer.trace,
        call_id=question.call_id,
        arrived_on=question.arrived_on,
    )


def _copy(text: bytes, destination: Any) -> Any:
    if destination is None:
        return text
    ctypes.memmove(destination, text + b"\0", len(text) + 1)
    return destination


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        rmr_get_consts,
        rmr_free_consts,
        rmr_init,
        rmr_ready,
        rmr_close,
        rmr_set_stimeout,
        rmr_set_vlevel,
        rmr_alloc_msg,
        rmr_realloc_payload,
        rmr_free_msg,
        rmr_payload_size,
        rmr_send_msg,
        rmr_rcv_msg,
        rmr_torcv_msg,
        rmr_rts_msg,
        rmr_call,
        rmr_bytes2meid,
        rmr_get_meid,
        rmr_get_src,
        rmr_wh_open,
        rmr_wh_close,
        rmr_wh_state,
        rmr_wh_send_msg,
        rmr_wh_call,
    )
}
