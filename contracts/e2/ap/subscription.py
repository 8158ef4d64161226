"""RIC subscription, its deletion, and deletion asked for by the E2 node (E2AP 9.1.1)."""

from dataclasses import dataclass
from enum import IntEnum

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.container import IGNORE, REJECT, MessageCodec, ie, list_of, maybe, message
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import RAN_FUNCTION_ID, REQUEST_ID, RicRequestId
from contracts.e2.ap.version import E2apMessage, E2apVersion
from contracts.e2.per import (
    Codec,
    enumerated,
    field,
    integer,
    octet_string,
    optional,
    sequence,
)


class ActionType(IntEnum):
    """What the E2 node does at a trigger."""

    REPORT = 0
    INSERT = 1
    POLICY = 2


class SubsequentActionType(IntEnum):
    """Whether the E2 node goes on while an insert waits for its control."""

    CONTINUE = 0
    WAIT = 1


class RicTimeToWait(IntEnum):
    """How long an insert waits."""

    W1MS = 0
    W2MS = 1
    W5MS = 2
    W10MS = 3
    W20MS = 4
    W30MS = 5
    W40MS = 6
    W50MS = 7
    W100MS = 8
    W200MS = 9
    W500MS = 10
    W1S = 11
    W2S = 12
    W5S = 13
    W10S = 14
    W20S = 15
    W60S = 16


@dataclass(frozen=True, slots=True)
class SubsequentAction:
    """What follows an insert."""

    type: SubsequentActionType
    time_to_wait: RicTimeToWait


@dataclass(frozen=True, slots=True)
class ActionToBeSetup:
    """An action asked for; the definition is the service model's, the order came with version 3."""

    action_id: int
    type: ActionType
    definition: bytes | None = None
    subsequent: SubsequentAction | None = None
    execution_order: int | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionDetails:
    """The service model's event trigger, and 1 to 16 actions."""

    event_trigger: bytes
    actions: tuple[ActionToBeSetup, ...]


@dataclass(frozen=True, slots=True)
class ActionNotAdmitted:
    """An action refused, and why."""

    action_id: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class SubscriptionToDelete:
    """A subscription that the E2 node wants to be deleted."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class RicSubscriptionRequest(E2apMessage):
    """RIC to E2 node. Times are NTP timestamps of 8 octets, since version 3."""

    request_id: RicRequestId
    ran_function_id: int
    details: SubscriptionDetails
    start_time: bytes | None = None
    end_time: bytes | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionResponse(E2apMessage):
    """E2 node to RIC: which actions run."""

    request_id: RicRequestId
    ran_function_id: int
    admitted: tuple[int, ...]
    not_admitted: tuple[ActionNotAdmitted, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionFailure(E2apMessage):
    """E2 node to RIC: no action runs."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionDeleteRequest(E2apMessage):
    """RIC to E2 node."""

    request_id: RicRequestId
    ran_function_id: int


@dataclass(frozen=True, slots=True)
class RicSubscriptionDeleteResponse(E2apMessage):
    """E2 node to RIC: it is deleted."""

    request_id: RicRequestId
    ran_function_id: int


@dataclass(frozen=True, slots=True)
class RicSubscriptionDeleteFailure(E2apMessage):
    """E2 node to RIC: it could not be deleted."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionDeleteRequired(E2apMessage):
    """E2 node to RIC: please delete these, 1 to 1024."""

    subscriptions: tuple[SubscriptionToDelete, ...]


ACTION_ID = integer(0, 255)
ACTION_TYPE = enumerated(ActionType, root=3)
EXECUTION_ORDER = integer(0, 255, extensible=True)
TIME_TO_WAIT = enumerated(RicTimeToWait, root=17)
SUBSEQUENT = sequence(
    SubsequentAction,
    field("type", enumerated(SubsequentActionType, root=2)),
    field("time_to_wait", TIME_TO_WAIT),
    additions=(),
)
REQUEST_HEAD = (
    ie(29, REJECT, "request_id", REQUEST_ID),
    ie(5, REJECT, "ran_function_id", RAN_FUNCTION_ID),
)


@dataclass(frozen=True, slots=True)
class _Admitted:
    action_id: int


def action_ids(id_: int, low: int) -> Codec[tuple[int, ...]]:
    """A list whose items hold an action's id and nothing else."""
    item = sequence(_Admitted, field("action_id", ACTION_ID), additions=())
    bare = Codec(
        "RICactionID",
        lambda reader: item.decode(reader).action_id,
        lambda value, out, free: item.encode(_Admitted(value), out, free),
    )
    return list_of(id_, IGNORE, bare, low, 16)


def actions_with_cause(id_: int, version: E2apVersion) -> Codec[tuple[ActionNotAdmitted, ...]]:
    """A list of actions, each with a cause."""
    item = sequence(
        ActionNotAdmitted,
        field("action_id", ACTION_ID),
        field("cause", cause_codec(version)),
        additions=(),
    )
    return list_of(id_, IGNORE, item, 0, 16)


def _details(version: E2apVersion) -> Codec[SubscriptionDetails]:
    order = (optional("execution_order", EXECUTION_ORDER),) if version >= E2apVersion.V3 else ()
    action = sequence(
        ActionToBeSetup,
        field("action_id", ACTION_ID),
        field("type", ACTION_TYPE),
        optional("definition", octet_string()),
        optional("subsequent", SUBSEQUENT),
        additions=order,
    )
    return sequence(
        SubscriptionDetails,
        field("event_trigger", octet_string()),
        field("actions", list_of(19, IGNORE, action, 1, 16)),
        additions=(),
    )


def _to_delete(version: E2apVersion) -> Codec[SubscriptionToDelete]:
    return sequence(
        SubscriptionToDelete,
        field("request_id", REQUEST_ID),
        field("ran_function_id", RAN_FUNCTION_ID),
        field("cause", cause_codec(version)),
        additions=(),
    )


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of these procedures as ``version`` has them."""
    cause = cause_codec(version)
    diagnostics = maybe(2, IGNORE, "diagnostics", DIAGNOSTICS)
    times = (
        maybe(62, REJECT, "start_time", octet_string(8, 8)),
        maybe(63, REJECT, "end_time", octet_string(8, 8)),
    )
    return (
        message(
            RicSubscriptionRequest,
            *REQUEST_HEAD,
            ie(30, REJECT, "details", _details(version)),
            *(times if version >= E2apVersion.V3 else ()),
        ),
        message(
            RicSubscriptionResponse,
            *REQUEST_HEAD,
            ie(17, REJECT, "admitted", action_ids(14, 1)),
            maybe(18, REJECT, "not_admitted", actions_with_cause(16, version)),
        ),
        message(RicSubscriptionFailure, *REQUEST_HEAD, ie(1, REJECT, "cause", cause), diagnostics),
        message(RicSubscriptionDeleteRequest, *REQUEST_HEAD),
        message(RicSubscriptionDeleteResponse, *REQUEST_HEAD),
        message(
            RicSubscriptionDeleteFailure, *REQUEST_HEAD, ie(1, IGNORE, "cause", cause), diagnostics
        ),
        message(
            RicSubscriptionDeleteRequired,
            ie(60, IGNORE, "subscriptions", list_of(61, IGNORE, _to_delete(version), 1, 1024)),
        ),
    )
