"""How much a graph resembles those a model was trained on: an out-of-distribution score.

A graph is described by mean and spread of its links' features and of the model's states. Distance
is Mahalanobis' from the training graphs; the score is the share of training graphs that lie
farther out, so that small means strange.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.power.foundation.features import View
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.recipe import Recipe
from tools.power.graphs.graph import LinkGraphs

_RIDGE = 1e-3
"""Added to the correlations: directions in which training graphs hardly differ count little."""

_LEAST_SCALE = 1e-3
"""What never varied in training, such as equal weights, may vary by so little unnoticed."""


@dataclass(frozen=True)
class Familiarity:
    """What training graphs looked like.

    Attributes:
        centre, scale: [D] mean and standard deviation of the descriptions.
        precision: [D, D] inverse of their correlations.
        distances: [N] of training graphs, ascending.
    """

    centre: Tensor
    scale: Tensor
    precision: Tensor
    distances: Tensor

    @classmethod
    def learn(
        cls, model: GraphFoundationModel, recipe: Recipe, batches: int = 200
    ) -> "Familiarity":
        """From graphs of the training's distribution that the training did not draw."""
        steps = range(recipe.steps, recipe.steps + batches)
        seen = torch.cat([describe(model, recipe.batch(i).to("cpu")) for i in steps])
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

    def score(self, model: GraphFoundationModel, graphs: LinkGraphs) -> Tensor:
        """[B] share of training graphs that are farther out, 0..1; near 0 is strange."""
        found = self.distance(describe(model, graphs)).contiguous()
        nearer = torch.searchsorted(self.distances, found)
        return 1.0 - nearer / len(self.distances)


@torch.no_grad()
def describe(model: GraphFoundationModel, graphs: LinkGraphs) -> Tensor:
    """Descriptions [B, D] of graphs, double precision."""
    seen = View(graphs).links[..., :-1]  # the cap is none of the graph's own
    state = model(graphs).state
    columns = [seen.mean(1), seen.std(1, correction=0), state.mean(1)]
    return torch.cat(columns, -1).double()
