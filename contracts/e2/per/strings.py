"""BIT STRING, OCTET STRING and the character strings (X.691 16, 17, 30)."""

from collections.abc import Callable
from typing import NamedTuple

from contracts.e2.per._bits import (
    FRAGMENT,
    PerError,
    Reader,
    put_bits,
    put_counted,
    put_length,
    sized,
    take_bit,
    take_bits,
    take_counted,
    take_length,
    take_octets,
)
from contracts.e2.per.codec import Codec

Take = Callable[[Reader], bytes]
Put = Callable[[bytes, bytearray, int], int]


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

    return Codec(f"BIT STRING ({_bounds(low, high)})", decode, encode)


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
        _check_size(value.size, low, top)
        free = put_size(out, free, value.size)
        return put_bits(out, 0 if aligned and value.size else free, value.value, value.size)

    return take, put


def _bits_general(low: int, high: int | None) -> tuple[TakeBits, PutBits]:
    def take(reader: Reader) -> Bits:
        size = take_length(reader)
        if size < 0:
            raise reader.fault("a BIT STRING of 16K bits or more is not supported")
        if size < low or (high is not None and size > high):
            raise reader.fault(f"size {size} is outside {_bounds(low, high)}")
        return Bits(take_bits(reader, size), size)

    def put(value: Bits, out: bytearray, _: int) -> int:
        _check_size(value.size, low, FRAGMENT - 1 if high is None else min(high, FRAGMENT - 1))
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


def octet_string(
    low: int = 0, high: int | None = None, *, extensible: bool = False
) -> Codec[bytes]:
    """OCTET STRING of ``low`` to ``high`` octets."""
    return _octets("OCTET STRING", low, high, extensible, unaligned_octets=2)


def printable_string(
    low: int = 0, high: int | None = None, *, extensible: bool = False
) -> Codec[str]:
    """PrintableString of ``low`` to ``high`` characters.

    Any ASCII character is taken: peers send ``_`` and ``/`` in names, which X.680 does not list.
    """
    return _text("PrintableString", "ascii", _octets("", low, high, extensible, 2))


def visible_string(
    low: int = 0, high: int | None = None, *, extensible: bool = False
) -> Codec[str]:
    """VisibleString of ``low`` to ``high`` characters, eight bits each in aligned PER."""
    return _text("VisibleString", "ascii", _octets("", low, high, extensible, 2))


def utf8_string() -> Codec[str]:
    """UTF8String: its bounds, if any, are not seen by PER."""
    return _text("UTF8String", "utf-8", _octets("", 0, None, False, 0))


def _text(name: str, charset: str, octets: Codec[bytes]) -> Codec[str]:
    decode_octets, encode_octets = octets.decode, octets.encode

    def decode(reader: Reader) -> str:
        raw = decode_octets(reader)
        try:
            return raw.decode(charset)
        except UnicodeDecodeError as error:
            raise reader.fault(f"characters are not {charset}: {raw[:40]!r}") from error

    def encode(value: str, out: bytearray, free: int) -> int:
        try:
            raw = value.encode(charset)
        except UnicodeEncodeError as error:
            raise PerError(f"characters are not {charset}: {value[:40]!r}") from error
        return encode_octets(raw, out, free)

    return Codec(f"{name}{octets.name}", decode, encode)


def _octets(
    name: str, low: int, high: int | None, extensible: bool, unaligned_octets: int
) -> Codec[bytes]:
    """Octets of a size within bounds; a fixed size up to ``unaligned_octets`` is not aligned."""
    if low == high and low <= unaligned_octets:
        take, put = _few(low)
    elif high is None or high >= 65_536:
        take, put = _general(low, high)
    elif 0 < high - low < 255:
        take, put = _short(low, high, extensible)
        extensible = False
    else:
        take, put = _bounded(low, high)
    if extensible:
        take, put = _extensible(low, high, take, put)
    return Codec(f"{name} ({_bounds(low, high)})", take, put)


