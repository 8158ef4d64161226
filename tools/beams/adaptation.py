"""A trained model goes on with measured sequences, at several speeds, beside made windows."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tools.beams.examples import Examples, batch_of, loss
from tools.beams.synthetic import DriveBy
from tools.beams.trackers import Array
from tools.beams.training import follow
from tools.beams.transformer import BeamTransformer
from tools.beams.windows import Sequence, Windows, joined, windows
from tools.learning.fitting import LARGEST_GRADIENT, WEIGHT_DECAY, scheduled
from twins.runtime import derive_seed


@dataclass(frozen=True)
class Adaptation:
    """How a model is fitted; equal ones and equal examples give equal weights on equal machines.

    Attributes:
        rate: largest step size of AdamW; warmed up, then along a cosine.
        size: windows a step.
    """

    seed: int
    steps: int
    rate: float
    size: int = 128


ADAPTATION = Adaptation(seed=0, steps=700, rate=7e-4)

_KEPT_WINDOWS = 12_000
_SHARES = (0.45, 0.12, 0.03, 0.4)
"""Of a batch: windows as measured, at two and three times the speed, and made ones."""


def adapted(
    model: BeamTransformer,
    sequences: list[Sequence],
    adaptation: Adaptation = ADAPTATION,
    view: Callable[[Windows], Windows] = lambda w: w,
) -> BeamTransformer:
    """A copy that has seen measured sequences, also at higher speeds, and goes on seeing made ones.

    Without the last two it forgets what vehicles do that are faster than those measured.

    Args:
        view: what of the windows the model gets to see.
    """
    parts = [windows(sequences, stride=s) for s in (1, 2, 3)]
    parts.append(DriveBy().windows(_KEPT_WINDOWS, adaptation.seed))
    weight = np.concatenate(
        [np.full(len(p), s / len(p)) for p, s in zip(parts, _SHARES, strict=True)]
    )
    return fit(model, Examples(view(joined(parts))), adaptation, weight)


def fit(
    model: BeamTransformer, examples: Examples, adaptation: Adaptation, weight: Array | None = None
) -> BeamTransformer:
    """A fitted copy: the moving average of the weights along the way.

    Args:
        weight: [N] how often each window is drawn; evenly without.
    """
    model = deepcopy(model).train().requires_grad_(True)
    average = deepcopy(model).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(derive_seed("beams", "fit", adaptation.seed))
    chance = torch.ones(len(examples)) if weight is None else torch.from_numpy(weight).float()
    optimiser = torch.optim.AdamW(model.parameters(), lr=adaptation.rate, weight_decay=WEIGHT_DECAY)
    for step in range(adaptation.steps):
        optimiser.param_groups[0]["lr"] = adaptation.rate * scheduled(step, adaptation.steps, 20)
        chosen = torch.multinomial(chance, adaptation.size, replacement=True, generator=generator)
        error = loss(model, batch_of(examples.frames, chosen), examples.level_db[chosen])
        optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT, error_if_nonfinite=True)
        optimiser.step()
        follow(average, model, step)
    return average
