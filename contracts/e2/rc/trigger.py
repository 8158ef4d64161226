"""Event triggers: what makes a node report, ask or decide (E2SM-RC clause 9.2.1.1)."""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from contracts.e2.common.interface import (
    INTERFACE,
    INTERFACE_MESSAGE,
    INTERFACE_TYPE,
    RRC_MESSAGE,
    Interface,
    InterfaceMessage,
    InterfaceType,
    RrcMessage,
)
from contracts.e2.common.logic import LOGICAL_OR
from contracts.e2.common.nothing import nothing
from contracts.e2.common.shapes import FLAG, boxed
from contracts.e2.per import (
    Codec,
    choice,
    enumerated,
    field,
    integer,
    optional,
    sequence,
    sequence_of,
    wrapped,
)
from contracts.e2.rc.conditions import (
    CELL_CHOICES,
    PARAMETER_TESTS,
    SMALL_ID,
    UE_CHOICES,
    UE_EVENTS,
    CellChoice,
    ParameterTest,
    UeChoice,
    UeEvent,
)
from contracts.e2.rc.parameters import MOST
from contracts.e2.rc.version import RcVersion

_CHANGE_ID = integer(1, 512, extensible=True)


class Direction(Enum):
    """Whether the node receives or sends the message."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class InterfaceEvent:
    """A message on an interface."""

    interface_type: InterfaceType
    interface: Interface | None = None
    message: InterfaceMessage | None = None


@dataclass(frozen=True, slots=True)
class RrcEvent:
    """An RRC message."""

    message: RrcMessage


@dataclass(frozen=True, slots=True)
class MessageCondition:
    """A message, of some UEs, that is an event."""

    id: int
    message: InterfaceEvent | RrcEvent
    direction: Direction | None = None
    ues: tuple[UeChoice, ...] | None = None
    events: tuple[UeEvent, ...] | None = None
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class MessageTrigger:
    """Format 1: messages on interfaces and of RRC."""

    conditions: tuple[MessageCondition, ...]
    ues: tuple[UeChoice, ...] | None = None


_MESSAGE: Codec[InterfaceEvent | RrcEvent] = choice(
    "MessageType-Choice",
    (
        InterfaceEvent,
        sequence(
            InterfaceEvent,
            field("interface_type", INTERFACE_TYPE),
            optional("interface", INTERFACE),
            optional("message", INTERFACE_MESSAGE),
            additions=(),
        ),
    ),
    (RrcEvent, sequence(RrcEvent, field("message", RRC_MESSAGE), additions=())),
    additions=(),
)
_FORMAT_1 = sequence(
    MessageTrigger,
    field(
        "conditions",
        sequence_of(
            sequence(
                MessageCondition,
                field("id", SMALL_ID),
                field("message", _MESSAGE),
                optional("direction", enumerated(Direction, root=2)),
                optional("ues", UE_CHOICES),
                optional("events", UE_EVENTS),
                optional("logical_or", LOGICAL_OR),
                additions=(),
            ),
            1,
            MOST,
        ),
    ),
    optional("ues", UE_CHOICES),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class CallProcessTrigger:
    """Format 2: a breakpoint of a call process is reached."""

    process_type: int
    breakpoint: int
    node_tests: tuple[ParameterTest, ...] | None = None
    ues: tuple[UeChoice, ...] | None = None


_FORMAT_2 = sequence(
    CallProcessTrigger,
    field("process_type", SMALL_ID),
    field("breakpoint", SMALL_ID),
    optional("node_tests", PARAMETER_TESTS),
    optional("ues", UE_CHOICES),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A change of what the node is, by the number that clause 8 gives it."""

    id: int
    change: int
    cells: tuple[CellChoice, ...] | None = None
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class NodeTrigger:
    """Format 3: the node or its cells change."""

    changes: tuple[NodeChange, ...]


_FORMAT_3 = sequence(
    NodeTrigger,
    field(
        "changes",
        sequence_of(
            sequence(
                NodeChange,
                field("id", SMALL_ID),
                field("change", _CHANGE_ID),
                optional("cells", CELL_CHOICES),
                optional("logical_or", LOGICAL_OR),
                additions=(),
            ),
            1,
            MOST,
        ),
    ),
    additions=(),
)


