"""How classical predictors would have done on the last samples of the past, and how it grows."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tools.channel.baselines.predictor import Predictor
from tools.channel.data.configuration import Array

_HIDDEN = 2
"""Last samples that are predicted from those before."""

_FEWEST = 4
_LEAST = 1e-3


@torch.no_grad()
def hindsight(past: Tensor, array: Array, experts: Sequence[Predictor]) -> Tensor:
    """[B, E + 1] logarithms of error over energy in hindsight, and of growth within the past.

    Zeros where the past has fewer than four samples.
    """
    if past.shape[1] < _FEWEST:
        return past.real.new_zeros(len(past), len(experts) + 1)
    known, hidden = past[:, :-_HIDDEN], past[:, -_HIDDEN:]
    energy = past.abs().square().mean((1, 2, 3))
    errors = [
        torch.nan_to_num(expert(known, _HIDDEN, array) - hidden).abs().square().mean((1, 2, 3))
        for expert in experts
    ]
    growth = hidden.abs().square().mean((1, 2, 3))
    ratios = torch.stack([*errors, growth], 1) / energy[:, None]
    return torch.log(ratios.clamp(_LEAST, 1.0 / _LEAST))
