"""What a sentence means after others: an intent with some fields changed, or a command."""

from collections.abc import Callable

from agents.reader.clause import ReadingError
from agents.reader.embedded.amounts import Amount
from agents.reader.embedded.bounds import targets, verb
from agents.reader.embedded.checks import check_cover, check_together
from agents.reader.embedded.decode import Marked, amount_of, scopes, window, wish
from contracts.command import Command
from contracts.conversation import Answer
from contracts.intent import Intent, IntentExpectation, Refusal
from contracts.requirement import RelativeChange
from contracts.scope import Scope
from contracts.target import Difference, Level, Target, TargetBound
from tools.language.marks import BOUNDS, Act, Mark, Meaning, Role


def answer(marked: Marked) -> Answer:
    """What a sentence means.

    Raises:
        ReadingError: as :func:`wish`; ``intent.which`` where it speaks of an intent that is not
            there, or of which there are several.
    """
    act = marked.marks.act
    match act:
        case Act.WISH:
            return wish(marked)
        case Act.WHAT_IF:
            return Command(command="what_if", what_if=wish(marked))
        case Act.OUT_OF_DOMAIN:
            return _refusal("intent.out_of_domain", "This is not about the radio network.")
        case Act.ATTACK:
            return _refusal("intent.injection", "Instructions to the reader are not followed.")
        case Act.UNDO | Act.CANCEL | Act.STATUS | Act.EXPLAIN_REFUSAL | Act.EXPLAIN_CHOICE:
            return Command.model_validate({"command": act.value})
    return _changed(marked)


def _check_which(marked: Marked) -> None:
    """A KPI that several earlier intents have does not say which of them is meant."""
    named = {m.kpi for m in marked.of(Role.KPI)}
    having = [
        turn
        for turn in marked.history
        if isinstance(turn.answer, Intent)
        and named & {t.kpi for e in turn.answer.intent_expectations for t in e.expectation_targets}
    ]
    if len(having) > 1:
        raise ReadingError("intent.which", "Which of them?", ("which_intent",))


_Change = Callable[[Marked, Intent], Intent]


def _changed(marked: Marked) -> Intent:
    check_cover(marked.sentence, marked.marks, marked.directory)
    _check_which(marked)
    changes: dict[Act, _Change] = {
        Act.CORRECT: _correct,
        Act.MORE: _correct,
        Act.INCLUDE: _include,
        Act.DROP_TARGET: _drop_target,
        Act.DROP_TIME: lambda _, last: last.model_copy(update={"time_window": None}),
        Act.CONFIRM: lambda _, last: last,
    }
    found = changes[marked.marks.act](marked, _last(marked))
    check_together(found.intent_expectations)
    return found.model_copy(update={"user_label": marked.sentence})


def _last(marked: Marked) -> Intent:
    for turn in reversed(marked.history):
        match turn.answer:
            case Intent() as last:
                return last
            case Command(what_if=Intent() as asked):
                return asked
    raise ReadingError("intent.which", "Which intent is meant?", ("which_intent",))


def _correct(marked: Marked, last: Intent) -> Intent:
    """The fields that are given replace the last ones."""
    found = last.intent_expectations
    when = window(marked)
    places = _places(marked)
    kpis, bounds = marked.of(Role.KPI), marked.of(*BOUNDS)
    if (kpis or bounds) and len(found) > 1:
        raise ReadingError("intent.which", "Which of its targets?", ("which_intent",))
    if places:
        found = tuple(e.model_copy(update={"expectation_object": s}) for e in found for s in places)
    if kpis:
        found = tuple(_with_kpi(e, kpis[0]) for e in found)
    if bounds:
        found = tuple(_with_bound(marked, e, bounds[0]) for e in found)
    if not (places or kpis or bounds or when):
        raise ReadingError("intent.incomplete", "What shall be different?", ("amount",))
    changed = last.model_copy(update={"intent_expectations": found})
    return changed.model_copy(update={"time_window": when}) if when else changed


