"""Controls: call process, header, message and outcome (E2SM-RC 9.2.1.5 to 9.2.1.8)."""

from dataclasses import dataclass
from functools import cache

from contracts.e2.common.function import STYLE_TYPE
from contracts.e2.common.logic import LOGICAL_OR
from contracts.e2.common.nothing import nothing
from contracts.e2.common.partial_ue import PARTIAL_UE_ID, PartialUeId
from contracts.e2.common.shapes import boxed
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.per import (
    Codec,
    choice,
    field,
    integer,
    optional,
    sequence,
    sequence_of,
)
from contracts.e2.rc.action import DECISION, Decision
from contracts.e2.rc.conditions import PARAMETER_TESTS, SMALL_ID, ParameterTest
from contracts.e2.rc.parameters import (
    DEFINITION,
    MOST,
    PARAMETER,
    PARAMETER_ID,
    PARAMETER_TREE,
    Definition,
    Parameter,
    ParameterTree,
)
from contracts.e2.rc.version import RcVersion


@dataclass(frozen=True, slots=True)
class CallProcessId:
    """A call process that waits for an answer."""

    id: int


_CALL_PROCESS: Codec[CallProcessId] = choice(
    "call process format",
    (
        CallProcessId,
        sequence(
            CallProcessId,
            field("id", integer(1, (1 << 32) - 1, extensible=True)),
            additions=(),
        ),
    ),
    additions=(),
)
CALL_PROCESS_ID = boxed(_CALL_PROCESS)


@dataclass(frozen=True, slots=True)
class UeControl:
    """Format 1: one action of a style for a UE; a decision answers an insert indication."""

    ue: UeId
    style_type: int
    action: int
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class ActionsControl:
    """Format 2: several actions, which the message names."""

    ue: UeId | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A property that the UEs of a group have."""

    id: int
    value: ParameterTree
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class GroupControl:
    """Format 3: one action of a style for a group of UEs (from v02.00)."""

    group: int
    definition: tuple[GroupMember, ...]
    style_type: int
    action: int


@dataclass(frozen=True, slots=True)
class PartialUeControl:
    """Format 4: one action of a style for a UE that is partly known (from v05.00)."""

    ue: PartialUeId
    style_type: int
    action: int
    decision: Decision | None = None


ControlHeader = UeControl | ActionsControl | GroupControl | PartialUeControl

_STYLE = (field("style_type", STYLE_TYPE), field("action", SMALL_ID))
_UE_CONTROL = sequence(
    UeControl, field("ue", UE_ID), *_STYLE, optional("decision", DECISION), additions=()
)
_ACTIONS_CONTROL = sequence(
    ActionsControl, optional("ue", UE_ID), optional("decision", DECISION), additions=()
)
_GROUP = boxed(
    sequence_of(
        sequence(
            GroupMember,
            field("id", PARAMETER_ID),
            field("value", PARAMETER_TREE),
            optional("logical_or", LOGICAL_OR),
            additions=(),
        ),
        1,
        255,
    )
)
_GROUP_CONTROL = sequence(
    GroupControl, field("group", SMALL_ID), field("definition", _GROUP), *_STYLE, additions=()
)
_PARTIAL = sequence(
    PartialUeControl,
    field("ue", PARTIAL_UE_ID),
    *_STYLE,
    optional("decision", DECISION),
    additions=(),
)


@cache
def control_header(version: RcVersion) -> Codec[ControlHeader]:
    """The layout of a control header."""
    late = (
        (ActionsControl, _ACTIONS_CONTROL),
        (GroupControl, _GROUP_CONTROL),
        (PartialUeControl, _PARTIAL),
    )
    known = {RcVersion.V1_03: 1, RcVersion.V3_00: 2, RcVersion.V5_00: 3}[version]
    formats: Codec[ControlHeader] = choice(
        "control header format", (UeControl, _UE_CONTROL), additions=late[:known]
    )
    return boxed(formats)


@dataclass(frozen=True, slots=True)
class Assignments:
    """Format 1: parameters of the action."""

    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Parameters of one action among several."""

    action: int
    assignments: Assignments


@dataclass(frozen=True, slots=True)
class StyleActions:
    """Actions of one style."""

    style_type: int
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Actions:
    """Format 2: several actions."""

    styles: tuple[StyleActions, ...]


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Entities that pass tests, and parameters for each of them."""

    id: int
    tests: tuple[ParameterTest, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class FilteredAssignments:
    """Format 3: parameters for entities that pass tests, and for all (from v02.00)."""

    filters: tuple[EntityFilter, ...] | None = None
    parameters: tuple[Parameter, ...] | None = None


@dataclass(frozen=True, slots=True)
class ParameterReference:
    """A parameter and what it consists of, without values."""

    id: int
    definition: Definition | None = None


@dataclass(frozen=True, slots=True)
class References:
    """Format 4: parameters without values (from v05.00)."""

    parameters: tuple[ParameterReference, ...] = ()


@dataclass(frozen=True, slots=True)
class NoAssignments:
    """Format 5: nothing (from v05.00)."""


ControlMessage = Assignments | Actions | FilteredAssignments | References | NoAssignments

_PARAMETERS = sequence_of(PARAMETER, 0, MOST)
_ASSIGNMENTS = sequence(Assignments, field("parameters", _PARAMETERS), additions=())
_STYLE_ACTIONS = sequence(
    StyleActions,
    field("style_type", STYLE_TYPE),
    field(
        "actions",
        sequence_of(
            sequence(
                Action,
                field("action", SMALL_ID),
                field("assignments", _ASSIGNMENTS),
                additions=(),
            ),
            1,
            63,
        ),
    ),
    additions=(),
)
_FILTER = sequence(
    EntityFilter,
    field("id", integer(1, 255, extensible=True)),
    field("tests", PARAMETER_TESTS),
    field("parameters", sequence_of(PARAMETER, 1, MOST)),
    additions=(),
)
_REFERENCE = sequence(
    ParameterReference,
    field("id", PARAMETER_ID),
    optional("definition", DEFINITION),
    additions=(),
)


@cache
def control_message(version: RcVersion) -> Codec[ControlMessage]:
    """The layout of a control message."""
    late = (
        (
            Actions,
            sequence(Actions, field("styles", sequence_of(_STYLE_ACTIONS, 1, 63)), additions=()),
        ),
        (
            FilteredAssignments,
            sequence(
                FilteredAssignments,
                optional("filters", sequence_of(_FILTER, 0, 255)),
                optional("parameters", _PARAMETERS),
                additions=(),
            ),
        ),
        (
            References,
            sequence(
                References, field("parameters", sequence_of(_REFERENCE, 0, MOST)), additions=()
            ),
        ),
        (NoAssignments, nothing(NoAssignments())),
    )
    known = {RcVersion.V1_03: 1, RcVersion.V3_00: 2, RcVersion.V5_00: 4}[version]
    formats: Codec[ControlMessage] = choice(
        "control message format", (Assignments, _ASSIGNMENTS), additions=late[:known]
    )
    return boxed(formats)
