"""Conditions on UEs and on values: which ones are measured and reported (E2SM-KPM clause 8.3)."""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from contracts.e2.common.shapes import FLAG, boxed, constant, keyed_choice
from contracts.e2.common.ue import UE_ID, UeId
from contracts.e2.kpm.measurement import (
    BIN_RANGES,
    MEASUREMENT_TYPE,
    BinRanges,
    MeasurementLabel,
    MeasurementType,
    measurement_label,
)
from contracts.e2.kpm.version import KpmVersion, Layout, since
from contracts.e2.per import (
    Bits,
    Codec,
    PerError,
    Reader,
    bit_string,
    boolean,
    choice,
    default,
    enumerated,
    field,
    integer,
    octet_string,
    optional,
    printable_string,
    real,
    sequence,
    sequence_of,
    wrapped,
)


class TestType(Enum):
    """What a condition tests (8.3.22)."""

    __test__ = False
    GBR = "gBR"
    AMBR = "aMBR"
    IS_STAT = "isStat"
    IS_CAT_M = "isCatM"
    RSRP = "rSRP"
    RSRQ = "rSRQ"
    UL_RSRP = "ul-rSRP"
    CQI = "cQI"
    FIVE_QI = "fiveQI"
    QCI = "qCI"
    S_NSSAI = "sNSSAI"


_ROOT_TESTS = 6


class Comparison(Enum):
    """How a condition compares (8.3.22)."""

    EQUAL = "equal"
    GREATER_THAN = "greaterthan"
    LESS_THAN = "lessthan"
    CONTAINS = "contains"
    PRESENT = "present"


COMPARISON = enumerated(Comparison, root=5)


@dataclass(frozen=True, slots=True)
class EnumNumber:
    """The number of a value of an enumeration."""

    value: int


TestValue = int | EnumNumber | bool | Bits | bytes | str | float
TEST_VALUE: Codec[TestValue] = choice(
    "TestCond-Value",
    (int, integer()),
    (EnumNumber, wrapped(EnumNumber, integer())),
    (bool, boolean()),
    (Bits, bit_string()),
    (bytes, octet_string()),
    (str, printable_string()),
    additions=((float, real()),),
)


@dataclass(frozen=True, slots=True)
class UeTest:
    """A test on a property of a UE (8.3.22)."""

    type: TestType
    comparison: Comparison | None = None
    value: TestValue | None = None


@cache
def ue_test(layout: Layout) -> Codec[UeTest]:
    """The layout of a test."""
    kinds = [(test, constant(FLAG, True, test)) for test in TestType]
    root = len(kinds) if layout.moved_markers else _ROOT_TESTS
    test_type: Codec[TestType] = keyed_choice(
        "TestCond-Type", lambda test: test, *kinds[:root], additions=tuple(kinds[root:])
    )
    return sequence(
        UeTest,
        field("type", test_type),
        optional("comparison", COMPARISON),
        optional("value", TEST_VALUE),
        additions=(),
    )


@dataclass(frozen=True, slots=True)
class MatchingCondition:
    """A label or a test that decides whether a UE counts (8.3.21).

    Attributes:
        condition: what is asked of the UE.
        logical_or: whether this and the next condition are combined by OR (from v02.03).
    """

    condition: MeasurementLabel | UeTest
    logical_or: bool = False


@cache
def matching_conditions(layout: Layout) -> Codec[tuple[MatchingCondition, ...]]:
    """The layout of the conditions of a measurement."""
    condition: Codec[MeasurementLabel | UeTest] = choice(
        "MatchingCondItem",
        (MeasurementLabel, measurement_label(layout)),
        (UeTest, ue_test(layout)),
        additions=(),
    )
    if layout.version < KpmVersion.V2_03:
        return sequence_of(_bare(condition), 1, 32_768)
    item = sequence(
        MatchingCondition,
        field("condition", condition),
        default("logical_or", FLAG, False),
        additions=(),
    )
    return sequence_of(item, 1, 32_768)


def _bare(condition: Codec[MeasurementLabel | UeTest]) -> Codec[MatchingCondition]:
    """Before v02.03 the condition stands alone."""

    def decode(reader: Reader) -> MatchingCondition:
        return MatchingCondition(condition.decode(reader))

    def encode(value: MatchingCondition, out: bytearray, free: int) -> int:
        if value.logical_or:
            raise PerError("conditions combined by OR came with v02.03")
        return condition.encode(value.condition, out, free)

    return Codec(condition.name, decode, encode)


@dataclass(frozen=True, slots=True)
class MeasurementCondition:
    """A measurement of the UEs that match (8.3.18)."""

    type: MeasurementType
    matching: tuple[MatchingCondition, ...]
    bins: BinRanges | None = None


@cache
def measurement_conditions(layout: Layout) -> Codec[tuple[MeasurementCondition, ...]]:
    """The layout of action definition format 3's measurements."""
    bins = since(layout, KpmVersion.V2_03, optional("bins", BIN_RANGES))
    item = sequence(
        MeasurementCondition,
        field("type", MEASUREMENT_TYPE),
        field("matching", matching_conditions(layout)),
        *(bins if layout.moved_markers else ()),
        additions=() if layout.moved_markers else bins,
    )
    return sequence_of(item, 1, 65_535)


@dataclass(frozen=True, slots=True)
class MatchingUeCondition:
    """A test that decides whether a UE is subscribed (8.3.23)."""

    test: UeTest
    logical_or: bool = False


@cache
def matching_ue_conditions(layout: Layout) -> Codec[tuple[MatchingUeCondition, ...]]:
    """The layout of action definition format 4's conditions."""
    item = sequence(
        MatchingUeCondition,
        field("test", ue_test(layout)),
        additions=since(layout, KpmVersion.V2_03, default("logical_or", FLAG, False)),
    )
    return sequence_of(item, 1, 32_768)


UE_LIST: Codec[tuple[UeId, ...]] = sequence_of(boxed(UE_ID), 1, 65_535)
SUBSCRIBED_UES: Codec[tuple[UeId, ...]] = sequence_of(boxed(UE_ID), 2, 65_535)


@dataclass(frozen=True, slots=True)
class ValueTest:
    """A test on a measured value."""

    comparison: Comparison
    value: TestValue


@dataclass(frozen=True, slots=True)
class ReportCondition:
    """A condition on a value for it to be reported (from v04.00)."""

    test: ValueTest
    logical_or: bool = False


REPORT_CONDITIONS = sequence_of(
    sequence(
        ReportCondition,
        field(
            "test",
            sequence(
                ValueTest,
                field("comparison", COMPARISON),
                field("value", TEST_VALUE),
                additions=(),
            ),
        ),
        default("logical_or", FLAG, False),
        additions=(),
    ),
    1,
    32_768,
)
