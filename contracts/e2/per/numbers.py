"""INTEGER, ENUMERATED, BOOLEAN and NULL (X.691 12 to 14, 24)."""

from enum import Enum
from typing import TypeVar

from contracts.e2.per._bits import (
    PerError,
    Reader,
    put_bits,
    put_counted,
    put_small,
    take_bit,
    take_counted,
    take_small,
)
from contracts.e2.per.codec import Codec

E = TypeVar("E", bound=Enum)
MAX_INTEGER_OCTETS = 32


def integer(
    low: int | None = None, high: int | None = None, *, extensible: bool = False
) -> Codec[int]:
    """INTEGER within ``low`` and ``high``; None means no bound on that side.

    Args:
        low: smallest value of the root.
        high: largest value of the root; without ``low`` it bounds nothing in PER.
        extensible: whether the constraint ends in ``...``.
    """
    root = _root_integer(low, high)
    return _extensible_integer(root, low, high) if extensible else root


def _root_integer(low: int | None, high: int | None) -> Codec[int]:
    if low is None:
        return _unconstrained(high)
    if high is None:
        return _semi_constrained(low)
    span = high - low
    if span < 255:
        return _bit_field(low, high)
    if span < 65_536:
        return _whole_octets(low, high, 1 if span == 255 else 2)
    return _long_integer(low, high)


def _bit_field(low: int, high: int) -> Codec[int]:
    span = high - low
    width = span.bit_length()
    mask = (1 << width) - 1
    shift = 16 - width

    def decode(reader: Reader) -> int:
        pos = reader.pos
        after = pos + width
        if after > reader.end:
            raise reader.short(width)
        first = pos >> 3
        data = reader.data
        value = ((data[first] << 8) | data[first + 1]) >> (shift - (pos & 7)) & mask
        if value > span:
            raise reader.fault(f"{low + value} is above {high}")
        reader.pos = after
        return low + value

    def encode(value: int, out: bytearray, free: int) -> int:
        if not low <= value <= high:
            raise _outside(value, low, high)
        return put_bits(out, free, value - low, width)

    return Codec(f"INTEGER ({low}..{high})", decode, encode, width)


def _whole_octets(low: int, high: int, octets: int) -> Codec[int]:
    def decode(reader: Reader) -> int:
        first = (reader.pos + 7) >> 3
        after = (first + octets) << 3
        if after > reader.end:
            raise reader.short(8 * octets)
        value = low + int.from_bytes(reader.data[first : first + octets], "big")
        if value > high:
            raise reader.fault(f"{value} is above {high}")
        reader.pos = after
        return value

    def encode(value: int, out: bytearray, _: int) -> int:
        if not low <= value <= high:
            raise _outside(value, low, high)
        out += (value - low).to_bytes(octets, "big")
        return 0

    return Codec(f"INTEGER ({low}..{high})", decode, encode)


def _long_integer(low: int, high: int) -> Codec[int]:
    """Range above 64K: how many octets, as a bit field, then the octets (X.691 11.5.7.4)."""
    most = ((high - low).bit_length() + 7) // 8
    width = (most - 1).bit_length()
    mask, shift = (1 << width) - 1, 16 - width

    def decode(reader: Reader) -> int:
        pos = reader.pos
        data = reader.data
        if pos + width > reader.end:
            raise reader.short(width)
        pair = (data[pos >> 3] << 8) | data[(pos >> 3) + 1]
        octets = (pair >> (shift - (pos & 7)) & mask) + 1
        first = (pos + width + 7) >> 3
        after = (first + octets) << 3
        if after > reader.end:
            raise reader.short(8 * octets)
        value = low + int.from_bytes(data[first : first + octets], "big")
        if value > high:
            raise reader.fault(f"{value} is above {high}")
        reader.pos = after
        return value

    def encode(value: int, out: bytearray, free: int) -> int:
        if not low <= value <= high:
            raise _outside(value, low, high)
        offset = value - low
        octets = (offset.bit_length() + 7) >> 3 or 1
        put_bits(out, free, octets - 1, width)
        out += offset.to_bytes(octets, "big")
        return 0

    return Codec(f"INTEGER ({low}..{high})", decode, encode)


