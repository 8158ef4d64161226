"""The parts a SEQUENCE is declared from."""

from dataclasses import dataclass
from typing import Any

from contracts.e2.per.codec import Codec


@dataclass(frozen=True, slots=True)
class Field:
    """One component.

    Attributes:
        name: of the dataclass's field.
        codec: of its value.
        optional: whether it may be missing; the value is then ``default``.
        default: None for OPTIONAL; for DEFAULT the value that is not sent.
    """

    name: str
    codec: Codec[Any]
    optional: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Components that were added together behind the extension marker: ``[[ ... ]]``."""

    fields: tuple[Field, ...]


def field(name: str, codec: Codec[Any]) -> Field:
    """A mandatory component. Behind the extension marker it may be missing: None."""
    return Field(name, codec)


def optional(name: str, codec: Codec[Any]) -> Field:
    """An OPTIONAL component: None where it is missing."""
    return Field(name, codec, optional=True)


def default(name: str, codec: Codec[Any], value: Any) -> Field:
    """A component with DEFAULT ``value``, which is not sent (canonical PER)."""
    return Field(name, codec, optional=True, default=value)


def group(*fields: Field) -> Group:
    """Components added together; all are None (or their default) where the group is missing."""
    return Group(fields)
