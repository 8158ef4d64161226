"""Sentences that change the last intent."""

from collections.abc import Callable

from contracts.conversation import Progress, Turn
from contracts.intent import Intent, IntentExpectation
from contracts.requirement import RelativeChange
from contracts.scope import Scope
from contracts.target import Target
from contracts.time_window import TimeWindow
from tools.language.corpus import amounts, wishes
from tools.language.corpus.others import earlier
from tools.language.corpus.pattern import render
from tools.language.corpus.places import cells_text
from tools.language.corpus.sample import Draw, Sample, asked
from tools.language.corpus.sentences import close
from tools.language.corpus.times import When
from tools.language.corpus.writer import Writer
from tools.language.marks import Act, Role

_AMOUNT = {
    "en": ("make it {a} [instead]", "{a} is (enough|plenty|better)", "sorry, {a}", "no, {a}[, please]", "I meant {a}", "change it to {a}", "{a} rather than what I said", "let's say {a}"),
    "de": ("mach {a} daraus", "{a} (reichen|genügen)", "nein, {a}", "ich meinte {a}", "lieber {a}", "sagen wir {a}"),
}  # fmt: skip
_MORE = {
    "en": ("another {a}[, please]", "{a} more", "and {a} on top", "a further {a}", "now {a} more", "go on, another {a}"),
    "de": ("noch einmal {a}", "weitere {a}", "nochmal {a} (mehr|dazu)"),
}  # fmt: skip
_PLACE = {
    "en": ("not there: {s}", "I meant {s}", "do it {s} instead", "rather {s}", "wrong place, it should be {s}", "now the same {s}"),
    "de": ("nicht dort, sondern {s}", "ich meinte {s}", "lieber {s}", "jetzt dasselbe {s}"),
}  # fmt: skip
_TIME = {
    "en": ("only {t}", "but do it {t}", "make that {t}", "I forgot: {t}"),
    "de": ("nur {t}", "aber {t}", "ach ja: {t}"),
}
_CELL = {
    "en": ("(add|include) {c} [as well|too]", "{c} too", "also (in|for) {c}", "take {c} along"),
    "de": ("(nimm|nehmt) {c} dazu", "auch {c}", "{c} ebenfalls"),
}
_KPI = {
    "en": (
        "the same for the {k}",
        "also the {k}",
        "do that for the {k} as well",
        "and the {k} too",
    ),
    "de": ("dasselbe auch für {K}", "auch {K}"),
}
_OTHER_KPI = {
    "en": ("I meant the {k}", "the {k} instead", "take the {k}", "not that one, the {k}"),
    "de": ("ich meinte {K}", "nimm stattdessen {K}", "nicht das, sondern {K}"),
}
_NO_TIME = {
    "en": ("(remove|drop|lift) the time (window|restriction)", "without (the time limit|any time window)", "at all times, not just then", "no time limit, please"),
    "de": ("ohne (Zeitfenster|zeitliche Grenze)", "die zeitliche Beschränkung (streichen|aufheben)", "nicht nur dann, sondern immer"),
}  # fmt: skip
_CONFIRM = {
    "en": ("(do it|go ahead|carry it out)", "yes, (do that|please)", "fine, make it so", "sounds good, (do it|proceed)", "then do so"),
    "de": ("(mach das|leg los)", "ja, bitte (so|umsetzen)", "gut, dann ausführen", "einverstanden"),
}  # fmt: skip

_Change = Callable[[Draw, Writer, Intent], Intent]


def followup(draw: Draw) -> Sample:
    """A sentence that is to be understood from the one before."""
    kinds: tuple[tuple[Act, _Change, Progress], ...] = (
        (Act.CORRECT, _amount, "under_way"),
        (Act.CORRECT, _amount, "under_way"),
        (Act.MORE, _more, "fulfilled"),
        (Act.CORRECT, _place, "under_way"),
        (Act.CORRECT, _time, "waiting"),
        (Act.CORRECT, _other_kpi, "under_way"),
        (Act.INCLUDE, _cell, "under_way"),
        (Act.INCLUDE, _kpi, "under_way"),
        (Act.DROP_TIME, _no_time, "waiting"),
        (Act.CONFIRM, _confirm, "fulfilled"),
    )
    act, change, progress = draw.random.choice(kinds)
    writer = Writer()
    last = _fitting(draw, change)
    answer = change(draw, writer, last)
    close(draw, writer)
    return draw.sample(
        f"follow_{act}", writer, answer, act, (Turn(answer=last, progress=progress),)
    )