def _include(marked: Marked, last: Intent) -> Intent:
    """Cells or KPIs besides those of the last intent."""
    found = list(last.intent_expectations)
    places, kpis = _places(marked), marked.of(Role.KPI)
    if len(found) > 1 or not (places or kpis) or marked.of(*BOUNDS):
        raise ReadingError("intent.which", "What shall be added to which?", ("which_intent",))
    (one,) = found
    if kpis:
        return last.model_copy(
            update={"intent_expectations": (one, *(_with_kpi(one, k) for k in kpis))}
        )
    joined = [_union(one.expectation_object, place) for place in places]
    if all(s is not None for s in joined):
        cells = sorted({c for s in joined if s for c in s.cells})
        scope = one.expectation_object.model_copy(update={"cells": tuple(cells)})
        return last.model_copy(
            update={"intent_expectations": (one.model_copy(update={"expectation_object": scope}),)}
        )
    others = tuple(one.model_copy(update={"expectation_object": s}) for s in places)
    return last.model_copy(update={"intent_expectations": (one, *others)})


def _drop_target(marked: Marked, last: Intent) -> Intent:
    kpis = {k.kpi for k in marked.of(Role.KPI)}
    kept = tuple(
        e for e in last.intent_expectations if not kpis & {t.kpi for t in e.expectation_targets}
    )
    if not kept or len(kept) == len(last.intent_expectations):
        raise ReadingError("intent.which", "Which target shall go?", ("which_intent",))
    return last.model_copy(update={"intent_expectations": kept})


def _places(marked: Marked) -> tuple[Scope, ...]:
    """All places of the sentence, as of one bound."""
    everything = frozenset((-1, i) for i in range(len(marked.marks.marks)))
    whole = Marked(
        marked.sentence,
        type(marked.marks)(marked.marks.act, marked.marks.marks, everything),
        marked.directory,
    )
    return scopes(whole, -1)


def _union(one: Scope, other: Scope) -> Scope | None:
    if one.narrowing or other.narrowing or not (one.cells and other.cells):
        return None
    return one.model_copy(update={"cells": tuple(sorted({*one.cells, *other.cells}))})


def _with_kpi(e: IntentExpectation, kpi: Mark) -> IntentExpectation:
    if kpi.kpi is None or kpi.aggregate is None:
        raise ReadingError("intent.missing_kpi", "Which KPI?", ("kpi",))
    changed = tuple(_retargeted(t, kpi) for t in e.expectation_targets)
    return e.model_copy(update={"expectation_targets": changed})


def _retargeted(target: Target, kpi: Mark) -> Target:
    update = {**target.model_dump(), "kpi": kpi.kpi, "aggregate": kpi.aggregate}
    try:
        return Target.model_validate(update)
    except ValueError as error:
        raise ReadingError("intent.infeasible", "That KPI never has the value.") from error


def _with_bound(marked: Marked, e: IntentExpectation, mark: Mark) -> IntentExpectation:
    amount = amount_of(marked, mark)
    if amount is None and mark.role is not Role.HOLD:
        raise ReadingError("intent.missing_amount", "By how much?", ("amount",))
    (target,) = e.expectation_targets
    if mark.meaning is not None:
        new = targets(target.kpi, target.aggregate, mark.meaning, amount)
        return e.model_copy(
            update={"expectation_verb": verb(mark.meaning), "expectation_targets": new}
        )
    assert amount is not None
    bound = _like(target, amount)
    return e.model_copy(
        update={"expectation_targets": (target.model_copy(update={"bound": bound}),)}
    )


def _like(target: Target, amount: Amount) -> TargetBound:
    """The bound with another amount, of the same sort and sign."""
    old = target.bound
    if isinstance(old, Level):
        meaning = Meaning.KEEP_AT_LEAST
    else:
        value = (
            old.change_percent if isinstance(old, RelativeChange) else old.difference_in_kpi_unit
        )
        meaning = Meaning.RISE_BY if value >= 0.0 else Meaning.FALL_BY
    (new,) = targets(target.kpi, target.aggregate, meaning, amount)
    if type(new.bound) is not type(old) and isinstance(old, Level | Difference):
        raise ReadingError("intent.bad_amount", "Another unit than before.", ("unit",))
    return new.bound


def _refusal(code: str, reason: str) -> Refusal:
    return Refusal(code=code, reason=reason, remedy="Ask for a KPI of the radio network.")
