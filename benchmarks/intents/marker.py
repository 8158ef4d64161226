"""The embedded reader with a trained marker as a system under test.

    python -m benchmarks.intents.marker MODEL

Scores the ``tune`` items alone, which may be looked at.
"""

import argparse
import time
from collections import Counter
from datetime import time as clock
from pathlib import Path

from agents.reader.embedded.reader import EmbeddedReader
from benchmarks.intents import gold
from benchmarks.intents.embedded import _REASONS, _target
from benchmarks.intents.items import items, networks
from benchmarks.intents.score import Given, exact, summary, unsafe_accept
from contracts.command import Command
from contracts.conversation import Answer, Turn
from contracts.directory import Directory
from contracts.intent import Clarification, Intent, IntentExpectation, Refusal
from contracts.requirement import Condition, RelativeChange
from contracts.scope import Scope
from contracts.target import Aggregate, Difference, Level, Target, TargetBound, TargetKpi
from contracts.time_window import TimeWindow
from tools.language.tagger import NumpyTagger

_GAPS: dict[str, gold.Gap] = {
    name: name for name in ("kpi", "amount", "scope", "unit", "reference", "time", "which_intent")
}
"""What the reader asks about is named as the benchmark names it."""


class Marker:
    """The reader over the weights of a file.

    Args:
        path: of the model.
        least_certainty: below which it asks.
    """

    name = "embedded"

    def __init__(self, path: Path, least_certainty: float = 0.0) -> None:
        self._reader = EmbeddedReader(NumpyTagger(path), least_certainty)

    def answer(self, item: gold.Item) -> Given:
        """What it makes of the item's sentence after its history."""
        known = networks()[item.network]
        directory = Directory.model_validate({k: tuple(v) for k, v in known.items()})
        history = tuple(_turn(t, directory) for t in item.history)
        started = time.perf_counter()
        found = self._reader.read(item.sentence, directory, history)
        milliseconds = 1e3 * (time.perf_counter() - started)
        return Given(as_gold(found.answer), found.planted, milliseconds)


def as_gold(answer: Answer) -> gold.Answer:
    """An answer in the benchmark's words."""
    match answer:
        case Intent():
            return _intent(answer)
        case Command(command=command, what_if=asked):
            return gold.Command(command=command, what_if=_intent(asked) if asked else None)
        case Clarification(missing=missing):
            return gold.Clarification(missing=tuple(_GAPS[m] for m in missing))
        case Refusal(code=code):
            name = code.removeprefix("intent.")
            return gold.Refusal(reason=_REASONS.get(code) or _reason(name))


def _reason(name: str) -> gold.Reason:
    known: dict[str, gold.Reason] = {
        "infeasible": "infeasible",
        "injection": "injection",
        "unknown_object": "unknown_object",
    }
    return known.get(name, "out_of_domain")


def _intent(intent: Intent) -> gold.Intent:
    return gold.Intent(
        expectations=tuple(
            gold.Expectation(
                verb=e.expectation_verb, scope=_scope(e.expectation_object), target=_target(t)
            )
            for e in intent.intent_expectations
            for t in e.expectation_targets
        ),
        time=_window(intent.time_window),
        priority=intent.intent_priority if intent.intent_priority > 1 else None,
    )


def _scope(scope: Scope) -> gold.Scope:
    narrow = {**scope.narrowing}
    narrow["slice"] = narrow.pop("slice_name", None)  # type: ignore[arg-type]
    # each cell of an area is each of it, however many cells that may be
    cells = scope.cells or None
    if scope.narrowing and scope.each:
        cells = None
    return gold.Scope.model_validate({"cells": cells, "each": scope.each, **narrow})


def _window(window: TimeWindow | None) -> gold.TimeWindow | None:
    if window is None:
        return None
    return gold.TimeWindow(
        start=window.start.strftime("%H:%M") if window.start else None,
        end=window.end.strftime("%H:%M") if window.end else None,
        days=window.days,
        date=window.on.isoformat() if window.on else None,
        duration_min=window.duration_s // 60 if window.duration_s else None,
    )


def _turn(turn: gold.Turn, directory: Directory) -> Turn:
    return Turn(answer=_answer(turn.answer, turn.sentence, directory), progress=turn.status)


def _answer(answer: gold.Answer, sentence: str, directory: Directory) -> Answer:
    match answer:
        case gold.Intent():
            return _typed(answer, sentence, directory)
        case gold.Clarification(missing=missing):
            return Clarification(code="intent.incomplete", question="-", missing=missing)
        case gold.Refusal(reason=reason):
            return Refusal(code=f"intent.{reason}", reason="-", remedy="-")
        case gold.Command(command=command, what_if=asked):
            typed = _typed(asked, sentence, directory) if asked else None
            return Command(command=command, what_if=typed)


def _typed(intent: gold.Intent, sentence: str, directory: Directory) -> Intent:
    time_window = None
    if intent.time is not None:
        t = intent.time
        time_window = TimeWindow.model_validate(
            {
                "start": clock.fromisoformat(t.start) if t.start else None,
                "end": clock.fromisoformat(t.end) if t.end else None,
                "days": t.days,
                "on": t.date,
                "duration_s": 60 * t.duration_min if t.duration_min else None,
            }
        )
    return Intent(
        user_label=sentence,
        intent_priority=intent.priority or 1,
        intent_expectations=tuple(
            IntentExpectation(
                expectation_verb=e.verb,
                expectation_object=_place(e.scope, directory),
                expectation_targets=(_bounded(e.target),),
            )
            for e in intent.expectations
        ),
        time_window=time_window,
    )


def _place(scope: gold.Scope, directory: Directory) -> Scope:
    fields = scope.model_dump(exclude={"slice"}, exclude_none=True)
    every = scope.cells == "all" or (scope.each and scope.cells is None)
    return Scope.model_validate(
        {
            **fields,
            "cells": directory.cells if every else scope.cells or (),
            "slice_name": scope.slice,
        }
    )


def _bounded(target: gold.Target) -> Target:
    bound: TargetBound
    match target.reference:
        case "absolute":
            bound = Level(level_in_kpi_unit=target.value)
        case "change":
            bound = RelativeChange(change_percent=target.value)
        case "change_absolute":
            bound = Difference(difference_in_kpi_unit=target.value)
        case "change_db":
            bound = RelativeChange(change_percent=100.0 * (10.0 ** (target.value / 10.0) - 1.0))
    return Target(
        kpi=TargetKpi(target.kpi),
        aggregate=Aggregate(target.aggregate),
        condition=Condition(target.condition),
        bound=bound,
    )


def main() -> None:
    """Score a model on the items that may be looked at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--least-certainty", type=float, default=0.0)
    arguments = parser.parse_args()
    system = Marker(arguments.model, arguments.least_certainty)
    pairs = [(i, system.answer(i)) for i in items() if i.split == "tune"]
    for name, value in summary(pairs).items():
        print(f"{name:24} {value}")
    right = Counter(i.slice for i, g in pairs if exact(i, g))
    for name, count in sorted(Counter(i.slice for i, _ in pairs).items()):
        print(f"{name:24} {right[name]}/{count}")
    unsafe = Counter(i.slice for i, g in pairs if unsafe_accept(i, g))
    print("unsafe by slice", dict(unsafe))
    times = sorted(g.milliseconds for _, g in pairs)
    print(f"ms p50 {times[len(times) // 2]:.1f} p99 {times[int(0.99 * len(times))]:.1f}")


if __name__ == "__main__":
    main()
