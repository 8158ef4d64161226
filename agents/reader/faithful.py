"""Does a draft say what the sentence says? Checked word by word; no model judges itself.

Each quote must stand in the sentence and mean, by the grammar, what the model claims. Each number,
comparator and direction of the sentence must be covered by a quote, so nothing can be left out.
"""

import re
from collections.abc import Iterable, Sequence

from agents.reader.clause import (
    Amount,
    Clause,
    Comparator,
    Direction,
    ReadingError,
    Relation,
    Scope,
)
from agents.reader.clauses import build
from agents.reader.draft import KPI_BY_NAME, Draft, DraftClause
from agents.reader.phrases import Phrase, parse, terminal_pattern

_COMPARATORS: dict[str, tuple[str, Comparator]] = {
    "AT_LEAST": ("at_least", Comparator.AT_LEAST),
    "MORE_THAN": ("at_least", Comparator.MORE_THAN),
    "NOT_BELOW": ("at_least", Comparator.VALUE_ABOVE),
    "ABOVE": ("at_least", Comparator.VALUE_ABOVE),
    "AT_MOST": ("at_most", Comparator.AT_MOST),
    "LESS_THAN": ("at_most", Comparator.LESS_THAN),
    "NOT_ABOVE": ("at_most", Comparator.VALUE_BELOW),
    "BELOW": ("at_most", Comparator.VALUE_BELOW),
    "NO_WORSE": ("no_worse", Comparator.NO_WORSE),
}
_DIRECTIONS: dict[str, Direction] = {
    "UP": "up",
    "MORE": "up",
    "DOUBLE": "up",
    "TRIPLE": "up",
    "DOWN": "down",
    "LESS": "down",
    "HALVE": "down",
}
_RELATIONS = {r.value.upper(): r for r in Relation}
_MULTIPLES = {"DOUBLE": 2.0, "TRIPLE": 3.0, "HALVE": 2.0}
_MUST_BE_QUOTED = (
    *_COMPARATORS,
    *_DIRECTIONS,
    "CELLS",
    "ALL_CELLS",
    "EACH_CELL",
    "FRACTION",
    "BELOW_NOW",
    "ABOVE_NOW",
    "WORSE_NOW",
    "BETTER_NOW",
    "OF_NOW",
)
_NOUNS = ("THROUGHPUT", "POWER", "ENERGY", "WEAK_RSRP", "LOW_SINR")
_STATISTICS = ("P5", "MEAN")


def clauses_of(draft: Draft, sentence: str) -> tuple[Clause, ...]:
    """The clauses that a draft marks, after it has been held against the sentence.

    Args:
        draft: the model's answer.
        sentence: the cleaned sentence.

    Raises:
        ReadingError: ``reader.unfaithful`` with what does not fit, ``intent.out_of_scope``, or an
            ``intent.*`` code where the quoted amount or scope itself is wrong.
    """
    if draft.outcome == "out_of_scope":
        raise ReadingError("intent.out_of_scope", "The model found no network intent in it.")
    clauses = tuple(_clause(drafted, sentence) for drafted in draft.clauses)
    for before, drafted in zip((None, *draft.clauses), draft.clauses, strict=False):
        _check_kpi(before, drafted, sentence)
    _check_cover(draft.clauses, sentence)
    _check_order(draft.clauses, sentence)
    return clauses


def unfaithful(detail: str) -> ReadingError:
    """The refusal of a draft that does not say what the sentence says."""
    return ReadingError("reader.unfaithful", f"The model's reading was rejected: {detail}")


def _clause(drafted: DraftClause, sentence: str) -> Clause:
    scope = _scope(drafted, sentence)
    return Clause(
        kpi=None if drafted.kpi is None else KPI_BY_NAME[drafted.kpi],
        direction=_direction(drafted, sentence),
        refrain=drafted.role == "refrain",
        hold=drafted.role == "hold",
        limit=drafted.role == "limit",
        total=drafted.total,
        comparator=_comparator(drafted, sentence),
        amount=_amount(drafted, sentence),
        relation=_relation(drafted, sentence),
        against_now=drafted.amount_quote is None and drafted.comparator is not None,
        scope=scope,
    )


def _quoted(quote: str, sentence: str) -> Phrase:
    """The one phrase that a quote is, by the grammar."""
    if not _spans(quote, sentence):
        raise unfaithful(f"{quote!r} does not stand in the sentence.")
    phrases = [p for p in parse(quote) if p.kind not in ("FILLER", "JOIN")]
    if len(phrases) != 1:
        raise unfaithful(f"{quote!r} is not one thing.")
    return phrases[0]


def _spans(quote: str, sentence: str) -> list[tuple[int, int]]:
    # A quote must not cut a number or a word in two: "2 %" does not stand in "12 %".
    pattern = rf"(?<![\w.,+-]){re.escape(quote.strip())}(?!\w|[.,]\d)" if quote.strip() else r"(?!)"
    return [m.span() for m in re.finditer(pattern, sentence)]


def _check_kpi(before: DraftClause | None, drafted: DraftClause, sentence: str) -> None:
    """The words of a KPI must not name another one; words the grammar has not are the model's."""
    quote = drafted.kpi_quote
    if quote is None or drafted.kpi is None:
        goes_on = quote is None and before is not None and before.kpi == drafted.kpi
        if (quote is None) is not (drafted.kpi is None) and not goes_on:
            raise unfaithful("a KPI and its quote come together.")
        return
    if not _spans(quote, sentence):
        raise unfaithful(f"{quote!r} does not stand in the sentence.")
    known = {name: m for name in (*_NOUNS, *_STATISTICS) for m in _words(name, quote)}
    if "ENERGY" in known:
        known.pop("POWER", None)  # "power consumption"
    named = build([Phrase(name, match.group()) for name, match in known.items()]) if known else ()
    if len(named) > 1 or (named and named[0].kpi is not KPI_BY_NAME[drafted.kpi]):
        raise unfaithful(f"{quote!r} does not mean {drafted.kpi}.")


