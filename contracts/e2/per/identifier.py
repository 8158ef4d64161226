"""OBJECT IDENTIFIER (X.691 24, X.690 8.19) in dotted decimal."""

from contracts.e2.per._bits import PerError, Reader, put_counted, take_counted
from contracts.e2.per.codec import Codec

_MAX_OCTETS = 128


def object_identifier() -> Codec[str]:
    """OBJECT IDENTIFIER as text, e.g. ``1.3.6.1.4.1.53148.1.2.2.2``."""
    return Codec("OBJECT IDENTIFIER", _decode, _encode)


def _decode(reader: Reader) -> str:
    octets = take_counted(reader)
    if not octets or len(octets) > _MAX_OCTETS or octets[-1] & 0x80:
        raise reader.fault(f"{octets[:20].hex()} is not an OBJECT IDENTIFIER")
    arcs, value = [], 0
    for octet in octets:
        if value == 0 and octet == 0x80:
            raise reader.fault("an arc of the OBJECT IDENTIFIER begins with zeros")
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _encode(value: str, out: bytearray, _: int) -> int:
    arcs = [int(part) if part.isascii() and part.isdigit() else -1 for part in value.split(".")]
    if len(arcs) < 2 or min(arcs) < 0 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise PerError(f"{value[:80]!r} is not an OBJECT IDENTIFIER")
    octets = b"".join(_arc(arc) for arc in (40 * arcs[0] + arcs[1], *arcs[2:]))
    if len(octets) > _MAX_OCTETS:
        raise PerError(f"an OBJECT IDENTIFIER of {len(octets)} octets is not allowed")
    put_counted(out, octets)
    return 0


def _arc(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))
