"""Modification of a RIC subscription, asked for by either side (E2AP 8.2.6, 8.2.7; version 3)."""

from dataclasses import dataclass

from contracts.e2.ap.causes import Cause, cause_codec
from contracts.e2.ap.container import IGNORE, REJECT, MessageCodec, ie, list_of, maybe, message
from contracts.e2.ap.diagnostics import DIAGNOSTICS, CriticalityDiagnostics
from contracts.e2.ap.identifiers import RicRequestId
from contracts.e2.ap.subscription import (
    ACTION_ID,
    ACTION_TYPE,
    EXECUTION_ORDER,
    REQUEST_HEAD,
    SUBSEQUENT,
    TIME_TO_WAIT,
    ActionNotAdmitted,
    ActionType,
    RicTimeToWait,
    SubsequentAction,
    action_ids,
    actions_with_cause,
)
from contracts.e2.ap.version import E2apMessage, E2apVersion
from contracts.e2.per import field, octet_string, optional, sequence


@dataclass(frozen=True, slots=True)
class ActionToBeModified:
    """What of an action shall change."""

    action_id: int
    definition: bytes | None = None
    execution_order: int | None = None
    subsequent: SubsequentAction | None = None


@dataclass(frozen=True, slots=True)
class ActionToBeAdded:
    """An action to begin with the modification."""

    action_id: int
    type: ActionType
    definition: bytes
    execution_order: int
    subsequent: SubsequentAction | None = None


@dataclass(frozen=True, slots=True)
class ActionRequiredToBeModified:
    """An action whose time to wait the E2 node wants changed."""

    action_id: int
    time_to_wait: RicTimeToWait


@dataclass(frozen=True, slots=True)
class RicSubscriptionModificationRequest(E2apMessage):
    """RIC to E2 node."""

    request_id: RicRequestId
    ran_function_id: int
    event_trigger: bytes | None = None
    to_remove: tuple[int, ...] | None = None
    to_modify: tuple[ActionToBeModified, ...] | None = None
    to_add: tuple[ActionToBeAdded, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionModificationResponse(E2apMessage):
    """E2 node to RIC: what changed, and what did not and why."""

    request_id: RicRequestId
    ran_function_id: int
    removed: tuple[int, ...] | None = None
    not_removed: tuple[ActionNotAdmitted, ...] | None = None
    modified: tuple[int, ...] | None = None
    not_modified: tuple[ActionNotAdmitted, ...] | None = None
    added: tuple[int, ...] | None = None
    not_added: tuple[ActionNotAdmitted, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionModificationFailure(E2apMessage):
    """E2 node to RIC: nothing changed."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause
    diagnostics: CriticalityDiagnostics | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionModificationRequired(E2apMessage):
    """E2 node to RIC: what it wants changed."""

    request_id: RicRequestId
    ran_function_id: int
    to_modify: tuple[ActionRequiredToBeModified, ...] | None = None
    to_remove: tuple[ActionNotAdmitted, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionModificationConfirm(E2apMessage):
    """RIC to E2 node: what it agrees to."""

    request_id: RicRequestId
    ran_function_id: int
    modified: tuple[int, ...] | None = None
    not_modified: tuple[ActionNotAdmitted, ...] | None = None
    removed: tuple[int, ...] | None = None
    not_removed: tuple[ActionNotAdmitted, ...] | None = None


@dataclass(frozen=True, slots=True)
class RicSubscriptionModificationRefuse(E2apMessage):
    """RIC to E2 node: nothing shall change."""

    request_id: RicRequestId
    ran_function_id: int
    cause: Cause
    diagnostics: CriticalityDiagnostics | None = None


_TO_MODIFY = sequence(
    ActionToBeModified,
    field("action_id", ACTION_ID),
    optional("definition", octet_string()),
    optional("execution_order", EXECUTION_ORDER),
    optional("subsequent", SUBSEQUENT),
    additions=(),
)
_TO_ADD = sequence(
    ActionToBeAdded,
    field("action_id", ACTION_ID),
    field("type", ACTION_TYPE),
    field("definition", octet_string()),
    field("execution_order", EXECUTION_ORDER),
    optional("subsequent", SUBSEQUENT),
    additions=(),
)
_REQUIRED = sequence(
    ActionRequiredToBeModified,
    field("action_id", ACTION_ID),
    field("time_to_wait", TIME_TO_WAIT),
    additions=(),
)


def codecs(version: E2apVersion) -> tuple[MessageCodec, ...]:
    """Messages of these procedures as ``version`` has them."""
    failure = (
        *REQUEST_HEAD,
        ie(1, REJECT, "cause", cause_codec(version)),
        maybe(2, IGNORE, "diagnostics", DIAGNOSTICS),
    )
    return (
        message(
            RicSubscriptionModificationRequest,
            *REQUEST_HEAD,
            maybe(64, IGNORE, "event_trigger", octet_string()),
            maybe(65, IGNORE, "to_remove", action_ids(66, 0)),
            maybe(67, IGNORE, "to_modify", list_of(68, IGNORE, _TO_MODIFY, 0, 16)),
            maybe(69, IGNORE, "to_add", list_of(70, IGNORE, _TO_ADD, 0, 16)),
        ),
        message(
            RicSubscriptionModificationResponse,
            *REQUEST_HEAD,
            maybe(71, IGNORE, "removed", action_ids(72, 0)),
            maybe(73, IGNORE, "not_removed", actions_with_cause(74, version)),
            maybe(75, IGNORE, "modified", action_ids(76, 0)),
            maybe(77, IGNORE, "not_modified", actions_with_cause(78, version)),
            maybe(79, IGNORE, "added", action_ids(80, 0)),
            maybe(81, IGNORE, "not_added", actions_with_cause(82, version)),
        ),
        message(RicSubscriptionModificationFailure, *failure),
        message(
            RicSubscriptionModificationRequired,
            *REQUEST_HEAD,
            maybe(83, IGNORE, "to_modify", list_of(84, IGNORE, _REQUIRED, 0, 16)),
            maybe(85, IGNORE, "to_remove", actions_with_cause(86, version)),
        ),
        message(
            RicSubscriptionModificationConfirm,
            *REQUEST_HEAD,
            maybe(87, IGNORE, "modified", action_ids(88, 0)),
            maybe(89, IGNORE, "not_modified", actions_with_cause(90, version)),
            maybe(91, IGNORE, "removed", action_ids(92, 0)),
            maybe(93, IGNORE, "not_removed", actions_with_cause(94, version)),
        ),
        message(RicSubscriptionModificationRefuse, *failure),
    )
