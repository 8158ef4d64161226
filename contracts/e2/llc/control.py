"""What a RIC controls: logical channels, and grants slot by slot (E2SM-LLC 8.2.1.6, 8.2.1.7)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.nothing import nothing
from contracts.e2.common.shapes import FLAG, boxed, sole
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.llc.slots import SLOT, Slot
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

MOST_SLOTS = MOST_GRANTS = MOST_CHANNELS = MOST_BANDS = _MOST_GROUPS = 63
LOGICAL_CHANNEL = integer(1, 32, extensible=True)
GRANT_ID = integer(1, 63, extensible=True)
_PRECODER = integer(0, 63, extensible=True)
_FOUR_BITS = integer(0, 15, extensible=True)
_MCS = integer(0, 31, extensible=True)
_VERSION = integer(0, 3, extensible=True)
_SPS_CONFIG = integer(0, 7, extensible=True)


@dataclass(frozen=True, slots=True)
class ControlHeader:
    """Style and action."""

    style_type: int
    action: int


CONTROL_HEADER: Codec[ControlHeader] = boxed(
    choice(
        "E2SM-LLC control header",
        (
            ControlHeader,
            sequence(
                ControlHeader, field("style_type", STYLE_TYPE), field("action", ID), additions=()
            ),
        ),
        additions=(),
    )
)


@dataclass(frozen=True, slots=True)
class ChannelFrom:
    """A logical channel, and the slot from which something holds for it."""

    logical_channel: int
    slot: Slot


@dataclass(frozen=True, slots=True)
class UeChannels:
    """Logical channels of a UE that the RIC schedules from now on, and that it gives back."""

    ue: UeId
    taken: tuple[ChannelFrom, ...]
    released: tuple[ChannelFrom, ...]


@dataclass(frozen=True, slots=True)
class LogicalChannels:
    """Style 1: who schedules logical channels (8.3.25)."""

    ues: tuple[UeChannels, ...]


class SpsCommand(Enum):
    """What a grant does to semi-persistent scheduling."""

    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"


@dataclass(frozen=True, slots=True)
class SpsByDci10:
    """Semi-persistent scheduling by DCI 1_0."""

    command: SpsCommand
    config: int | None = None


@dataclass(frozen=True, slots=True)
class SpsByDci11:
    """Semi-persistent scheduling by DCI 1_1, which activates."""

    config: int | None = None


@dataclass(frozen=True, slots=True)
class Dci10:
    """Fallback grant; numbers are the fields of TS 38.212 clause 7.3.1.2.1."""

    frequency_resources: int
    time_resources: int
    mcs: int
    redundancy_version: int
    interleaved: bool | None = None
    semi_persistent: SpsByDci10 | None = None


@dataclass(frozen=True, slots=True)
class Dci11:
    """Grant; numbers are the fields of TS 38.212 clause 7.3.1.2.2.

    Attributes:
        tci: codepoint of the TCI state: the beam that carries PDSCH (TS 38.214 clause 5.1.5).
    """

    frequency_resources: Bits
    time_resources: int
    bundling_size: int
    mcs_1: int
    redundancy_version_1: int
    antenna_ports: Bits
    dmrs_sequence: int
    semi_persistent: SpsByDci11 | None = None
    carrier: int | None = None
    interleaved: bool | None = None
    mcs_2: int | None = None
    redundancy_version_2: int | None = None
    tci: int | None = None
    srs_request: Bits | None = None


@dataclass(frozen=True, slots=True)
class SemiPersistence:
    """Resources of semi-persistent scheduling, without DCI."""


Dci = Dci10 | Dci11 | SemiPersistence


@dataclass(frozen=True, slots=True)
class ChannelOctets:
    """How much of a logical channel goes into each transport block."""

    logical_channel: int
    octets_1: int
    octets_2: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A downlink grant; without ``bwp`` it is in the initial one."""

    id: int
    ue: UeId
    channels: tuple[ChannelOctets, ...]
    dci: Dci
    bwp: int | None = None


