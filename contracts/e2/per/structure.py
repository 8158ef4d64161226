"""SEQUENCE OF, CHOICE, open types and recursion (X.691 11.2, 20, 23)."""

from collections.abc import Callable
from typing import Any, TypeVar

from contracts.e2.per._bits import (
    FRAGMENT,
    PerError,
    Reader,
    put_bits,
    put_counted,
    put_length,
    put_small,
    sized,
    take_bit,
    take_counted,
    take_fragments,
    take_length,
    take_small,
)
from contracts.e2.per.codec import Codec, finish

T = TypeVar("T")
MAX_DEPTH = 32


def sequence_of(
    item: Codec[T], low: int = 0, high: int | None = None, *, extensible: bool = False
) -> Codec[tuple[T, ...]]:
    """SEQUENCE OF ``low`` to ``high`` items, below 16K of them, as a tuple.

    Args:
        item: the codec of one; it must take at least one bit, so that no few octets can claim
            many items.
        low: smallest size of the root.
        high: largest size of the root; None where it has no bound.
        extensible: whether the size constraint ends in ``...``.
    """
    if item.width == 0:
        raise ValueError(f"items of no bits are not supported: {item.name}")
    take_size, put_size = _count_codec(low, high, extensible)
    decode_item, encode_item = item.decode, item.encode

    def decode(reader: Reader) -> tuple[T, ...]:
        size = take_size(reader)
        if size > reader.end - reader.pos:
            raise reader.fault(f"{size} items cannot be in {reader.end - reader.pos} bits")
        items: list[T] = []
        append = items.append
        try:
            for _ in range(size):
                append(decode_item(reader))
        except PerError as fault:
            fault.path.append(len(items))
            raise
        return tuple(items)

    def encode(value: tuple[T, ...], out: bytearray, free: int) -> int:
        free = put_size(len(value), out, free)
        done = 0
        try:
            for one in value:
                free = encode_item(one, out, free)
                done += 1
        except PerError as fault:
            fault.path.append(done)
            raise
        return free

    return Codec(f"SEQUENCE OF {item.name}", decode, encode)


def _count_codec(
    low: int, high: int | None, extensible: bool
) -> tuple[Callable[[Reader], int], Callable[[int, bytearray, int], int]]:
    bounds = sized(low, high)
    top = FRAGMENT - 1 if high is None else min(high, 65_535)

    def general(reader: Reader) -> int:
        size = take_length(reader)
        if size < 0:
            raise reader.fault("a SEQUENCE OF 16K items or more is not supported")
        return size

    def at_least(reader: Reader) -> int:
        size = general(reader)
        if size < low:
            raise reader.fault(f"{size} items are below {low}")
        return size

    within = at_least if bounds is None else bounds[0]

    def take_extensible(reader: Reader) -> int:
        return general(reader) if take_bit(reader) else within(reader)

    def put(size: int, out: bytearray, free: int) -> int:
        outside = not low <= size <= top
        if outside and (not extensible or size >= FRAGMENT):
            raise PerError(f"{size} items are outside {low} to {top}")
        if extensible:
            free = put_bits(out, free, int(outside), 1)
        if bounds is None or outside:
            put_length(out, size)
            return 0
        return bounds[1](out, free, size)

    return (take_extensible if extensible else within), put


