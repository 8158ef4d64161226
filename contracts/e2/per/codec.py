"""What a codec is, and how values become octets and octets values.

A codec is declared once, by combinators, and works in both directions::

    ACTION_ID = integer(0, 255)
    ACTIONS = sequence_of(sequence(Action, field("action_id", ACTION_ID)), 1, 16)
    decode(ACTIONS, encode(ACTIONS, (Action(3),))) == (Action(3),)

Encoding is canonical. Decoding does work in proportion to the octets given, whatever they say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts.e2.per._bits import PerError, Reader
from contracts.errors import ExitCode, RanwrightError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """A type of X.691 aligned PER, both directions.

    Attributes:
        name: what messages call it, e.g. ``INTEGER (0..255)`` or a class's name.
        decode: reads a value.
        encode: appends a value to octets whose last one has so many unused bits, and returns how
            many unused bits the last one has then.
        width: how many bits every value takes, where that is fixed and known; 0 for none.
    """

    name: str
    decode: Callable[[Reader], T]
    encode: Callable[[T, bytearray, int], int]
    width: int | None = None


def decode(codec: Codec[T], octets: bytes) -> T:
    """Decode octets that hold one value and nothing else.

    Raises:
        RanwrightError: ``e2.malformed`` or a codec's own code, with the path of the field and the
            bit.
    """
    reader = Reader(octets)
    try:
        value = codec.decode(reader)
        finish(reader)
    except PerError as fault:
        raise _malformed(codec, fault) from fault
    return value


def encode(codec: Codec[T], value: T) -> bytes:
    """Encode a value as a whole number of octets, at least one (X.691 11.1).

    Raises:
        RanwrightError: ``e2.unencodable``, with the path of the field that is out of bounds.
    """
    out = bytearray()
    try:
        codec.encode(value, out, 0)
    except PerError as fault:
        raise _unencodable(codec, fault) from fault
    return bytes(out) or b"\0"


def finish(reader: Reader) -> None:
    """Check that nothing but padding is left: less than an octet, or the octet of an empty value.

    Raises:
        PerError: octets are left over.
    """
    left = reader.end - reader.pos
    if left >= 8 and not (left == 8 and reader.pos == 0):
        raise reader.fault(f"{left // 8} octets are left over")


def path_of(fault: PerError) -> str:
    """Where a fault lies, e.g. ``actions[2].action_id``; empty at the top."""
    text = ""
    for step in reversed(fault.path):
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def _malformed(codec: Codec[T], fault: PerError) -> RanwrightError:
    where = f"{path_of(fault)} of {codec.name}" if fault.path else codec.name
    return RanwrightError(
        fault.code,
        f"{where} cannot be decoded: {fault.reason}, at bit {fault.bit}.",
        "Check that both sides use the same version of E2AP and of the service model.",
    )


def _unencodable(codec: Codec[T], fault: PerError) -> RanwrightError:
    where = f"{path_of(fault)} of {codec.name}" if fault.path else codec.name
    return RanwrightError(
        "e2.unencodable",
        f"{where} cannot be encoded: {fault.reason}.",
        "Give a value inside the bounds of the specification.",
        ExitCode.DEFECT,
    )
