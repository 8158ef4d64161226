"""Messages as lists of information elements (E2AP 9.3.6): id, criticality, open type."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, TypeVar, cast

from contracts.e2.ap.version import Criticality, E2apMessage, RawIe
from contracts.e2.per import (
    Codec,
    PerError,
    Reader,
    open_type,
    raw_open_type,
    sequence_of,
    skip_additions,
)

T = TypeVar("T")

REJECT, IGNORE = Criticality.REJECT, Criticality.IGNORE
FALSELY_CONSTRUCTED = "e2.falsely_constructed"
MISSING_ELEMENT = "e2.missing_element"
_CRITICALITIES = tuple(Criticality)
_RAW = raw_open_type()

Encode = Callable[[Any, bytearray, int], int]
MessageCodec: TypeAlias = tuple[type[E2apMessage], Codec[E2apMessage]]


@dataclass(frozen=True, slots=True)
class Ie:
    """One element of a message.

    Attributes:
        id: protocol IE id.
        criticality: as the specification gives it.
        name: of the message's field.
        codec: of the value.
        mandatory: whether the message is wrong without it; else None stands for absence.
    """

    id: int
    criticality: Criticality
    name: str
    codec: Codec[Any]
    mandatory: bool


def ie(id_: int, criticality: Criticality, name: str, codec: Codec[Any]) -> Ie:
    """A mandatory element."""
    return Ie(id_, criticality, name, codec, mandatory=True)


def maybe(id_: int, criticality: Criticality, name: str, codec: Codec[Any]) -> Ie:
    """An optional element."""
    return Ie(id_, criticality, name, codec, mandatory=False)


def message(cls: type[E2apMessage], *elements: Ie) -> MessageCodec:
    """A message: an extensible SEQUENCE of a container of elements.

    Elements are taken in any order and written in that of the specification. A repeated or a
    missing mandatory element makes the message malformed (E2AP 10.3.5, 10.3.6).
    """
    take = _taker(elements)
    put = _putter(cls, elements)

    def decode(reader: Reader) -> E2apMessage:
        extended = take_message_head(reader)
        values = take(reader)
        if extended:
            skip_additions(reader)
        return cls(**values)

    def encode(value: E2apMessage, out: bytearray, _: int) -> int:
        out.append(0)
        put(value, out)
        return 0

    return cls, Codec(cls.__name__, decode, encode)


def take_message_head(reader: Reader) -> bool:
    """Read the extension bit, and step to the octet behind it."""
    first = (reader.pos + 7) >> 3
    after = (first + 1) << 3
    if after > reader.end:
        raise reader.short(8)
    reader.pos = after
    return reader.data[first] & 0x80 != 0


def take_ie_head(reader: Reader) -> tuple[int, Criticality]:
    """Read an element's id and criticality; the open type of its value follows."""
    first = (reader.pos + 7) >> 3
    after = (first + 3) << 3
    if after > reader.end:
        raise reader.short(24)
    data = reader.data
    criticality = data[first + 2] >> 6
    if criticality == 3:
        raise reader.fault("there is no criticality 3")
    reader.pos = after
    return (data[first] << 8) | data[first + 1], _CRITICALITIES[criticality]


def take_count(reader: Reader) -> int:
    """Read how many elements a container has."""
    first = (reader.pos + 7) >> 3
    after = (first + 2) << 3
    if after > reader.end:
        raise reader.short(16)
    reader.pos = after
    return (reader.data[first] << 8) | reader.data[first + 1]


