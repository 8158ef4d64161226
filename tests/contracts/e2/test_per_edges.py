"""Aligned PER at its edges: many additions, far indices, extended sizes, nested open types."""

from dataclasses import field as slot
from dataclasses import make_dataclass
from enum import IntEnum
from typing import Any

import asn1tools
import pytest

from contracts.e2.per import (
    Bits,
    Codec,
    bit_string,
    boolean,
    choice,
    decode,
    encode,
    enumerated,
    fixed_bits,
    group,
    integer,
    object_identifier,
    octet_string,
    open_type,
    optional,
    printable_string,
    real,
    sequence,
    sequence_of,
    visible_string,
)
from contracts.e2.per import field as component
from contracts.errors import RanwrightError

COUNT = 80
Many = make_dataclass(
    "Many",
    [(f"x{n}", "int | None", slot(default=None)) for n in range(COUNT)],
    frozen=True,
    slots=True,
)
Far = IntEnum("Far", [(f"v{n}", n) for n in range(90)])
_OPTIONAL = [optional(f"x{n}", integer(0, 7)) for n in range(COUNT)]
ADDED: Codec[Any] = sequence(Many, additions=tuple(_OPTIONAL))
ADDED64: Codec[Any] = sequence(Many, additions=tuple(_OPTIONAL[:64]))
ROOT: Codec[Any] = sequence(Many, *_OPTIONAL)
GROUPED: Codec[Any] = sequence(
    Many,
    _OPTIONAL[0],
    additions=(group(component("x1", integer(0, 7)), _OPTIONAL[2]), _OPTIONAL[3]),
)
FAR: Codec[Any] = enumerated(Far, root=5)
_PARTS = [f"x{n} INTEGER (0..7) OPTIONAL" for n in range(COUNT)]
MODULE = asn1tools.compile_string(
    "M DEFINITIONS AUTOMATIC TAGS ::= BEGIN\n"
    f"Added ::= SEQUENCE {{ ..., {', '.join(_PARTS[:64])} }}\n"
    f"Root ::= SEQUENCE {{ {', '.join(_PARTS)} }}\n"
    "END",
    "per",
)


@pytest.mark.parametrize("chosen", [(), (0,), (3, 79), (63, 64), tuple(range(COUNT))])
def test_many_additions_and_optionals(chosen: tuple[int, ...]) -> None:
    values = {f"x{n}": n % 8 for n in chosen}
    assert encode(ROOT, Many(**values)) == MODULE.encode("Root", values)
    if max(chosen, default=0) < 64:
        assert encode(ADDED64, Many(**values)) == MODULE.encode("Added", values)
    assert decode(ADDED, encode(ADDED, Many(**values))) == Many(**values)
    assert decode(ROOT, encode(ROOT, Many(**values))) == Many(**values)


def test_more_than_64_additions_have_an_aligned_general_length() -> None:
    """X.691 11.9.3.4; asn1tools does not align it, pycrate writes another number."""
    assert encode(ADDED, Many(x0=0)).hex() == "c0" + "50" + "80" + "00" * 9 + "0100"


@pytest.mark.parametrize(
    ("member", "octets"),
    [(Far.v0, "00"), (Far.v4, "40"), (Far.v5, "80"), (Far.v68, "bf"), (Far.v69, "c00140")],
)
def test_far_values_of_an_enumeration(member: Any, octets: str) -> None:
    """X.691 11.6; the octets are those of pycrate."""
    assert encode(FAR, member).hex() == octets
    assert decode(FAR, encode(FAR, member)) is member


