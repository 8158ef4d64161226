"""Recipes of training the marker. Steps, never clocks."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tools.language.model import ModelSize
from tools.learning.fitting import scheduled
from tools.learning.recipes import named


@dataclass(frozen=True)
class Recipe:
    """Everything a training run follows from.

    Attributes:
        seed: of weights and sentences.
        steps: of the fit; no sentence is seen twice.
        batch: sentences a step.
        rate: largest step size of AdamW.
        warm_up: steps until it is reached; it falls along a cosine.
    """

    seed: int = 0
    steps: int = 3000
    batch: int = 32
    rate: float = 1.5e-3
    warm_up: int = 50
    size: ModelSize = field(default_factory=ModelSize)

    @property
    def device(self) -> str:
        """That the model is trained on."""
        return "cpu"

    def stage(self, step: int) -> str:
        """There is one."""
        del step
        return "training"

    def rate_at(self, step: int) -> float:
        """Step size of a step."""
        return self.rate * scheduled(step, self.steps, self.warm_up)

    def to_json(self) -> dict[str, Any]:
        """As it stands in the log and the checkpoint."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {
    "trial": Recipe(steps=60, batch=16, warm_up=10),
    "cpu": Recipe(),
}
"""``cpu``: hours of one core. ``trial``: a minute, to look at it."""


def recipe(name: str, seed: int, steps: int | None = None) -> Recipe:
    """A named recipe with a seed, and with other steps where they are given.

    Raises:
        RanwrightError: ``model.unknown_recipe``.
    """
    chosen = replace(named(name, RECIPES), seed=seed)
    return chosen if steps is None else replace(chosen, steps=steps)
