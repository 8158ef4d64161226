"""BIT STRING (X.691 16)."""

from collections.abc import Callable
from typing import NamedTuple

from contracts.e2.per._bits import (
    FRAGMENT,
    PerError,
    Reader,
    check_size,
    put_bits,
    put_length,
    size_bounds,
    sized,
    take_bit,
    take_bits,
    take_length,
)
from contracts.e2.per.codec import Codec


class Bits(NamedTuple):
    """A bit string whose size is not fixed.

    Attributes:
        value: the bits as an unsigned number, first bit most significant.
        size: how many there are.
    """

    value: int
    size: int


TakeBits = Callable[[Reader], Bits]
PutBits = Callable[[Bits, bytearray, int], int]


def fixed_bits(size: int) -> Codec[int]:
    """BIT STRING (SIZE(size)) as an unsigned number, first bit most significant."""
    aligned = size > 16

    def decode(reader: Reader) -> int:
        if aligned:
            reader.pos = (reader.pos + 7) & ~7
        return take_bits(reader, size)

    def encode(value: int, out: bytearray, free: int) -> int:
        if value < 0 or value >> size:
            raise PerError(f"{value} does not fit into {size} bits")
        return put_bits(out, 0 if aligned else free, value, size)

    return Codec(f"BIT STRING (SIZE({size}))", decode, encode, None if aligned else size)


def bit_string(low: int = 0, high: int | None = None, *, extensible: bool = False) -> Codec[Bits]:
    """BIT STRING of ``low`` to ``high`` bits, below 16K of them."""
    take, put = _bits_within(low, high)
    if extensible:
        take, put = _extensible_bits(low, high, take, put)

    def decode(reader: Reader) -> Bits:
        return take(reader)

    def encode(value: Bits, out: bytearray, free: int) -> int:
        if value.value < 0 or value.value >> value.size:
            raise PerError(f"{value.value} does not fit into {value.size} bits")
        return put(value, out, free)

    return Codec(f"BIT STRING ({size_bounds(low, high)})", decode, encode)


def _bits_within(low: int, high: int | None) -> tuple[TakeBits, PutBits]:
    bounds = sized(low, high)
    if bounds is None:
        return _bits_general(low, high)
    take_size, put_size = bounds
    top = low if high is None else high
    aligned = low != high or low > 16

    def take(reader: Reader) -> Bits:
        size = take_size(reader)
        if aligned and size:
            reader.pos = (reader.pos + 7) & ~7
        return Bits(take_bits(reader, size), size)

    def put(value: Bits, out: bytearray, free: int) -> int:
        check_size(value.size, low, top)
        free = put_size(out, free, value.size)
        return put_bits(out, 0 if aligned and value.size else free, value.value, value.size)

    return take, put


def _bits_general(low: int, high: int | None) -> tuple[TakeBits, PutBits]:
    def take(reader: Reader) -> Bits:
        size = take_length(reader)
        if size < 0:
            raise reader.fault("a BIT STRING of 16K bits or more is not supported")
        if size < low or (high is not None and size > high):
            raise reader.fault(f"size {size} is outside {size_bounds(low, high)}")
        return Bits(take_bits(reader, size), size)

    def put(value: Bits, out: bytearray, _: int) -> int:
        check_size(value.size, low, FRAGMENT - 1 if high is None else min(high, FRAGMENT - 1))
        put_length(out, value.size)
        return put_bits(out, 0, value.value, value.size)

    return take, put


def _extensible_bits(
    low: int, high: int | None, take: TakeBits, put: PutBits
) -> tuple[TakeBits, PutBits]:
    take_any, put_any = _bits_general(0, None)

    def take_extensible(reader: Reader) -> Bits:
        return take_any(reader) if take_bit(reader) else take(reader)

    def put_extensible(value: Bits, out: bytearray, free: int) -> int:
        outside = value.size < low or (high is not None and value.size > high)
        free = put_bits(out, free, int(outside), 1)
        return put_any(value, out, free) if outside else put(value, out, free)

    return take_extensible, put_extensible
