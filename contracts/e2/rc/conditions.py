"""Tests on RAN parameters, and the UEs, cells and events they choose (E2SM-RC clause 9.3)."""

from dataclasses import dataclass
from enum import Enum

from contracts.e2.common.cells import CGI, Cgi
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
    recursive,
    sequence,
    sequence_of,
    wrapped,
)
from contracts.e2.rc.parameters import MOST, PARAMETER_ID, PARAMETER_VALUE, ParameterValue

SMALL_ID = integer(1, 65_535, extensible=True)
_MOST_TESTS = 255


class Comparison(Enum):
    """How a value is compared."""

    EQUAL = "equal"
    DIFFERENCE = "difference"
    GREATER_THAN = "greaterthan"
    LESS_THAN = "lessthan"
    CONTAINS = "contains"
    STARTS_WITH = "starts-with"


class Presence(Enum):
    """What is asked of a parameter without a value; value change came with v02.00."""

    PRESENT = "present"
    CONFIGURED = "configured"
    ROLLOVER = "rollover"
    NON_ZERO = "non-zero"
    VALUE_CHANGE = "value-change"


@dataclass(frozen=True, slots=True)
class KeyTest:
    """The element, whose key flag is TRUE, must have this value."""

    value: ParameterValue


@dataclass(frozen=True, slots=True)
class ElementTest:
    """The element is compared."""

    condition: Comparison | Presence
    value: ParameterValue | None = None
    logical_or: bool | None = None


@dataclass(frozen=True, slots=True)
class StructureTest:
    """Parameters of the structure are tested."""

    value: tuple["ParameterTest", ...]


@dataclass(frozen=True, slots=True)
class ListTest:
    """Parameters of the items of the list are tested."""

    value: tuple["ParameterTest", ...]


@dataclass(frozen=True, slots=True)
class ParameterTest:
    """A test on the parameter of a number."""

    id: int
    test: ListTest | StructureTest | KeyTest | ElementTest


_CONDITION: Codec[Comparison | Presence] = choice(
    "RANParameter-TestingCondition",
    (Comparison, enumerated(Comparison, root=6)),
    (Presence, enumerated(Presence, root=4)),
    additions=(),
)
_TEST: Codec[ParameterTest] = recursive("RANParameter-Testing-Item", lambda: PARAMETER_TEST)
_NESTED = sequence_of(_TEST, 1, MOST)
_KIND: Codec[ListTest | StructureTest | KeyTest | ElementTest] = choice(
    "RAN parameter type",
    (ListTest, wrapped(ListTest, boxed(_NESTED))),
    (StructureTest, wrapped(StructureTest, boxed(_NESTED))),
    (KeyTest, sequence(KeyTest, field("value", PARAMETER_VALUE), additions=())),
    (
        ElementTest,
        sequence(
            ElementTest,
            field("condition", _CONDITION),
            optional("value", PARAMETER_VALUE),
            optional("logical_or", LOGICAL_OR),
            additions=(),
        ),
    ),
    additions=(),
)
PARAMETER_TEST: Codec[ParameterTest] = sequence(
    ParameterTest, field("id", PARAMETER_ID), field("test", _KIND), additions=()
)
PARAMETER_TESTS: Codec[tuple[ParameterTest, ...]] = sequence_of(PARAMETER_TEST, 1, _MOST_TESTS)


@dataclass(frozen=True, slots=True)
class OneCell:
    """One cell by its identity."""

    cell: Cgi


@dataclass(frozen=True, slots=True)
class CellGroup:
    """Every cell that passes the tests."""

    tests: tuple[ParameterTest, ...]


@dataclass(frozen=True, slots=True)
class CellChoice:
    """Cells that an event is about, under a number that indications refer to."""

    id: int
    cells: OneCell | CellGroup
    logical_or: bool | None = None


_CELLS: Codec[OneCell | CellGroup] = choice(
    "cellType",
    (OneCell, sequence(OneCell, field("cell", CGI), additions=())),
    (CellGroup, sequence(CellGroup, field("tests", PARAMETER_TESTS), additions=())),
    additions=(),
)
CELL_CHOICES = boxed(
    sequence_of(
        sequence(
            CellChoice,
            field("id", SMALL_ID),
            field("cells", _CELLS),
            optional("logical_or", LOGICAL_OR),
            additions=(),
        ),
        1,
        MOST,
    )
)


@dataclass(frozen=True, slots=True)
class OneUe:
    """One UE by its identity, if it passes the tests."""

    ue: UeId
    tests: tuple[ParameterTest, ...] | None = None


@dataclass(frozen=True, slots=True)
class UeGroup:
    """Every UE that passes the tests."""

    tests: tuple[ParameterTest, ...]


@dataclass(frozen=True, slots=True)
class UeChoice:
    """UEs that an event is about, under a number that indications refer to."""

    id: int
    ues: OneUe | UeGroup
    logical_or: bool | None = None


_UES: Codec[OneUe | UeGroup] = choice(
    "ueType",
    (
        OneUe,
        sequence(OneUe, field("ue", UE_ID), optional("tests", PARAMETER_TESTS), additions=()),
    ),
    (UeGroup, sequence(UeGroup, field("tests", PARAMETER_TESTS), additions=())),
    additions=(),
)
UE_CHOICES = boxed(
    sequence_of(
        sequence(
            UeChoice,
            field("id", SMALL_ID),
            field("ues", _UES),
            optional("logical_or", LOGICAL_OR),
            additions=(),
        ),
        1,
        MOST,
    )
)


@dataclass(frozen=True, slots=True)
class UeEvent:
    """An event of a UE by the number that clause 8 gives it."""

    id: int
    logical_or: bool | None = None


UE_EVENTS = boxed(
    sequence_of(
        sequence(UeEvent, field("id", SMALL_ID), optional("logical_or", LOGICAL_OR), additions=()),
        1,
        MOST,
    )
)