def _fitting(draw: Draw, change: _Change) -> Intent:
    """An intent that such a sentence can follow."""
    while True:
        last = earlier(draw)
        target = last.intent_expectations[0].expectation_targets[0]
        scope = last.intent_expectations[0].expectation_object
        percent = isinstance(target.bound, RelativeChange) and target.bound.change_percent != 0.0
        if change in (_amount, _more, _kpi, _other_kpi) and not percent:
            continue
        if change is _cell and (
            not scope.cells or scope.each or set(scope.cells) == set(draw.directory.cells)
        ):
            continue
        if change is _no_time and last.time_window is None:
            continue
        return last


def _percent(draw: Draw, writer: Writer, last: Intent, pattern: str) -> Intent:
    value = float(draw.random.choice(amounts.PERCENTS))
    written = amounts.percent(value, draw.language, draw.random)
    render(pattern, draw.random, writer.say, lambda _: _done(writer.mark(Role.AMOUNT, written)))
    (e,) = last.intent_expectations
    bound = e.expectation_targets[0].bound
    assert isinstance(bound, RelativeChange)
    sign = 1.0 if bound.change_percent > 0.0 else -1.0
    changed = RelativeChange(change_percent=sign * value)
    return _with_target(last, e.expectation_targets[0].model_copy(update={"bound": changed}))


def _amount(draw: Draw, writer: Writer, last: Intent) -> Intent:
    return _percent(draw, writer, last, draw.random.choice(_AMOUNT[draw.language]))


def _more(draw: Draw, writer: Writer, last: Intent) -> Intent:
    return _percent(draw, writer, last, draw.random.choice(_MORE[draw.language]))


def _place(draw: Draw, writer: Writer, last: Intent) -> Intent:
    place = wishes.place(draw.directory, draw.language, draw.random)
    pattern = draw.random.choice(_PLACE[draw.language])
    render(pattern, draw.random, writer.say, lambda _: _done(place.write(writer)))
    return _with_scope(last, place.scope)


def _time(draw: Draw, writer: Writer, last: Intent) -> Intent:
    when = When(draw.language, draw.random)
    pattern = draw.random.choice(_TIME[draw.language])
    render(pattern, draw.random, writer.say, lambda _: when.write(writer))
    return _with_window(last, when.window)


def _cell(draw: Draw, writer: Writer, last: Intent) -> Intent:
    scope = last.intent_expectations[0].expectation_object
    cell = draw.random.choice([c for c in draw.directory.cells if c not in scope.cells])
    pattern = draw.random.choice(_CELL[draw.language])
    said = cells_text((cell,), draw.language, draw.random)
    render(pattern, draw.random, writer.say, lambda _: _done(writer.mark(Role.CELLS, said)))
    return _with_scope(
        last, scope.model_copy(update={"cells": tuple(sorted((*scope.cells, cell)))})
    )


def _named_kpi(draw: Draw, writer: Writer, last: Intent, pattern: str) -> Target:
    (e,) = last.intent_expectations
    target = e.expectation_targets[0]
    key = draw.random.choice([k for k in wishes.KEYS if k[0] is not target.kpi])

    def fill(slot: str) -> None:
        wishes.write_kpi(writer, key, draw.language, draw.random, slot == "K")

    render(pattern, draw.random, writer.say, fill)
    return target.model_copy(update={"kpi": key[0], "aggregate": key[1]})


def _kpi(draw: Draw, writer: Writer, last: Intent) -> Intent:
    target = _named_kpi(draw, writer, last, draw.random.choice(_KPI[draw.language]))
    (e,) = last.intent_expectations
    other = e.model_copy(update={"expectation_targets": (target,)})
    return last.model_copy(update={"intent_expectations": (e, other)})


def _other_kpi(draw: Draw, writer: Writer, last: Intent) -> Intent:
    return _with_target(
        last, _named_kpi(draw, writer, last, draw.random.choice(_OTHER_KPI[draw.language]))
    )


def _no_time(draw: Draw, writer: Writer, last: Intent) -> Intent:
    render(draw.random.choice(_NO_TIME[draw.language]), draw.random, writer.say, writer.say)
    return _with_window(last, None)


def _confirm(draw: Draw, writer: Writer, last: Intent) -> Intent:
    render(draw.random.choice(_CONFIRM[draw.language]), draw.random, writer.say, writer.say)
    return last


def _with_scope(last: Intent, scope: Scope) -> Intent:
    return _changed(last, {"expectation_object": scope})


def _with_target(last: Intent, target: Target) -> Intent:
    return _changed(last, {"expectation_targets": (target,)})


def _changed(last: Intent, update: dict[str, object]) -> Intent:
    found: list[IntentExpectation] = [e.model_copy(update=update) for e in last.intent_expectations]
    return asked(found, last.time_window)


def _with_window(last: Intent, window: TimeWindow | None) -> Intent:
    return last.model_copy(update={"time_window": window})


def _done(value: object) -> None:
    del value
