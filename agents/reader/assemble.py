"""Clauses to an intent: the one deterministic step that all readers share.

Nothing is guessed. What is missing is asked for; what contradicts itself is refused.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from agents.reader.clause import Clause, ReadingError, Scope
from agents.reader.phrases import UNDERSTOOD
from agents.reader.resolve import resolve
from contracts.intent import (
    Clarification,
    Intent,
    IntentExpectation,
    Reading,
    Refusal,
    Verb,
)
from contracts.kpi import Kpi
from contracts.requirement import Condition, PowerBound, Requirement, format_cells

_OPPOSITE = {"up": "down", "down": "up", "better": "worse", "worse": "better"}
_QUESTIONS = {
    "kpi": "which KPI (mean or 5th-percentile throughput, energy, transmit power, share of users "
    "with weak RSRP or low SINR)",
    "cells": "which cells (for example 'cells 1-3' or 'all cells')",
    "amount": "by how much, or to which value",
}


def assemble(sentence: str, clauses: Sequence[Clause], cells: tuple[int, ...]) -> Reading:
    """An intent from what a sentence says, or the question or refusal that stands in its way.

    Args:
        sentence: the operator's words, unchanged.
        clauses: what a reader made of them.
        cells: the cells of the network.
    """
    try:
        return _intent(sentence, clauses, cells)
    except ReadingError as found:
        return answer(found)


def answer(found: ReadingError) -> Clarification | Refusal:
    """The reading that tells the operator why there is no intent."""
    if found.missing:
        return Clarification(code=found.code, question=found.text, missing=found.missing)
    return Refusal(code=found.code, reason=found.text, remedy=UNDERSTOOD)


def _intent(sentence: str, clauses: Sequence[Clause], cells: tuple[int, ...]) -> Intent:
    if not clauses:
        raise ReadingError("intent.out_of_scope", "The sentence asks for nothing.")
    _check_cells(clauses, cells)
    scopes = [_scope(clause, clauses) for clause in clauses]
    _check_directions(clauses, scopes)
    _check_complete(clauses, scopes)
    expectations = []
    for position, (clause, scope) in enumerate(zip(clauses, scopes, strict=True)):
        deliver = clause.asks_for_change or (position == 0 and _bare_multiple(clause))
        verb: Verb = "DELIVER" if deliver else "ENSURE"
        expectations.append(_expectation(verb, clause, scope, cells))
    intent = Intent(user_label=sentence, intent_expectations=tuple(expectations))
    check_bounds(intent.requirements)
    return intent


def _check_cells(clauses: Iterable[Clause], cells: tuple[int, ...]) -> None:
    named: set[int] = set()
    for clause in clauses:
        if clause.scope is not None and clause.scope.cells != "all":
            named.update(clause.scope.cells)
    unknown = sorted(named.difference(cells))
    if unknown:
        raise ReadingError(
            "intent.unknown_cell",
            f"There is no cell {format_cells(tuple(unknown[:20]))} here; the network has cells "
            f"{format_cells(tuple(sorted(cells)))}.",
        )


def _scope(clause: Clause, clauses: Sequence[Clause]) -> Scope | None:
    """The clause's own scope; else the whole network for power, else the scope stated beside it."""
    if clause.scope is not None:
        return clause.scope
    if clause.kpi is Kpi.TX_POWER_TOTAL and (clause.total or not _main_change(clause)):
        return Scope("all")
    stated = [c.scope for c in clauses if c.scope is not None]
    if stated:
        return stated[0]
    if clause.kpi is not None and _bare_multiple(clause):
        return Scope("all")
    return None


def _main_change(clause: Clause) -> bool:
    return clause.asks_for_change or clause.limit


def _bare_multiple(clause: Clause) -> bool:
    # "10x throughput at half power" speaks of the network as a whole.
    amount = clause.amount
    verbal = clause.direction or clause.refrain or clause.hold or clause.limit
    return not verbal and amount is not None and amount.kind == "factor"


def _check_directions(clauses: Sequence[Clause], scopes: Sequence[Scope | None]) -> None:
    # Comparators are judged with their numbers later; this also catches clauses without numbers.
    for (one, here), (other, there) in combinations(zip(clauses, scopes, strict=True), 2):
        if one.kpi is None or one.kpi is not other.kpi or here != there:
            continue
        ways = [_way(one), _way(other)]
        if None not in ways and ways[0] != ways[1] and not (one.amount and other.amount):
            raise ReadingError(
                "intent.contradictory", f"{one.kpi} is asked to go both ways at once."
            )


def _way(clause: Clause) -> str | None:
    if clause.direction is None or (clause.refrain and clause.amount is not None):
        return None
    return _OPPOSITE[clause.direction] if clause.refrain else clause.direction


def _check_complete(clauses: Sequence[Clause], scopes: Sequence[Scope | None]) -> None:
    missing: dict[str, None] = {}
    unclear = ""
    for clause, scope in zip(clauses, scopes, strict=True):
        if clause.kpi is None:
            missing["kpi"] = None
            unclear = unclear or ", ".join(clause.unclear)
        if scope is None:
            missing["cells"] = None
        if clause.amount is None and (_main_change(clause) or clause.kpi is None):
            missing["amount"] = None
    if not missing:
        return
    code = f"intent.missing_{next(iter(missing))}" if len(missing) == 1 else "intent.ambiguous"
    seen = f"{unclear!r} says too little. " if unclear else ""
    wanted = "; ".join(_QUESTIONS[name] for name in missing)
    raise ReadingError(code, f"{seen}Please say {wanted}.", tuple(missing))


def _expectation(
    verb: Verb, clause: Clause, scope: Scope | None, cells: tuple[int, ...]
) -> IntentExpectation:
    if clause.kpi is None or scope is None:
        raise AssertionError("completeness was checked")
    condition, bound = resolve(clause, clause.kpi)
    chosen = tuple(sorted(cells)) if scope.cells == "all" else tuple(sorted(scope.cells))
    if (
        isinstance(bound, PowerBound)
        and clause.kpi is Kpi.TX_POWER_TOTAL
        and len(chosen) > 1
        and not (clause.total or scope.each)
    ):
        raise ReadingError(
            "intent.ambiguous_power",
            f"Is {bound.threshold_w:g} W for each of cells {format_cells(chosen)}, or their total?",
            ("total or each",),
        )
    over_all = IntentExpectation.of(
        verb, Requirement(kpi=clause.kpi, cells=chosen, condition=condition, bound=bound)
    )
    place = over_all.expectation_object.model_copy(update={"each": scope.each})
    return over_all.model_copy(update={"expectation_object": place})


def check_bounds(requirements: Sequence[Requirement]) -> None:
    """Raise :class:`ReadingError` where two of them cannot hold together."""
    for one, other in combinations(requirements, 2):
        if (one.kpi, one.cells, one.bound.kind) != (other.kpi, other.cells, other.bound.kind):
            continue
        if one.condition is other.condition:
            continue
        low, high = (one, other) if one.condition is Condition.AT_LEAST else (other, one)
        if low.threshold(100.0) > high.threshold(100.0):
            raise ReadingError("intent.contradictory", f"{low.describe()}, but {high.describe()}.")