def _direction(drafted: DraftClause, sentence: str) -> Direction | None:
    if (drafted.direction is None) is not (drafted.direction_quote is None):
        raise unfaithful("a direction and its quote come together.")
    if drafted.direction_quote is None:
        return None
    if _DIRECTIONS.get(_quoted(drafted.direction_quote, sentence).kind) != drafted.direction:
        raise unfaithful(f"{drafted.direction_quote!r} does not mean {drafted.direction}.")
    return drafted.direction


def _comparator(drafted: DraftClause, sentence: str) -> Comparator | None:
    if (drafted.comparator is None) is not (drafted.comparator_quote is None):
        raise unfaithful("a comparator and its quote come together.")
    if drafted.comparator_quote is None:
        return None
    kind = _quoted(drafted.comparator_quote, sentence).kind
    claimed, comparator = _COMPARATORS.get(kind, (None, None))
    if claimed != drafted.comparator or comparator is None:
        raise unfaithful(f"{drafted.comparator_quote!r} does not mean {drafted.comparator}.")
    return comparator


def _relation(drafted: DraftClause, sentence: str) -> Relation | None:
    if (drafted.relation is None) is not (drafted.relation_quote is None):
        raise unfaithful("a relation and its quote come together.")
    if drafted.relation_quote is None:
        return None
    relation = _RELATIONS.get(_quoted(drafted.relation_quote, sentence).kind)
    if relation is None or relation.value != drafted.relation:
        raise unfaithful(f"{drafted.relation_quote!r} does not mean {drafted.relation}.")
    return relation


def _amount(drafted: DraftClause, sentence: str) -> Amount | None:
    if drafted.amount_quote is None:
        return None
    phrase = _quoted(drafted.amount_quote, sentence)
    if phrase.kind in _MULTIPLES:
        return Amount("factor", _MULTIPLES[phrase.kind])
    if not isinstance(phrase.value, Amount):
        raise unfaithful(f"{drafted.amount_quote!r} is no amount.")
    if phrase.value.kind == "bare" and _unit_follows(drafted.amount_quote, sentence):
        raise unfaithful(f"{drafted.amount_quote!r} leaves its unit out.")
    if phrase.kind == "FRACTION" and drafted.relation == "by":
        return Amount("percent", 100.0 * phrase.value.value)
    return phrase.value


def _unit_follows(quote: str, sentence: str) -> bool:
    unit = terminal_pattern("UNIT")
    rest = (sentence[end:].lstrip() for _, end in _spans(quote, sentence))
    return any(unit.match(text) for text in rest)


def _scope(drafted: DraftClause, sentence: str) -> Scope | None:
    if drafted.scope_quote is None:
        return None
    value = _quoted(drafted.scope_quote, sentence).value
    if not isinstance(value, Scope):
        raise unfaithful(f"{drafted.scope_quote!r} names no cells.")
    return value


def _check_cover(clauses: Sequence[DraftClause], sentence: str) -> None:
    covered = [span for c in clauses for q in _quotes(c) for span in _spans(q, sentence)]
    percentiles = [m.span() for m in terminal_pattern("P5").finditer(sentence)]
    for number in re.finditer(r"\d+", sentence):
        if not _inside(number.span(), covered + percentiles):
            raise unfaithful(f"the number {number.group()} of the sentence is left out.")
    for name in (*_MUST_BE_QUOTED, *_NOUNS, *_STATISTICS):
        for match in _words(name, sentence):
            if not _inside(match.span(), covered):
                raise unfaithful(f"{match.group()!r} of the sentence is left out.")
    comparators = [s for c in clauses for s in _spans(c.comparator_quote or "", sentence)]
    refrains = [m for m in _words("WITHOUT", sentence) if not _inside(m.span(), comparators)]
    if len(refrains) != sum(c.role == "refrain" for c in clauses):
        raise unfaithful("what must not happen is not what the sentence says.")


def _check_order(clauses: Sequence[DraftClause], sentence: str) -> None:
    # Clauses stand one after the other, so that no clause borrows another's amount or KPI.
    start = 0
    for clause in clauses:
        ends = [start]
        for quote in _own_quotes(clause):
            end = next((e for s, e in _spans(quote, sentence) if s >= start), None)
            if end is None:
                raise unfaithful(f"{quote!r} belongs to another clause.")
            ends.append(end)
        start = max(ends)


def _words(name: str, sentence: str) -> Iterable[re.Match[str]]:
    return (
        m
        for m in terminal_pattern(name).finditer(sentence)
        if m.start() == 0 or not sentence[m.start() - 1].isalnum()
    )


def _quotes(clause: DraftClause) -> list[str]:
    return [*_own_quotes(clause), *([clause.scope_quote] if clause.scope_quote else [])]


def _own_quotes(clause: DraftClause) -> list[str]:
    quotes = (
        clause.kpi_quote,
        clause.direction_quote,
        clause.comparator_quote,
        clause.amount_quote,
        clause.relation_quote,
    )
    return [quote for quote in quotes if quote]


def _inside(span: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    return any(low <= span[0] and span[1] <= high for low, high in spans)
