"""Bits and lengths of aligned PER: what every codec reads with and writes with.

Writing: octets are appended to a ``bytearray`` whose last octet has ``free`` unused low bits
(0 to 7), which are zero. A writing function takes ``free`` and returns the new one, so that
alignment costs nothing: append whole octets and return 0.

Reading: a :class:`Reader` holds the octets and the position in bits.
"""

from collections.abc import Callable

FRAGMENT = 16_384
_GUARD = b"\0\0"


class PerError(Exception):
    """Something cannot be decoded or encoded; the fields it lies in are collected on the way out.

    Args:
        reason: what is wrong, without a full stop.
        bit: where, counted from the start of the octets; None when encoding.
        code: of the error it becomes when decoding.
    """

    def __init__(self, reason: str, bit: int | None = None, code: str = "e2.malformed") -> None:
        super().__init__(reason)
        self.reason = reason
        self.bit = bit
        self.code = code
        self.path: list[str | int] = []


class Reader:
    """Octets being decoded.

    Attributes:
        data: the octets, and two more that are never part of a value.
        pos: position of the next bit.
        end: position behind the last bit that may be read.
        depth: how many recursive codecs are at work.
        origin: bit of the whole message that ``data`` begins at, for error messages.
    """

    __slots__ = ("data", "depth", "end", "origin", "pos")

    def __init__(self, octets: bytes, depth: int = 0, origin: int = 0) -> None:
        self.data = octets + _GUARD
        self.pos = 0
        self.end = 8 * len(octets)
        self.depth = depth
        self.origin = origin

    def fault(self, reason: str, code: str = "e2.malformed") -> PerError:
        """A fault at the present position."""
        return PerError(reason, self.origin + self.pos, code)

    def short(self, bits: int) -> PerError:
        """The fault that ``bits`` more are needed than there are."""
        return self.fault(f"{bits} bits are needed, {max(0, self.end - self.pos)} are left")


Decode = Callable[[Reader], object]


def take_bits(reader: Reader, count: int) -> int:
    """Read ``count`` bits as an unsigned number, most significant first."""
    pos = reader.pos
    after = pos + count
    if after > reader.end:
        raise reader.short(count)
    reader.pos = after
    last = (after + 7) >> 3
    value = int.from_bytes(reader.data[pos >> 3 : last], "big") >> (8 * last - after)
    return value & ((1 << count) - 1)


def take_bit(reader: Reader) -> int:
    """Read one bit."""
    pos = reader.pos
    if pos >= reader.end:
        raise reader.short(1)
    reader.pos = pos + 1
    return (reader.data[pos >> 3] >> (7 - (pos & 7))) & 1


def take_octets(reader: Reader, count: int) -> bytes:
    """Read ``count`` octets from the next octet boundary."""
    first = (reader.pos + 7) >> 3
    after = (first + count) << 3
    if after > reader.end:
        raise reader.short(8 * count)
    reader.pos = after
    return reader.data[first : first + count]


def put_bits(out: bytearray, free: int, value: int, count: int) -> int:
    """Append the low ``count`` bits of ``value``, which has no others."""
    over = count - free
    if over <= 0:
        if count:
            out[-1] |= value << -over
        return -over
    if free:
        out[-1] |= value >> over
        value &= (1 << over) - 1
    if over <= 8:
        out.append(value << (8 - over))
        return 8 - over
    octets = (over + 7) >> 3
    spare = 8 * octets - over
    out += (value << spare).to_bytes(octets, "big")
    return spare


def take_length(reader: Reader) -> int:
    """Read a general length below 16K (X.691 11.9.3.5 to 11.9.3.7).

    A fragmented length is answered as ``-n``: ``n`` units follow, then another length.
    """
    first = (reader.pos + 7) >> 3
    after = (first + 1) << 3
    if after > reader.end:
        raise reader.short(8)
    head = reader.data[first]
    if head < 0x80:
        reader.pos = after
        return head
    if head < 0xC0:
        if after + 8 > reader.end:
            raise reader.short(16)
        reader.pos = after + 8
        return ((head & 0x3F) << 8) | reader.data[first + 1]
    if not 1 <= head & 0x3F <= 4:
        raise reader.fault(f"a fragment of {head & 0x3F} x 16K units is not allowed")
    reader.pos = after
    return -(head & 0x3F) * FRAGMENT


