"""What a RIC subscribes to: event trigger and action definitions (E2SM-LLC 8.2.1.1, 8.2.1.2)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.cells import CGI, Cgi
from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.logic import LOGICAL_OR
from contracts.e2.common.shapes import boxed
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.per import (
    Codec,
    choice,
    enumerated,
    field,
    integer,
    optional,
    sequence,
    sequence_of,
)

MOST = 65_535
ID = integer(1, MOST, extensible=True)


class Information(Enum):
    """What a UE sends to the lower layers (8.3.15)."""

    SRS = "srs"
    CSI = "csi"


class Measurement(Enum):
    """What a node measures of its lower layers (8.3.16)."""

    RLC_BUFFER = "dl-rlc-buffer-status"
    PDCP_BUFFER = "dl-pdcp-buffer-status"
    HARQ = "dl-harq-statistics"
    SLOT_TIME = "slot-time-stamp"


@dataclass(frozen=True, slots=True)
class OneUe:
    """One UE by its identity."""

    ue: UeId


@dataclass(frozen=True, slots=True)
class UeGroup:
    """UEs of a cell, or those named; 8.3.13 wants one of both."""

    cell: Cgi | None = None
    ues: tuple[UeId, ...] = ()


@dataclass(frozen=True, slots=True)
class UeCondition:
    """UEs that an event concerns (8.3.12)."""

    id: int
    ues: OneUe | UeGroup
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something arrives from a UE: an event with an identity, which indications repeat."""

    id: int
    information: Information
    ues: tuple[UeCondition, ...] | None = None
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class ArrivalTrigger:
    """Format 1: report each time something arrives; ``ues`` counts before those of an event."""

    arrivals: tuple[Arrival, ...]
    ues: tuple[UeCondition, ...] | None = None


@dataclass(frozen=True, slots=True)
class PeriodicTrigger:
    """Format 2: report each time the period has passed."""

    reporting_period_ms: int
    ues: tuple[UeCondition, ...] | None = None


EventTrigger = ArrivalTrigger | PeriodicTrigger

INFORMATION = enumerated(Information, root=2)
_UES: Codec[OneUe | UeGroup] = choice(
    "UE type",
    (OneUe, sequence(OneUe, field("ue", UE_ID), additions=())),
    (
        UeGroup,
        boxed(
            sequence(
                UeGroup,
                optional("cell", CGI),
                field("ues", sequence_of(boxed(UE_ID), 0, MOST)),
                additions=(),
            )
        ),
    ),
    additions=(),
)
_CONDITIONS: Codec[tuple[UeCondition, ...]] = boxed(
    sequence_of(
        sequence(
            UeCondition,
            field("id", ID),
            field("ues", _UES),
            optional("logical_or", LOGICAL_OR),
            additions=(),
        ),
        1,
        MOST,
    )
)
_ARRIVAL = sequence(
    Arrival,
    field("id", ID),
    field("information", INFORMATION),
    optional("ues", _CONDITIONS),
    optional("logical_or", LOGICAL_OR),
    additions=(),
)
EVENT_TRIGGER: Codec[EventTrigger] = boxed(
    choice(
        "E2SM-LLC event trigger",
        (
            ArrivalTrigger,
            sequence(
                ArrivalTrigger,
                field("arrivals", sequence_of(_ARRIVAL, 1, 63)),
                optional("ues", _CONDITIONS),
                additions=(),
            ),
        ),
        (
            PeriodicTrigger,
            sequence(
                PeriodicTrigger,
                field("reporting_period_ms", integer(1, 65_535)),
                optional("ues", _CONDITIONS),
                additions=(),
            ),
        ),
        additions=(),
    )
)


@dataclass(frozen=True, slots=True)
class Copy:
    """Format 1 (style 1): copies of what UEs send."""

    information: Information


@dataclass(frozen=True, slots=True)
class Measurements:
    """Format 2 (style 2): what the node measures."""

    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """A report style and what it is to report."""

    style_type: int
    report: Copy | Measurements


_REPORT: Codec[Copy | Measurements] = choice(
    "E2SM-LLC action definition",
    (Copy, sequence(Copy, field("information", INFORMATION), additions=())),
    (
        Measurements,
        sequence(
            Measurements,
            field(
                "measurements",
                sequence_of(boxed(enumerated(Measurement, root=4)), 1, MOST),
            ),
            additions=(),
        ),
    ),
    additions=(),
)
ACTION_DEFINITION = sequence(
    ActionDefinition, field("style_type", STYLE_TYPE), field("report", _REPORT), additions=()
)
