"""JSON octet strings to typed values and back: strict, bounded, unknown members kept."""

import json
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from contracts.errors import RanwrightError

MAX_OCTETS = 4 * 1024 * 1024
"""Longest document that is read; 1 024 cells with every structure need about half of it."""

_SHOWN_PROBLEMS = 4

_Item = TypeVar("_Item")
Items = Annotated[tuple[_Item, ...], Field(strict=False)]
"""A JSON array: a tuple that a list may become, its items strict."""


class CccModel(BaseModel):
    """An object of clause 9.4.2: members spelled as in the schema, unknown members kept."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="allow",
        allow_inf_nan=False,
        alias_generator=to_camel,
        populate_by_name=True,
    )

    @model_serializer(mode="wrap")
    def _without_absent_members(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        unknown = self.model_extra or {}
        return {k: v for k, v in dump(self).items() if v is not None or k in unknown}


class Document(CccModel):
    """What travels in one octet string of E2AP."""

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read a document.

        Raises:
            RanwrightError: ``e2.ccc.malformed``, not JSON or not of this type; the message names
                the members at fault.
        """
        value = _parse(octets, cls.__name__)
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            _refuse(cls.__name__, _problems(error))

    def encode(self) -> bytes:
        """The document as compact JSON in UTF-8; members in the order of the schema."""
        value = self.model_dump(mode="json", by_alias=True)
        return json.dumps(
            value, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()


def _parse(octets: bytes, name: str) -> Any:
    if len(octets) > MAX_OCTETS:
        _refuse(name, f"{len(octets)} octets, more than {MAX_OCTETS}")
    try:
        value = json.loads(octets.decode(), object_pairs_hook=_members, parse_constant=_no_constant)
        if b"\\ud" in octets.lower():
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
        return value
    except RecursionError:
        _refuse(name, "nested too deeply")
    except ValueError as error:
        _refuse(name, f"not JSON: {error}")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has a member twice")
    return members


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False)
    shown = [f"{'.'.join(map(str, p['loc'])) or '(root)'}: {p['msg']}" for p in problems]
    more = len(shown) - _SHOWN_PROBLEMS
    return "; ".join(shown[:_SHOWN_PROBLEMS]) + (f"; {more} more" if more > 0 else "")


def _refuse(name: str, problem: str) -> NoReturn:
    raise RanwrightError(
        "e2.ccc.malformed",
        f"This is no E2SM-CCC {name}: {problem}.",
        "Compare the document with clause 9.4.2 of E2SM-CCC; a control request of this kind is"
        " answered with the cause JsonError.",
    )
