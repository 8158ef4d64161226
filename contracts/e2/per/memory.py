"""A codec that remembers what it decoded and encoded last.

Reports of one subscription repeat the same names and labels for every UE and every period. Values
are immutable, so equal octets may become the very same value again: a comparison of octets instead
of decoding, and of identities instead of encoding.
"""

from collections.abc import Callable
from typing import TypeVar

from contracts.e2.per._bits import Reader
from contracts.e2.per.codec import Codec

T = TypeVar("T")
_KEY_OCTETS = 12
_LONGEST_OCTETS = 4096


def remembered(inner: Codec[T], limit: int = 64) -> Codec[T]:
    """``inner``, with a memory of encodings of at most 4 KiB; for values that recur.

    Worth its while around a part of dozens of octets (a list of measurement names), not around a
    number. Decoded values are shared, which their being immutable allows.

    Args:
        limit: most encodings that are kept, a direction.
    """
    return Codec(inner.name, _decoder(inner, limit), _encoder(inner, limit), inner.width)


def _decoder(inner: Codec[T], limit: int) -> Callable[[Reader], T]:
    """Found by the bit it begins at and its first octets, then all octets are compared.

    The bits of neighbours in the first and last octet take part: these can only cause a miss.
    """
    memory: dict[tuple[int, bytes], tuple[bytes, int, T]] = {}
    decode_inner = inner.decode

    def decode(reader: Reader) -> T:
        start = reader.pos
        first, data = start >> 3, reader.data
        key = (start & 7, data[first : first + _KEY_OCTETS])
        known = memory.get(key)
        if known is not None:
            octets, bits, value = known
            if data.startswith(octets, first) and start + bits <= reader.end:
                reader.pos = start + bits
                return value
        value = decode_inner(reader)
        octets = data[first : (reader.pos + 7) >> 3]
        if len(octets) <= _LONGEST_OCTETS:
            if len(memory) >= limit:
                memory.clear()
            memory[key] = (octets, reader.pos - start, value)
        return value

    return decode


def _encoder(inner: Codec[T], limit: int) -> Callable[[T, bytearray, int], int]:
    """Found by identity: the value is kept, so that its identity stays its own."""
    memory: dict[tuple[int, int], tuple[T, bytes, int]] = {}
    encode_inner = inner.encode

    def encode(value: T, out: bytearray, free: int) -> int:
        key = (id(value), free)
        known = memory.get(key)
        if known is None:
            part = bytearray(1 if free else 0)
            after = encode_inner(value, part, free)
            known = (value, bytes(part), after)
            if len(part) <= _LONGEST_OCTETS:
                if len(memory) >= limit:
                    memory.clear()
                memory[key] = known
        _, octets, after = known
        if free and octets:
            out[-1] |= octets[0]
            out += octets[1:]
        else:
            out += octets
        return after

    return encode
