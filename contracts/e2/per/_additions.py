"""What stands behind the extension marker of a SEQUENCE (X.691 19.7 to 19.9)."""

from collections.abc import Callable
from typing import Any

from contracts.e2.per._bits import (
    PerError,
    Reader,
    put_bits,
    put_length,
    take_bit,
    take_bits,
    take_counted,
    take_length,
)
from contracts.e2.per.codec import Codec
from contracts.e2.per.fields import Field, Group
from contracts.e2.per.structure import open_type

MAX_ADDITIONS = 256

Values = tuple[Any, ...]


class Additions:
    """Extension additions of one SEQUENCE.

    Attributes:
        names: the dataclass's fields they fill, in order.
        absent: what these are where nothing was added.
    """

    def __init__(self, cls: type, additions: tuple[Field | Group, ...]) -> None:
        self._fields = [one.fields if isinstance(one, Group) else (one,) for one in additions]
        self._codecs = [
            open_type(_group(cls.__name__, one.fields) if isinstance(one, Group) else _single(one))
            for one in additions
        ]
        self.names = [one.name for fields in self._fields for one in fields]
        self.absent = tuple(one.default for fields in self._fields for one in fields)

    def take(self, reader: Reader) -> Values:
        """Read the additions: known ones are decoded, others skipped."""
        count = _take_count(reader)
        present = take_bits(reader, count)
        values: list[Any] = []
        known = len(self._codecs)
        for number in range(max(count, known)):
            there = number < count and present >> (count - 1 - number) & 1
            if number >= known:
                if there:
                    take_counted(reader)
            elif there:
                values += self._take_one(number, reader)
            else:
                values += [one.default for one in self._fields[number]]
        return tuple(values)

    def _take_one(self, number: int, reader: Reader) -> Values:
        try:
            return self._codecs[number].decode(reader)
        except PerError as fault:
            _name(fault, self._fields[number])
            raise

    def present(self, value: Any) -> int:
        """A bit for each addition that ``value`` has, the first one most significant."""
        bits = 0
        for fields in self._fields:
            bits <<= 1
            for one in fields:
                if getattr(value, one.name) != one.default:
                    bits |= 1
                    break
        return bits

    def put(self, value: Any, present: int, out: bytearray, free: int) -> int:
        """Append the additions that ``present`` names."""
        count = len(self._codecs)
        free = _put_count(count, out, free)
        put_bits(out, free, present, count)
        for number, fields in enumerate(self._fields):
            if present >> (count - 1 - number) & 1:
                values = tuple(getattr(value, one.name) for one in fields)
                try:
                    self._codecs[number].encode(values, out, 0)
                except PerError as fault:
                    _name(fault, fields)
                    raise
        return 0


_NONE_KNOWN = Additions(object, ())


def skip_additions(reader: Reader) -> None:
    """Read over additions of which none is known."""
    _NONE_KNOWN.take(reader)


def _take_count(reader: Reader) -> int:
    if not take_bit(reader):
        return take_bits(reader, 6) + 1
    count = take_length(reader)
    if not 1 <= count <= MAX_ADDITIONS:
        raise reader.fault("that many extension additions are not allowed")
    return count


def _put_count(count: int, out: bytearray, free: int) -> int:
    if count <= 64:
        return put_bits(out, free, count - 1, 7)
    put_bits(out, free, 1, 1)
    put_length(out, count)
    return 0


def _name(fault: PerError, fields: tuple[Field, ...]) -> None:
    if len(fields) == 1:
        fault.path.append(fields[0].name)


def _single(one: Field) -> Codec[Values]:
    decode, encode = one.codec.decode, one.codec.encode
    return Codec(
        one.name,
        lambda reader: (decode(reader),),
        lambda values, out, free: encode(values[0], out, free),
    )


def _group(name: str, fields: tuple[Field, ...]) -> Codec[Values]:
    """The components of a group, encoded as a SEQUENCE of their own (X.691 19.9 note)."""
    optionals = sum(one.optional for one in fields)

    def decode(reader: Reader) -> Values:
        mask = take_bits(reader, optionals)
        left = optionals
        values = []
        for one in fields:
            left -= one.optional
            if one.optional and not mask >> left & 1:
                values.append(one.default)
            else:
                values.append(_named(one, one.codec.decode, reader))
        return tuple(values)

    def encode(values: Values, out: bytearray, free: int) -> int:
        mask = 0
        for one, value in zip(fields, values, strict=True):
            if one.optional:
                mask = mask << 1 | (value != one.default)
        free = put_bits(out, free, mask, optionals)
        for one, value in zip(fields, values, strict=True):
            if not one.optional or value != one.default:
                free = _named(one, one.codec.encode, value, out, free)
        return free

    return Codec(f"additions of {name}", decode, encode)


def _named(one: Field, work: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return work(*arguments)
    except PerError as fault:
        fault.path.append(one.name)
        raise
