"""The embedded reader of this repository as a system under test."""

import time

from agents.reader import GrammarReader
from benchmarks.intents import gold
from benchmarks.intents.items import networks
from benchmarks.intents.score import Given
from contracts.intent import Clarification, Intent, Refusal
from contracts.requirement import RelativeChange
from contracts.target import Difference, Level, Target

_MISSING: dict[str, gold.Gap] = {
    "kpi": "kpi",
    "cells": "scope",
    "amount": "amount",
    "unit": "unit",
    "total or each": "scope",
}
_REASONS: dict[str, gold.Reason] = {
    "intent.contradictory": "contradictory",
    "intent.unknown_cell": "unknown_object",
    "intent.bad_amount": "infeasible",
}


class Grammar:
    """The grammar; it knows one sentence at a time and no history."""

    name = "grammar"

    def answer(self, item: gold.Item) -> Given:
        """What it makes of the item's sentence."""
        cells = tuple(networks()[item.network]["cells"])
        started = time.perf_counter()
        reading = GrammarReader().read(item.sentence, cells)
        milliseconds = 1e3 * (time.perf_counter() - started)
        return Given(_as_gold(reading), milliseconds=milliseconds)


def _as_gold(reading: Intent | Clarification | Refusal) -> gold.Answer:
    match reading:
        case Intent():
            return gold.Intent(
                expectations=tuple(
                    gold.Expectation(
                        verb=e.expectation_verb,
                        scope=gold.Scope(
                            cells=e.expectation_object.cells, each=e.expectation_object.each
                        ),
                        target=_target(target),
                    )
                    for e in reading.intent_expectations
                    for target in e.expectation_targets
                )
            )
        case Clarification():
            # What it asks beyond the benchmark's words is about a unit or about what a share is of.
            gaps = dict.fromkeys(_MISSING.get(m, "reference") for m in reading.missing)
            return gold.Clarification(missing=tuple(gaps))
        case Refusal():
            return gold.Refusal(reason=_REASONS.get(reading.code, "out_of_domain"))


def _target(target: Target) -> gold.Target:
    reference: gold.Reference
    match target.bound:
        case RelativeChange(change_percent=value):
            reference = "change"
        case Level(level_in_kpi_unit=value):
            reference = "absolute"
        case Difference(difference_in_kpi_unit=value):
            reference = "change_absolute"
    return gold.Target(
        kpi=target.kpi.value,
        aggregate=target.aggregate.value,
        condition=target.condition.value,
        reference=reference,
        value=value,
    )
