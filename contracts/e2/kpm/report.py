"""What a node reports: indication header and messages (E2SM-KPM clauses 8.2.1.3 and 8.2.1.4)."""

from dataclasses import dataclass
from functools import cache
from types import NoneType

from contracts.e2.common.shapes import FLAG, boxed, constant
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.kpm.conditions import UE_LIST, MatchingCondition, matching_conditions
from contracts.e2.kpm.measurement import GRANULARITY_MS, MEASUREMENT_TYPE, MeasurementType
from contracts.e2.kpm.subscription import MeasurementInfo, measurement_infos
from contracts.e2.kpm.values import value_list
from contracts.e2.kpm.version import KpmVersion, Layout, since
from contracts.e2.per import (
    Codec,
    choice,
    default,
    field,
    integer,
    null,
    octet_string,
    optional,
    printable_string,
    real,
    sequence,
    sequence_of,
    wrapped,
)


@dataclass(frozen=True, slots=True)
class IndicationHeader:
    """When the measurements began, and who made them.

    Attributes:
        start_time: 4 octets in v02.xx, 8 from v03.00 on; :mod:`contracts.e2.ntp` makes and
            reads them.
        file_format_version: of TS 28.550's file of performance data.
        sender_name: of the node.
        sender_type: kind of node.
        vendor_name: its maker.
    """

    start_time: bytes
    file_format_version: str | None = None
    sender_name: str | None = None
    sender_type: str | None = None
    vendor_name: str | None = None


@cache
def indication_header(layout: Layout) -> Codec[IndicationHeader]:
    """The layout of an indication header."""
    octets = 4 if layout.version < KpmVersion.V3_00 else 8
    format_1 = sequence(
        IndicationHeader,
        field("start_time", octet_string(octets, octets)),
        optional("file_format_version", printable_string(0, 15, extensible=True)),
        optional("sender_name", printable_string(0, 400, extensible=True)),
        optional("sender_type", printable_string(0, 8, extensible=True)),
        optional("vendor_name", printable_string(0, 32, extensible=True)),
        additions=(),
    )
    header: Codec[IndicationHeader] = choice(
        "indication header format", (IndicationHeader, format_1), additions=()
    )
    return boxed(header)


@dataclass(frozen=True, slots=True)
class NotSatisfied:
    """A value that its report condition kept back (from v04.00)."""

    value: None = None


NOT_SATISFIED = NotSatisfied()

Value = int | float | None | NotSatisfied
"""A measured value: a count, a real number, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Record:
    """Values of one granularity period: one for each label of each measurement, in order.

    Attributes:
        values: the values.
        incomplete: whether they are not reliable.
    """

    values: tuple[Value, ...]
    incomplete: bool = False


@cache
def records(layout: Layout) -> Codec[tuple[Record, ...]]:
    """The layout of measurement data."""
    late = (NotSatisfied, wrapped(NotSatisfied, null()))
    value: Codec[Value] = choice(
        "MeasurementRecordItem",
        (int, integer(0, (1 << 32) - 1)),
        (float, real()),
        (NoneType, null()),
        additions=(late,) if layout.version >= KpmVersion.V4_00 else (),
    )
    item = sequence(
        Record,
        field("values", value_list(value)),
        default("incomplete", FLAG, False),
        additions=(),
    )
    return sequence_of(item, 1, 65_535)


@dataclass(frozen=True, slots=True)
class Report:
    """Format 1: measurements of the node, a cell or a UE.

    Attributes:
        records: one for each granularity period in the report period.
        measurements: what the values are; None where the subscription says it.
        granularity_period_ms: the time that a record covers.
    """

    records: tuple[Record, ...]
    measurements: tuple[MeasurementInfo, ...] | None = None
    granularity_period_ms: int | None = None


UesInPeriod = tuple[UeId, ...] | None
"""UEs that matched in a granularity period; None where none did."""


@dataclass(frozen=True, slots=True)
class ConditionReport:
    """A measurement of format 2, its conditions and the UEs that matched (8.3.19).

    Attributes:
        type: the measurement.
        matching: its conditions.
        ues: those that matched.
        ues_by_period: those that matched in each granularity period (from v02.03).
    """

    type: MeasurementType
    matching: tuple[MatchingCondition, ...]
    ues: tuple[UeId, ...] | None = None
    ues_by_period: tuple[UesInPeriod, ...] | None = None


_UES_IN_PERIOD: Codec[UesInPeriod] = choice(
    "matchedPerGP",
    (NoneType, constant(FLAG, True, None)),
    (tuple, UE_LIST),
    additions=(),
)


@cache
def condition_reports(layout: Layout) -> Codec[tuple[ConditionReport, ...]]:
    """The layout of the measurements of format 2."""
    periods = sequence_of(boxed(_UES_IN_PERIOD), 1, 65_535)
    by_period = since(layout, KpmVersion.V2_03, optional("ues_by_period", periods))
    item = sequence(
        ConditionReport,
        field("type", MEASUREMENT_TYPE),
        field("matching", matching_conditions(layout)),
        optional("ues", UE_LIST),
        *(by_period if layout.moved_markers else ()),
        additions=() if layout.moved_markers else by_period,
    )
    return sequence_of(item, 1, 65_535)


@dataclass(frozen=True, slots=True)
class ConditionalReport:
    """Format 2: measurements of the UEs that match conditions."""

    records: tuple[Record, ...]
    measurements: tuple[ConditionReport, ...]
    granularity_period_ms: int | None = None


@dataclass(frozen=True, slots=True)
class UeReport:
    """Measurements of one UE."""

    ue: UeId
    report: Report


@dataclass(frozen=True, slots=True)
class UeReports:
    """Format 3: measurements of several UEs."""

    ues: tuple[UeReport, ...]


IndicationMessage = Report | ConditionalReport | UeReports


@cache
def indication_message(layout: Layout) -> Codec[IndicationMessage]:
    """The layout of an indication message."""
    format_1 = sequence(
        Report,
        field("records", records(layout)),
        optional("measurements", measurement_infos(layout)),
        optional("granularity_period_ms", GRANULARITY_MS),
        additions=(),
    )
    format_2 = sequence(
        ConditionalReport,
        field("records", records(layout)),
        field("measurements", condition_reports(layout)),
        optional("granularity_period_ms", GRANULARITY_MS),
        additions=(),
    )
    ue_report = sequence(UeReport, field("ue", UE_ID), field("report", format_1), additions=())
    format_3 = sequence(UeReports, field("ues", sequence_of(ue_report, 1, 65_535)), additions=())
    late = ((UeReports, format_3),)
    message: Codec[IndicationMessage] = choice(
        "indication message format",
        (Report, format_1),
        (ConditionalReport, format_2),
        *(late if layout.moved_markers else ()),
        additions=() if layout.moved_markers else late,
    )
    return boxed(message)
