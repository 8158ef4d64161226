"""How much an input resembles those a model was trained on: an out-of-distribution score.

Inputs are described by vectors. Distance is Mahalanobis' from the training inputs; the score is the
share of training inputs that lie farther out, so that small means strange.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

_RIDGE = 1e-3
"""Added to the correlations: directions in which training inputs hardly differ count little."""

_LEAST_SCALE = 1e-3
"""What never varied in training, such as equal weights, may vary by so little unnoticed."""


@dataclass(frozen=True)
class Ellipsoid:
    """What training inputs looked like.

    Attributes:
        centre, scale: [D] mean and standard deviation of the descriptions.
        precision: [D, D] inverse of their correlations.
        distances: [N] of training inputs, ascending.
    """

    centre: Tensor
    scale: Tensor
    precision: Tensor
    distances: Tensor

    @classmethod
    def around(cls, seen: Tensor) -> Self:
        """From descriptions [N, D] of inputs that the training did not draw."""
        half = seen[torch.arange(len(seen)) % 2 == 0]
        centre, scale = half.mean(0), half.std(0).clamp(min=_LEAST_SCALE)
        apart = (half - centre) / scale
        correlation = apart.T @ apart / len(apart)
        eye = torch.eye(len(centre), dtype=correlation.dtype)
        unsorted = cls(centre, scale, torch.linalg.inv(correlation + _RIDGE * eye), seen[:0])
        # distances of the other half, which did not shape the ellipsoid
        other = seen[torch.arange(len(seen)) % 2 == 1]
        return cls(centre, scale, unsorted.precision, unsorted.distance(other).sort().values)

    def distance(self, description: Tensor) -> Tensor:
        """Squared Mahalanobis distance [B] of descriptions [B, D]."""
        apart = (description - self.centre) / self.scale
        return torch.einsum("bd,de,be->b", apart, self.precision, apart)

    def share_farther(self, description: Tensor) -> Tensor:
        """[B] share of training inputs that are farther out, 0..1; near 0 is strange."""
        found = self.distance(description).contiguous()
        return 1.0 - torch.searchsorted(self.distances, found) / len(self.distances)
