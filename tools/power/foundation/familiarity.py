"""How much a graph resembles those the power model was trained on: an out-of-distribution score.

A graph is described by mean and spread of its links' features and of the model's states.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.learning.familiarity import Ellipsoid
from tools.power.foundation.features import View
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.recipe import Recipe
from tools.power.graphs.graph import LinkGraphs


@dataclass(frozen=True)
class Familiarity(Ellipsoid):
    """What training graphs looked like."""

    @classmethod
    def learn(
        cls, model: GraphFoundationModel, recipe: Recipe, batches: int = 200
    ) -> "Familiarity":
        """From graphs of the training's distribution that the training did not draw."""
        steps = range(recipe.steps, recipe.steps + batches)
        return cls.around(torch.cat([describe(model, recipe.batch(i).to("cpu")) for i in steps]))

    def score(self, model: GraphFoundationModel, graphs: LinkGraphs) -> Tensor:
        """[B] share of training graphs that are farther out, 0..1; near 0 is strange."""
        return self.share_farther(describe(model, graphs))


@torch.no_grad()
def describe(model: GraphFoundationModel, graphs: LinkGraphs) -> Tensor:
    """Descriptions [B, D] of graphs, double precision."""
    seen = View(graphs).links[..., :-1]  # the cap is none of the graph's own
    state = model(graphs).state
    columns = [seen.mean(1), seen.std(1, correction=0), state.mean(1)]
    return torch.cat(columns, -1).double()
