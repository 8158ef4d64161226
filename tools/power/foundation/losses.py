"""What training minimises: the utility of the best start, no labels needed."""

from typing import Protocol

import torch
from torch import Tensor

from tools.power.foundation.model import Unfolded
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE, Objective
from tools.power.graphs.rates import rates

_LEAST_VALUE = 1e-6


class PowerModel(Protocol):
    """What can be trained on a utility."""

    def __call__(
        self, graphs: LinkGraphs, objective: Objective, cap_bits_per_hz: float | None
    ) -> Unfolded:
        """Powers [B, K, S] with gradients."""
        ...


def utility_loss(
    model: PowerModel,
    graphs: LinkGraphs,
    objective: Objective = SUM_RATE,
    cap_bits_per_hz: float | None = None,
    tail: float = 0.02,
    mean_share: float = 0.1,
) -> Tensor:
    """Minus the soft maximum over starts of the objective, each graph by its own best start.

    The maximum lets starts specialise: only the one that is ahead has to get better. A share of
    the mean keeps the others in the race.

    Args:
        tail: width of the soft maximum, as a share of the value.
        mean_share: weight of the mean.
    """
    power = model(graphs, objective, cap_bits_per_hz).power
    value = objective.smooth(graphs, rates(graphs, power, cap_bits_per_hz), power)
    scale = value.detach().abs().amax(1, keepdim=True).clamp(min=_LEAST_VALUE)
    relative = value / scale
    ahead = tail * torch.logsumexp(relative / tail, dim=1)
    loss: Tensor = -(ahead + mean_share * relative.mean(1)).mean()
    return loss