def _semi_constrained(low: int) -> Codec[int]:
    def decode(reader: Reader) -> int:
        return low + int.from_bytes(_number_octets(reader), "big")

    def encode(value: int, out: bytearray, _: int) -> int:
        if value < low:
            raise PerError(f"{value} is below {low}")
        offset = value - low
        put_counted(out, _bounded(offset.to_bytes((offset.bit_length() + 7) // 8 or 1, "big")))
        return 0

    return Codec(f"INTEGER ({low}..MAX)", decode, encode)


def _unconstrained(high: int | None) -> Codec[int]:
    def decode(reader: Reader) -> int:
        value = int.from_bytes(_number_octets(reader), "big", signed=True)
        if high is not None and value > high:
            raise reader.fault(f"{value} is above {high}")
        return value

    def encode(value: int, out: bytearray, _: int) -> int:
        if high is not None and value > high:
            raise PerError(f"{value} is above {high}")
        bits = (value if value >= 0 else ~value).bit_length()
        put_counted(out, _bounded(value.to_bytes(bits // 8 + 1, "big", signed=True)))
        return 0

    return Codec("INTEGER" if high is None else f"INTEGER (MIN..{high})", decode, encode)


def _extensible_integer(root: Codec[int], low: int | None, high: int | None) -> Codec[int]:
    beyond = _unconstrained(None)

    def decode(reader: Reader) -> int:
        return beyond.decode(reader) if take_bit(reader) else root.decode(reader)

    def encode(value: int, out: bytearray, free: int) -> int:
        outside = (low is not None and value < low) or (high is not None and value > high)
        free = put_bits(out, free, int(outside), 1)
        return (beyond if outside else root).encode(value, out, free)

    return Codec(f"{root.name[:-1]}, ...)", decode, encode)


def enumerated(cls: type[E], root: int | None = None) -> Codec[E]:
    """ENUMERATED as an enum whose members stand in the order of the specification.

    Args:
        cls: the members of the root, then those behind the extension marker.
        root: how many stand in the root, where the type is extensible; None where it is not.
    """
    members = tuple(cls)
    index = {member: number for number, member in enumerate(members)}
    count = len(members) if root is None else root
    within = _bit_field(0, count - 1)
    decode_root, encode_root = within.decode, within.encode

    def decode(reader: Reader) -> E:
        return members[decode_root(reader)]

    def encode(value: E, out: bytearray, free: int) -> int:
        return encode_root(index[value], out, free)

    def decode_extensible(reader: Reader) -> E:
        if not take_bit(reader):
            return members[decode_root(reader)]
        number = count + take_small(reader)
        if number >= len(members):
            raise reader.fault(f"{cls.__name__} has no value number {number}")
        return members[number]

    def encode_extensible(value: E, out: bytearray, free: int) -> int:
        number = index[value]
        if number < count:
            return encode_root(number, out, put_bits(out, free, 0, 1))
        return put_small(out, put_bits(out, free, 1, 1), number - count)

    if root is None:
        return Codec(cls.__name__, decode, encode, within.width)
    return Codec(cls.__name__, decode_extensible, encode_extensible)


def boolean() -> Codec[bool]:
    """BOOLEAN, one bit."""
    return Codec(
        "BOOLEAN",
        lambda reader: bool(take_bit(reader)),
        lambda value, out, free: put_bits(out, free, int(value), 1),
        1,
    )


def null() -> Codec[None]:
    """NULL, no bits."""
    return Codec("NULL", lambda _: None, lambda _, __, free: free, 0)


def _number_octets(reader: Reader) -> bytes:
    octets = take_counted(reader)
    if not 1 <= len(octets) <= MAX_INTEGER_OCTETS:
        raise reader.fault(f"an INTEGER of {len(octets)} octets is not allowed")
    return octets


def _bounded(octets: bytes) -> bytes:
    if len(octets) > MAX_INTEGER_OCTETS:
        raise PerError(f"an INTEGER of {len(octets)} octets is not allowed")
    return octets


def _outside(value: int, low: int, high: int) -> PerError:
    return PerError(f"{value} is outside {low} to {high}")