def test_a_group_is_present_as_a_whole() -> None:
    value = Many(x0=1, x1=2, x3=4)
    assert decode(GROUPED, encode(GROUPED, value)) == value
    assert decode(GROUPED, encode(GROUPED, Many(x2=1, x1=0))) == Many(x1=0, x2=1)
    with pytest.raises(RanwrightError, match="x2 of Many"):
        encode(GROUPED, Many(x1=1, x2=9))
    with pytest.raises(RanwrightError, match="x3 of Many"):
        encode(GROUPED, Many(x3=9))


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (sequence_of(boolean(), 1, 4, extensible=True), (True,) * 9),
        (sequence_of(boolean(), 1, 4, extensible=True), (True,)),
        (sequence_of(boolean(), 0, 2**31), (False,) * 300),
        (octet_string(1, 4, extensible=True), b"abcdef"),
        (octet_string(4, 4, extensible=True), b"abcd"),
        (octet_string(0, 700), b""),
        (octet_string(0, 700), b"x" * 699),
        (octet_string(0, 100), b""),
        (bit_string(1, 160, extensible=True), Bits(5, 170)),
        (bit_string(), Bits(1, 1000)),
        (bit_string(12, 12), Bits(3, 12)),
        (printable_string(1, 4, extensible=True), "abcdefghi"),
        (visible_string(1, 40), "a b"),
        (open_type(open_type(octet_string())), b"x" * 20_000),
        (open_type(open_type(open_type(integer(0, 3)))), 2),
        (object_identifier(), "2.999.3"),
        (integer(-5, None), -5),
    ],
)
def test_round_trip_at_the_edge(codec: Codec[Any], value: Any) -> None:
    octets = encode(codec, value)
    assert decode(codec, octets) == value
    for end in range(len(octets)):
        with pytest.raises(RanwrightError, match=r"e2\.malformed"):
            decode(codec, octets[:end])


@pytest.mark.parametrize(
    ("codec", "octets", "reason"),
    [
        (sequence_of(boolean(), 1, 2**31), "00", "0 items are below 1"),
        (sequence_of(boolean(), 0, 2**31), "c1" + "00" * 20, "16K items or more"),
        (bit_string(), "c1" + "00" * 20, "16K bits or more"),
        (bit_string(0, 70_000), "c1" + "00" * 20, "16K bits or more"),
        (bit_string(9), "08ff", "size 8 is outside SIZE(9..MAX)"),
        (octet_string(3), "02ffff", "size 2 is outside SIZE(3..MAX)"),
        (octet_string(1, 300), "ffff", "size 65536 is above 300"),
        (integer(0, 2**32 - 1), "", "2 bits are needed"),
        (integer(0, 2**20), "80ffffff", "is above"),
        (integer(None, 5), "0106", "6 is above 5"),
        (real(), "41" + "00" * 65, "a REAL of 65 octets"),
        (real(), "020478", "not a decimal REAL"),
        (real(), "0401782e31", "not a decimal REAL"),
        (enumerated(Far, root=5), "c0" + "05" + "00" * 5, "5 octets is not allowed"),
        (
            choice("C", (int, integer(0, 7)), (bytes, octet_string()), (str, visible_string())),
            "c0",
            "no alternative number 3",
        ),
        (choice("C", (int, integer(0, 7)), (bytes, octet_string())), "", "1 bits are needed"),
        (ADDED, "c0" + "8101" + "00" * 40, "that many extension additions"),
    ],
)
def test_refused_at_the_edge(codec: Codec[Any], octets: str, reason: str) -> None:
    with pytest.raises(RanwrightError) as caught:
        decode(codec, bytes.fromhex(octets))
    assert (caught.value.code, reason in caught.value.message) == ("e2.malformed", True), str(
        caught
    )


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (fixed_bits(4), 16),
        (fixed_bits(4), -1),
        (bit_string(), Bits(0, 16_384)),
        (sequence_of(boolean(), 0, 4, extensible=True), (True,) * 16_384),
        (octet_string(4, 700), b"abc"),
        (real(), 10**400),
        (integer(), 2**300),
    ],
)
def test_not_encoded_at_the_edge(codec: Codec[Any], value: Any) -> None:
    with pytest.raises(RanwrightError) as caught:
        encode(codec, value)
    assert caught.value.code == "e2.unencodable"
