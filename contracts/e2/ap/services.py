"""RAN functions, and how they are announced, changed and asked for (E2AP 9.1.2.8 to 9.1.2.11)."""

from dataclasses import dataclass, replace

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.container import (
    IGNORE,
    REJECT,
    MessageCodec,
    element_head,
    ie,
    list_of,
    maybe,
    message,
    take_item_head,
)
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import RAN_FUNCTION_ID
from contracts.e2.ap.transport import TIME_TO_WAIT, TRANSACTION, TimeToWait
from contracts.e2.ap.version import Criticality, E2apMessage, E2apVersion
from contracts.e2.per import (
    Codec,
    Reader,
    field,
    integer,
    octet_string,
    open_type,
    printable_string,
    sequence,
    sequence_of,
)


@dataclass(frozen=True, slots=True)
class RanFunction:
    """A service model that an E2 node offers; the definition is the model's own.

    The specification gives each item the criticality *ignore*; peers (FlexRIC, onos) send *reject*.
    """

    ran_function_id: int
    definition: bytes
    revision: int
    oid: str
    criticality: Criticality = Criticality.IGNORE


@dataclass(frozen=True, slots=True)
class RanFunctionRevision:
    """A RAN function by id and revision."""

    ran_function_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class RanFunctionRejected:
    """A RAN function the RIC does not serve, and why."""

    ran_function_id: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class RicServiceUpdate(E2apMessage):
    """E2 node to RIC: what it offers now."""

    transaction_id: int
    added: tuple[RanFunction, ...] | None = None
    modified: tuple[RanFunction, ...] | None = None
    deleted: tuple[RanFunctionRevision, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicServiceUpdateAcknowledge(E2apMessage):
    """RIC to E2 node."""

    transaction_id: int
    accepted: tuple[RanFunctionRevision, ...] | None = None
    rejected: tuple[RanFunctionRejected, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicServiceUpdateFailure(E2apMessage):
    """RIC to E2 node."""

    transaction_id: int
    cause: Cause
    time_to_wait: TimeToWait | None = None
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class RicServiceQuery(E2apMessage):
    """RIC to E2 node: what it knows; what differs?"""

    transaction_id: int
    accepted: tuple[RanFunctionRevision, ...] | None = None


_REVISION = integer(0, 4095)
_MOST = 256
_RAN_FUNCTION_ITEM = 8
_RAN_FUNCTION = open_type(
    sequence(
        RanFunction,
        field("ran_function_id", RAN_FUNCTION_ID),
        field("definition", octet_string()),
        field("revision", _REVISION),
        field("oid", printable_string(1, 1000, extensible=True)),
        additions=(),
    )
)


def _take_function(reader: Reader) -> RanFunction:
    criticality = take_item_head(reader, _RAN_FUNCTION_ITEM)
    value = _RAN_FUNCTION.decode(reader)
    return replace(value, criticality=criticality) if criticality != IGNORE else value


def _put_function(value: RanFunction, out: bytearray, _: int) -> int:
    out += element_head(_RAN_FUNCTION_ITEM, value.criticality)
    return _RAN_FUNCTION.encode(replace(value, criticality=IGNORE), out, 0)


RAN_FUNCTIONS = sequence_of(Codec("RANfunction-Item", _take_function, _put_function), 1, _MOST)
REVISIONS: Codec[tuple[RanFunctionRevision, ...]] = list_of(
    6,
    IGNORE,
    sequence(
        RanFunctionRevision,
        field("ran_function_id", RAN_FUNCTION_ID),
        field("revision", _REVISION),
        additions=(),
    ),
    1,
    _MOST,
)


def rejected_functions(version: E2apVersion) -> Codec[tuple[RanFunctionRejected, ...]]:
    """1 to 256 RAN functions, each with a cause."""
    item = sequence(
        RanFunctionRejected,
        field("ran_function_id", RAN_FUNCTION_ID),
        field("cause", cause_codec(version)),
        additions=(),
    )
    return list_of(7, IGNORE, item, 1, _MOST)


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of these procedures as ``version`` has them."""
    accepted = maybe(9, REJECT, "accepted", REVISIONS)
    return (
        message(
            RicServiceUpdate,
            TRANSACTION,
            maybe(10, REJECT, "added", RAN_FUNCTIONS),
            maybe(12, REJECT, "modified", RAN_FUNCTIONS),
            maybe(11, REJECT, "deleted", REVISIONS),
        ),
        message(
            RicServiceUpdateAcknowledge,
            TRANSACTION,
            accepted,
            maybe(13, REJECT, "rejected", rejected_functions(version)),
        ),
        message(
            RicServiceUpdateFailure,
            TRANSACTION,
            ie(1, REJECT, "cause", cause_codec(version)),
            maybe(31, IGNORE, "time_to_wait", TIME_TO_WAIT),
            maybe(2, IGNORE, "diagnostics", DIAGNOSTICS),
        ),
        message(RicServiceQuery, TRANSACTION, accepted),
    )
