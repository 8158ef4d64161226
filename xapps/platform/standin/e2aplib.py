"""The functions that ``ricxappframe.e2ap.asn1`` takes from ``libriclibe2ap.so``, on our own codec.

Numbers of enumerations are those of E2AP versions 2 and 3, where the C library has version 1's: it
sends a control that asks for an acknowledgement as one that asks for none. Lengths are in octets,
where the C library gives bits. What cannot be encoded gives -1, what cannot be decoded ``None``.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from contracts.e2.ap import (
    ActionToBeSetup,
    ActionType,
    CauseE2Node,
    CauseMisc,
    CauseProtocol,
    CauseRicRequest,
    CauseRicService,
    CauseTransport,
    ControlAckRequest,
    E2apMessage,
    E2apVersion,
    RicControlRequest,
    RicIndication,
    RicRequestId,
    RicSubscriptionRequest,
    RicSubscriptionResponse,
    RicTimeToWait,
    SubscriptionDetails,
    SubsequentAction,
    SubsequentActionType,
    decode_pdu,
    encode_pdu,
    first_pdu,
)
from contracts.errors import RanwrightError

MOST_ACTIONS = 16
_CAUSE_GROUPS = (
    CauseRicRequest,
    CauseRicService,
    CauseE2Node,
    CauseTransport,
    CauseProtocol,
    CauseMisc,
)
_log = structlog.get_logger(__name__)


class _Indication(ctypes.Structure):
    """``RICindicationMsg`` (wrapper.h)."""

    _fields_ = (
        ("request_id", ctypes.c_long),
        ("request_sequence_number", ctypes.c_long),
        ("function_id", ctypes.c_long),
        ("action_id", ctypes.c_long),
        ("indication_sequence_number", ctypes.c_long),
        ("indication_type", ctypes.c_long),
        ("indication_header", ctypes.POINTER(ctypes.c_uint8)),
        ("indication_header_length", ctypes.c_size_t),
        ("indication_message", ctypes.POINTER(ctypes.c_uint8)),
        ("indication_message_length", ctypes.c_size_t),
        ("call_process_id", ctypes.POINTER(ctypes.c_uint8)),
        ("call_process_id_length", ctypes.c_size_t),
    )


class _Cause(ctypes.Structure):
    """``RICcauseItem``: 1 for the first group of causes, and the cause in it."""

    _fields_ = (("cause_type", ctypes.c_int), ("cause_id", ctypes.c_long))


class _Admitted(ctypes.Structure):
    """``RICactionAdmittedList``."""

    _fields_ = (("request_id", ctypes.c_long * MOST_ACTIONS), ("count", ctypes.c_int))


class _NotAdmitted(ctypes.Structure):
    """``RICactionNotAdmittedList``."""

    _fields_ = (
        ("request_id", ctypes.c_long * MOST_ACTIONS),
        ("cause", _Cause * MOST_ACTIONS),
        ("count", ctypes.c_int),
    )


class _SubscriptionResponse(ctypes.Structure):
    """``RICsubscriptionResponseMsg``."""

    _fields_ = (
        ("request_id", ctypes.c_long),
        ("request_sequence_number", ctypes.c_long),
        ("function_id", ctypes.c_long),
        ("action_admitted_list", _Admitted),
        ("action_not_admitted_list", _NotAdmitted),
    )


def e2ap_decode_ric_indication_message(payload: bytes, _size: int) -> Any:
    """A pointer to what an indication holds; its caller gives a size that is not the payload's."""
    message = _decode(payload)
    if not isinstance(message, RicIndication):
        return None
    call_process_id = message.call_process_id or b""
    found = _Indication(
        request_id=message.request_id.requestor,
        request_sequence_number=message.request_id.instance,
        function_id=message.ran_function_id,
        action_id=message.action_id,
        indication_sequence_number=message.sequence_number or 0,
        indication_type=message.type,
        indication_header=_octets(message.header),
        indication_header_length=len(message.header),
        indication_message=_octets(message.message),
        indication_message_length=len(message.message),
        call_process_id=_octets(call_process_id),
        call_process_id_length=len(call_process_id),
    )
    return ctypes.pointer(found)


def e2ap_free_decoded_ric_indication_message(_indication: Any) -> None:
    """Nothing to do: its memory goes with the last reference to it."""


