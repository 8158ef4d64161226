"""REAL (X.691 15, X.690 8.5 and 11.3): binary in both directions, decimal when reading."""

import math

from contracts.e2.per._bits import PerError, Reader, put_counted, take_counted
from contracts.e2.per.codec import Codec

_SPECIAL = {0x40: math.inf, 0x41: -math.inf, 0x42: math.nan, 0x43: -0.0}
_MAX_OCTETS = 64
_BASE_BITS = (1, 3, 4)  # bases 2, 8, 16; the fourth is reserved


def real() -> Codec[float]:
    """REAL as a double; encoded with base 2 and an odd mantissa, which is canonical."""
    return Codec("REAL", _decode, _encode)


def _decode(reader: Reader) -> float:
    octets = take_counted(reader)
    if not octets:
        return 0.0
    if len(octets) > _MAX_OCTETS:
        raise reader.fault(f"a REAL of {len(octets)} octets is not allowed")
    head = octets[0]
    if head & 0x80:
        return _binary(reader, octets)
    if head & 0x40:
        if len(octets) != 1 or head not in _SPECIAL:
            raise reader.fault(f"{octets.hex()} is not a special REAL")
        return _SPECIAL[head]
    return _decimal(reader, octets)


def _binary(reader: Reader, octets: bytes) -> float:
    head = octets[0]
    base, scale = (head >> 4) & 3, (head >> 2) & 3
    start, size = (1, (head & 3) + 1) if head & 3 < 3 else (2, octets[1] if octets[1:] else 0)
    mantissa = octets[start + size :]
    if base == 3 or size == 0 or not mantissa:
        raise reader.fault(f"{octets.hex()} is not a binary REAL")
    exponent = int.from_bytes(octets[start : start + size], "big", signed=True)
    try:
        value = math.ldexp(int.from_bytes(mantissa, "big"), exponent * _BASE_BITS[base] + scale)
    except OverflowError as error:
        raise reader.fault(f"{octets.hex()} is beyond a double") from error
    return -value if head & 0x40 else value


def _decimal(reader: Reader, octets: bytes) -> float:
    text = octets[1:].decode("ascii", "replace").strip().replace(",", ".")
    if octets[0] not in (1, 2, 3) or not text or set(text) - set("+-.0123456789Ee"):
        raise reader.fault(f"{octets.hex()} is not a decimal REAL")
    try:
        return float(text)
    except ValueError as error:
        raise reader.fault(f"{text!r} is not a decimal REAL") from error


def _encode(value: float, out: bytearray, _: int) -> int:
    try:
        put_counted(out, _content(float(value)))  # an int passes for a float in Python
    except OverflowError as error:
        raise PerError("a number is beyond a double") from error
    return 0


def _content(value: float) -> bytes:
    if value == 0.0:
        return b"\x43" if math.copysign(1.0, value) < 0 else b""
    if math.isnan(value):
        return b"\x42"
    if math.isinf(value):
        return b"\x40" if value > 0 else b"\x41"
    mantissa, divisor = value.as_integer_ratio()
    sign, mantissa = mantissa < 0, abs(mantissa)
    zeros = (mantissa & -mantissa).bit_length() - 1
    exponent = zeros - (divisor.bit_length() - 1)
    mantissa >>= zeros
    size = ((exponent if exponent >= 0 else ~exponent).bit_length()) // 8 + 1
    head = 0x80 | (0x40 if sign else 0) | (size - 1)
    return (
        bytes((head,))
        + exponent.to_bytes(size, "big", signed=True)
        + mantissa.to_bytes((mantissa.bit_length() + 7) // 8, "big")
    )