@dataclass(frozen=True, slots=True)
class MultiplexingGroup:
    """Resources of PDSCH under one precoder; ``priority`` 0 is overwritten last."""

    precoder: int
    start_block: int
    blocks: int
    start_symbol: int
    symbols: int
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class PrecodingBand:
    """Resource blocks of a CSI-RS under one precoder."""

    precoder: int
    ue: UeId
    csi_rs_resource: int
    start_block: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Compression:
    """How coefficients are compressed (O-RAN CUS clauses 7.7.1.2 and 7.7.1.3)."""

    header: bytes
    parameters: bytes


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of a precoder."""

    i: int
    q: int


@dataclass(frozen=True, slots=True)
class Precoder:
    """Coefficients, by layer and antenna element (O-RAN CUS clause 12.5.3)."""

    coefficients: tuple[Coefficient, ...]
    compression: Compression | None = None


@dataclass(frozen=True, slots=True)
class ScheduledSlot:
    """All that is scheduled in a slot."""

    slot: Slot
    grants: tuple[Grant, ...]
    groups: tuple[MultiplexingGroup, ...]
    precoders: tuple[Precoder, ...]
    csi_rs_bands: tuple[PrecodingBand, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheduling:
    """Style 2: downlink grants by slot (8.3.26)."""

    slots: tuple[ScheduledSlot, ...]


ControlMessage = LogicalChannels | Scheduling

_CHANNEL_FROM = sequence(
    ChannelFrom, field("logical_channel", LOGICAL_CHANNEL), field("slot", SLOT), additions=()
)
_UE_CHANNELS = sequence(
    UeChannels,
    field("ue", UE_ID),
    field("taken", sequence_of(_CHANNEL_FROM, 1, MOST_CHANNELS)),
    field("released", sequence_of(_CHANNEL_FROM, 1, MOST_CHANNELS)),
    additions=(),
)
_DCI_10 = sequence(
    Dci10,
    optional(
        "semi_persistent",
        sequence(
            SpsByDci10,
            optional("config", _SPS_CONFIG),
            field("command", enumerated(SpsCommand)),
            additions=(),
        ),
    ),
    field("frequency_resources", integer()),
    field("time_resources", _FOUR_BITS),
    optional("interleaved", FLAG),
    field("mcs", _MCS),
    field("redundancy_version", _VERSION),
    additions=(),
)
_DCI_11 = sequence(
    Dci11,
    optional(
        "semi_persistent",
        sequence(SpsByDci11, optional("config", _SPS_CONFIG), additions=()),
    ),
    optional("carrier", integer(1, 7, extensible=True)),
    field("frequency_resources", bit_string()),
    field("time_resources", _FOUR_BITS),
    optional("interleaved", FLAG),
    field("bundling_size", integer(0, 1, extensible=True)),
    field("mcs_1", _MCS),
    field("redundancy_version_1", _VERSION),
    optional("mcs_2", _MCS),
    optional("redundancy_version_2", _VERSION),
    field("antenna_ports", bit_string(4, 6)),
    optional("tci", integer(0, 7, extensible=True)),
    optional("srs_request", bit_string(2, 3)),
    field("dmrs_sequence", integer(0, 1)),
    additions=(),
)
_CHANNEL_OCTETS = sequence(
    ChannelOctets,
    field("logical_channel", LOGICAL_CHANNEL),
    field("octets_1", integer()),
    optional("octets_2", integer()),
    additions=(),
)
_DCI: Codec[Dci] = choice(
    "downlink control information",
    (Dci10, _DCI_10),
    (Dci11, _DCI_11),
    (SemiPersistence, nothing(SemiPersistence())),
    additions=(),
)
_GRANT = sequence(
    Grant,
    field("id", GRANT_ID),
    optional("bwp", integer(0, 4, extensible=True)),
    field("ue", UE_ID),
    field("channels", sequence_of(_CHANNEL_OCTETS, 1, MOST_CHANNELS)),
    field("dci", _DCI),
    additions=(),
)
_GROUP = sequence(
    MultiplexingGroup,
    field("precoder", _PRECODER),
    optional("priority", integer(0, 31, extensible=True)),
    field("start_block", integer()),
    field("blocks", integer()),
    field("start_symbol", integer()),
    field("symbols", integer()),
    additions=(),
)
_BAND = sequence(
    PrecodingBand,
    field("precoder", _PRECODER),
    field("ue", UE_ID),
    field("csi_rs_resource", integer(0, 191, extensible=True)),
    field("start_block", integer()),
    field("blocks", integer()),
    additions=(),
)
_PRECODER_COEFFICIENTS = sequence(
    Precoder,
    optional(
        "compression",
        sequence(
            Compression,
            field("header", octet_string()),
            field("parameters", octet_string()),
            additions=(),
        ),
    ),
    field(
        "coefficients",
        sequence_of(
            sequence(Coefficient, field("i", integer()), field("q", integer()), additions=()),
            1,
            MOST,
        ),
    ),
    additions=(),
)
_SCHEDULED_SLOT = sequence(
    ScheduledSlot,
    field("slot", SLOT),
    field("grants", sequence_of(_GRANT, 1, MOST_GRANTS)),
    field("groups", sequence_of(_GROUP, 1, _MOST_GROUPS)),
    field("csi_rs_bands", sequence_of(_BAND, 0, MOST_BANDS)),
    field("precoders", sequence_of(_PRECODER_COEFFICIENTS, 1, 255)),
    additions=(),
)
_MESSAGE: Codec[ControlMessage] = choice(
    "control type",
    (
        LogicalChannels,
        sequence(LogicalChannels, field("ues", sequence_of(_UE_CHANNELS, 1, MOST)), additions=()),
    ),
    (
        Scheduling,
        sequence(
            Scheduling, field("slots", sequence_of(_SCHEDULED_SLOT, 1, MOST_SLOTS)), additions=()
        ),
    ),
    additions=(),
)

CONTROL_MESSAGE: Codec[ControlMessage] = boxed(sole("E2SM-LLC control message", boxed(_MESSAGE)))