def e2ap_decode_ric_subscription_response_message(payload: bytes, _size: int) -> Any:
    """A pointer to which actions were admitted, which not, and why."""
    message = _decode(payload)
    if not isinstance(message, RicSubscriptionResponse):
        return None
    refused = message.not_admitted or ()
    found = _SubscriptionResponse(
        request_id=message.request_id.requestor,
        request_sequence_number=message.request_id.instance,
        function_id=message.ran_function_id,
    )
    found.action_admitted_list.request_id[: len(message.admitted)] = list(message.admitted)
    found.action_admitted_list.count = len(message.admitted)
    found.action_not_admitted_list.count = len(refused)
    for index, action in enumerate(refused):
        found.action_not_admitted_list.request_id[index] = action.action_id
        cause = found.action_not_admitted_list.cause[index]
        cause.cause_type = _CAUSE_GROUPS.index(type(action.cause)) + 1
        cause.cause_id = int(action.cause)
    return ctypes.pointer(found)


def e2ap_encode_ric_subscription_request_message(
    buffer: Any,
    room: Any,
    requestor: Any,
    instance: Any,
    ran_function_id: Any,
    event_trigger: Any,
    _event_trigger_length: Any,
    action_count: Any,
    action_ids: Any,
    action_types: Any,
    definitions: Any,
    subsequents: Any,
) -> int:
    """Write a subscription request; returns its octets, -1 when there is none to write."""

    def build() -> E2apMessage:
        actions = [
            ActionToBeSetup(
                action_ids[index],
                ActionType(action_types[index]),
                _definition(definitions, index),
                _subsequent(subsequents, index),
            )
            for index in range(_number(action_count))
        ]
        return RicSubscriptionRequest(
            RicRequestId(_number(requestor), _number(instance)),
            _number(ran_function_id),
            SubscriptionDetails(bytes(event_trigger), tuple(actions)),
        )

    return _encode(build, buffer, _number(room))


def e2ap_encode_ric_control_request_message(
    buffer: Any,
    room: Any,
    requestor: Any,
    instance: Any,
    ran_function_id: Any,
    call_process_id: Any,
    _call_process_id_length: Any,
    header: Any,
    _header_length: Any,
    message: Any,
    _message_length: Any,
    ack_request: Any,
) -> int:
    """Write a control request; returns its octets, -1 when there is none to write."""

    def build() -> E2apMessage:
        return RicControlRequest(
            RicRequestId(_number(requestor), _number(instance)),
            _number(ran_function_id),
            bytes(header),
            bytes(message),
            bytes(call_process_id) or None,
            ControlAckRequest(_number(ack_request)),
        )

    return _encode(build, buffer, _number(room))


def _decode(payload: bytes) -> E2apMessage | None:
    try:
        return decode_pdu(first_pdu(bytes(payload)), E2apVersion.V3).message
    except RanwrightError as error:
        _log.warning("e2ap.undecodable", code=error.code, reason=error.message)
        return None


def _encode(build: Callable[[], E2apMessage], buffer: Any, room: int) -> int:
    try:
        octets = encode_pdu(build(), E2apVersion.V2)
    except (RanwrightError, ValueError, IndexError) as error:
        _log.warning("e2ap.unencodable", reason=str(error))
        return -1
    if len(octets) > room:
        _log.warning("e2ap.unencodable", reason=f"{len(octets)} octets, room for {room}")
        return -1
    ctypes.memmove(buffer, octets, len(octets))
    return len(octets)


def _definition(definitions: Sequence[Any], index: int) -> bytes | None:
    definition = definitions[index]
    return ctypes.string_at(definition.action_definition, definition.size) or None


def _subsequent(subsequents: Sequence[Any], index: int) -> SubsequentAction | None:
    subsequent = subsequents[index]
    if not subsequent.is_valid:
        return None
    return SubsequentAction(
        SubsequentActionType(subsequent.subsequent_action_type),
        RicTimeToWait(subsequent.time_to_wait),
    )


def _octets(value: bytes) -> Any:
    array = (ctypes.c_uint8 * max(1, len(value))).from_buffer_copy(value or b"\0")
    return ctypes.cast(array, ctypes.POINTER(ctypes.c_uint8))


def _number(value: Any) -> int:
    """The value of a ctypes number: no prototype converts the arguments of a plain function."""
    return int(getattr(value, "value", value))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        e2ap_decode_ric_indication_message,
        e2ap_free_decoded_ric_indication_message,
        e2ap_decode_ric_subscription_response_message,
        e2ap_encode_ric_subscription_request_message,
        e2ap_encode_ric_control_request_message,
    )
}
