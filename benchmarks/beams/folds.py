"""Folds of the measured sequences, and all methods on one of them."""

import time
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.beams.overhead import by_confidence, by_tracker
from benchmarks.beams.tool import answered, latency_ms, promises
from tools.beams.adaptation import ADAPTATION, adapted
from tools.beams.answers import Calibration, Forecast, around, forecast
from tools.beams.deepsense import SCENARIOS, STREETS
from tools.beams.policy import hierarchical
from tools.beams.portfolio import Portfolio
from tools.beams.predictor import calibrate, outlook
from tools.beams.scores import scores, totals
from tools.beams.trackers import Array, Hold, Tracker, alpha_beta_grid, ekf_grid
from tools.beams.training import untrained
from tools.beams.transformer import BeamTransformer
from tools.beams.windows import (
    Sequence,
    Split,
    Windows,
    held_out_scenarios,
    held_out_sequences,
    indices_only,
    windows,
)
from tools.near_rt.beam_predictor import LEAST_FAMILIARITY

HELD_OUT = "held-out sequences"
CLEAN = "held-out sequences, clean split"
CLEAN_SEED = 20261123
"""Decided before any run of it; no trial looked at how it parts the sequences, and nothing was
settled on it. Sequences of its test part were in the test parts of other splits, which trials did
look at: there are no others."""
ALPHA_BETA, EKF, BEST = "alpha-beta", "EKF, straight line", "best tracker"
CENTROID = "alpha-beta on the lobe's centre"
MADE, ADAPTED, PORTFOLIO = "transformer, made windows alone", "transformer", "portfolio"
SCRATCH, INDICES = "transformer, not pre-trained", "transformer, beam indices alone"
HIERARCHICAL = "hierarchical sweep"
SHIPPED, SHIPPED_ALONE = "shipped tool", "shipped tool, without fall-back"

SEEDS = (0,)
"""Of learned methods, which are given as their mean."""

_TUNED_ON = 3
"""Every third training window tunes the trackers: neighbours are nearly equal."""


@dataclass(frozen=True)
class Fold:
    """A way to part the sequences.

    Attributes:
        rivals: also measure what is trained without pre-training, or without powers.
        costs: also measure what promises cost.
    """

    name: str
    split: Split
    rivals: bool = False
    costs: bool = False


def folds(sequences: list[Sequence], seed: int) -> Iterator[Fold]:
    """Held-out sequences twice, streets never seen, scenarios never seen."""
    clean = held_out_sequences(sequences, CLEAN_SEED)
    yield Fold(CLEAN, clean, rivals=True, costs=True)
    yield Fold(HELD_OUT, held_out_sequences(sequences, seed), rivals=True, costs=True)
    for name, scenarios in STREETS.items():
        yield Fold(f"street {name}", held_out_scenarios(sequences, scenarios, seed), costs=True)
    for scenario in SCENARIOS:
        if (scenario,) not in STREETS.values():
            split = held_out_scenarios(sequences, (scenario,), seed)
            yield Fold(f"scenario {scenario}", split)


def measure(fold: Fold, made: Many[BeamTransformer]) -> dict[str, Any]:
    """Totals of every score over every test sequence, for all methods; costs and confidence.

    Args:
        made: models that have seen made windows alone, one a seed.
    """
    split = fold.split
    training, validation, test = map(windows, (split.training, split.validation, split.test))
    trackers = _tuned(training.where(np.arange(0, len(training), _TUNED_ON)))
    quality = {
        n: scores(_tracked(t, validation), validation.future).near.mean()
        for n, t in trackers.items()
    }
    best = max(quality, key=lambda n: quality[n])
    found = {n: _totals(_tracked(t, test), test) for n, t in trackers.items()}
    found[BEST] = found[best]
    near, cost = hierarchical(test.future)
    total, count = totals(near.astype(float), test.sequence)
    found[HIERARCHICAL] = {"near": total.tolist()}
    found[SHIPPED], found[SHIPPED_ALONE], tool = _shipped(test)
    runs = [_learned(fold, seed, made[seed], trackers[best], validation, test) for seed in SEEDS]
    learned = mean([r.pop("methods") for r in runs])
    overhead = [r.pop("overhead") for r in runs]
    return {
        "sequences": [len(split.training), len(split.validation), len(split.test)],
        "windows": [len(training), len(validation), len(test)],
        "count": count.tolist(),
        "methods": found | learned,
        "trackers": {n: repr(t) for n, t in trackers.items()},
        "best_tracker": best,
        "hierarchical_beams": cost,
        "tool": tool,
        "seeds": {str(seed): run for seed, run in zip(SEEDS, runs, strict=True)},
        "overhead": {
            ADAPTED: mean(overhead),
            BEST: by_tracker(trackers[best], validation, test),
        }
        if fold.costs
        else None,
    }