class RrcState(Enum):
    """State of a UE in RRC."""

    CONNECTED = "rrc-connected"
    INACTIVE = "rrc-inactive"
    IDLE = "rrc-idle"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class RrcStateChange:
    """The UE comes into this state."""

    state: RrcState
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class RrcStates:
    """The UE comes into one of these states."""

    value: tuple[RrcStateChange, ...]


@dataclass(frozen=True, slots=True)
class UeIdentityChange:
    """An identity of the UE changes, by the number that clause 8 gives it."""

    value: int


@dataclass(frozen=True, slots=True)
class L2State:
    """Variables of layer 2 pass the tests."""

    value: tuple[ParameterTest, ...]


@dataclass(frozen=True, slots=True)
class UeContext:
    """Variables of the UE's context pass the tests (from v02.00)."""

    value: tuple[ParameterTest, ...]


class MimoMode(Enum):
    """Whether a MIMO transmission mode is switched on or off."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class MimoChange:
    """The MIMO and beamforming configuration changes (from v02.00)."""

    value: MimoMode


UeChangeKind = RrcStates | UeIdentityChange | L2State | UeContext | MimoChange


@dataclass(frozen=True, slots=True)
class UeChange:
    """A change of what UEs are."""

    id: int
    change: UeChangeKind
    ues: tuple[UeChoice, ...] | None = None
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class UeTrigger:
    """Format 4: UEs change."""

    changes: tuple[UeChange, ...]


_STATES = sequence_of(
    sequence(
        RrcStateChange,
        field("state", enumerated(RrcState, root=4)),
        optional("logical_or", LOGICAL_OR),
        additions=(),
    ),
    1,
    8,
)
_MIMO: Codec[MimoMode] = boxed(
    choice("L2MACschChgType-Choice", (MimoMode, boxed(enumerated(MimoMode, root=2))), additions=())
)


def _format_4(version: RcVersion) -> Codec[UeTrigger]:
    late = (
        (UeContext, wrapped(UeContext, boxed(PARAMETER_TESTS))),
        (MimoChange, wrapped(MimoChange, _MIMO)),
    )
    kind: Codec[UeChangeKind] = choice(
        "TriggerType-Choice",
        (RrcStates, wrapped(RrcStates, boxed(_STATES))),
        (UeIdentityChange, wrapped(UeIdentityChange, boxed(_CHANGE_ID))),
        (L2State, wrapped(L2State, boxed(PARAMETER_TESTS))),
        additions=late if version >= RcVersion.V3_00 else (),
    )
    change = sequence(
        UeChange,
        field("id", SMALL_ID),
        field("change", kind),
        optional("ues", UE_CHOICES),
        optional("logical_or", LOGICAL_OR),
        additions=(),
    )
    return sequence(UeTrigger, field("changes", sequence_of(change, 1, MOST)), additions=())


@dataclass(frozen=True, slots=True)
class OnDemand:
    """Format 5: at once. Up to v01.03 with the UEs and cells that are meant."""

    ues: tuple[UeChoice, ...] | None = None
    cells: tuple[CellChoice, ...] | None = None
    on_demand: bool = True


_FORMAT_5_EARLY = sequence(
    OnDemand,
    field("on_demand", FLAG),
    optional("ues", UE_CHOICES),
    optional("cells", CELL_CHOICES),
    additions=(),
)

EventTrigger = MessageTrigger | CallProcessTrigger | NodeTrigger | UeTrigger | OnDemand


@cache
def event_trigger(version: RcVersion) -> Codec[EventTrigger]:
    """The layout of an event trigger."""
    formats: Codec[EventTrigger] = choice(
        "event trigger format",
        (MessageTrigger, _FORMAT_1),
        (CallProcessTrigger, _FORMAT_2),
        (NodeTrigger, _FORMAT_3),
        (UeTrigger, _format_4(version)),
        (OnDemand, _FORMAT_5_EARLY if version < RcVersion.V3_00 else nothing(OnDemand())),
        additions=(),
    )
    return boxed(formats)
