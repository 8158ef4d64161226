"""The octet strings of E2SM-RC in one version."""

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from contracts.e2.payload import Payload
from contracts.e2.per import Codec
from contracts.e2.rc.action import ACTION_DEFINITION, ActionDefinition
from contracts.e2.rc.control import (
    CALL_PROCESS_ID,
    CallProcessId,
    ControlHeader,
    ControlMessage,
    control_header,
    control_message,
)
from contracts.e2.rc.function import RanFunction, ran_function
from contracts.e2.rc.indication import (
    INDICATION_HEADER,
    IndicationHeader,
    IndicationMessage,
    indication_message,
)
from contracts.e2.rc.outcome import CONTROL_OUTCOME, ControlOutcome
from contracts.e2.rc.trigger import EventTrigger, event_trigger
from contracts.e2.rc.version import RcVersion, version_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rc:
    """Every payload of E2SM-RC in one version."""

    version: RcVersion
    ran_function: Payload[RanFunction]
    event_trigger: Payload[EventTrigger]
    action_definition: Payload[ActionDefinition]
    indication_header: Payload[IndicationHeader]
    indication_message: Payload[IndicationMessage]
    call_process_id: Payload[CallProcessId]
    control_header: Payload[ControlHeader]
    control_message: Payload[ControlMessage]
    control_outcome: Payload[ControlOutcome]


@cache
def rc(version: RcVersion) -> Rc:
    """The payloads of a version."""

    def payload(name: str, codec: Codec[T]) -> Payload[T]:
        return Payload(f"E2SM-RC {version.label} {name}", codec)

    return Rc(
        version=version,
        ran_function=payload("RAN function definition", ran_function(version)),
        event_trigger=payload("event trigger", event_trigger(version)),
        action_definition=payload("action definition", ACTION_DEFINITION),
        indication_header=payload("indication header", INDICATION_HEADER),
        indication_message=payload("indication message", indication_message(version)),
        call_process_id=payload("call process identity", CALL_PROCESS_ID),
        control_header=payload("control header", control_header(version)),
        control_message=payload("control message", control_message(version)),
        control_outcome=payload("control outcome", CONTROL_OUTCOME),
    )


def codec_for(oid: str, short_name: str = "") -> Rc:
    """The payloads of the version that a RAN function announces.

    Args:
        oid: object identifier of the service model in dotted form.
        short_name: of the RAN function.

    Raises:
        RanwrightError: ``e2.rc.unknown_version``, as :func:`version_of`.
    """
    return rc(version_of(oid, short_name))
