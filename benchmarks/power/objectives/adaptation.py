"""Zero-shot from the sum-rate model, and after adaptation with few graphs, against from scratch."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from benchmarks.pieces import Pieces, Values
from benchmarks.power.objectives.sets import FEW_SEED, Judge
from tools.power.foundation.adaptation import Adaptation, Scope
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.portfolio import Portfolio
from tools.power.graphs.families import MIX
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import OBJECTIVES, Objective
from tools.power.graphs.reference import strongest
from tools.power.graphs.solvers import best_wmmse, full_power
from tools.power.graphs.stream import graphs
from twins.runtime import derive_seed

COUNTS = (16, 64, 256, 1000)
LINKS = 20
SCRATCH = "scratch"
WAYS = (*(scope.value for scope in Scope), SCRATCH)
Answers = Callable[[LinkGraphs], Tensor]
"""Powers [B, K]."""


def zero_shot(
    pieces: Pieces, judge: Judge, model: GraphFoundationModel, seeds: range
) -> Iterator[tuple[str, str, int, Values]]:
    """Objective, method, seed and what it reached, for methods that see no graphs before."""
    for name, objective in OBJECTIVES.items():
        if name == "sum_rate":
            continue
        methods = _methods(model, objective)
        for seed in seeds:
            methods[f"untrained-{seed}"] = _alone(fresh(model, seed), objective)
        for method, answers in methods.items():
            piece = pieces.get(f"zero-{name}-{method}", partial(_judged, judge, answers, objective))
            kind, _, seed_text = method.partition("-")
            yield name, kind, int(seed_text or 0), piece


def adapted(
    pieces: Pieces, judge: Judge, model: GraphFoundationModel, seeds: range, steps: int
) -> Iterator[tuple[str, str, int, int, Values]]:
    """Objective, way, number of graphs, seed and what the adapted model alone reached."""
    for seed in seeds:
        for name, objective in OBJECTIVES.items():
            if name == "sum_rate":
                continue
            for count in COUNTS:
                for way in WAYS:
                    piece = pieces.get(
                        f"adapted-{name}-{way}-{count}-{seed}",
                        partial(_adapt, judge, model, objective, way, count, seed, steps),
                    )
                    yield name, way, count, seed, piece


def fresh(model: GraphFoundationModel, seed: int) -> GraphFoundationModel:
    """A model of the same size with new weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("benchmark", "weights", seed))
        return GraphFoundationModel(model.size).eval()


def _adapt(
    judge: Judge,
    model: GraphFoundationModel,
    objective: Objective,
    way: str,
    count: int,
    seed: int,
    steps: int,
) -> Values:
    some = graphs(MIX, LINKS, FEW_SEED, count, first=seed * max(COUNTS))
    start = fresh(model, seed) if way == SCRATCH else model
    scope = Scope.FULL if way == SCRATCH else Scope(way)
    began = time.process_time()
    fitted = Adaptation(scope=scope, steps=steps, seed=seed).of(start, some, objective)
    taken_s = time.process_time() - began
    return _judged(judge, _alone(fitted, objective), objective) | {"fit_s": taken_s}


def _methods(model: GraphFoundationModel, objective: Objective) -> dict[str, Answers]:
    portfolio = Portfolio(model)
    return {
        "full power": lambda g: full_power(g)[..., 0],
        "WMMSE best of 5": lambda g: best_wmmse(g, 5, objective).power,
        "WMMSE best of 100": lambda g: best_wmmse(g, 100, objective).power,
        "classical portfolio": lambda g: (
            strongest(g, objective, starts=8, climbers=6, steps=150).power
        ),
        "model": _alone(model, objective),
        "portfolio": lambda g: portfolio.choose(g, objective).power,
    }


def _alone(model: GraphFoundationModel, objective: Objective) -> Answers:
    return lambda g: model.answer(g, objective).power


def _judged(judge: Judge, answers: Answers, objective: Objective) -> Values:
    found: Values = {}
    for chosen in judge.sets:
        some = chosen.graphs[:]  # fresh: what a graph caches about itself is part of the work
        began = time.process_time()
        power = answers(some)
        taken_ms = 1e3 * (time.process_time() - began) / len(some)
        found[chosen.name] = judge.judged(objective, chosen, power) | {"ms": round(taken_ms, 3)}
    return {"sets": found}
