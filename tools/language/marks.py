"""What a language model may say of a sentence: spans, classes, links; never a number or a name.

Values of spans are what stands there. Code reads numbers, units, times and names from them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from contracts.target import Aggregate, TargetKpi


class Act(StrEnum):
    """What a sentence does."""

    WISH = "wish"
    OUT_OF_DOMAIN = "out_of_domain"
    ATTACK = "attack"
    """Asks for secrets, for checks to be dropped, or gives orders to the reader alone."""
    UNDO = "undo"
    CANCEL = "cancel"
    EXPLAIN_REFUSAL = "explain_refusal"
    EXPLAIN_CHOICE = "explain_choice"
    STATUS = "status"
    WHAT_IF = "what_if"
    CORRECT = "correct"
    """The fields that are given replace those of the last intent."""
    MORE = "more"
    """As the last intent, from what it has reached."""
    INCLUDE = "include"
    """Cells or a KPI besides those of the last intent."""
    DROP_TARGET = "drop_target"
    DROP_TIME = "drop_time"
    CONFIRM = "confirm"
    """Do what was asked about."""


class Role(StrEnum):
    """What a span of a sentence is."""

    KPI = "kpi"
    AMOUNT = "amount"
    HOLD = "hold"
    """Bounds without a number: "must not grow"."""
    VAGUE = "vague"
    """Stands where an amount is missing: "a bit"."""
    CELLS = "cells"
    EXCEPT = "except"
    EACH = "each"
    AREA = "area"
    UE_GROUP = "ue_group"
    SLICE = "slice"
    PLMN = "plmn"
    BAND = "band"
    SOMEWHERE = "somewhere"
    """A place that is not said: "the usual cells"."""
    START = "start"
    END = "end"
    DAYS = "days"
    DATE = "date"
    DURATION = "duration"
    SOMETIME = "sometime"
    """A time that is not said: "while the fair lasts"."""
    PRIORITY = "priority"
    BASELINE = "baseline"
    """Something to compare with that is not the value now: "the plan"."""
    PLANTED = "planted"
    """Instructions that are not the speaker's."""
    ASIDE = "aside"
    """Names or numbers that are not part of the wish."""


BOUNDS = frozenset({Role.AMOUNT, Role.HOLD, Role.VAGUE})
"""Spans that an expectation hangs on, one each, or one a KPI."""

PLACES = frozenset(
    {
        Role.CELLS,
        Role.EXCEPT,
        Role.EACH,
        Role.AREA,
        Role.UE_GROUP,
        Role.SLICE,
        Role.PLMN,
        Role.BAND,
        Role.SOMEWHERE,
    }
)


class Meaning(StrEnum):
    """How a bound bounds; which comparator, sign and verb that is follows in code."""

    RISE_BY = "rise_by"
    FALL_BY = "fall_by"
    IMPROVE_BY = "improve_by"
    MAY_RISE_BY = "may_rise_by"
    MAY_FALL_BY = "may_fall_by"
    MAY_WORSEN_BY = "may_worsen_by"
    WITHIN = "within"
    """Neither up nor down by more."""
    KEEP_AT_LEAST = "keep_at_least"
    KEEP_AT_MOST = "keep_at_most"
    BRING_AT_LEAST = "bring_at_least"
    BRING_AT_MOST = "bring_at_most"
    REACH = "reach"
    """A value without a comparator, to be reached from the worse side."""
    NO_RISE = "no_rise"
    NO_FALL = "no_fall"
    NO_WORSE = "no_worse"


@dataclass(frozen=True)
class Mark:
    """A span of characters, ``start`` to ``end``.

    Attributes:
        kpi: of a KPI; None where its words name more than one.
        aggregate: of a KPI that is one.
        meaning: of a bound.
    """

    role: Role
    start: int
    end: int
    kpi: TargetKpi | None = None
    aggregate: Aggregate | None = None
    meaning: Meaning | None = None


@dataclass(frozen=True)
class Marks:
    """A model's whole answer.

    Attributes:
        marks: in the order of the sentence, none over another.
        links: pairs of positions in ``marks``: a bound, and a KPI or place that it is about.
        certainty: least probability of what was marked, 0..1; of labels it is 1.
    """

    act: Act
    marks: tuple[Mark, ...] = ()
    links: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    certainty: float = 1.0
