"""The values of a record, written fast: most are missing or were written before.

A UE's report names every cell that was asked for, and the UE hears a few of them. A number ends at
an octet boundary, so a row of missing values and the number behind it are always the same octets,
and numbers recur with every report. Reading is the plain SEQUENCE OF.
"""

from functools import lru_cache
from typing import Any

from contracts.e2.per import Codec, PerError, encode, real, sequence_of
from contracts.e2.per._bits import put_bits

_MOST = (1 << 31) - 1
_MOST_SHORT = 0x80
"""Lists of so many values have a length of two octets, and are left to the plain codec."""
_MISSING = tuple(int("0" + "010" * run, 2) for run in range(_MOST_SHORT))
"""So many times the code of no value: three bits, index 2 behind the extension bit."""
_REAL = 0b001
_REAL_CODEC = real()
_MOST_INTEGER = (1 << 32) - 1
_PLAIN = {int, float, type(None)}


def value_list(item: Codec[Any]) -> Codec[tuple[Any, ...]]:
    """The values of a record.

    Args:
        item: the CHOICE of INTEGER (0..4294967295), REAL and NULL in this order, and additions.
    """
    plain = sequence_of(item, 1, _MOST)
    encode_plain = plain.encode

    def put(values: tuple[Any, ...], out: bytearray, free: int) -> int:
        if not 0 < len(values) < _MOST_SHORT or not _PLAIN.issuperset(map(type, values)):
            return encode_plain(values, out, free)
        out.append(len(values))
        run = 0
        for value in values:
            if value is None:
                run += 1
                continue
            # 0.0 and -0.0 are equal numbers, and not the same octets
            out += _octets(run, value) if value else _octets.__wrapped__(run, value)
            run = 0
        return put_bits(out, 0, _MISSING[run], 3 * run)

    return Codec(plain.name, plain.decode, put)


@lru_cache(maxsize=1 << 14, typed=True)
def _octets(run: int, value: int | float) -> bytes:
    """So many missing values and then a number, from an octet boundary to an octet boundary."""
    out = bytearray()
    if isinstance(value, float):
        put_bits(out, 0, _MISSING[run] << 3 | _REAL, 3 * run + 3)
        out += encode(_REAL_CODEC, value)
    elif 0 <= value <= _MOST_INTEGER:
        octets = (value.bit_length() + 7) >> 3 or 1
        put_bits(out, 0, _MISSING[run] << 5 | octets - 1, 3 * run + 5)
        out += value.to_bytes(octets, "big")
    else:
        raise PerError(f"{value} is outside 0 to {_MOST_INTEGER}")
    return bytes(out)
