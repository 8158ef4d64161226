"""Aligned PER: bounds, versions, extensions, recursion, memory, and any octets whatever."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    group,
    integer,
    null,
    object_identifier,
    octet_string,
    open_type,
    optional,
    printable_string,
    raw_open_type,
    real,
    recursive,
    remembered,
    sequence,
    sequence_of,
    utf8_string,
)
from contracts.errors import RanwrightError


class Two(IntEnum):
    A = 0
    B = 1


class Three(IntEnum):
    A = 0
    B = 1
    C = 2


@dataclass(frozen=True, slots=True)
class Cell:
    number: int
    name: str = "none"
    power_dbm: int | None = None
    tilt: int | None = None
    beams: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Site:
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    label: int
    children: tuple["Tree", ...] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


NUMBER = field("number", integer(0, 1000))
NAME = default("name", printable_string(1, 20), "none")
OLD = sequence(Cell, NUMBER, NAME, additions=())
NEW = sequence(
    Cell,
    NUMBER,
    NAME,
    additions=(
        optional("power_dbm", integer(-50, 50)),
        group(field("tilt", integer(0, 15)), optional("beams", sequence_of(integer(0, 63), 0, 9))),
    ),
)
SITE = sequence(Site, field("cells", sequence_of(NEW, 0, 8)))
TREE: Codec[Tree] = sequence(
    Tree,
    field("label", integer(0, 255)),
    optional("children", sequence_of(recursive("Tree", lambda: TREE, 5), 1, 4)),
)


DEEP: Codec[Tree] = sequence(
    Tree,
    field("label", integer(0, 255)),
    optional("children", sequence_of(recursive("Tree", lambda: DEEP), 1, 4)),
)


def _chain(depth: int) -> Tree:
    return Tree(depth, (_chain(depth - 1),) if depth else None)


def _error(codec: Codec[Any], octets: bytes) -> RanwrightError:
    with pytest.raises(RanwrightError) as caught:
        decode(codec, octets)
    assert caught.value.code == "e2.malformed"
    return caught.value


def _refused(codec: Codec[Any], value: Any) -> RanwrightError:
    with pytest.raises(RanwrightError) as caught:
        encode(codec, value)
    assert caught.value.code == "e2.unencodable"
    return caught.value


def test_old_decoder_skips_what_a_newer_version_added() -> None:
    newer = Cell(7, "x", power_dbm=30, tilt=3, beams=(1, 2))
    assert decode(OLD, encode(NEW, newer)) == Cell(7, "x")
    assert decode(NEW, encode(OLD, Cell(7, "x"))) == Cell(7, "x")


def test_a_field_of_another_version_is_refused_not_dropped() -> None:
    error = _refused(OLD, Cell(7, tilt=3))
    assert "tilt of Cell" in error.message
    assert "this version does not have it" in error.message


def test_default_is_not_sent() -> None:
    assert encode(OLD, Cell(7)) == encode(OLD, Cell(7, "none"))
    assert len(encode(OLD, Cell(7))) < len(encode(OLD, Cell(7, "other")))


def test_value_checks_of_a_dataclass_hold_when_encoding_values_of_it() -> None:
    codec = sequence(Checked, field("low", integer(0, 9)), field("high", integer(0, 9)))
    assert decode(codec, encode(codec, Checked(1, 2))) == Checked(1, 2)


def test_decoded_values_are_frozen_equal_and_hashable() -> None:
    cell = decode(NEW, encode(NEW, Cell(1, tilt=2)))
    assert {cell} == {Cell(1, tilt=2)}
    with pytest.raises(AttributeError):
        cell.number = 3  # type: ignore[misc]


def test_errors_name_the_field_and_the_bit() -> None:
    octets = encode(SITE, Site((Cell(1), Cell(2, "abc"))))
    error = _error(SITE, octets[:-1])
    assert "cells[1].name of Site" in error.message
    assert "at bit" in error.message
    assert "cells[1].number of Site" in _refused(SITE, Site((Cell(1), Cell(1001)))).message
    assert "cells[0].power_dbm of Site" in _refused(SITE, Site((Cell(1, power_dbm=51),))).message


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (integer(0, 7), 8),
        (integer(0, 300), -1),
        (integer(0, 2**32 - 1), 2**32),
        (integer(3), 2),
        (integer(None, 3), 4),
        (integer(0), 2**300),
        (octet_string(2, 2), b"a"),
        (octet_string(1, 8), b""),
        (octet_string(1), b""),
        (printable_string(1, 4), "Ä"),
        (printable_string(1, 4), "abcde"),
        (utf8_string(), "\ud800"),
        (object_identifier(), "1"),
        (object_identifier(), "1.40"),
        (object_identifier(), "1.x"),
        (bit_string(2, 8), Bits(7, 2)),
        (sequence_of(boolean(), 1, 4), ()),
        (sequence_of(boolean(), 1, 4), (True,) * 5),
        (choice("C", (int, integer(0, 7)), additions=()), "text"),
    ],
)
def test_values_out_of_bounds_are_refused(codec: Codec[Any], value: Any) -> None:
    _refused(codec, value)


@pytest.mark.parametrize(
    ("codec", "octets", "reason"),
    [
        (integer(0, 4), "e0", "7 is above 4"),
        (integer(0, 299), "ffff", "65535 is above 299"),
        (integer(), "00", "0 octets"),
        (integer(), "21" + "00" * 33, "33 octets"),
        (octet_string(), "c5", "5 x 16K"),
        (octet_string(), "c0", "0 x 16K"),
        (octet_string(), "8401", "bits are needed"),
        (octet_string(), "bfff", "bits are needed"),
        (sequence_of(boolean(), 0, 65535), "ffff", "65535 items cannot be in 0 bits"),
        (sequence_of(octet_string(), 0, 2**31), "bfff01", "16383 items cannot be in 8 bits"),
        (boolean(), "8000", "left over"),
        (enumerated(Three), "c0", "3 is above 2"),
        (enumerated(Two, root=1), "90", "no value number 17"),
        (enumerated(Two, root=2), "ffff00", "63 x 16K"),
        (choice("C", (int, integer(0, 7)), additions=()), "8000", "no alternative number 1"),
        (utf8_string(), "01ff", "not utf-8"),
        (printable_string(), "01ff", "not ascii"),
        (open_type(integer(0, 7)), "02e000", "left over in an open type"),
        (real(), "0144", "not a special REAL"),
        (real(), "02b001", "not a binary REAL"),
        (real(), "0180", "not a binary REAL"),
        (real(), "0483" + "7fffff", "not a binary REAL"),
        (real(), "04817fff01", "beyond a double"),
        (real(), "0203" + "2e", "not a decimal REAL"),
        (object_identifier(), "0181", "not an OBJECT IDENTIFIER"),
        (object_identifier(), "028001", "begins with zeros"),
        (TREE, encode(DEEP, _chain(7)).hex(), "nested deeper than 5"),
    ],
)
def test_malformed_octets_are_refused(codec: Codec[Any], octets: str, reason: str) -> None:
    assert reason in _error(codec, bytes.fromhex(octets)).message


def test_real_in_other_bases_and_decimal_is_read() -> None:
    for octets, value in (
        ("0380fd05", 0.625),
        ("0390ff05", 0.625),
        ("03a40014", 40.0),
        ("04c1000003", -3.0),
        ("0603312e32352b", None),
        ("0503312e3235", 1.25),
        ("0140", float("inf")),
    ):
        if value is None:
            _error(real(), bytes.fromhex(octets))
        else:
            assert decode(real(), bytes.fromhex(octets)) == value
    assert str(decode(real(), encode(real(), -0.0))) == "-0.0"
    assert str(decode(real(), encode(real(), float("nan")))) == "nan"


@pytest.mark.parametrize("size", [0, 127, 128, 16383, 16384, 16385, 65536, 81920, 150_001])
def test_long_strings_travel_in_fragments(size: int) -> None:
    value = bytes(n & 0xFF for n in range(size))
    octets = encode(octet_string(), value)
    assert decode(octet_string(), octets) == value
    inside = encode(open_type(octet_string()), value)
    assert decode(open_type(octet_string()), inside) == value
    assert decode(raw_open_type(), inside) == octets


def test_an_open_type_of_no_bits_is_one_octet() -> None:
    assert encode(open_type(null()), None) == b"\x01\x00"
    assert decode(open_type(null()), b"\x01\x00") is None
    assert encode(null(), None) == b"\x00"
    assert decode(null(), b"\x00") is None


def test_alternatives_and_items_are_checked_when_declared() -> None:
    with pytest.raises(ValueError, match="have one type"):
        choice("C", (int, integer(0, 1)), (int, integer(0, 2)))
    with pytest.raises(ValueError, match="no bits"):
        sequence_of(null(), 0, 3)
    with pytest.raises(TypeError, match="no fields"):
        sequence(Cell, field("numbre", integer(0, 1)))
    with pytest.raises(TypeError, match="needs defaults"):
        sequence(Cell, NAME)


def test_remembered_values_are_the_same_and_never_wrong() -> None:
    codec = remembered(sequence_of(printable_string(1, 150, extensible=True), 0, 255))
    pair = sequence(Names, field("first", codec), field("flag", boolean()), field("second", codec))
    same = ("DRB.UEThpDl", "RRU.PrbUsedDl")
    one = decode(pair, encode(pair, Names(same, True, same)))
    two = decode(pair, encode(pair, Names(same, False, same)))
    assert (one.first, one.second, two.flag) == (same, same, False)
    assert one.first is two.first


@dataclass(frozen=True, slots=True)
class Names:
    first: tuple[str, ...]
    flag: bool
    second: tuple[str, ...]


NAMES = st.lists(st.sampled_from(["a", "b", "ab", "DRB.UEThpDl", "DRB.UEThpDlx"])).map(tuple)


@given(NAMES, st.booleans(), NAMES)
def test_memory_changes_no_octet(first: Any, flag: bool, second: Any) -> None:
    plain = sequence_of(printable_string(1, 150, extensible=True), 0, 255)
    value = Names(first, flag, second)
    octets = encode(_names(plain), value)
    assert encode(MEMORY, value) == octets
    assert encode(MEMORY, value) == octets
    assert decode(MEMORY, octets) == value


def _names(codec: Codec[Any]) -> Codec[Names]:
    return sequence(Names, field("first", codec), field("flag", boolean()), field("second", codec))


MEMORY = _names(remembered(sequence_of(printable_string(1, 150, extensible=True), 0, 255)))

CELLS = st.builds(
    Cell,
    number=st.integers(0, 1000),
    name=st.text("abc_/", min_size=1, max_size=20),
    power_dbm=st.none() | st.integers(-50, 50),
) | st.builds(
    Cell,
    number=st.integers(0, 1000),
    tilt=st.integers(0, 15),
    beams=st.none() | st.lists(st.integers(0, 63), max_size=9).map(tuple),
)


@given(st.lists(CELLS, max_size=8).map(tuple).map(Site))
def test_round_trip(site: Site) -> None:
    octets = encode(SITE, site)
    assert decode(SITE, octets) == site
    assert encode(SITE, decode(SITE, octets)) == octets


@given(st.binary(max_size=60))
def test_any_octets_give_a_value_or_an_error(octets: bytes) -> None:
    for codec in (SITE, TREE, NEW, MEMORY, real(), object_identifier(), integer(), utf8_string()):
        try:
            value = decode(codec, octets)
        except RanwrightError:
            continue
        assert repr(decode(codec, encode(codec, value))) == repr(value)
