"""RIC indication, RIC control and RIC query (E2AP 9.1.1)."""

from dataclasses import dataclass
from enum import IntEnum

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.container import IGNORE, REJECT, MessageCodec, ie, maybe, message
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import RicRequestId
from contracts.e2.ap.subscription import ACTION_ID, REQUEST_HEAD
from contracts.e2.ap.version import E2apMessage, E2apVersion
from contracts.e2.per import Codec, enumerated, integer, octet_string


class IndicationType(IntEnum):
    """Whether an indication reports, or asks what to do."""

    REPORT = 0
    INSERT = 1


class ControlAckRequest(IntEnum):
    """Whether a control is acknowledged; a failure is always sent."""

    NO_ACK = 0
    ACK = 1


class ControlAckRequestV1(IntEnum):
    """The same in version 1, where *ack* has the bits of a later *noAck*."""

    NO_ACK = 0
    ACK = 1
    N_ACK = 2


@dataclass(frozen=True, slots=True)
class RicIndication(E2apMessage):
    """E2 node to RIC; header and message are the service model's."""

    request_id: RicRequestId
    ran_function_id: int
    action_id: int
    type: IndicationType
    header: bytes
    message: bytes
    sequence_number: int | None = None
    call_process_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class RicControlRequest(E2apMessage):
    """RIC to E2 node; header and message are the service model's."""

    request_id: RicRequestId
    ran_function_id: int
    header: bytes
    message: bytes
    call_process_id: bytes | None = None
    ack_request: ControlAckRequest | ControlAckRequestV1 | None = None


@dataclass(frozen=True, slots=True)
class RicControlAcknowledge(E2apMessage):
    """E2 node to RIC: carried out."""

    request_id: RicRequestId
    ran_function_id: int
    call_process_id: bytes | None = None
    outcome: bytes | None = None


@dataclass(frozen=True, slots=True)
class RicControlFailure(E2apMessage):
    """E2 node to RIC: not carried out."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause
    call_process_id: bytes | None = None
    outcome: bytes | None = None
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class RicQueryRequest(E2apMessage):
    """RIC to E2 node: what is the state of this? Version 3."""

    request_id: RicRequestId
    ran_function_id: int
    header: bytes
    definition: bytes


@dataclass(frozen=True, slots=True)
class RicQueryResponse(E2apMessage):
    """E2 node to RIC: the state."""

    request_id: RicRequestId
    ran_function_id: int
    outcome: bytes


@dataclass(frozen=True, slots=True)
class RicQueryFailure(E2apMessage):
    """E2 node to RIC: no answer."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause
    diagnostics: CriticalityDiagnostics | None = None


_OCTETS = octet_string()
_ACK_V1: Codec[ControlAckRequestV1] = enumerated(ControlAckRequestV1, root=3)
_ACK: Codec[ControlAckRequest] = enumerated(ControlAckRequest, root=2)


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of these procedures as ``version`` has them."""
    cause = ie(1, IGNORE, "cause", cause_codec(version))
    diagnostics = maybe(2, IGNORE, "diagnostics", DIAGNOSTICS)
    call_process_id = maybe(20, REJECT, "call_process_id", _OCTETS)
    outcome = maybe(32, REJECT, "outcome", _OCTETS)
    query = (
        message(
            RicQueryRequest,
            *REQUEST_HEAD,
            ie(95, REJECT, "header", _OCTETS),
            ie(96, REJECT, "definition", _OCTETS),
        ),
        message(RicQueryResponse, *REQUEST_HEAD, ie(97, REJECT, "outcome", _OCTETS)),
        message(RicQueryFailure, *REQUEST_HEAD, cause, diagnostics),
    )
    return (
        message(
            RicIndication,
            *REQUEST_HEAD,
            ie(15, REJECT, "action_id", ACTION_ID),
            maybe(27, REJECT, "sequence_number", integer(0, 65_535)),
            ie(28, REJECT, "type", enumerated(IndicationType, root=2)),
            ie(25, REJECT, "header", _OCTETS),
            ie(26, REJECT, "message", _OCTETS),
            call_process_id,
        ),
        message(
            RicControlRequest,
            *REQUEST_HEAD,
            call_process_id,
            ie(22, REJECT, "header", _OCTETS),
            ie(23, REJECT, "message", _OCTETS),
            maybe(21, REJECT, "ack_request", _ACK_V1 if version == E2apVersion.V1 else _ACK),
        ),
        message(RicControlAcknowledge, *REQUEST_HEAD, call_process_id, outcome),
        message(
            RicControlFailure,
            *REQUEST_HEAD,
            call_process_id,
            cause,
            outcome,
            *((diagnostics,) if version >= E2apVersion.V3 else ()),
        ),
        *(query if version >= E2apVersion.V3 else ()),
    )
