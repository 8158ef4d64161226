"""Why something failed (E2AP 9.2.1)."""

from enum import IntEnum
from typing import TypeAlias

from contracts.e2.ap.version import E2apVersion
from contracts.e2.per import Codec, choice, enumerated


class CauseRicRequest(IntEnum):
    """The RIC's request; those from END_TIME_EXPIRED on came with version 3."""

    RAN_FUNCTION_ID_INVALID = 0
    ACTION_NOT_SUPPORTED = 1
    EXCESSIVE_ACTIONS = 2
    DUPLICATE_ACTION = 3
    DUPLICATE_EVENT_TRIGGER = 4
    FUNCTION_RESOURCE_LIMIT = 5
    REQUEST_ID_UNKNOWN = 6
    INCONSISTENT_SUBSEQUENT_ACTIONS = 7
    CONTROL_MESSAGE_INVALID = 8
    CALL_PROCESS_ID_INVALID = 9
    CONTROL_TIMER_EXPIRED = 10
    CONTROL_FAILED_TO_EXECUTE = 11
    SYSTEM_NOT_READY = 12
    UNSPECIFIED = 13
    END_TIME_EXPIRED = 14
    END_TIME_INVALID = 15
    DUPLICATE_REQUEST_ID = 16
    EVENT_TRIGGER_NOT_SUPPORTED = 17
    REQUESTED_INFORMATION_UNAVAILABLE = 18
    INVALID_INFORMATION_REQUEST = 19


class CauseRicRequestV1(IntEnum):
    """The RIC's request, version 1."""

    RAN_FUNCTION_ID_INVALID = 0
    ACTION_NOT_SUPPORTED = 1
    EXCESSIVE_ACTIONS = 2
    DUPLICATE_ACTION = 3
    DUPLICATE_EVENT_TRIGGER = 4
    FUNCTION_RESOURCE_LIMIT = 5
    REQUEST_ID_UNKNOWN = 6
    INCONSISTENT_SUBSEQUENT_ACTIONS = 7
    CONTROL_MESSAGE_INVALID = 8
    CALL_PROCESS_ID_INVALID = 9
    UNSPECIFIED = 10


class CauseRicService(IntEnum):
    """RAN functions and what the RIC can serve."""

    RAN_FUNCTION_NOT_SUPPORTED = 0
    EXCESSIVE_FUNCTIONS = 1
    RIC_RESOURCE_LIMIT = 2


class CauseE2Node(IntEnum):
    """The E2 node and its components."""

    COMPONENT_UNKNOWN = 0


class CauseTransport(IntEnum):
    """The transport network layer."""

    UNSPECIFIED = 0
    RESOURCE_UNAVAILABLE = 1


class CauseProtocol(IntEnum):
    """The message itself."""

    TRANSFER_SYNTAX_ERROR = 0
    ABSTRACT_SYNTAX_ERROR_REJECT = 1
    ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY = 2
    MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE = 3
    SEMANTIC_ERROR = 4
    FALSELY_CONSTRUCTED_MESSAGE = 5
    UNSPECIFIED = 6


class CauseMisc(IntEnum):
    """Anything else."""

    CONTROL_PROCESSING_OVERLOAD = 0
    HARDWARE_FAILURE = 1
    OM_INTERVENTION = 2
    UNSPECIFIED = 3


Cause: TypeAlias = (
    CauseRicRequest
    | CauseRicRequestV1
    | CauseRicService
    | CauseE2Node
    | CauseTransport
    | CauseProtocol
    | CauseMisc
)


def cause_codec(version: E2apVersion) -> Codec[Cause]:
    """Cause: five groups in version 1; e2Node came third with version 2."""
    service = (CauseRicService, enumerated(CauseRicService, root=3))
    others = (
        (CauseTransport, enumerated(CauseTransport, root=2)),
        (CauseProtocol, enumerated(CauseProtocol, root=7)),
        (CauseMisc, enumerated(CauseMisc, root=4)),
    )
    if version == E2apVersion.V1:
        request_v1 = (CauseRicRequestV1, enumerated(CauseRicRequestV1, root=11))
        return choice("Cause", request_v1, service, *others, additions=())
    request = (CauseRicRequest, enumerated(CauseRicRequest, root=14))
    node = (CauseE2Node, enumerated(CauseE2Node, root=1))
    return choice("Cause", request, service, node, *others, additions=())