def put_length(out: bytearray, count: int) -> None:
    """Append a general length below 16K, octet-aligned."""
    if count < 0x80:
        out.append(count)
    else:
        out += (0x8000 | count).to_bytes(2, "big")


def take_fragments(reader: Reader, first: int) -> bytes:
    """Read octets whose first length was the fragment ``-first`` (X.691 11.9.3.8)."""
    parts = [take_octets(reader, -first)]
    while (length := take_length(reader)) < 0:
        parts.append(take_octets(reader, -length))
    parts.append(take_octets(reader, length))
    return b"".join(parts)


def take_counted(reader: Reader) -> bytes:
    """Read a general length and so many octets."""
    length = take_length(reader)
    return take_octets(reader, length) if length >= 0 else take_fragments(reader, length)


def put_counted(out: bytearray, octets: bytes | bytearray) -> None:
    """Append a general length and the octets; 16K or more in fragments."""
    done, left = 0, len(octets)
    while left >= FRAGMENT:
        step = min(left // FRAGMENT, 4)
        out.append(0xC0 | step)
        out += octets[done : done + step * FRAGMENT]
        done += step * FRAGMENT
        left -= step * FRAGMENT
    put_length(out, left)
    out += octets[done:] if done else octets


def take_small(reader: Reader) -> int:
    """Read a normally small non-negative whole number (X.691 11.6)."""
    if not take_bit(reader):
        return take_bits(reader, 6)
    octets = take_counted(reader)
    if not 1 <= len(octets) <= 4:
        raise reader.fault(f"an index or count of {len(octets)} octets is not allowed")
    return int.from_bytes(octets, "big")


def put_small(out: bytearray, free: int, value: int) -> int:
    """Append a normally small non-negative whole number."""
    if value < 64:
        return put_bits(out, free, value, 7)
    put_bits(out, free, 1, 1)
    put_counted(out, value.to_bytes((value.bit_length() + 7) // 8, "big"))
    return 0


def sized(
    low: int, high: int | None
) -> tuple[Callable[[Reader], int], Callable[[bytearray, int, int], int]] | None:
    """Reader and writer of a length within bounds, or None where the length is general.

    Bounds below 64K give a constrained whole number (X.691 11.9.4.1); a fixed size writes nothing.
    """
    if high is None or high >= 65_536:
        return None
    span = high - low
    if span == 0:
        return (lambda _: low), (lambda _, free, __: free)
    if span < 255:
        return _small_size(low, span)
    octets = 1 if span == 255 else 2

    def take(reader: Reader) -> int:
        first = (reader.pos + 7) >> 3
        after = (first + octets) << 3
        if after > reader.end:
            raise reader.short(8 * octets)
        value = int.from_bytes(reader.data[first : first + octets], "big")
        if value > span:
            raise reader.fault(f"size {low + value} is above {high}")
        reader.pos = after
        return low + value

    def put(out: bytearray, _: int, size: int) -> int:
        out += (size - low).to_bytes(octets, "big")
        return 0

    return take, put


def _small_size(
    low: int, span: int
) -> tuple[Callable[[Reader], int], Callable[[bytearray, int, int], int]]:
    bits = span.bit_length()
    mask, shift = (1 << bits) - 1, 16 - bits

    def take(reader: Reader) -> int:
        pos = reader.pos
        if pos + bits > reader.end:
            raise reader.short(bits)
        first = pos >> 3
        data = reader.data
        value = ((data[first] << 8) | data[first + 1]) >> (shift - (pos & 7)) & mask
        if value > span:
            raise reader.fault(f"size {low + value} is above {low + span}")
        reader.pos = pos + bits
        return low + value

    def put(out: bytearray, free: int, size: int) -> int:
        return put_bits(out, free, size - low, bits)

    return take, put


def size_bounds(low: int, high: int | None) -> str:
    """A size constraint as ASN.1 writes it."""
    if low == high:
        return f"SIZE({low})"
    return f"SIZE({low}..{'MAX' if high is None else high})"


def check_size(size: int, low: int, high: int) -> None:
    """Refuse a size that is out of bounds."""
    if not low <= size <= high:
        raise wrong_size(size, low, high)


def wrong_size(size: int, low: int, high: int | None) -> PerError:
    """The fault that a size is out of bounds."""
    return PerError(f"size {size} is outside {size_bounds(low, high)}")