def choice(
    name: str,
    *root: tuple[type, Codec[Any]],
    additions: tuple[tuple[type, Codec[Any]], ...] | None = None,
) -> Codec[Any]:
    """CHOICE whose alternatives are told apart by the type of the value.

    Give the result its type where it is declared: ``NODE: Codec[Gnb | Enb] = choice(...)``. Two
    alternatives with the same type need a class each, see :func:`wrapped`.

    Args:
        name: what messages call it.
        root: type of the value and its codec, in the order of the specification.
        additions: those behind the extension marker; None where there is no marker.
    """
    alternatives = root + (additions or ())
    index = _index(name, [kind for kind, _ in alternatives])
    decoders = [codec.decode for _, codec in root]
    encoders = [codec.encode for _, codec in root]
    opens = [open_type(codec) for _, codec in additions or ()]
    count, marker = len(root), additions is not None
    bits = (count - 1).bit_length()
    head = bits + marker
    mask, shift = (1 << head) - 1, 16 - head

    def beyond(reader: Reader) -> Any:
        number = take_small(reader)
        if number >= len(opens):
            raise reader.fault(f"{name} has no alternative number {count + number}")
        return opens[number].decode(reader)

    def decode(reader: Reader) -> Any:
        pos = reader.pos
        if pos + head > reader.end:
            raise reader.short(head)
        data = reader.data
        pair = (data[pos >> 3] << 8) | data[(pos >> 3) + 1]
        number = pair >> (shift - (pos & 7)) & mask
        if number < count:
            reader.pos = pos + head
            return decoders[number](reader)
        if marker and number >> bits:
            reader.pos = pos + 1
            return beyond(reader)
        raise reader.fault(f"{name} has no alternative number {number}")

    def encode(value: Any, out: bytearray, free: int) -> int:
        number = index.get(type(value))
        if number is None:
            raise PerError(f"a {type(value).__name__} is no alternative of {name}")
        if number < count:
            return encoders[number](value, out, put_bits(out, free, number, head))
        free = put_small(out, put_bits(out, free, 1, 1), number - count)
        return opens[number - count].encode(value, out, free)

    return Codec(name, decode, encode)


def _index(name: str, kinds: list[type]) -> dict[type, int]:
    index = {kind: number for number, kind in enumerate(kinds)}
    if len(index) < len(kinds):
        raise ValueError(f"two alternatives of {name} have one type")
    return index


def wrapped(cls: Callable[[T], Any], inner: Codec[T]) -> Codec[Any]:
    """A class with the one field ``value``, encoded as that: tells alternatives apart."""
    decode_inner, encode_inner = inner.decode, inner.encode

    def decode(reader: Reader) -> Any:
        return cls(decode_inner(reader))

    def encode(value: Any, out: bytearray, free: int) -> int:
        return encode_inner(value.value, out, free)

    return Codec(inner.name, decode, encode, inner.width)


def open_type(inner: Codec[T]) -> Codec[T]:
    """A value inside an open type: as whole octets behind their number."""
    decode_inner, encode_inner = inner.decode, inner.encode

    def decode(reader: Reader) -> T:
        size = take_length(reader)
        if size < 0:
            return _decode_fragments(inner, reader, size)
        start, outer = reader.pos, reader.end
        reader.end = end = start + 8 * size
        if end > outer:
            reader.end = outer
            raise reader.short(8 * size)
        value = decode_inner(reader)
        left = end - reader.pos
        if left >= 8 and not (left == 8 and reader.pos == start):
            raise reader.fault(f"{left // 8} octets are left over in an open type")
        reader.pos = end
        reader.end = outer
        return value

    def encode(value: T, out: bytearray, _: int) -> int:
        start = len(out)
        out.append(0)
        encode_inner(value, out, 0)
        size = len(out) - start - 1
        if size == 0:
            out[start] = 1
            out.append(0)
        elif size < 0x80:
            out[start] = size
        else:
            content = bytes(out[start + 1 :])
            del out[start:]
            put_counted(out, content)
        return 0

    return Codec(inner.name, decode, encode)


def _decode_fragments(inner: Codec[T], reader: Reader, first: int) -> T:
    origin = reader.origin + reader.pos
    nested = Reader(take_fragments(reader, first), reader.depth, origin)
    value = inner.decode(nested)
    finish(nested)
    return value


def raw_open_type() -> Codec[bytes]:
    """An open type whose content stays undecoded octets."""

    def encode(value: bytes, out: bytearray, _: int) -> int:
        put_counted(out, value)
        return 0

    return Codec("open type", take_counted, encode)


def recursive(name: str, resolve: Callable[[], Codec[T]], limit: int = MAX_DEPTH) -> Codec[T]:
    """A codec that may contain itself; resolved at first use, at most ``limit`` deep."""
    resolved: list[Codec[T]] = []

    def target() -> Codec[T]:
        if not resolved:
            resolved.append(resolve())
        return resolved[0]

    def decode(reader: Reader) -> T:
        if reader.depth >= limit:
            raise reader.fault(f"{name} is nested deeper than {limit}")
        reader.depth += 1
        value = target().decode(reader)
        reader.depth -= 1
        return value

    def encode(value: T, out: bytearray, free: int) -> int:
        return target().encode(value, out, free)

    return Codec(name, decode, encode)