def _taker(elements: tuple[Ie, ...]) -> Callable[[Reader], dict[str, Any]]:
    known = {one.id: (one.name, open_type(one.codec).decode) for one in elements}
    mandatory = [one for one in elements if one.mandatory]

    def take(reader: Reader) -> dict[str, Any]:
        values: dict[str, Any] = {}
        unknown: list[RawIe] = []
        for index in range(take_count(reader)):
            id_, criticality = take_ie_head(reader)
            element = known.get(id_)
            if element is None:
                unknown.append(RawIe(id_, criticality, _RAW.decode(reader), index))
                continue
            name, decode = element
            if name in values:
                raise reader.fault(f"element {id_} ({name}) stands twice", FALSELY_CONSTRUCTED)
            try:
                values[name] = decode(reader)
            except PerError as fault:
                fault.path.append(name)
                raise
        for one in mandatory:
            if one.name not in values:
                reason = f"mandatory element {one.id} ({one.name}) is missing"
                raise reader.fault(reason, MISSING_ELEMENT)
        if unknown:
            values["unknown"] = tuple(unknown)
        return values

    return take


def _putter(cls: type, elements: tuple[Ie, ...]) -> Callable[[E2apMessage, bytearray], None]:
    parts = [
        (
            one.name,
            element_head(one.id, one.criticality),
            open_type(one.codec).encode,
            one.mandatory,
        )
        for one in elements
    ]
    names = {one.name for one in elements} | {"unknown"}
    elsewhere = [one.name for one in fields(cls) if one.name not in names]

    def put_element(name: str, encode: Encode, inner: Any, out: bytearray) -> None:
        try:
            encode(inner, out, 0)
        except PerError as fault:
            fault.path.append(name)
            raise

    def put(value: E2apMessage, out: bytearray) -> None:
        chunks: list[bytearray] = []
        for name, head, encode, mandatory in parts:
            inner = getattr(value, name)
            if inner is not None or mandatory:
                chunk = bytearray(head)
                put_element(name, encode, inner, chunk)
                chunks.append(chunk)
        for name in elsewhere:
            if getattr(value, name) is not None:
                raise PerError(f"this version has no {name}")
        for raw in sorted(value.unknown, key=lambda one: one.index):
            chunk = bytearray(element_head(raw.id, raw.criticality))
            _RAW.encode(raw.octets, chunk, 0)
            chunks.insert(raw.index, chunk)
        out += len(chunks).to_bytes(2, "big")
        for chunk in chunks:
            out += chunk

    return put


def single(id_: int, criticality: Criticality, codec: Codec[T]) -> Codec[T]:
    """An item of a list, which E2AP wraps as one element with a fixed id (9.3.6)."""
    inner = open_type(codec)
    head = element_head(id_, criticality)

    def decode(reader: Reader) -> T:
        take_item_head(reader, id_)
        return inner.decode(reader)

    def encode(value: T, out: bytearray, _: int) -> int:
        out += head
        return inner.encode(value, out, 0)

    return Codec(codec.name, decode, encode)


def as_sent(id_: int, codec: Codec[T]) -> Codec[T]:
    """Such an item whose value has a field ``criticality``: what peers sent is sent again."""
    inner = open_type(codec)

    def decode(reader: Reader) -> T:
        criticality = take_item_head(reader, id_)
        value: Any = inner.decode(reader)
        same = value.criticality == criticality
        return cast(T, value if same else replace(value, criticality=criticality))

    def encode(value: Any, out: bytearray, _: int) -> int:
        out += element_head(id_, value.criticality)
        specified = type(value).__dataclass_fields__["criticality"].default
        return inner.encode(replace(value, criticality=specified), out, 0)

    return Codec(codec.name, decode, encode)


def list_of(
    id_: int, criticality: Criticality, codec: Codec[T], low: int, high: int
) -> Codec[tuple[T, ...]]:
    """A list of such items."""
    return sequence_of(single(id_, criticality, codec), low, high)


def take_item_head(reader: Reader, id_: int) -> Criticality:
    """Read the head of an item that must have this id."""
    found, criticality = take_ie_head(reader)
    if found != id_:
        reason = f"element {found} stands where {id_} is expected"
        raise reader.fault(reason, FALSELY_CONSTRUCTED)
    return criticality


def element_head(id_: int, criticality: Criticality) -> bytes:
    """Id and criticality as octets; the open type follows."""
    return bytes((id_ >> 8, id_ & 0xFF, criticality << 6))
