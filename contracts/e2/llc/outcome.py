"""What became of a control (E2SM-LLC 8.2.1.8, 8.3.27)."""

from dataclasses import dataclass

from contracts.e2.common.nothing import nothing
from contracts.e2.common.shapes import boxed, sole
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.llc.control import (
    GRANT_ID,
    LOGICAL_CHANNEL,
    MOST_BANDS,
    MOST_CHANNELS,
    MOST_GRANTS,
    MOST_SLOTS,
)
from contracts.e2.llc.slots import SLOT, TIME_STAMP, Slot
from contracts.e2.per import (
    Codec,
    choice,
    field,
    integer,
    optional,
    sequence,
    sequence_of,
    wrapped,
)


@dataclass(frozen=True, slots=True)
class ChannelsHandled:
    """Style 1: when the request arrived, see :mod:`contracts.e2.ntp`."""

    value: bytes


@dataclass(frozen=True, slots=True)
class ChannelOutcome:
    """What of a logical channel was scheduled, and why not more: a number of 8.3.27."""

    logical_channel: int
    octets: int
    cause: int


@dataclass(frozen=True, slots=True)
class FullyExecuted:
    """The grant was sent as asked."""


@dataclass(frozen=True, slots=True)
class NotFullyExecuted:
    """The grant was not sent as asked."""

    channels: tuple[ChannelOutcome, ...]


@dataclass(frozen=True, slots=True)
class GrantOutcome:
    """What became of a grant."""

    grant: int
    execution: FullyExecuted | NotFullyExecuted


@dataclass(frozen=True, slots=True)
class OwnAllocation:
    """What the node scheduled by itself in the same slot."""

    octets: int
    ue: UeId | None = None
    logical_channel: int | None = None
    start_symbol: int | None = None
    symbols: int | None = None
    start_block: int | None = None
    blocks: int | None = None


@dataclass(frozen=True, slots=True)
class BandNotExecuted:
    """A CSI-RS precoding band that was not sent, and why: a number of 8.3.27, of another list."""

    band: int
    cause: int


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What became of a slot."""

    slot: Slot
    grants: tuple[GrantOutcome, ...]
    own: tuple[OwnAllocation, ...] = ()
    bands_not_executed: tuple[BandNotExecuted, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Style 2: what became of the slots.

    Attributes:
        received: when the request arrived, see :mod:`contracts.e2.ntp`.
        margin: time left before the first slot, in 1 / 32768 s; negative: so much too late.
        slots: in the order of the request.
    """

    received: bytes
    margin: int
    slots: tuple[SlotOutcome, ...]


ControlOutcome = ChannelsHandled | Scheduled

_CHANNEL = sequence(
    ChannelOutcome,
    field("logical_channel", LOGICAL_CHANNEL),
    field("octets", integer()),
    field("cause", integer()),
    additions=(),
)
_EXECUTION: Codec[FullyExecuted | NotFullyExecuted] = choice(
    "execution level",
    (FullyExecuted, nothing(FullyExecuted())),
    (
        NotFullyExecuted,
        sequence(
            NotFullyExecuted,
            field("channels", sequence_of(_CHANNEL, 1, MOST_CHANNELS)),
            additions=(),
        ),
    ),
    additions=(),
)
_GRANT = sequence(GrantOutcome, field("grant", GRANT_ID), field("execution", _EXECUTION))
_OWN = sequence(
    OwnAllocation,
    optional("ue", UE_ID),
    optional("logical_channel", LOGICAL_CHANNEL),
    field("octets", integer()),
    optional("start_symbol", integer()),
    optional("symbols", integer()),
    optional("start_block", integer()),
    optional("blocks", integer()),
    additions=(),
)
_BAND = sequence(
    BandNotExecuted,
    field("band", integer(0, 63, extensible=True)),
    field("cause", integer()),
    additions=(),
)
_SLOT = sequence(
    SlotOutcome,
    field("slot", SLOT),
    field("grants", sequence_of(_GRANT, 1, MOST_GRANTS)),
    field("own", sequence_of(_OWN, 0, MOST_GRANTS)),
    field("bands_not_executed", sequence_of(_BAND, 0, MOST_BANDS)),
    additions=(),
)
_OUTCOME: Codec[ControlOutcome] = choice(
    "control outcome type",
    (ChannelsHandled, wrapped(ChannelsHandled, TIME_STAMP)),
    (
        Scheduled,
        sequence(
            Scheduled,
            field("received", TIME_STAMP),
            field("margin", integer(-32_767, 32_767)),
            field("slots", sequence_of(_SLOT, 1, MOST_SLOTS)),
            additions=(),
        ),
    ),
    additions=(),
)
CONTROL_OUTCOME: Codec[ControlOutcome] = boxed(sole("E2SM-LLC control outcome", boxed(_OUTCOME)))
