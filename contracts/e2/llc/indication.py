"""What a node reports: SRS, CSI, measurements of its lower layers (E2SM-LLC 8.2.1.3, 8.2.1.4)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.nothing import nothing
from contracts.e2.common.shapes import boxed
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.llc.slots import SLOT_TIME, SlotTime
from contracts.e2.llc.subscription import ID, MOST
from contracts.e2.per import (
    Bits,
    Codec,
    bit_string,
    choice,
    enumerated,
    field,
    integer,
    octet_string,
    optional,
    sequence,
    sequence_of,
)

_BEARER = integer(1, 32, extensible=True)
_HEAD_OF_LINE = integer(0, 1032, extensible=True)
_MOST_BEARERS = _MOST_REPORTS = 255


@dataclass(frozen=True, slots=True)
class IndicationHeader:
    """Which event it is that is reported, where the subscription has several."""

    event: int | None = None


INDICATION_HEADER: Codec[IndicationHeader] = boxed(
    choice(
        "E2SM-LLC indication header",
        (IndicationHeader, sequence(IndicationHeader, optional("event", ID), additions=())),
        additions=(),
    )
)


@dataclass(frozen=True, slots=True)
class SrsSymbol:
    """A received symbol of SRS: one octet of compression header, and raw I and Q.

    The header means something where the format is static (8.3.19); the ASN.1 has it always.
    """

    compression: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Srs:
    """Received SRS (8.3.19): of each receive antenna its symbols."""

    antennas: tuple[tuple[SrsSymbol, ...], ...]


class UplinkChannel(Enum):
    """What carried the control information of a UE."""

    PUCCH = "pucch"
    PUSCH = "pusch"


@dataclass(frozen=True, slots=True)
class CsiReport:
    """One CSI report as the UE sent it.

    Attributes:
        config: CSI-ReportConfigId (TS 38.331), 0 to 47.
        part_1: its bits (TS 38.212 Tables 6.3.1.1.2-7 to -9), first bit first.
        part_2: bits of the second part (Tables 6.3.1.1.2-10 and -11), where it has one.
    """

    config: int
    part_1: Bits
    part_2: Bits | None = None


@dataclass(frozen=True, slots=True)
class UeCsi:
    """CSI reports of one UE."""

    ue: UeId
    channel: UplinkChannel
    reports: tuple[CsiReport, ...]


@dataclass(frozen=True, slots=True)
class Csi:
    """Received CSI (8.3.20)."""

    ues: tuple[UeCsi, ...]


@dataclass(frozen=True, slots=True)
class InformationCopy:
    """Format 1 (style 1): what arrived, and the slot in which the last of it did."""

    time: SlotTime
    information: Srs | Csi


@dataclass(frozen=True, slots=True)
class RlcBuffer:
    """Buffer of a logical channel; its first octets may wait ``head_of_line`` half milliseconds."""

    logical_channel: int
    occupancy_octets: int
    head_of_line_half_ms: int


@dataclass(frozen=True, slots=True)
class RlcBuffers:
    """RLC buffers by UE (8.3.21)."""

    ues: tuple["UeRlcBuffers", ...]


@dataclass(frozen=True, slots=True)
class UeRlcBuffers:
    """RLC buffers of one UE."""

    ue: UeId
    buffers: tuple[RlcBuffer, ...]


@dataclass(frozen=True, slots=True)
class PdcpBuffer:
    """Buffer of a radio bearer; see :class:`RlcBuffer`."""

    bearer: int
    occupancy_octets: int
    head_of_line_half_ms: int


@dataclass(frozen=True, slots=True)
class UePdcpBuffers:
    """PDCP buffers of one UE."""

    ue: UeId
    buffers: tuple[PdcpBuffer, ...]


@dataclass(frozen=True, slots=True)
class PdcpBuffers:
    """PDCP buffers by UE (8.3.22)."""

    ues: tuple[UePdcpBuffers, ...]


@dataclass(frozen=True, slots=True)
class HarqCounts:
    """Answers of a UE to a codeword since the last report, for one user and for several at once."""

    single_ack: int
    single_nack: int
    single_dtx: int
    multi_ack: int
    multi_nack: int
    multi_dtx: int


@dataclass(frozen=True, slots=True)
class UeHarq:
    """Answers of one UE, by codeword."""

    ue: UeId
    codewords: tuple[HarqCounts, ...]


@dataclass(frozen=True, slots=True)
class Harq:
    """HARQ statistics (8.3.23)."""

    ues: tuple[UeHarq, ...]


@dataclass(frozen=True, slots=True)
class NoMeasurement:
    """The slot time alone, as of sending."""


Measured = RlcBuffers | PdcpBuffers | Harq | NoMeasurement


@dataclass(frozen=True, slots=True)
class MeasurementReport:
    """One measurement, and the last slot that it covers."""

    time: SlotTime
    measured: Measured


@dataclass(frozen=True, slots=True)
class MeasurementReports:
    """Format 2 (style 2): measurements."""

    reports: tuple[MeasurementReport, ...]


IndicationMessage = InformationCopy | MeasurementReports

_SYMBOL = sequence(
    SrsSymbol, field("compression", octet_string(1, 1)), field("raw", octet_string()), additions=()
)
_ANTENNA: Codec[tuple[SrsSymbol, ...]] = boxed(sequence_of(_SYMBOL, 1, 4, extensible=True))
_CSI_REPORT = sequence(
    CsiReport,
    field("config", integer()),
    field("part_1", bit_string()),
    optional("part_2", bit_string()),
    additions=(),
)
_UE_CSI = sequence(
    UeCsi,
    field("ue", UE_ID),
    field("channel", enumerated(UplinkChannel, root=2)),
    field("reports", sequence_of(_CSI_REPORT, 1, _MOST_REPORTS)),
    additions=(),
)
_INFORMATION: Codec[Srs | Csi] = choice(
    "lower layers information",
    (Srs, sequence(Srs, field("antennas", sequence_of(_ANTENNA, 1, MOST)), additions=())),
    (Csi, sequence(Csi, field("ues", sequence_of(_UE_CSI, 1, MOST)), additions=())),
    additions=(),
)
_RLC_BUFFER = sequence(
    RlcBuffer,
    field("logical_channel", _BEARER),
    field("occupancy_octets", integer()),
    field("head_of_line_half_ms", _HEAD_OF_LINE),
    additions=(),
)
_UE_RLC = sequence(
    UeRlcBuffers,
    field("ue", UE_ID),
    field("buffers", sequence_of(_RLC_BUFFER, 1, _MOST_BEARERS)),
    additions=(),
)
_PDCP_BUFFER = sequence(
    PdcpBuffer,
    field("bearer", _BEARER),
    field("occupancy_octets", integer()),
    field("head_of_line_half_ms", _HEAD_OF_LINE),
    additions=(),
)
_UE_PDCP = sequence(
    UePdcpBuffers,
    field("ue", UE_ID),
    field("buffers", sequence_of(_PDCP_BUFFER, 1, _MOST_BEARERS)),
    additions=(),
)
_COUNTS = sequence(
    HarqCounts,
    *(field(name, integer()) for name in HarqCounts.__slots__),
    additions=(),
)
_UE_HARQ = sequence(
    UeHarq,
    field("ue", UE_ID),
    field("codewords", sequence_of(_COUNTS, 1, 2, extensible=True)),
    additions=(),
)
_MEASURED: Codec[Measured] = choice(
    "lower layers measurement",
    (RlcBuffers, sequence(RlcBuffers, field("ues", sequence_of(_UE_RLC, 1, MOST)), additions=())),
    (
        PdcpBuffers,
        sequence(PdcpBuffers, field("ues", sequence_of(_UE_PDCP, 1, MOST)), additions=()),
    ),
    (Harq, sequence(Harq, field("ues", sequence_of(_UE_HARQ, 1, MOST)), additions=())),
    (NoMeasurement, nothing(NoMeasurement())),
    additions=(),
)
_MEASUREMENT_REPORT = sequence(
    MeasurementReport, field("time", SLOT_TIME), field("measured", _MEASURED), additions=()
)
INDICATION_MESSAGE: Codec[IndicationMessage] = boxed(
    choice(
        "E2SM-LLC indication message",
        (
            InformationCopy,
            sequence(
                InformationCopy,
                field("time", SLOT_TIME),
                field("information", _INFORMATION),
                additions=(),
            ),
        ),
        (
            MeasurementReports,
            sequence(
                MeasurementReports,
                field("reports", sequence_of(_MEASUREMENT_REPORT, 1, 63)),
                additions=(),
            ),
        ),
        additions=(),
    )
)
