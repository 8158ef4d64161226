"""What pre-training hides: patches at random, the future, or the upper part of the band."""

from typing import Literal

import torch
from torch import Tensor

from tools.channel.wifo.autoencoder import Grid

Mask = Literal["random", "time", "frequency"]
MASKS: tuple[Mask, ...] = ("random", "time", "frequency")

RANDOM_SHARE = 0.85
"""Of patches hidden at random; the other masks hide half. As published."""


def visible_patches(mask: Mask, number: Grid, generator: torch.Generator) -> Tensor:
    """[L] bool over patches; at least one is visible, and one hidden where there are two."""
    t, k, n = number
    if mask == "random":
        total = t * k * n
        kept = max(1, round((1.0 - RANDOM_SHARE) * total))
        visible = torch.zeros(total, dtype=torch.bool)
        visible[torch.randperm(total, generator=generator)[:kept]] = True
        return visible
    along = torch.arange(t if mask == "time" else k)
    seen = along < max(1, len(along) // 2)
    shape = (t, 1, 1) if mask == "time" else (1, k, 1)
    return seen.reshape(shape).expand(t, k, n).flatten()
