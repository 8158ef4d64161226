"""What self-supervised pre-training pays: few-shot on the sum rate, and after a short training.

Four kinds of pre-training, then the same steps on the utility. "none" has these alone; "longer" has
as many steps in all as the pre-trained ones, all of them on the utility. Few-shot starts from the
pre-trained weights; without pre-training, from fresh ones of the same seed.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from benchmarks.pieces import Pieces, Values
from benchmarks.power.objectives.adaptation import fresh
from benchmarks.power.objectives.sets import FEW_SEED, TestSet, test_sets
from tools.power.foundation.adaptation import Adaptation
from tools.power.foundation.checkpoint import load_model
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.recipe import Pretext, Recipe
from tools.power.foundation.training import train
from tools.power.graphs.families import MIX
from tools.power.graphs.objectives import SUM_RATE
from tools.power.graphs.solvers import best_wmmse
from tools.power.graphs.stream import graphs

FEW = (16, 64, 256)
PRETEXTS: dict[str, Pretext | None] = {
    "none": None,
    "masked edges": "masked_edges",
    "agreement": "agreement",
    "both": "both",
}
LONGER = "longer"
_LINKS = 20


@dataclass(frozen=True)
class Budget:
    """Steps of each stage."""

    pretraining: int
    training: int
    few_shot: int


def ablation(
    pieces: Pieces, count: int, seeds: range, budget: Budget
) -> Iterator[tuple[str, str, int, Values]]:
    """Pre-training, stage ("16", "64", "256" graphs or "trained"), seed, and ratios by set."""
    judge = _SumRate(pieces, count)
    for seed in seeds:
        for name, pretext in PRETEXTS.items():
            few = pieces.get(f"few-{name}-{seed}", partial(_few_shot, judge, pretext, seed, budget))
            for stage, found in few.items():
                yield name, stage, seed, found
        for name in (*PRETEXTS, LONGER):
            piece = pieces.get(
                f"trained-{name}-{seed}", partial(_trained, judge, name, seed, budget)
            )
            yield name, "trained", seed, piece


class _SumRate:
    """Ratios to the best of 100 WMMSE starts."""

    def __init__(self, pieces: Pieces, count: int) -> None:
        self._pieces = pieces
        self._sets = test_sets(count)

    def __call__(self, model: GraphFoundationModel) -> Values:
        return {
            chosen.name: {
                "ratio": (model.answer(chosen.graphs).value / self._best(chosen)).tolist()
            }
            for chosen in self._sets
        }

    def _best(self, chosen: TestSet) -> torch.Tensor:
        found = self._pieces.get(
            f"reference-sum_rate-{chosen.name}",
            lambda: {"value": best_wmmse(chosen.graphs, 100).value.tolist()},
        )
        return torch.tensor(found["value"])


def _few_shot(judge: _SumRate, pretext: Pretext | None, seed: int, budget: Budget) -> Values:
    start = fresh(GraphFoundationModel(), seed)
    if pretext is not None:
        start = _run(_recipe(pretext, seed, budget.pretraining, 0))
    found: Values = {}
    for count in FEW:
        some = graphs(MIX, _LINKS, FEW_SEED, count, first=seed * max(FEW))
        fitted = Adaptation(steps=budget.few_shot, seed=seed).of(start, some, SUM_RATE)
        found[str(count)] = judge(fitted)
    return found


def _trained(judge: _SumRate, name: str, seed: int, budget: Budget) -> Values:
    if name == LONGER:
        recipe = Recipe(seed=seed, training_steps=budget.pretraining + budget.training)
        return judge(_run(recipe))
    pretext = PRETEXTS[name]
    if pretext is None:
        return judge(_run(Recipe(seed=seed, training_steps=budget.training)))
    return judge(_run(_recipe(pretext, seed, budget.pretraining, budget.training)))


def _recipe(pretext: Pretext, seed: int, pretraining: int, training: int) -> Recipe:
    recipe = Recipe(seed=seed, objectives=pretext, pretraining_steps=pretraining)
    return replace(recipe, training_steps=training)


def _run(recipe: Recipe) -> GraphFoundationModel:
    with tempfile.TemporaryDirectory() as folder:
        return load_model(train(recipe, Path(folder), lambda step, words: None))
