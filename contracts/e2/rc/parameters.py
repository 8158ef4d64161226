"""RAN parameters: a tree of elements, structures and lists, by number (E2SM-RC clause 9.3).

A slice's share of the downlink, as it is written here ::

    parameter(1, many(structure(parameter(11, element(10)), parameter(12, element(60)))))

Numbers are those that clause 8 gives each parameter of an action. Elements whose key flag is TRUE
name what is meant, the others what is to be so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.e2.common.function import NAME
from contracts.e2.common.shapes import boxed
from contracts.e2.per import (
    Bits,
    Codec,
    bit_string,
    boolean,
    choice,
    default,
    field,
    integer,
    octet_string,
    optional,
    printable_string,
    real,
    recursive,
    sequence,
    sequence_of,
)

PARAMETER_ID = integer(1, (1 << 32) - 1, extensible=True)
MOST = 65_535
"""Parameters in a structure, items in a list."""

ParameterValue = bool | int | float | Bits | bytes | str
PARAMETER_VALUE: Codec[ParameterValue] = choice(
    "RANParameter-Value",
    (bool, boolean()),
    (int, integer()),
    (float, real()),
    (Bits, bit_string()),
    (bytes, octet_string()),
    (str, printable_string()),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class KeyElement:
    """An element that names what is meant (key flag TRUE)."""

    value: ParameterValue


@dataclass(frozen=True, slots=True)
class Element:
    """An element that says what is or is to be so (key flag FALSE); controls give its value."""

    value: ParameterValue | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """Parameters that belong together."""

    parameters: tuple["Parameter", ...] = ()

    def __iter__(self) -> Iterator["Parameter"]:
        """The parameters, in the order of the message."""
        return iter(self.parameters)

    def find(self, number: int) -> "ParameterTree | None":
        """The parameter of a number, or None."""
        return next((one.value for one in self.parameters if one.id == number), None)


@dataclass(frozen=True, slots=True)
class List:
    """Structures of one kind."""

    items: tuple[Structure, ...]


ParameterTree = KeyElement | Element | Structure | List


@dataclass(frozen=True, slots=True)
class Parameter:
    """A RAN parameter: its number and what it is."""

    id: int
    value: ParameterTree


_TREE: Codec[ParameterTree] = recursive("RANParameter-ValueType", lambda: PARAMETER_TREE)
PARAMETER: Codec[Parameter] = sequence(
    Parameter, field("id", PARAMETER_ID), field("value", _TREE), additions=()
)
_STRUCTURE: Codec[Structure] = sequence(
    Structure, default("parameters", sequence_of(PARAMETER, 1, MOST), ()), additions=()
)
_LIST: Codec[List] = sequence(List, field("items", sequence_of(_STRUCTURE, 1, MOST)), additions=())
PARAMETER_TREE: Codec[ParameterTree] = choice(
    "RANParameter-ValueType",
    (KeyElement, sequence(KeyElement, field("value", PARAMETER_VALUE), additions=())),
    (Element, sequence(Element, optional("value", PARAMETER_VALUE), additions=())),
    (Structure, boxed(_STRUCTURE)),
    (List, boxed(_LIST)),
    additions=(),
)


@dataclass(frozen=True, slots=True)
class StructureDefinition:
    """Which parameters a structure may have."""

    parameters: tuple["ParameterDefinition", ...]


@dataclass(frozen=True, slots=True)
class ListDefinition:
    """Which parameters the structures of a list may have."""

    parameters: tuple["ParameterDefinition", ...]


Definition = ListDefinition | StructureDefinition


@dataclass(frozen=True, slots=True)
class ParameterDefinition:
    """A parameter that a node knows: number, name, and what it consists of."""

    id: int
    name: str
    definition: Definition | None = None


_DEFINITION: Codec[Definition] = recursive("RANParameter-Definition", lambda: DEFINITION)
_MEMBER = sequence(
    ParameterDefinition,
    field("id", PARAMETER_ID),
    field("name", NAME),
    optional("definition", _DEFINITION),
    additions=(),
)
_MEMBERS = sequence_of(_MEMBER, 1, MOST)
_DEFINITION_CHOICE: Codec[Definition] = choice(
    "RANParameter-Definition-Choice",
    (ListDefinition, sequence(ListDefinition, field("parameters", _MEMBERS), additions=())),
    (
        StructureDefinition,
        sequence(StructureDefinition, field("parameters", _MEMBERS), additions=()),
    ),
    additions=(),
)
DEFINITION: Codec[Definition] = boxed(_DEFINITION_CHOICE)


def known_parameters(most: int) -> Codec[tuple[ParameterDefinition, ...]]:
    """Parameters in a RAN function definition: what they consist of came behind the marker."""
    return sequence_of(
        sequence(
            ParameterDefinition,
            field("id", PARAMETER_ID),
            field("name", NAME),
            additions=(optional("definition", DEFINITION),),
        ),
        1,
        most,
    )


KNOWN_PARAMETERS = known_parameters(MOST)
QUERY_PARAMETERS = _MEMBERS


@dataclass(frozen=True, slots=True)
class ParameterRequest:
    """A parameter that is asked for, and how much of it."""

    id: int
    definition: Definition | None = None


PARAMETER_REQUESTS = sequence_of(
    sequence(
        ParameterRequest,
        field("id", PARAMETER_ID),
        additions=(optional("definition", DEFINITION),),
    ),
    1,
    MOST,
)


@dataclass(frozen=True, slots=True)
class ParameterResult:
    """The value of a parameter after a control."""

    id: int
    value: ParameterValue


PARAMETER_RESULT = sequence(
    ParameterResult, field("id", PARAMETER_ID), field("value", PARAMETER_VALUE), additions=()
)


def parameter(number: int, value: ParameterTree) -> Parameter:
    """A parameter by its number."""
    return Parameter(number, value)


def structure(*parameters: Parameter) -> Structure:
    """A structure of these parameters."""
    return Structure(parameters)


def many(*items: Structure) -> List:
    """A list of these structures."""
    return List(items)


def element(value: ParameterValue) -> Element:
    """An element that is to have this value."""
    return Element(value)


def key(value: ParameterValue) -> KeyElement:
    """An element that names what is meant by this value."""
    return KeyElement(value)
