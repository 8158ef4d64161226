"""Phrases to clauses: which words belong together, each slot filled at most once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from agents.reader.clause import (
    Amount,
    Clause,
    Comparator,
    Direction,
    ReadingError,
    Relation,
    Scope,
)
from agents.reader.phrases import Phrase
from contracts.kpi import Kpi

_DIRECTIONS: dict[str, Direction] = {
    "UP": "up",
    "DOWN": "down",
    "IMPROVE": "better",
    "WORSEN": "worse",
    "MORE": "up",
    "LESS": "down",
}
_MULTIPLES: dict[str, tuple[Direction, float]] = {
    "DOUBLE": ("up", 2.0),
    "TRIPLE": ("up", 3.0),
    "HALVE": ("down", 2.0),
}
_COMPARATORS = {
    "AT_LEAST": Comparator.AT_LEAST,
    "AT_MOST": Comparator.AT_MOST,
    "MORE_THAN": Comparator.MORE_THAN,
    "LESS_THAN": Comparator.LESS_THAN,
    "NOT_BELOW": Comparator.VALUE_ABOVE,
    "ABOVE": Comparator.VALUE_ABOVE,
    "NOT_ABOVE": Comparator.VALUE_BELOW,
    "BELOW": Comparator.VALUE_BELOW,
    "NO_WORSE": Comparator.NO_WORSE,
}
_RELATIONS = {
    "BY": Relation.BY,
    "TO": Relation.TO,
    "BELOW_NOW": Relation.BELOW_NOW,
    "ABOVE_NOW": Relation.ABOVE_NOW,
    "WORSE_NOW": Relation.WORSE_NOW,
    "BETTER_NOW": Relation.BETTER_NOW,
    "OF_NOW": Relation.OF_NOW,
}
_KPIS = {
    "KPI_P5": Kpi.UE_THP_DL_P5,
    "KPI_MEAN": Kpi.UE_THP_DL_MEAN,
    "KPI_POWER": Kpi.TX_POWER_TOTAL,
    "KPI_ENERGY": Kpi.PEE_AVG_POWER,
    "THROUGHPUT": Kpi.UE_THP_DL_MEAN,
    "POWER": Kpi.TX_POWER_TOTAL,
    "ENERGY": Kpi.PEE_AVG_POWER,
    "WEAK_RSRP": Kpi.WEAK_RSRP_RATIO,
    "LOW_SINR": Kpi.LOW_SINR_RATIO,
}
_STATISTICS = {"P5": Kpi.UE_THP_DL_P5, "MEAN": Kpi.UE_THP_DL_MEAN}


@dataclass
class _Slots:
    """A clause in the making."""

    filled: Clause = field(default_factory=Clause)
    noun: str | None = None
    statistic: str | None = None
    joined: bool = False

    @property
    def said(self) -> bool:
        c = self.filled
        return self.verbal or c.comparator is not None or c.amount is not None

    @property
    def verbal(self) -> bool:
        c = self.filled
        return c.direction is not None or c.refrain or c.hold or c.limit

    def finish(self) -> Clause:
        kpi = _KPIS[self.noun] if self.noun else None
        if self.statistic is not None:
            if self.noun not in (None, "THROUGHPUT"):
                # "average power" is how TS 28.552 names the energy KPI.
                if not (self.statistic == "MEAN" and self.noun == "ENERGY"):
                    raise ReadingError(
                        "intent.unclear", "A percentile or mean can only be of throughput."
                    )
            else:
                kpi = _STATISTICS[self.statistic]
        if self.filled.total and kpi not in (None, Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER):
            raise ReadingError("intent.unclear", "Only power and energy have a total.")
        return replace(self.filled, kpi=kpi)


def build(phrases: Iterable[Phrase]) -> tuple[Clause, ...]:
    """Sort the phrases of a sentence into clauses.

    Raises:
        ReadingError: ``intent.unclear`` where words say the same thing twice or nothing together.
    """
    builder = _Builder()
    for phrase in phrases:
        builder.take(phrase)
    return builder.finish()


class _Builder:
    def __init__(self) -> None:
        self._done: list[Clause] = []
        self._now = _Slots()

    def finish(self) -> tuple[Clause, ...]:
        self._close()
        return tuple(self._done)

    def take(self, phrase: Phrase) -> None:
        kind = phrase.kind
        if kind == "FILLER":
            return
        if kind == "JOIN":
            self._now.joined = True
        elif kind in _MULTIPLES or kind in ("UP", "DOWN", "IMPROVE", "WORSEN"):
            self._verb(kind)
        elif kind in ("WITHOUT", "KEEP", "LIMIT"):
            self._attitude(kind)
        elif kind in _KPIS:
            self._noun(kind)
        elif kind in _STATISTICS:
            self._statistic(kind)
        else:
            self._detail(phrase)

    def _detail(self, phrase: Phrase) -> None:
        kind, value = phrase.kind, phrase.value
        if kind in ("MORE", "LESS"):
            self._open(lambda c: c.direction is not None, phrase)
            self._set(direction=_DIRECTIONS[kind])
        elif kind in _COMPARATORS:
            # A comparator comes before its amount: after one and a join it opens a new clause.
            late = self._now.filled.amount is not None and self._now.joined
            self._open(lambda c: c.comparator is not None or late, phrase)
            self._set(comparator=_COMPARATORS[kind])
        elif kind in _RELATIONS:
            self._relation(phrase)
        elif isinstance(value, Scope):
            self._open(lambda c: c.scope is not None, phrase)
            self._set(scope=value)
        elif isinstance(value, Amount):
            self._open(lambda c: c.amount is not None, phrase)
            self._set(amount=self._fraction(value) if kind == "FRACTION" else value)
        elif kind == "TOTAL":
            self._open(lambda c: c.total or self._now.noun is not None, phrase)
            self._set(total=True)
        elif kind == "NOW":
            self._set(against_now=True)
        else:  # VAGUE, COVERAGE: understood, but they do not name a KPI
            self._set(unclear=(*self._now.filled.unclear, phrase.text))

    def _verb(self, kind: str) -> None:
        filled = self._now.filled
        if filled.direction is None and kind == "DOWN" and self._is_adjective():
            self._set(direction="down")
            return
        starts = filled.direction is not None or filled.hold or filled.limit
        if starts or (self._now.said and not filled.refrain):
            self._close()
        if kind in _MULTIPLES:
            direction, value = _MULTIPLES[kind]
            self._set(direction=direction, amount=Amount("factor", value))
        else:
            self._set(direction=_DIRECTIONS[kind])

    def _is_adjective(self) -> bool:
        # "20 % lower power", "use 10 % lower energy": the amount comes first and no join between.
        c = self._now.filled
        return c.amount is not None and not self._now.joined and self._now.noun is None

    def _attitude(self, kind: str) -> None:
        if self._now.said:
            self._close()
        self._set(refrain=kind == "WITHOUT", hold=kind == "KEEP", limit=kind == "LIMIT")

    def _noun(self, kind: str) -> None:
        if self._now.noun is not None:
            self._next(kind)
        self._now.noun = kind
        self._now.joined = False

    def _statistic(self, kind: str) -> None:
        if self._now.statistic is not None or self._now.noun not in (None, "THROUGHPUT"):
            self._next(kind)
        self._now.statistic = kind
        self._now.joined = False

    def _relation(self, phrase: Phrase) -> None:
        relation = _RELATIONS[phrase.kind]
        if self._now.filled.relation is not Relation.TO or relation is Relation.BY:
            # "to 80 % of now": the later word is the more exact one.
            self._open(lambda c: c.relation is not None, phrase)
        self._set(relation=relation)

    def _fraction(self, value: Amount) -> Amount:
        # "by a fifth" is 20 %; "to half" and "half power" are a multiple.
        if self._now.filled.relation is Relation.BY:
            return Amount("percent", 100.0 * value.value)
        return value

    def _open(self, taken: Callable[[Clause], bool], phrase: Phrase) -> None:
        if taken(self._now.filled):
            self._next(phrase.text)

    def _next(self, word: str) -> None:
        if not self._now.joined:
            raise ReadingError("intent.unclear", f"{word!r} says again what was said before.")
        self._close()

    def _set(self, **changes: object) -> None:
        self._now.filled = replace(self._now.filled, **changes)  # type: ignore[arg-type]
        self._now.joined = False

    def _close(self) -> None:
        clause = self._now.finish()
        if clause != Clause():
            self._done.append(self._completed(clause))
        self._now = _Slots()

    def _completed(self, clause: Clause) -> Clause:
        # "... at least 3 Mbit/s and at most 5 Mbit/s" speaks of one KPI.
        bound_only = clause.comparator is not None and clause.amount is not None
        verbal = clause.direction or clause.refrain or clause.hold or clause.limit
        if not self._done or not bound_only or clause.kpi or clause.unclear or verbal:
            return clause
        last = self._done[-1]
        return replace(
            clause,
            kpi=last.kpi,
            total=clause.total or last.total,
            scope=clause.scope or last.scope,
        )
