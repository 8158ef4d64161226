"""Fitting a beam transformer: soft labels, steps and never clocks, the weights' moving average."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from tools.beams.frames import Frames, frames, targets
from tools.beams.scores import NEAR_DB
from tools.beams.synthetic import DriveBy
from tools.beams.transformer import Batch, BeamTransformer
from tools.beams.windows import Array, Sequence, Windows, joined, windows
from tools.learning.fitting import LARGEST_GRADIENT, WEIGHT_DECAY, scheduled
from twins.runtime import derive_seed

SOFTNESS_DB = 0.4
"""Beams this far below the best count 1/e of it in the label: neighbours are nearly as good."""
_NEAR_WEIGHT = 0.15
_MEMORY = 0.99


class Examples:
    """Windows with their frames and labels, as tensors."""

    def __init__(self, windows: Windows) -> None:
        self.frames: Frames = frames(windows.past, windows.future.shape[1])
        self.level_db = torch.from_numpy(targets(self.frames, windows))

    def __len__(self) -> int:
        return len(self.frames)


def batch_of(shown: Frames, chosen: Tensor | slice = slice(None)) -> Batch:
    """Tensors of some windows."""
    return Batch(*(torch.from_numpy(getattr(shown, name))[chosen] for name in Batch._fields))


def loss(model: BeamTransformer, batch: Batch, level_db: Tensor) -> Tensor:
    """Cross-entropy to the soft best beam, and of each beam being within 1 dB.

    Args:
        level_db: [B, H, OUT_WIDTH] under the best beam; -inf beyond the codebook.
    """
    logits = model(batch)
    there = torch.isfinite(level_db)
    label = torch.softmax(level_db / SOFTNESS_DB, -1)
    log_share = torch.log_softmax(logits.best.masked_fill(~there, -1e9), -1)
    best = -(label * log_share).sum(-1).mean()
    near = nn.functional.binary_cross_entropy_with_logits(
        logits.near, (level_db >= -NEAR_DB).float(), reduction="none"
    )
    total: Tensor = best + _NEAR_WEIGHT * (near * there).sum(-1).mean()
    return total


@dataclass(frozen=True)
class Recipe:
    """How a model is fitted; equal recipes and examples give equal weights on equal machines.

    Attributes:
        rate: largest step size of AdamW; warmed up, then along a cosine.
        size: windows a step.
    """

    seed: int
    steps: int
    rate: float
    size: int = 128


PRETRAINING = Recipe(seed=0, steps=2500, rate=1.5e-3)
ADAPTATION = Recipe(seed=0, steps=700, rate=7e-4)
PRETRAINING_WINDOWS = 30_000

_KEPT_WINDOWS = 12_000
_SHARES = (0.45, 0.12, 0.03, 0.4)
"""Of a batch: windows as measured, at two and three times the speed, and made ones."""


def untrained(seed: int) -> BeamTransformer:
    """Fresh weights that follow from a seed; torch's own generator is left where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("beams", "weights", seed))
        return BeamTransformer()


def pretrained(recipe: Recipe = PRETRAINING, made: int = PRETRAINING_WINDOWS) -> BeamTransformer:
    """A model that has seen made windows alone."""
    return fit(untrained(recipe.seed), Examples(DriveBy().windows(made, recipe.seed)), recipe)


def adapted(
    model: BeamTransformer,
    sequences: list[Sequence],
    recipe: Recipe = ADAPTATION,
    view: Callable[[Windows], Windows] = lambda w: w,
) -> BeamTransformer:
    """A copy that has seen measured sequences, also at higher speeds, and goes on seeing made ones.

    Without the last two it forgets what vehicles do that are faster than those measured.

    Args:
        view: what of the windows the model gets to see.
    """
    parts = [windows(sequences, stride=s) for s in (1, 2, 3)]
    parts.append(DriveBy().windows(_KEPT_WINDOWS, recipe.seed))
    weight = np.concatenate(
        [np.full(len(p), s / len(p)) for p, s in zip(parts, _SHARES, strict=True)]
    )
    return fit(model, Examples(view(joined(parts))), recipe, weight)


def fit(
    model: BeamTransformer, examples: Examples, recipe: Recipe, weight: Array | None = None
) -> BeamTransformer:
    """A fitted copy: the moving average of the weights along the way.

    Args:
        weight: [N] how often each window is drawn; evenly without.
    """
    model = deepcopy(model).train().requires_grad_(True)
    average = deepcopy(model).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(derive_seed("beams", "fit", recipe.seed))
    chance = torch.ones(len(examples)) if weight is None else torch.from_numpy(weight).float()
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=WEIGHT_DECAY)
    for step in range(recipe.steps):
        optimiser.param_groups[0]["lr"] = recipe.rate * scheduled(step, recipe.steps, 20)
        chosen = torch.multinomial(chance, recipe.size, replacement=True, generator=generator)
        error = loss(model, batch_of(examples.frames, chosen), examples.level_db[chosen])
        optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT, error_if_nonfinite=True)
        optimiser.step()
        with torch.no_grad():
            for old, new in zip(average.parameters(), model.parameters(), strict=True):
                old.lerp_(new, max(1.0 - _MEMORY, 1.0 / (step + 1)))
    return average
