"""The RAN function description: what a node measures, by which styles (E2SM-KPM clause 8.2.2)."""

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
from contracts.e2.kpm.measurement import (
    BIN_RANGES,
    MEASUREMENT_ID,
    MEASUREMENT_NAME,
    BinRanges,
)
from contracts.e2.kpm.version import KpmVersion, Layout, since
from contracts.e2.per import Codec, field, optional, sequence, sequence_of

_MAX_STYLES = 63


@dataclass(frozen=True, slots=True)
class MeasurementOffer:
    """A measurement that a node makes: its name, number and bins (from v02.03)."""

    name: str
    id: int | None = None
    bins: BinRanges | None = None


@dataclass(frozen=True, slots=True)
class ReportStyle:
    """A report style: its formats, and what can be measured with it."""

    style_type: int
    name: str
    action_format: int
    measurements: tuple[MeasurementOffer, ...]
    header_format: int
    message_format: int


@dataclass(frozen=True, slots=True)
class RanFunction:
    """What a node announces at E2 setup."""

    name: RanFunctionName
    event_trigger_styles: tuple[EventTriggerStyle, ...] | None = None
    report_styles: tuple[ReportStyle, ...] | None = None


@cache
def ran_function(layout: Layout) -> Codec[RanFunction]:
    """The layout of a RAN function description."""
    offer = sequence(
        MeasurementOffer,
        field("name", MEASUREMENT_NAME),
        optional("id", MEASUREMENT_ID),
        additions=since(layout, KpmVersion.V2_03, optional("bins", BIN_RANGES)),
    )
    style = sequence(
        ReportStyle,
        field("style_type", STYLE_TYPE),
        field("name", NAME),
        field("action_format", FORMAT_TYPE),
        field("measurements", sequence_of(offer, 1, 65_535)),
        field("header_format", FORMAT_TYPE),
        field("message_format", FORMAT_TYPE),
        additions=(),
    )
    return sequence(
        RanFunction,
        field("name", RAN_FUNCTION_NAME),
        optional("event_trigger_styles", sequence_of(EVENT_TRIGGER_STYLE, 1, _MAX_STYLES)),
        optional("report_styles", sequence_of(style, 1, _MAX_STYLES)),
        additions=(),
    )