def _few(size: int) -> tuple[Take, Put]:
    bits = 8 * size

    def take(reader: Reader) -> bytes:
        return take_bits(reader, bits).to_bytes(size, "big")

    def put(value: bytes, out: bytearray, free: int) -> int:
        if len(value) != size:
            raise _wrong_size(len(value), size, size)
        return put_bits(out, free, int.from_bytes(value, "big"), bits)

    return take, put


def _general(low: int, high: int | None) -> tuple[Take, Put]:
    def take(reader: Reader) -> bytes:
        value = take_counted(reader)
        if len(value) < low or (high is not None and len(value) > high):
            raise reader.fault(f"size {len(value)} is outside {_bounds(low, high)}")
        return value

    def put(value: bytes, out: bytearray, _: int) -> int:
        if len(value) < low or (high is not None and len(value) > high):
            raise _wrong_size(len(value), low, high)
        put_counted(out, value)
        return 0

    return take, put


def _bounded(low: int, high: int) -> tuple[Take, Put]:
    bounds = sized(low, high)
    assert bounds is not None
    take_size, put_size = bounds

    def take(reader: Reader) -> bytes:
        size = take_size(reader)
        return take_octets(reader, size) if size else b""

    def put(value: bytes, out: bytearray, free: int) -> int:
        size = len(value)
        _check_size(size, low, high)
        free = put_size(out, free, size)
        if not size:
            return free
        out += value
        return 0

    return take, put


def _short(low: int, high: int, extensible: bool) -> tuple[Take, Put]:
    """A size of at most eight bits, read together with the bit of the extension marker."""
    return _short_take(low, high, extensible), _short_put(low, high, extensible)


def _short_take(low: int, high: int, extensible: bool) -> Take:
    bits = (high - low).bit_length()
    head = bits + extensible
    mask, shift = (1 << head) - 1, 16 - head
    take_any, _ = _general(0, None)

    def odd(reader: Reader, size: int) -> bytes:
        if not size:
            reader.pos += head
            return b""
        if not extensible or not size - low >> bits:
            raise reader.fault(f"size {size} is above {high}")
        reader.pos += 1
        return take_any(reader)

    def take(reader: Reader) -> bytes:
        pos = reader.pos
        if pos + head > reader.end:
            raise reader.short(head)
        data = reader.data
        pair = (data[pos >> 3] << 8) | data[(pos >> 3) + 1]
        size = (pair >> (shift - (pos & 7)) & mask) + low
        if size > high or not size:
            return odd(reader, size)
        first = (pos + head + 7) >> 3
        after = (first + size) << 3
        if after > reader.end:
            raise reader.short(8 * size)
        reader.pos = after
        return data[first : first + size]

    return take


def _short_put(low: int, high: int, extensible: bool) -> Put:
    head = (high - low).bit_length() + extensible
    _, put_any = _general(0, None)

    def put(value: bytes, out: bytearray, free: int) -> int:
        size = len(value)
        if not low <= size <= high:
            if not extensible:
                raise _wrong_size(size, low, high)
            return put_any(value, out, put_bits(out, free, 1, 1))
        free = put_bits(out, free, size - low, head)
        if not size:
            return free
        out += value
        return 0

    return put


def _extensible(low: int, high: int | None, take: Take, put: Put) -> tuple[Take, Put]:
    take_any, put_any = _general(0, None)

    def take_extensible(reader: Reader) -> bytes:
        return take_any(reader) if take_bit(reader) else take(reader)

    def put_extensible(value: bytes, out: bytearray, free: int) -> int:
        outside = len(value) < low or (high is not None and len(value) > high)
        free = put_bits(out, free, int(outside), 1)
        return put_any(value, out, free) if outside else put(value, out, free)

    return take_extensible, put_extensible


def _bounds(low: int, high: int | None) -> str:
    if low == high:
        return f"SIZE({low})"
    return f"SIZE({low}..{'MAX' if high is None else high})"


def _check_size(size: int, low: int, high: int) -> None:
    if not low <= size <= high:
        raise _wrong_size(size, low, high)


def _wrong_size(size: int, low: int, high: int | None) -> PerError:
    return PerError(f"size {size} is outside {_bounds(low, high)}")
