"""The RAN function definition: what a node reports and what it controls (E2SM-LLC 8.2.2)."""

from dataclasses import dataclass

from contracts.e2.common.function import (
    EVENT_TRIGGER_STYLE,
    FORMAT_TYPE,
    NAME,
    RAN_FUNCTION_NAME,
    STYLE_TYPE,
    EventTriggerStyle,
    RanFunctionName,
)
from contracts.e2.common.shapes import boxed
from contracts.e2.llc.subscription import ID, MOST
from contracts.e2.per import field, optional, sequence, sequence_of

_MOST_STYLES = 63
_STYLE = (field("style_type", STYLE_TYPE), field("name", NAME))


@dataclass(frozen=True, slots=True)
class ReportStyle:
    """A report style, its trigger and formats."""

    style_type: int
    name: str
    event_trigger_style: int
    action_format: int
    header_format: int
    message_format: int


@dataclass(frozen=True, slots=True)
class ControlActionOffer:
    """An action that the node carries out."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ControlStyle:
    """A control style, its formats and actions."""

    style_type: int
    name: str
    header_format: int
    message_format: int
    outcome_format: int
    actions: tuple[ControlActionOffer, ...] | None = None
    call_process_format: int | None = None


@dataclass(frozen=True, slots=True)
class RanFunction:
    """What a node announces at E2 setup."""

    name: RanFunctionName
    event_triggers: tuple[EventTriggerStyle, ...] | None = None
    reports: tuple[ReportStyle, ...] | None = None
    controls: tuple[ControlStyle, ...] | None = None


_REPORT = sequence(
    ReportStyle,
    *_STYLE,
    field("event_trigger_style", STYLE_TYPE),
    field("action_format", FORMAT_TYPE),
    field("header_format", FORMAT_TYPE),
    field("message_format", FORMAT_TYPE),
    additions=(),
)
_ACTION = sequence(ControlActionOffer, field("id", ID), field("name", NAME), additions=())
_CONTROL = sequence(
    ControlStyle,
    *_STYLE,
    optional("actions", sequence_of(_ACTION, 1, MOST)),
    field("header_format", FORMAT_TYPE),
    field("message_format", FORMAT_TYPE),
    optional("call_process_format", FORMAT_TYPE),
    field("outcome_format", FORMAT_TYPE),
    additions=(),
)
RAN_FUNCTION = sequence(
    RanFunction,
    field("name", RAN_FUNCTION_NAME),
    optional("event_triggers", boxed(sequence_of(EVENT_TRIGGER_STYLE, 1, _MOST_STYLES))),
    optional("reports", boxed(sequence_of(_REPORT, 1, _MOST_STYLES))),
    optional("controls", boxed(sequence_of(_CONTROL, 1, _MOST_STYLES))),
    additions=(),
)
