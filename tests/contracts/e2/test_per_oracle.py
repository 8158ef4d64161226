"""Aligned PER against asn1tools and pycrate, on a schema of our own with every kind of type."""

import tempfile
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

import asn1tools
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrate_asn1c.asnproc import GLOBAL, compile_text
from pycrate_asn1c.generator import PycrateGenerator

from contracts.e2.per import (
    Bits,
    Codec,
    bit_string,
    boolean,
    choice,
    decode,
    default,
    encode,
    enumerated,
    field,
    fixed_bits,
    group,
    integer,
    object_identifier,
    octet_string,
    optional,
    printable_string,
    real,
    sequence,
    sequence_of,
    utf8_string,
    wrapped,
)


class Colour(IntEnum):
    RED = 0
    GREEN = 1
    BLUE = 2
    PINK = 3


class Plain(IntEnum):
    A = 0
    B = 1
    C = 2


@dataclass(frozen=True, slots=True)
class Name:
    value: str


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Mixed:
    """All shapes of SEQUENCE components: OPTIONAL, DEFAULT, additions, a group."""

    a: int
    b: bytes | None
    c: int
    d: Any
    e: bool | None = None
    f: int | None = None
    g: bytes | None = None


SCHEMA = {
    "I0": ("INTEGER (5..5)", integer(5, 5), st.just(5)),
    "I1": ("INTEGER (0..1)", integer(0, 1), st.integers(0, 1)),
    "I100": ("INTEGER (-3..96)", integer(-3, 96), st.integers(-3, 96)),
    "I255": ("INTEGER (1..255)", integer(1, 255), st.integers(1, 255)),
    "I256": ("INTEGER (0..255)", integer(0, 255), st.integers(0, 255)),
    "I257": ("INTEGER (0..256)", integer(0, 256), st.integers(0, 256)),
    "I64k": ("INTEGER (1..65536)", integer(1, 65536), st.integers(1, 65536)),
    "I32": ("INTEGER (0..4294967295)", integer(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    "I40": ("INTEGER (0..1099511627775)", integer(0, 2**40 - 1), st.integers(0, 2**40 - 1)),
    "Isigned": (
        "INTEGER (-2147483648..2147483647)",
        integer(-(2**31), 2**31 - 1),
        st.integers(-(2**31), 2**31 - 1),
    ),
    "Isemi": ("INTEGER (10..MAX)", integer(10), st.integers(10, 2**70)),
    "Ifree": ("INTEGER", integer(), st.integers(-(2**70), 2**70)),
    "Iext": ("INTEGER (0..7, ...)", integer(0, 7, extensible=True), st.integers(-300, 300)),
    "E": ("ENUMERATED {a, b, c}", enumerated(Plain), st.sampled_from(Plain)),
    "Eext": (
        "ENUMERATED {red, green, ..., blue, pink}",
        enumerated(Colour, root=2),
        st.sampled_from(Colour),
    ),
    "B": ("BOOLEAN", boolean(), st.booleans()),
    "R": ("REAL", real(), st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)),
    "O2": ("OCTET STRING (SIZE (2))", octet_string(2, 2), st.binary(min_size=2, max_size=2)),
    "O3": ("OCTET STRING (SIZE (3))", octet_string(3, 3), st.binary(min_size=3, max_size=3)),
    "Oset": (
        "OCTET STRING (SIZE (1..20))",
        octet_string(1, 20),
        st.binary(min_size=1, max_size=20),
    ),
    "Ozero": ("OCTET STRING (SIZE (0..9))", octet_string(0, 9), st.binary(max_size=9)),
    "Owide": (
        "OCTET STRING (SIZE (1..1000))",
        octet_string(1, 1000),
        st.binary(min_size=1, max_size=1000),
    ),
    "Oany": ("OCTET STRING", octet_string(), st.binary(max_size=300)),
    "P": (
        "PrintableString (SIZE (1..150, ...))",
        printable_string(1, 150, extensible=True),
        st.text("ABcz09 .-", min_size=1, max_size=150),
    ),
    "Pall": ("PrintableString", printable_string(), st.text("ABcz09 .-", max_size=300)),
    "U": ("UTF8String", utf8_string(), st.text(max_size=60)),
    "OID": (
        "OBJECT IDENTIFIER",
        object_identifier(),
        st.lists(st.integers(0, 2**40), max_size=9).map(
            lambda arcs: ".".join(map(str, (1, 3, *arcs)))
        ),
    ),
    "Ssmall": (
        "SEQUENCE (SIZE (0..15)) OF INTEGER (0..4095)",
        sequence_of(integer(0, 4095), 0, 15),
        st.lists(st.integers(0, 4095), max_size=15).map(tuple),
    ),
    "Swide": (
        "SEQUENCE (SIZE (1..65535)) OF BOOLEAN",
        sequence_of(boolean(), 1, 65535),
        st.lists(st.booleans(), min_size=1, max_size=300).map(tuple),
    ),
    "Shuge": (
        "SEQUENCE (SIZE (1..2147483647)) OF INTEGER (0..255)",
        sequence_of(integer(0, 255), 1, 2**31 - 1),
        st.lists(st.integers(0, 255), min_size=1, max_size=300).map(tuple),
    ),
}
CHOICE: Codec[Any] = choice(
    "C",
    (int, integer(0, 200)),
    (Name, wrapped(Name, printable_string(1, 20))),
    (Text, wrapped(Text, printable_string())),
    additions=((bytes, octet_string()), (float, real())),
)
MIXED = sequence(
    Mixed,
    field("a", integer(0, 30)),
    optional("b", octet_string(1, 8)),
    default("c", integer(0, 255), 7),
    field("d", CHOICE),
    additions=(
        optional("e", boolean()),
        group(field("f", integer(0, 15)), optional("g", octet_string(2, 2))),
    ),
)
MODULE = (
    "Probe DEFINITIONS AUTOMATIC TAGS ::= BEGIN\n"
    + "\n".join(f"T{name} ::= {text}" for name, (text, _, _) in SCHEMA.items())
    + """
TF16 ::= BIT STRING (SIZE (10))
TF36 ::= BIT STRING (SIZE (36))
TV ::= BIT STRING (SIZE (22..32))
TC ::= CHOICE {number INTEGER (0..200), name PrintableString (SIZE (1..20)),
  text PrintableString, ..., raw OCTET STRING, level REAL}
TM ::= SEQUENCE {a INTEGER (0..30), b OCTET STRING (SIZE (1..8)) OPTIONAL,
  c INTEGER (0..255) DEFAULT 7, d TC, ..., e BOOLEAN OPTIONAL,
  [[ f INTEGER (0..15), g OCTET STRING (SIZE (2)) OPTIONAL ]] }
END
"""
)
_TAGS = {int: "number", Name: "name", Text: "text", bytes: "raw", float: "level"}


@cache
def _asn1tools() -> Any:
    return asn1tools.compile_string(MODULE, "per")


@cache
def _pycrate() -> Any:
    compile_text(MODULE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.py"
        PycrateGenerator(str(path))
        scope: dict[str, Any] = {"__name__": "probe"}
        exec(path.read_text(encoding="utf-8"), scope)
    GLOBAL.clear()
    return scope["Probe"]


def _foreign(value: Any) -> Any:
    """A value as both oracles take it."""
    if isinstance(value, IntEnum):
        return value.name.lower()
    return list(value) if isinstance(value, tuple) else value


def _by_pycrate(name: str, value: Any) -> bytes:
    oracle = getattr(_pycrate(), name)
    if name == "TOID":
        value = tuple(map(int, value.split(".")))
    if name == "TR":
        value = _pycrate_real(value)
    oracle.set_val(value)
    return bytes(oracle.to_aper())


def _pycrate_real(value: float) -> tuple[int, int, int]:
    if value == 0:
        return (0, 2, 0)
    mantissa, divisor = value.as_integer_ratio()
    zeros = (mantissa & -mantissa).bit_length() - 1
    return (mantissa >> zeros, 2, zeros - divisor.bit_length() + 1)


# asn1tools: a value of no bits becomes no octets (X.691 11.1.3 says one), a lower bound alone is
# not used (12.2.3), a mantissa may begin with a zero octet (X.690 11.3.1 forbids it).
_ASN1TOOLS_DIFFERS = {"I0", "Isemi", "R"}


@pytest.mark.parametrize("name", SCHEMA)
def test_simple_types_agree(name: str) -> None:
    _, codec, values = SCHEMA[name]

    @given(values)
    def agree(value: Any) -> None:
        octets = encode(codec, value)
        theirs = _foreign(value)
        assert octets == _by_pycrate(f"T{name}", theirs)
        if name not in _ASN1TOOLS_DIFFERS:
            assert octets == bytes(_asn1tools().encode(f"T{name}", theirs))
        assert decode(codec, octets) == value

    agree()


@given(st.floats(allow_nan=False))
def test_real_is_read_from_asn1tools(value: float) -> None:
    by_asn1tools = bytes(_asn1tools().encode("TR", value))
    assert decode(real(), by_asn1tools) == value
    assert _asn1tools().decode("TR", encode(real(), value)) == value


@given(st.integers(0, 1023), st.integers(0, 2**36 - 1), st.integers(22, 32), st.data())
def test_bit_strings_agree(short: int, wide: int, size: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, 2**size - 1))
    cases = (
        ("TF16", fixed_bits(10), short, short, 10),
        ("TF36", fixed_bits(36), wide, wide, 36),
        ("TV", bit_string(22, 32), Bits(value, size), value, size),
    )
    for name, codec, ours, number, count in cases:
        octets = encode(codec, ours)
        spare = -count % 8
        packed = (number << spare).to_bytes((count + spare) // 8, "big")
        assert octets == bytes(_asn1tools().encode(name, (packed, count)))
        pycrate_type = getattr(_pycrate(), name)
        pycrate_type.set_val((number, count))
        assert octets == pycrate_type.to_aper()
        assert decode(codec, octets) == ours


_NAMES = st.text("ABcz09 .-", min_size=1, max_size=20)
_CHOICES = st.one_of(
    st.integers(0, 200),
    _NAMES.map(Name),
    _NAMES.map(Text),
    st.binary(max_size=200),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != 0),
)
_GROUPS = st.one_of(
    st.just((None, None)),
    st.tuples(st.integers(0, 15), st.none() | st.binary(min_size=2, max_size=2)),
)
_MIXED = st.builds(
    lambda a, b, c, d, e, fg: Mixed(a, b, c, d, e, *fg),
    st.integers(0, 30),
    st.none() | st.binary(min_size=1, max_size=8),
    st.just(7) | st.integers(0, 255),
    _CHOICES,
    st.none() | st.booleans(),
    _GROUPS,
)


@given(_MIXED)
def test_sequences_and_choices_agree(value: Mixed) -> None:
    octets = encode(MIXED, value)
    inner = value.d if isinstance(value.d, int | float | bytes) else value.d.value
    theirs = {"a": value.a, "c": value.c, "d": (_TAGS[type(value.d)], inner)}
    theirs |= {k: getattr(value, k) for k in "befg" if getattr(value, k) is not None}
    if isinstance(value.d, float):  # asn1tools pads the mantissa
        assert _asn1tools().decode("TM", octets) == theirs
    else:
        assert octets == bytes(_asn1tools().encode("TM", theirs))
    assert decode(MIXED, octets) == value
