"""Shapes that the service models use throughout: flags, items of one component, keyed choices."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from contracts.e2.per import Codec, PerError, Reader, choice, wrapped
from contracts.e2.per._additions import Additions
from contracts.e2.per._bits import put_bits, take_bit

T = TypeVar("T")


def _take_flag(reader: Reader) -> bool:
    if take_bit(reader):
        raise reader.fault("a flag has no other value than true")
    return True


def _put_flag(value: bool, out: bytearray, free: int) -> int:
    if value is not True:
        raise PerError("a flag is true or missing")
    return put_bits(out, free, 0, 1)


FLAG: Codec[bool] = Codec("ENUMERATED {true, ...}", _take_flag, _put_flag, 1)
"""ENUMERATED {true, ...}: what it marks is so, or it is missing."""


def boxed(inner: Codec[T]) -> Codec[T]:
    """An extensible SEQUENCE of one mandatory component, seen as that component.

    Additions that a later version may have put behind it are skipped.
    """
    decode_inner, encode_inner = inner.decode, inner.encode
    additions = Additions(object, ())

    def decode(reader: Reader) -> T:
        pos = reader.pos
        if pos >= reader.end:
            raise reader.short(1)
        reader.pos = pos + 1
        if not reader.data[pos >> 3] >> (7 - (pos & 7)) & 1:
            return decode_inner(reader)
        value = decode_inner(reader)
        additions.take(reader)
        return value

    def encode(value: T, out: bytearray, free: int) -> int:
        return encode_inner(value, out, put_bits(out, free, 0, 1))

    return Codec(inner.name, decode, encode)


def frequent(inner: Codec[T], value: T) -> Codec[T]:
    """``inner`` with a short cut for one value, whose encoding must not be octet-aligned anywhere.

    The bits of that value are compared at once; all others take the long way.
    """
    octets = bytearray()
    spare = inner.encode(value, octets, 0)
    width = 8 * len(octets) - spare
    bits = int.from_bytes(octets, "big") >> spare
    mask = (1 << width) - 1
    reach = (width + 14) >> 3
    shift = 8 * reach - width
    decode_inner, encode_inner = inner.decode, inner.encode

    def decode(reader: Reader) -> T:
        pos = reader.pos
        first = pos >> 3
        window = int.from_bytes(reader.data[first : first + reach], "big")
        if window >> (shift - (pos & 7)) & mask == bits and pos + width <= reader.end:
            reader.pos = pos + width
            return value
        return decode_inner(reader)

    def encode(given: T, out: bytearray, free: int) -> int:
        if given is value or given == value:
            return put_bits(out, free, bits, width)
        return encode_inner(given, out, free)

    return Codec(inner.name, decode, encode)


def constant(inner: Codec[Any], sent: Any, value: T) -> Codec[T]:
    """A component that says nothing but that it is there: ``value`` for ``sent``."""

    def decode(reader: Reader) -> T:
        inner.decode(reader)
        return value

    def encode(_: T, out: bytearray, free: int) -> int:
        return inner.encode(sent, out, free)

    return Codec(inner.name, decode, encode, inner.width)


def keyed_choice(
    name: str,
    key: Callable[[T], Hashable],
    *root: tuple[Hashable, Codec[Any]],
    additions: tuple[tuple[Hashable, Codec[Any]], ...] | None = None,
) -> Codec[T]:
    """CHOICE whose alternatives are told apart by a key of the value, not by its type.

    Args:
        name: what messages call it.
        key: gives the key of a value.
        root: keys and codecs in the order of the specification.
        additions: those behind the extension marker; None where there is no marker.
    """
    kinds: dict[Hashable, Any] = {k: _holder() for k, _ in (*root, *(additions or ()))}
    inner = choice(
        name,
        *((kinds[k], wrapped(kinds[k], c)) for k, c in root),
        additions=None
        if additions is None
        else tuple((kinds[k], wrapped(kinds[k], c)) for k, c in additions),
    )

    def decode(reader: Reader) -> T:
        value: T = inner.decode(reader).value
        return value

    def encode(value: T, out: bytearray, free: int) -> int:
        kind = kinds.get(key(value))
        if kind is None:
            raise PerError(f"{value!r} is no alternative of {name}")
        return inner.encode(kind(value), out, free)

    return Codec(name, decode, encode)


def sole(name: str, inner: Codec[T]) -> Codec[T]:
    """An extensible CHOICE that has one alternative, seen as that alternative."""
    return keyed_choice(name, lambda _: None, (None, inner), additions=())


def _holder() -> type:
    @dataclass(frozen=True, slots=True)
    class Held:
        value: Any

    return Held
