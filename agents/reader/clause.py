"""What a sentence says, clause by clause, before anything is judged: the readers' common ground."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from contracts.kpi import Kpi

Direction = Literal["up", "down", "better", "worse"]


class Comparator(StrEnum):
    """How an amount bounds.

    The first four bound the amount itself ("at most 5 % below now" lets little fall); the
    ``VALUE_`` ones bound the KPI's value ("not below 3 Mbit/s").
    """

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    VALUE_ABOVE = "value_above"
    VALUE_BELOW = "value_below"
    NO_WORSE = "no_worse"


class Relation(StrEnum):
    """What an amount is measured from."""

    BY = "by"
    TO = "to"
    BELOW_NOW = "below_now"
    ABOVE_NOW = "above_now"
    WORSE_NOW = "worse_now"
    BETTER_NOW = "better_now"
    OF_NOW = "of_now"


@dataclass(frozen=True)
class Amount:
    """A number with its unit, converted; ``kind`` says what ``value`` counts.

    ``percent``, ``factor`` (2 is twice as much), ``db`` (a power ratio), ``mbps``, ``w``, or
    ``bare`` (no unit).
    """

    kind: Literal["percent", "factor", "db", "mbps", "w", "bare"]
    value: float


@dataclass(frozen=True)
class Scope:
    """Which cells; ``each`` asks for one requirement a cell instead of one over all of them."""

    cells: tuple[int, ...] | Literal["all"]
    each: bool = False


@dataclass(frozen=True)
class Clause:
    """One thing asked. ``None`` means that the sentence does not say it."""

    kpi: Kpi | None = None
    direction: Direction | None = None
    refrain: bool = False
    hold: bool = False
    limit: bool = False
    total: bool = False
    comparator: Comparator | None = None
    amount: Amount | None = None
    relation: Relation | None = None
    against_now: bool = False
    scope: Scope | None = None
    unclear: tuple[str, ...] = field(default=())

    @property
    def asks_for_change(self) -> bool:
        """Whether the clause wants something to become different (``DELIVER``)."""
        if self.refrain or self.hold or self.limit:
            return False
        return self.direction is not None


class ReadingError(Exception):
    """Raised while reading; carries the code and the words of a refusal or a question."""

    def __init__(self, code: str, text: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.missing = missing
