"""From marks to an answer: every number, sign, name and time is read and checked by code."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from agents.reader.clause import ReadingError
from agents.reader.embedded import names, times
from agents.reader.embedded.amounts import Amount, amount
from agents.reader.embedded.bounds import targets, verb
from agents.reader.embedded.checks import check_cover, check_together, check_used
from agents.reader.embedded.comparators import check_comparator
from contracts.conversation import Turn
from contracts.directory import Directory
from contracts.intent import Intent, IntentExpectation
from contracts.scope import Scope
from contracts.target import TargetKpi
from contracts.time_window import TimeWindow
from tools.language.marks import BOUNDS, PLACES, Mark, Marks, Role

_NAMES = {
    Role.AREA: "area",
    Role.UE_GROUP: "ue_group",
    Role.SLICE: "slice_name",
    Role.PLMN: "plmn",
    Role.BAND: "band",
}


@dataclass(frozen=True)
class Marked:
    """A sentence, what a model marked in it, and what it may speak of."""

    sentence: str
    marks: Marks
    directory: Directory
    history: tuple[Turn, ...] = ()

    def text(self, mark: Mark) -> str:
        """What stands there."""
        return self.sentence[mark.start : mark.end]

    def of(self, *roles: Role) -> list[Mark]:
        """All marks of these roles, in order."""
        return [m for m in self.marks.marks if m.role in roles]

    def linked(self, bound: int, roles: Iterable[Role]) -> list[Mark]:
        """What a bound is about."""
        wanted, found = frozenset(roles), self.marks.marks
        return [
            found[o] for b, o in sorted(self.marks.links) if b == bound and found[o].role in wanted
        ]


def wish(marked: Marked) -> Intent:
    """The intent that a sentence states in full.

    Raises:
        ReadingError: what is missing, unknown, impossible, contradictory, or left over.
    """
    check_cover(marked.sentence, marked.marks, marked.directory)
    missing = _missing(marked)
    found: list[IntentExpectation] = []
    bounds = [i for i, m in enumerate(marked.marks.marks) if m.role in BOUNDS]
    default = next((s for b in bounds if (s := scopes(marked, b))), ())
    for b in bounds:
        try:
            found += _expectations(marked, b, default)
        except ReadingError as error:
            if not error.missing:
                raise
            missing += error.missing
    if not bounds:
        missing.append("amount")
    if missing:
        raise ReadingError("intent.incomplete", _question(missing), tuple(dict.fromkeys(missing)))
    check_used(marked.marks)
    check_together(found)
    return Intent(
        user_label=marked.sentence,
        intent_priority=priority(marked) or 1,
        intent_expectations=tuple(dict.fromkeys(found)),
        time_window=window(marked),
    )


def scopes(marked: Marked, bound: int) -> tuple[Scope, ...]:
    """The places of a bound: of one kind each by itself, of several kinds together."""
    fields: list[dict[str, Any]] = [{}]
    places = marked.linked(bound, PLACES)
    listed = [names.cells(marked.text(m), marked.directory) for m in places if m.role is Role.CELLS]
    without = [
        names.cells(marked.text(m), marked.directory) for m in places if m.role is Role.EXCEPT
    ]
    if listed or without:
        kept = {c for one in listed or [marked.directory.cells] for c in one}
        kept -= {c for one in without for c in one}
        fields = [{"cells": tuple(sorted(kept))}]
    texts = [(m.role, marked.text(m)) for m in places if m.role in _NAMES]
    named = [names.name(role, text, marked.directory) for role, text in texts]
    for role, field in _NAMES.items():
        distinct = list(dict.fromkeys(n for kind, n in named if kind is role))
        fields = [{**f, field: n} for f in fields for n in distinct] if distinct else fields
    if not any(fields):
        return ()
    each = any(m.role is Role.EACH for m in places)
    return tuple(_scope(f, each, marked.directory) for f in fields)


def window(marked: Marked) -> TimeWindow | None:
    """When.

    Raises:
        ReadingError: ``intent.bad_time``.
    """
    read: dict[Role, tuple[str, Callable[[str], object]]] = {
        Role.START: ("start", times.clock),
        Role.END: ("end", times.clock),
        Role.DAYS: ("days", times.days),
        Role.DATE: ("on", times.day_of_year),
        Role.DURATION: ("duration_s", times.length_s),
    }
    found: dict[str, object] = {}
    for mark in marked.of(*read):
        field, of = read[mark.role]
        value = of(marked.text(mark))
        if found.setdefault(field, value) != value:
            raise ReadingError("intent.bad_time", "Two times are named.", ("time",))
    if not found:
        return None
    try:
        return TimeWindow.model_validate(found)
    except ValueError as error:
        raise ReadingError("intent.bad_time", "The times do not go together.", ("time",)) from error


def priority(marked: Marked) -> int | None:
    """A number from 1 to 100.

    Raises:
        ReadingError: ``intent.bad_priority``.
    """
    found = marked.of(Role.PRIORITY)
    if not found:
        return None
    digits = "".join(c for c in marked.text(found[0]) if c.isdigit())
    if not digits or not 1 <= int(digits) <= 100:
        raise ReadingError("intent.bad_priority", "Priorities go from 1 to 100.", ("amount",))
    return int(digits)


def amount_of(marked: Marked, mark: Mark) -> Amount | None:
    """Of a bound that has one."""
    return amount(marked.text(mark)) if mark.role is Role.AMOUNT else None


def _expectations(
    marked: Marked, bound: int, default: tuple[Scope, ...]
) -> list[IntentExpectation]:
    mark = marked.marks.marks[bound]
    kpis = marked.linked(bound, (Role.KPI,))
    missing = () if kpis and all(k.kpi for k in kpis) else ("kpi",)
    if mark.role is Role.VAGUE:
        raise ReadingError("intent.missing_amount", "By how much?", (*missing, "amount"))
    if missing:
        raise ReadingError("intent.missing_kpi", "Which KPI?", missing)
    if mark.meaning is None:
        raise ReadingError("intent.missing_comparator", "At least or at most?", ("reference",))
    check_comparator(marked.sentence, mark)
    found: list[IntentExpectation] = []
    for kpi in kpis:
        assert kpi.kpi is not None
        assert kpi.aggregate is not None
        asked = targets(kpi.kpi, kpi.aggregate, mark.meaning, amount_of(marked, mark))
        places = scopes(marked, bound) or _default(marked, kpi.kpi, verb(mark.meaning), default)
        found += [
            IntentExpectation(
                expectation_verb=verb(mark.meaning), expectation_object=s, expectation_targets=(t,)
            )
            for s in places
            for t in asked
        ]
    return found


def _default(
    marked: Marked, kpi: TargetKpi, said: str, default: tuple[Scope, ...]
) -> tuple[Scope, ...]:
    """A side condition's place: the wish's, but of transmit power the network."""
    if kpi is TargetKpi.TX_POWER and said == "ENSURE" and default:
        return (Scope(cells=marked.directory.cells),)
    if not default and not marked.of(Role.SOMEWHERE):
        raise ReadingError("intent.missing_scope", "Where?", ("scope",))
    return default


def _scope(fields: dict[str, Any], each: bool, directory: Directory) -> Scope:
    cells = fields.get("cells", ())
    if each and not cells:
        fields, cells = {**fields, "cells": directory.cells}, directory.cells
    return Scope.model_validate({**fields, "each": each and len(cells) > 1})


def _missing(marked: Marked) -> list[str]:
    open_roles = {Role.SOMEWHERE: "scope", Role.SOMETIME: "time", Role.BASELINE: "reference"}
    return [what for role, what in open_roles.items() if marked.of(role)]


def _question(missing: list[str]) -> str:
    return f"Please say more about: {', '.join(dict.fromkeys(missing))}."
