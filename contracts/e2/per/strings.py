"""OCTET STRING and the character strings (X.691 17, 30)."""

from collections.abc import Callable

from contracts.e2.per._bits import (
    PerError,
    Reader,
    check_size,
    put_bits,
    put_counted,
    size_bounds,
    sized,
    take_bit,
    take_bits,
    take_counted,
    take_octets,
    wrong_size,
)
from contracts.e2.per.codec import Codec

Take = Callable[[Reader], bytes]
Put = Callable[[bytes, bytearray, int], int]


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
    return Codec(f"{name} ({size_bounds(low, high)})", take, put)


def _few(size: int) -> tuple[Take, Put]:
    bits = 8 * size

    def take(reader: Reader) -> bytes:
        return take_bits(reader, bits).to_bytes(size, "big")

    def put(value: bytes, out: bytearray, free: int) -> int:
        if len(value) != size:
            raise wrong_size(len(value), size, size)
        return put_bits(out, free, int.from_bytes(value, "big"), bits)

    return take, put


def _general(low: int, high: int | None) -> tuple[Take, Put]:
    def take(reader: Reader) -> bytes:
        value = take_counted(reader)
        if len(value) < low or (high is not None and len(value) > high):
            raise reader.fault(f"size {len(value)} is outside {size_bounds(low, high)}")
        return value

    def put(value: bytes, out: bytearray, _: int) -> int:
        if len(value) < low or (high is not None and len(value) > high):
            raise wrong_size(len(value), low, high)
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
        check_size(size, low, high)
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
                raise wrong_size(size, low, high)
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