def _learned(
    fold: Fold,
    seed: int,
    made: BeamTransformer,
    tracker: Tracker,
    validation: Windows,
    test: Windows,
) -> dict[str, Any]:
    """What follows from a seed: totals of the learned methods, costs, confidence."""
    adaptation = replace(ADAPTATION, seed=seed)
    started = time.process_time()
    model = adapted(made, fold.split.training, adaptation)
    adapting_s = time.process_time() - started
    found = {MADE: _answers(made, validation, test)[0]}
    found[ADAPTED], on_validation, calibration = _answers(model, validation, test)
    chosen = Portfolio.chosen(on_validation, _tracked(tracker, validation), validation.future)
    found[PORTFOLIO] = chosen.forecast(found[ADAPTED], _tracked(tracker, test))
    if fold.rivals:
        fresh = untrained(seed)
        scratch = adapted(fresh, fold.split.training, adaptation)
        found[SCRATCH], _, _ = _answers(scratch, validation, test)
        blind = adapted(fresh, fold.split.training, adaptation, view=indices_only)
        found[INDICES], _, _ = _answers(blind, indices_only(validation), indices_only(test))
    return {
        "methods": {name: _totals(said, test) for name, said in found.items()},
        "near": {
            name: np.round(scores(said, test.future).near.mean(0), 4).tolist()
            for name, said in found.items()
        },
        "portfolio_least_confidence": [float(c) for c in chosen.least_confidence],
        "adapting_cpu_s": round(adapting_s, 1),
        "confidence": _reliability(found[ADAPTED], test),
        "confidence_made": _reliability(found[MADE], test),
        "overhead": by_confidence((on_validation, validation), (found[ADAPTED], test))
        if fold.costs
        else None,
        "alone_ms": _alone_ms(model, calibration, test.past[:1]),
    }


def _shipped(test: Windows) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Totals of the shipped tool, of its network alone, and what else is worth knowing of it."""
    both, alone, familiarity = answered(test)
    return (
        _totals(both, test),
        _totals(alone, test),
        {
            "strange": round(float((familiarity < LEAST_FAMILIARITY).mean()), 4),
            "confidence": _reliability(alone, test),
            "promises": promises(both, test.future),
            "latency_ms": latency_ms(test),
        },
    )


def _tracked(tracker: Tracker, some: Windows) -> Forecast:
    horizons, beams = some.future.shape[1:]
    return around(tracker.positions(some.past, horizons), beams)


def mean(documents: Many[Any]) -> Any:
    """Documents of one shape as one: numbers become their mean."""
    first = documents[0]
    match first:
        case dict():
            return {k: mean([d[k] for d in documents]) for k in first}
        case list():
            return [mean(values) for values in zip(*documents, strict=True)]
        case None:
            return None
    return first if len(set(documents)) == 1 else round(float(np.mean(documents)), 4)


def _tuned(training: Windows) -> dict[str, Tracker]:
    grids: dict[str, list[Tracker]] = {
        "hold": [Hold()],
        ALPHA_BETA: list(alpha_beta_grid(False)),
        CENTROID: list(alpha_beta_grid(True)),
        EKF: list(ekf_grid()),
    }

    def near(tracker: Tracker) -> float:
        return float(scores(_tracked(tracker, training), training.future).near.mean())

    return {name: max(grid, key=near) for name, grid in grids.items()}


def _answers(
    model: BeamTransformer, validation: Windows, test: Windows
) -> tuple[Forecast, Forecast, Calibration]:
    """On the test, on validation, and the calibration that both stand on."""
    on_validation = outlook(model, validation.past)
    calibration = calibrate(on_validation, validation)
    on_test = outlook(model, test.past)
    return forecast(on_test, calibration), forecast(on_validation, calibration), calibration


def _totals(said: Forecast, test: Windows) -> dict[str, Any]:
    found = scores(said, test.future)._asdict()
    return {k: np.round(totals(v, test.sequence)[0], 4).tolist() for k, v in found.items()}


def _reliability(said: Forecast, test: Windows) -> dict[str, list[float]]:
    """By horizon: mean confidence, share right, and expected calibration error in ten bins."""
    assert said.confidence is not None
    right = scores(said, test.future).near
    errors = [_calibration_error(c, r) for c, r in zip(said.confidence.T, right.T, strict=True)]
    return {
        "said": np.round(said.confidence.mean(0), 4).tolist(),
        "right": np.round(right.mean(0), 4).tolist(),
        "calibration_error": np.round(errors, 4).tolist(),
    }


def _calibration_error(confidence: Array, right: Array) -> float:
    parts = np.array_split(np.argsort(confidence, kind="stable"), 10)
    gaps = [len(p) * abs(confidence[p].mean() - right[p].mean()) for p in parts]
    return float(sum(gaps) / len(right))


def _alone_ms(model: BeamTransformer, calibration: Calibration, past: Array) -> float:
    """Median CPU time of one window, from powers to beams."""
    times = []
    for _ in range(50):
        started = time.process_time()
        forecast(outlook(model, past), calibration)
        times.append(time.process_time() - started)
    return round(1e3 * float(np.median(times)), 3)


def pooled(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Totals of several folds as if they were one; methods that all of them have."""
    names = [n for n in parts[0]["methods"] if all(n in p["methods"] for p in parts)]
    methods: dict[str, dict[str, list[Any]]] = {}
    for n in names:
        scores_of = parts[0]["methods"][n]
        methods[n] = {k: [s for p in parts for s in p["methods"][n][k]] for k in scores_of}
    return {"count": [c for p in parts for c in p["count"]], "methods": methods}
