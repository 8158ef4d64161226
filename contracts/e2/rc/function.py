"""The RAN function definition: what a node reports, asks, controls and decides (E2SM-RC 9.2.2)."""

from dataclasses import dataclass
from functools import cache

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
from contracts.e2.per import Codec, enumerated, field, optional, sequence, sequence_of
from contracts.e2.rc.conditions import SMALL_ID
from contracts.e2.rc.neighbours import Yes
from contracts.e2.rc.parameters import (
    KNOWN_PARAMETERS,
    MOST,
    QUERY_PARAMETERS,
    ParameterDefinition,
    known_parameters,
)
from contracts.e2.rc.version import RcVersion, since

_MAX_STYLES = 63
_OUTCOME_PARAMETERS = known_parameters(255)
_Known = tuple[ParameterDefinition, ...] | None
_ID_AND_NAME = (field("id", SMALL_ID), field("name", NAME))
_STYLE = (field("style_type", STYLE_TYPE), field("name", NAME))


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """A point of a call process at which the node can stop."""

    id: int
    name: str
    parameters: _Known = None


@dataclass(frozen=True, slots=True)
class CallProcess:
    """A call process and its breakpoints."""

    id: int
    name: str
    breakpoints: tuple[Breakpoint, ...]


@dataclass(frozen=True, slots=True)
class EventTriggers:
    """Event trigger styles, and what can be named in them."""

    styles: tuple[EventTriggerStyle, ...]
    l2_parameters: _Known = None
    call_processes: tuple[CallProcess, ...] | None = None
    ue_parameters: _Known = None
    cell_parameters: _Known = None


