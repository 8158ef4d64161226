"""Recipes of training: what is drawn, for how long, with which step sizes. Steps, never clocks."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import torch

from contracts.errors import ExitCode, RanwrightError
from tools.learning.fitting import scheduled
from tools.learning.recipes import named, require_device
from tools.power.foundation.model import ModelSize
from tools.power.graphs.families import CUI, GAUSSIAN, MIX, PCGNN, TRAINING, Family, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.stream import block
from twins.runtime import derive_seed

Stage = Literal["pretraining", "training"]
Pretext = Literal["both", "masked_edges", "agreement"]

_SHARES: dict[str, float] = {MIX.name: 0.4, CUI.name: 0.2, PCGNN.name: 0.2, GAUSSIAN.name: 0.2}
_DOMAIN = "training"
_CAPS_BITS_PER_HZ = (5.5547, 7.4063, 9.2578)
"""Spectral efficiency of the highest MCS of each table (TS 38.214 5.1.3.1-1 to -4)."""


@dataclass(frozen=True)
class Recipe:
    """Everything a training run follows from.

    Attributes:
        seed: of weights, graphs and the order of everything.
        pretraining_steps: steps of pre-training, before the others.
        objectives: of pre-training.
        training_steps: steps on the utility.
        sizes: numbers of links that batches have.
        edges_a_batch: about how many edges a batch has; at most 64 graphs.
        varied_share: of the batches, those with uneven weights and limits.
        capped_share: of the batches on the utility, those under the cap of a highest MCS.
        rate: largest step size of AdamW.
        warm_up: steps until it is reached; it falls along a cosine in each stage.
        tail: width of the soft maximum over starts, as a share of the value.
        mean_share: weight of the mean over starts, which keeps all of them alive.
        device: "cpu" or "cuda"; random graphs differ between the two.
    """

    seed: int = 0
    pretraining_steps: int = 0
    objectives: Pretext = "both"
    training_steps: int = 30_000
    sizes: tuple[int, ...] = (6, 8, 10, 10, 12, 16, 20, 20, 24, 32, 50, 64)
    edges_a_batch: int = 65_536
    varied_share: float = 0.3
    capped_share: float = 0.3
    rate: float = 1e-3
    warm_up: int = 200
    tail: float = 0.02
    mean_share: float = 0.1
    device: str = "cpu"
    size: ModelSize = field(default_factory=ModelSize)

    @property
    def steps(self) -> int:
        """Of all stages."""
        return self.pretraining_steps + self.training_steps

    def stage(self, step: int) -> Stage:
        """What a step works on."""
        return "pretraining" if step < self.pretraining_steps else "training"

    def rate_at(self, step: int) -> float:
        """Step size of a step."""
        first = 0 if self.stage(step) == "pretraining" else self.pretraining_steps
        length = self.pretraining_steps if first == 0 < self.pretraining_steps else self.steps
        return self.rate * scheduled(step - first, length - first, self.warm_up)

    def batch(self, step: int) -> LinkGraphs:
        """The graphs of a step, the same whatever came before."""
        generator = torch.Generator().manual_seed(derive_seed(_DOMAIN, self.seed, step))
        links = self.sizes[int(torch.randint(len(self.sizes), (1,), generator=generator))]
        shares = torch.tensor([_SHARES[f.name] for f in TRAINING])
        family: Family = TRAINING[int(torch.multinomial(shares, 1, generator=generator))]
        if float(torch.rand(1, generator=generator)) < self.varied_share:
            family = Varied(family)
        seed = derive_seed(_DOMAIN, self.seed)
        graphs = block(family, links, seed, step, self.device)
        return graphs[: max(4, self.edges_a_batch // links**2)]

    def cap_bits_per_hz(self, step: int) -> float | None:
        """Under which the graphs of a step are judged."""
        generator = torch.Generator().manual_seed(derive_seed("caps", self.seed, step))
        if float(torch.rand(1, generator=generator)) >= self.capped_share:
            return None
        kind = int(torch.randint(len(_CAPS_BITS_PER_HZ), (1,), generator=generator))
        return _CAPS_BITS_PER_HZ[kind]

    def to_json(self) -> dict[str, Any]:
        """As it stands in the log and the checkpoint."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {
    "trial": Recipe(training_steps=2_000),
    "cpu": Recipe(pretraining_steps=2_400, training_steps=54_000),
    "gpu": Recipe(
        pretraining_steps=4_000,
        training_steps=60_000,
        edges_a_batch=262_144,
        device="cuda",
        size=ModelSize(width=96, heads=6, blocks=4, starts=12, edge_width=64, edge_channels=32),
    ),
}
"""``cpu``: under 3 h on two cores. ``gpu``: one accelerator. ``trial``: minutes, to look at it."""


def recipe(name: str, seed: int, steps: int | None = None, pretraining: str = "both") -> Recipe:
    """A named recipe with a seed, and with its stages scaled to ``steps`` in all.

    Args:
        pretraining: what of it is done: both, masked_edges, agreement or none.

    Raises:
        RanwrightError: ``model.unknown_recipe``, ``model.unknown_pretraining``, or
            ``model.no_device`` when the accelerator that the recipe needs is missing.
    """
    chosen = _pretrained(replace(named(name, RECIPES), seed=seed), pretraining)
    require_device(name, chosen.device)
    if steps is None:
        return chosen
    first = round(steps * chosen.pretraining_steps / chosen.steps)
    return replace(chosen, pretraining_steps=first, training_steps=steps - first)


def _pretrained(chosen: Recipe, pretraining: str) -> Recipe:
    match pretraining:
        case "both" | "masked_edges" | "agreement":
            return replace(chosen, objectives=pretraining)
        case "none":
            return replace(chosen, pretraining_steps=0)
    raise RanwrightError(
        "model.unknown_pretraining",
        f"There is no pre-training called {pretraining!r}.",
        "Choose one of: both, masked_edges, agreement, none.",
        ExitCode.USAGE,
    )
