"""What is measured: types, labels and the bins of distributions (E2SM-KPM clause 8.3)."""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from contracts.e2.common.cells import (
    BEAM,
    CGI,
    FIVE_QI,
    PLMN,
    QCI,
    QOS_FLOW,
    S_NSSAI,
    Cgi,
    SNssai,
    SsbBeam,
)
from contracts.e2.common.shapes import FLAG, boxed, frequent
from contracts.e2.kpm.version import KpmVersion, Layout, since
from contracts.e2.per import (
    Codec,
    choice,
    default,
    enumerated,
    field,
    integer,
    optional,
    printable_string,
    real,
    sequence,
    sequence_of,
)

MeasurementType = str | int
"""A measurement by its name in TS 28.552 or TS 32.425, or by the number the node gave it."""

MEASUREMENT_NAME = printable_string(1, 150, extensible=True)
MEASUREMENT_ID = integer(1, 65_536, extensible=True)
MEASUREMENT_TYPE: Codec[MeasurementType] = choice(
    "MeasurementType", (str, MEASUREMENT_NAME), (int, MEASUREMENT_ID), additions=()
)
GRANULARITY_MS = integer(1, (1 << 32) - 1)


class StartEnd(Enum):
    """Whether a bin or counter is the first or the last of its kind."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class MeasurementLabel:
    """What a value of a measurement is narrowed to (8.3.11); nothing is, with ``no_label``.

    The mode indices and the SSB index came with v02.03, cell and beam with v04.00.
    """

    no_label: bool = False
    plmn: bytes | None = None
    slice: SNssai | None = None
    five_qi: int | None = None
    qos_flow: int | None = None
    qci: int | None = None
    qci_max: int | None = None
    qci_min: int | None = None
    arp_max: int | None = None
    arp_min: int | None = None
    bitrate_range: int | None = None
    mu_mimo_layer: int | None = None
    sum: bool = False
    bin_x: int | None = None
    bin_y: int | None = None
    bin_z: int | None = None
    pre_label_override: bool = False
    start_end: StartEnd | None = None
    min: bool = False
    max: bool = False
    avg: bool = False
    ssb_index: int | None = None
    non_gob_mode: int | None = None
    mimo_mode: int | None = None
    cell: Cgi | None = None
    beam: SsbBeam | None = None


NO_LABEL = MeasurementLabel(no_label=True)
"""The label of a measurement that is not narrowed to anything."""


@cache
def measurement_label(layout: Layout) -> Codec[MeasurementLabel]:
    """The layout of a label."""
    index = integer(1, 65_535, extensible=True)
    priority = integer(1, 15, extensible=True)
    return sequence(
        MeasurementLabel,
        default("no_label", FLAG, False),
        optional("plmn", PLMN),
        optional("slice", S_NSSAI),
        optional("five_qi", FIVE_QI),
        optional("qos_flow", QOS_FLOW),
        optional("qci", QCI),
        optional("qci_max", QCI),
        optional("qci_min", QCI),
        optional("arp_max", priority),
        optional("arp_min", priority),
        optional("bitrate_range", index),
        optional("mu_mimo_layer", index),
        default("sum", FLAG, False),
        optional("bin_x", index),
        optional("bin_y", index),
        optional("bin_z", index),
        default("pre_label_override", FLAG, False),
        optional("start_end", enumerated(StartEnd, root=2)),
        default("min", FLAG, False),
        default("max", FLAG, False),
        default("avg", FLAG, False),
        additions=(
            *since(
                layout,
                KpmVersion.V2_03,
                optional("ssb_index", index),
                optional("non_gob_mode", index),
                optional("mimo_mode", integer(1, 2, extensible=True)),
            ),
            *since(layout, KpmVersion.V4_00, optional("cell", CGI), optional("beam", BEAM)),
        ),
    )


@cache
def label_list(layout: Layout) -> Codec[tuple[MeasurementLabel, ...]]:
    """The layout of the labels of a measurement."""
    return sequence_of(frequent(boxed(measurement_label(layout)), NO_LABEL), 1, (1 << 31) - 1)


BinBound = int | float
_BIN_BOUND: Codec[BinBound] = choice(
    "BinRangeValue", (int, integer()), (float, real()), additions=()
)


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of a distribution and its bounds."""

    index: int
    start: BinBound
    end: BinBound


@dataclass(frozen=True, slots=True)
class BinRanges:
    """Bins of a distribution in one to three dimensions (8.3.26)."""

    x: tuple[Bin, ...]
    y: tuple[Bin, ...] | None = None
    z: tuple[Bin, ...] | None = None


@dataclass(frozen=True, slots=True)
class DistributionBins:
    """Bins asked for a measurement."""

    type: MeasurementType
    bins: BinRanges


_BINS = sequence_of(
    sequence(
        Bin,
        field("index", integer(1, 65_535, extensible=True)),
        field("start", _BIN_BOUND),
        field("end", _BIN_BOUND),
        additions=(),
    ),
    1,
    65_535,
)
BIN_RANGES = sequence(
    BinRanges, field("x", _BINS), optional("y", _BINS), optional("z", _BINS), additions=()
)
DISTRIBUTION_BINS = sequence_of(
    sequence(
        DistributionBins,
        field("type", MEASUREMENT_TYPE),
        field("bins", BIN_RANGES),
        additions=(),
    ),
    1,
    65_535,
)
