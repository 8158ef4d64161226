"""Aligned PER (ITU-T X.691) from declarations: typed, canonical, bounded, and fast.

What a service model declares itself with::

    class Cause(Enum):
        NORMAL = 0
        OVERLOAD = 1

    @dataclass(frozen=True, slots=True)
    class Report:
        cell: int
        cause: Cause | None = None
        names: tuple[str, ...] = ()

    REPORT = sequence(
        Report,
        field("cell", integer(0, 4095)),
        optional("cause", enumerated(Cause, root=2)),
        field("names", sequence_of(printable_string(1, 150, extensible=True), 0, 8)),
        additions=(),
    )
    octets = encode(REPORT, Report(7, Cause.OVERLOAD, ("a",)))
    assert decode(REPORT, octets) == Report(7, Cause.OVERLOAD, ("a",))

A type that differs between versions is declared by a function of the version; its dataclass has
the fields of all versions.
"""

from contracts.e2.per._additions import skip_additions
from contracts.e2.per._bits import PerError, Reader, take_counted, take_octets
from contracts.e2.per.bit_strings import Bits, bit_string, fixed_bits
from contracts.e2.per.codec import Codec, decode, encode
from contracts.e2.per.fields import Field, Group, default, field, group, optional
from contracts.e2.per.identifier import object_identifier
from contracts.e2.per.memory import remembered
from contracts.e2.per.numbers import boolean, enumerated, integer, null
from contracts.e2.per.real import real
from contracts.e2.per.sequence import sequence
from contracts.e2.per.strings import (
    octet_string,
    printable_string,
    utf8_string,
    visible_string,
)
from contracts.e2.per.structure import (
    choice,
    open_type,
    raw_open_type,
    recursive,
    sequence_of,
    wrapped,
)

__all__ = [
    "Bits",
    "Codec",
    "Field",
    "Group",
    "PerError",
    "Reader",
    "bit_string",
    "boolean",
    "choice",
    "decode",
    "default",
    "encode",
    "enumerated",
    "field",
    "fixed_bits",
    "group",
    "integer",
    "null",
    "object_identifier",
    "octet_string",
    "open_type",
    "optional",
    "printable_string",
    "raw_open_type",
    "real",
    "recursive",
    "remembered",
    "sequence",
    "sequence_of",
    "skip_additions",
    "take_counted",
    "take_octets",
    "utf8_string",
    "visible_string",
    "wrapped",
]
