"""Training on made windows alone: soft labels, and the weights' moving average is what is kept."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import astuple
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tools.beams.answers import around, forecast
from tools.beams.checkpoint import save_model
from tools.beams.examples import Examples, batch_of, loss
from tools.beams.familiarity import Familiarity
from tools.beams.frames import frames
from tools.beams.judgement import PROMISES, Judgement
from tools.beams.policy import cheapest
from tools.beams.portfolio import Portfolio
from tools.beams.predictor import calibrate, outlook
from tools.beams.recipe import Recipe
from tools.beams.scores import scores
from tools.beams.synthetic import DriveBy
from tools.beams.transformer import BeamTransformer
from tools.beams.windows import Windows
from tools.learning.run import Cadence, Report, run
from twins.runtime import derive_seed, fingerprint, seeded

CADENCE = Cadence(log=50, validate=500, save=250)
_MEMORY = 0.99
_VALIDATION_WINDOWS = 4_000


def train(recipe: Recipe, folder: Path, report: Report, cadence: Cadence = CADENCE) -> Path:
    """Train from the start, or from the state in the folder; the path of the finished model.

    Raises:
        RanwrightError: ``model.other_recipe`` when the folder belongs to a run of another recipe.
    """
    task = BeamTask(recipe)
    run(task, folder, report, cadence)
    path = folder / "model.safetensors"
    about = {"recipe": recipe.to_json(), "steps": recipe.steps, "machine": fingerprint()}
    about["validation"] = task.validate()
    save_model(task.module.average, path, about, task.judgement())
    return path


def untrained(seed: int, recipe: Recipe | None = None) -> BeamTransformer:
    """Fresh weights that follow from a seed; torch's own generator is left where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("beams", "weights", seed))
        return BeamTransformer(recipe.size if recipe else None)


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int) -> None:
    """The moving average of the weights after a step; a plain mean at first."""
    for old, new in zip(average.parameters(), model.parameters(), strict=True):
        old.lerp_(new, max(1.0 - _MEMORY, 1.0 / (step + 1)))


class Averaged(nn.Module):
    """A model and the moving average of its weights."""

    def __init__(self, model: BeamTransformer) -> None:
        super().__init__()
        self.model = model
        self.average = deepcopy(model).eval().requires_grad_(False)


class BeamTask:
    """A :class:`tools.learning.run.Task`."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.module = Averaged(untrained(recipe.seed, recipe).train())

    @property
    def clipped(self) -> Sequence[nn.Parameter]:
        """All that is fitted."""
        return list(self.module.model.parameters())

    @cached_property
    def _examples(self) -> Examples:
        return Examples(DriveBy().windows(self.recipe.windows, self.recipe.seed))

    @cached_property
    def _drawn(self) -> list[Tensor]:
        """Windows of each step; what a step draws hangs on the recipe alone."""
        recipe = self.recipe
        generator = seeded("beams", "fit", recipe.seed)
        even = torch.ones(recipe.windows)
        return [
            torch.multinomial(even, recipe.batch, replacement=True, generator=generator)
            for _ in range(recipe.steps)
        ]

    @cached_property
    def _validation(self) -> Windows:
        seed = derive_seed("beams", "validation", self.recipe.seed)
        return DriveBy().windows(_VALIDATION_WINDOWS, seed)

    def loss(self, step: int) -> Tensor:
        """Of windows that follow from the step."""
        chosen = self._drawn[step]
        batch = batch_of(self._examples.frames, chosen)
        return loss(self.module.model, batch, self._examples.level_db[chosen])

    def after(self, step: int) -> None:
        """The average follows."""
        follow(self.module.average, self.module.model, step)

    def validate(self) -> dict[str, float]:
        """Share within 1 dB by horizon in steps, and of the three swept beams, on other windows."""
        halves = np.arange(len(self._validation)) % 2
        first, second = (self._validation.where(halves == h) for h in (0, 1))
        model = self.module.average
        answer = forecast(outlook(model, second.past), calibrate(outlook(model, first.past), first))
        found = scores(answer, second.future)
        rows = {"near": found.near, "sweep": found.sweep_near}
        return {
            f"{name}_{h + 1}": round(float(share), 4)
            for name, shares in rows.items()
            for h, share in enumerate(shares.mean(0))
        }

    def judgement(self) -> Judgement:
        """From windows that the weights were not fitted to."""
        some, model = self._validation, self.module.average
        shown, said = frames(some.past, some.future.shape[1]), outlook(model, some.past)
        calibration = calibrate(said, some)
        answer = forecast(said, calibration)
        tracked = around(shown.answer, some.past.shape[-1])
        portfolio = Portfolio.chosen(answer, tracked, some.future)
        horizons = [slice(h, h + 1) for h in range(some.future.shape[1])]
        policies = [
            [astuple(cheapest(p, answer.at(h), some.future[:, h])) for h in horizons]
            for p in PROMISES
        ]
        return Judgement(
            calibration,
            Familiarity.learn(shown),
            portfolio.least_confidence,
            np.array(policies, float),
        )