_BREAKPOINT = sequence(
    Breakpoint, *_ID_AND_NAME, optional("parameters", KNOWN_PARAMETERS), additions=()
)
_CALL_PROCESS = sequence(
    CallProcess,
    *_ID_AND_NAME,
    field("breakpoints", sequence_of(_BREAKPOINT, 1, MOST)),
    additions=(),
)
_EVENT_TRIGGERS = sequence(
    EventTriggers,
    field("styles", sequence_of(EVENT_TRIGGER_STYLE, 1, _MAX_STYLES)),
    optional("l2_parameters", KNOWN_PARAMETERS),
    optional("call_processes", sequence_of(_CALL_PROCESS, 1, MOST)),
    optional("ue_parameters", KNOWN_PARAMETERS),
    optional("cell_parameters", KNOWN_PARAMETERS),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class ReportStyle:
    """A report style: its trigger and formats, and what it reports."""

    style_type: int
    name: str
    event_trigger_style: int
    action_format: int
    header_format: int
    message_format: int
    parameters: _Known = None


_REPORTS = boxed(
    sequence_of(
        sequence(
            ReportStyle,
            *_STYLE,
            field("event_trigger_style", STYLE_TYPE),
            field("action_format", FORMAT_TYPE),
            field("header_format", FORMAT_TYPE),
            field("message_format", FORMAT_TYPE),
            optional("parameters", KNOWN_PARAMETERS),
            additions=(),
        ),
        1,
        _MAX_STYLES,
    )
)


@dataclass(frozen=True, slots=True)
class InsertIndicationOffer:
    """A question that the node can ask."""

    id: int
    name: str
    parameters: _Known = None


@dataclass(frozen=True, slots=True)
class InsertStyle:
    """An insert style: its trigger and formats, and its questions."""

    style_type: int
    name: str
    event_trigger_style: int
    action_format: int
    header_format: int
    message_format: int
    call_process_format: int
    indications: tuple[InsertIndicationOffer, ...] | None = None


_INSERT_OFFER = sequence(
    InsertIndicationOffer, *_ID_AND_NAME, optional("parameters", KNOWN_PARAMETERS), additions=()
)
_INSERTS = boxed(
    sequence_of(
        sequence(
            InsertStyle,
            *_STYLE,
            field("event_trigger_style", STYLE_TYPE),
            field("action_format", FORMAT_TYPE),
            optional("indications", sequence_of(_INSERT_OFFER, 1, MOST)),
            field("header_format", FORMAT_TYPE),
            field("message_format", FORMAT_TYPE),
            field("call_process_format", FORMAT_TYPE),
            additions=(),
        ),
        1,
        _MAX_STYLES,
    )
)


@dataclass(frozen=True, slots=True)
class ControlActionOffer:
    """An action that the node carries out; for groups of UEs from v05.00."""

    id: int
    name: str
    parameters: _Known = None
    ue_groups: Yes | None = None


@dataclass(frozen=True, slots=True)
class FormatOffer:
    """Further formats of a control style (from v05.00)."""

    header_format: int
    message_format: int
    outcome_format: int | None = None
    action: int | None = None


@dataclass(frozen=True, slots=True)
class ControlStyle:
    """A control style: its formats, its actions, and what its outcome tells."""

    style_type: int
    name: str
    header_format: int
    message_format: int
    outcome_format: int
    actions: tuple[ControlActionOffer, ...] | None = None
    call_process_format: int | None = None
    outcome_parameters: _Known = None
    further_formats: tuple[FormatOffer, ...] | None = None


def _controls(version: RcVersion) -> Codec[tuple[ControlStyle, ...]]:
    action = sequence(
        ControlActionOffer,
        *_ID_AND_NAME,
        optional("parameters", KNOWN_PARAMETERS),
        additions=since(version, RcVersion.V5_00, optional("ue_groups", enumerated(Yes, root=2))),
    )
    offer = sequence(
        FormatOffer,
        field("header_format", FORMAT_TYPE),
        field("message_format", FORMAT_TYPE),
        additions=(optional("outcome_format", FORMAT_TYPE), optional("action", SMALL_ID)),
    )
    further = optional("further_formats", sequence_of(offer, 0, 63))
    style = sequence(
        ControlStyle,
        *_STYLE,
        optional("actions", sequence_of(action, 1, MOST)),
        field("header_format", FORMAT_TYPE),
        field("message_format", FORMAT_TYPE),
        optional("call_process_format", FORMAT_TYPE),
        field("outcome_format", FORMAT_TYPE),
        optional("outcome_parameters", _OUTCOME_PARAMETERS),
        additions=since(version, RcVersion.V5_00, further),
    )
    return boxed(sequence_of(style, 1, _MAX_STYLES))


@dataclass(frozen=True, slots=True)
class PolicyActionOffer:
    """An action that the node takes by itself, and the conditions that it knows."""

    id: int
    name: str
    action_format: int
    parameters: _Known = None
    condition_parameters: _Known = None


@dataclass(frozen=True, slots=True)
class PolicyStyle:
    """A policy style: its trigger and actions."""

    style_type: int
    name: str
    event_trigger_style: int
    actions: tuple[PolicyActionOffer, ...] | None = None


_POLICY_ACTION = sequence(
    PolicyActionOffer,
    *_ID_AND_NAME,
    field("action_format", FORMAT_TYPE),
    optional("parameters", KNOWN_PARAMETERS),
    optional("condition_parameters", KNOWN_PARAMETERS),
    additions=(),
)
_POLICIES = boxed(
    sequence_of(
        sequence(
            PolicyStyle,
            *_STYLE,
            field("event_trigger_style", STYLE_TYPE),
            optional("actions", sequence_of(_POLICY_ACTION, 1, MOST)),
            additions=(),
        ),
        1,
        _MAX_STYLES,
    )
)


@dataclass(frozen=True, slots=True)
class QueryStyle:
    """A query style: its formats, and what it answers (from v02.00)."""

    style_type: int
    name: str
    header_format: int
    definition_format: int
    outcome_format: int
    parameters: _Known = None


_QUERIES = boxed(
    sequence_of(
        sequence(
            QueryStyle,
            *_STYLE,
            field("header_format", FORMAT_TYPE),
            field("definition_format", FORMAT_TYPE),
            field("outcome_format", FORMAT_TYPE),
            optional("parameters", QUERY_PARAMETERS),
            additions=(),
        ),
        1,
        _MAX_STYLES,
    )
)


@dataclass(frozen=True, slots=True)
class RanFunction:
    """What a node announces at E2 setup."""

    name: RanFunctionName
    event_triggers: EventTriggers | None = None
    reports: tuple[ReportStyle, ...] | None = None
    inserts: tuple[InsertStyle, ...] | None = None
    controls: tuple[ControlStyle, ...] | None = None
    policies: tuple[PolicyStyle, ...] | None = None
    queries: tuple[QueryStyle, ...] | None = None


@cache
def ran_function(version: RcVersion) -> Codec[RanFunction]:
    """The layout of a RAN function definition."""
    return sequence(
        RanFunction,
        field("name", RAN_FUNCTION_NAME),
        optional("event_triggers", _EVENT_TRIGGERS),
        optional("reports", _REPORTS),
        optional("inserts", _INSERTS),
        optional("controls", _controls(version)),
        optional("policies", _POLICIES),
        additions=since(version, RcVersion.V3_00, optional("queries", _QUERIES)),
    )
