"""The octet strings of E2SM-LLC."""

from dataclasses import dataclass
from typing import TypeVar

from contracts.e2.llc.control import (
    CONTROL_HEADER,
    CONTROL_MESSAGE,
    ControlHeader,
    ControlMessage,
)
from contracts.e2.llc.function import RAN_FUNCTION, RanFunction
from contracts.e2.llc.indication import (
    INDICATION_HEADER,
    INDICATION_MESSAGE,
    IndicationHeader,
    IndicationMessage,
)
from contracts.e2.llc.outcome import CONTROL_OUTCOME, ControlOutcome
from contracts.e2.llc.subscription import (
    ACTION_DEFINITION,
    EVENT_TRIGGER,
    ActionDefinition,
    EventTrigger,
)
from contracts.e2.payload import Payload
from contracts.e2.per import Codec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Llc:
    """Every payload of E2SM-LLC."""

    ran_function: Payload[RanFunction]
    event_trigger: Payload[EventTrigger]
    action_definition: Payload[ActionDefinition]
    indication_header: Payload[IndicationHeader]
    indication_message: Payload[IndicationMessage]
    control_header: Payload[ControlHeader]
    control_message: Payload[ControlMessage]
    control_outcome: Payload[ControlOutcome]


def _payload(name: str, codec: Codec[T]) -> Payload[T]:
    return Payload(f"E2SM-LLC v01.00 {name}", codec)


LLC = Llc(
    ran_function=_payload("RAN function definition", RAN_FUNCTION),
    event_trigger=_payload("event trigger", EVENT_TRIGGER),
    action_definition=_payload("action definition", ACTION_DEFINITION),
    indication_header=_payload("indication header", INDICATION_HEADER),
    indication_message=_payload("indication message", INDICATION_MESSAGE),
    control_header=_payload("control header", CONTROL_HEADER),
    control_message=_payload("control message", CONTROL_MESSAGE),
    control_outcome=_payload("control outcome", CONTROL_OUTCOME),
)
