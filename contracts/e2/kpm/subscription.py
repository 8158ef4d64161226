"""What a RIC subscribes to: event trigger and action definitions (E2SM-KPM clause 8.2.1)."""

from dataclasses import dataclass
from functools import cache

from contracts.e2.common.cells import CGI, Cgi
from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.shapes import boxed
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.kpm.conditions import (
    REPORT_CONDITIONS,
    SUBSCRIBED_UES,
    MatchingUeCondition,
    MeasurementCondition,
    ReportCondition,
    matching_ue_conditions,
    measurement_conditions,
)
from contracts.e2.kpm.measurement import (
    DISTRIBUTION_BINS,
    GRANULARITY_MS,
    MEASUREMENT_TYPE,
    DistributionBins,
    MeasurementLabel,
    MeasurementType,
    label_list,
)
from contracts.e2.kpm.version import KpmVersion, Layout, since
from contracts.e2.per import Codec, choice, field, optional, remembered, sequence, sequence_of


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """Format 1: report each time this period has passed."""

    reporting_period_ms: int


EVENT_TRIGGER: Codec[EventTrigger] = boxed(
    choice(
        "E2SM-KPM event trigger",
        (
            EventTrigger,
            sequence(EventTrigger, field("reporting_period_ms", GRANULARITY_MS), additions=()),
        ),
        additions=(),
    )
)


@dataclass(frozen=True, slots=True)
class MeasurementInfo:
    """A measurement and the labels it is reported for (8.3.13).

    Attributes:
        type: name or number.
        labels: one value is reported for each.
        report_conditions: when it is reported at all (from v04.00).
    """

    type: MeasurementType
    labels: tuple[MeasurementLabel, ...]
    report_conditions: tuple[ReportCondition, ...] | None = None


@cache
def measurement_infos(layout: Layout) -> Codec[tuple[MeasurementInfo, ...]]:
    """The layout of a list of measurements, which recurs in every report of a subscription."""
    item = sequence(
        MeasurementInfo,
        field("type", MEASUREMENT_TYPE),
        field("labels", label_list(layout)),
        additions=since(layout, KpmVersion.V4_00, optional("report_conditions", REPORT_CONDITIONS)),
    )
    return remembered(sequence_of(item, 1, 65_535))


@dataclass(frozen=True, slots=True)
class Measurements:
    """Format 1 (style 1): measurements of the node or of one cell.

    Attributes:
        measurements: what is measured.
        granularity_period_ms: the time that one value covers.
        cell: the cell; None for all of them.
        bins: of distributions (from v02.03).
    """

    measurements: tuple[MeasurementInfo, ...]
    granularity_period_ms: int
    cell: Cgi | None = None
    bins: tuple[DistributionBins, ...] | None = None


@dataclass(frozen=True, slots=True)
class UeMeasurements:
    """Format 2 (style 2): measurements of one UE."""

    ue: UeId
    subscription: Measurements


@dataclass(frozen=True, slots=True)
class ConditionalMeasurements:
    """Format 3 (style 3): measurements of the UEs that match conditions of each measurement."""

    conditions: tuple[MeasurementCondition, ...]
    granularity_period_ms: int
    cell: Cgi | None = None


@dataclass(frozen=True, slots=True)
class MatchingUeMeasurements:
    """Format 4 (style 4): measurements of every UE that matches."""

    matching: tuple[MatchingUeCondition, ...]
    subscription: Measurements


@dataclass(frozen=True, slots=True)
class UeListMeasurements:
    """Format 5 (style 5): measurements of two or more UEs by name."""

    ues: tuple[UeId, ...]
    subscription: Measurements


Format = (
    Measurements
    | UeMeasurements
    | ConditionalMeasurements
    | MatchingUeMeasurements
    | UeListMeasurements
)


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """What is reported: a report style and its format; format n goes with style n."""

    style_type: int
    format: Format


@cache
def measurements(layout: Layout) -> Codec[Measurements]:
    """The layout of format 1."""
    bins = since(layout, KpmVersion.V2_03, optional("bins", DISTRIBUTION_BINS))
    return sequence(
        Measurements,
        field("measurements", measurement_infos(layout)),
        field("granularity_period_ms", GRANULARITY_MS),
        optional("cell", CGI),
        *(bins if layout.moved_markers else ()),
        additions=() if layout.moved_markers else bins,
    )


@cache
def action_definition(layout: Layout) -> Codec[ActionDefinition]:
    """The layout of an action definition."""
    format_1 = measurements(layout)
    format_2 = sequence(
        UeMeasurements, field("ue", UE_ID), field("subscription", format_1), additions=()
    )
    format_3 = sequence(
        ConditionalMeasurements,
        field("conditions", measurement_conditions(layout)),
        field("granularity_period_ms", GRANULARITY_MS),
        optional("cell", CGI),
        additions=(),
    )
    format_4 = sequence(
        MatchingUeMeasurements,
        field("matching", matching_ue_conditions(layout)),
        field("subscription", format_1),
        additions=(),
    )
    format_5 = sequence(
        UeListMeasurements,
        field("ues", SUBSCRIBED_UES),
        field("subscription", format_1),
        additions=(),
    )
    late = ((MatchingUeMeasurements, format_4), (UeListMeasurements, format_5))
    formats: Codec[Format] = choice(
        "action definition format",
        (Measurements, format_1),
        (UeMeasurements, format_2),
        (ConditionalMeasurements, format_3),
        *(late if layout.moved_markers else ()),
        additions=() if layout.moved_markers else late,
    )
    return sequence(
        ActionDefinition,
        field("style_type", STYLE_TYPE),
        field("format", formats),
        additions=(),
    )
