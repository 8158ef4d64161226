"""Recipes of training: what is drawn, for how long, with which step sizes. Steps, never clocks."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from tools.channel.wifo.autoencoder import SIZES
from tools.channel.wifo.model import ChannelSize
from tools.learning.fitting import scheduled
from tools.learning.recipes import named, require_device

Stage = Literal["pretraining", "training"]


@dataclass(frozen=True)
class Recipe:
    """Everything a training run follows from.

    Attributes:
        seed: of weights, sequences, noise and the order of everything.
        pretraining_steps: steps that fill in masked patches, before the others.
        training_steps: steps on the forecast.
        sequences: of each training configuration.
        batch: sequences of a step, all of one configuration.
        past: shortest and longest past, in samples; what is left of a sequence is the future.
        snr_db: lowest and highest.
        rate: largest step size of AdamW.
        warm_up: steps until it is reached; it falls along a cosine in each stage.
        cosine_steps: that the cosine of the forecasts' stage is laid out for; None: all of it.
        cooling_from: step from which the rate falls on a line to nothing at the end; None: never.
            So can a run be brought to an end before its time.
        device: "cpu" or "cuda".
    """

    seed: int = 0
    pretraining_steps: int = 0
    training_steps: int = 6_000
    sequences: int = 1_024
    batch: int = 16
    past: tuple[int, int] = (8, 12)
    snr_db: tuple[float, float] = (0.0, 25.0)
    rate: float = 2e-3
    warm_up: int = 50
    cosine_steps: int | None = None
    cooling_from: int | None = None
    device: str = "cpu"
    size: ChannelSize = field(default_factory=ChannelSize)

    @property
    def steps(self) -> int:
        """Of both stages."""
        return self.pretraining_steps + self.training_steps

    def stage(self, step: int) -> Stage:
        """What a step works on."""
        return "pretraining" if step < self.pretraining_steps else "training"

    def rate_at(self, step: int) -> float:
        """Step size of a step."""
        if self.stage(step) == "pretraining":
            return self.rate * scheduled(step, self.pretraining_steps, self.warm_up)
        place, length = step - self.pretraining_steps, self.cosine_steps or self.training_steps
        return self.rate * scheduled(place, length, self.warm_up) * self._cooled(step)

    def _cooled(self, step: int) -> float:
        if self.cooling_from is None or step < self.cooling_from:
            return 1.0
        return (self.steps - step) / (self.steps - self.cooling_from)

    def to_json(self) -> dict[str, Any]:
        """As it stands in the log and the checkpoint."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {
    "trial": Recipe(training_steps=120, sequences=192),
    "cpu": Recipe(training_steps=420, cosine_steps=1_200, cooling_from=300, sequences=192),
    "gpu": Recipe(
        pretraining_steps=4_000,
        training_steps=40_000,
        sequences=8_192,
        batch=128,
        device="cuda",
        size=ChannelSize(wifo=SIZES["small"], context=12, rounds=5, hidden=48),
    ),
}
"""``cpu`` made the model that ships: about 6 minutes of CPU time, of a run laid out for 1200
steps. ``gpu``: one accelerator; not run yet. ``trial``: minutes, to look at it."""


def recipe(name: str, seed: int, steps: int | None = None) -> Recipe:
    """A named recipe with a seed; its stages scaled to ``steps`` in all, each on a plain cosine.

    Raises:
        RanwrightError: ``model.unknown_recipe``, or ``model.no_device`` when the accelerator that
            the recipe needs is missing.
    """
    chosen = replace(named(name, RECIPES), seed=seed)
    require_device(name, chosen.device)
    if steps is None:
        return chosen
    first = round(steps * chosen.pretraining_steps / chosen.steps)
    return replace(
        chosen,
        pretraining_steps=first,
        training_steps=steps - first,
        cosine_steps=None,
        cooling_from=None,
    )
