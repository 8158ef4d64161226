"""Gradient ascent on the objective itself: slower than WMMSE rounds, and good at every objective.

WMMSE follows marginals, which say little where an objective hangs on a few links (a percentile, a
minimum rate) or where the answer is orders of magnitude from the start (energy efficiency). Here
every share is a logistic function of a free number, and Adam (Kingma, Ba, 2015) climbs the smooth
form of the objective; the best powers on the way by its exact form count.
"""

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import Objective
from tools.power.graphs.rates import rates, sinr
from tools.power.graphs.solvers import values

_LEAST_SHARE = 1e-9
_FARTHEST = 14.0
"""Free number of a share that is 1 but for 1e-6."""
_RATE, _LAST_RATE = 0.3, 0.003
_FIRST_MEMORY, _SECOND_MEMORY, _TINY = 0.9, 0.999, 1e-12
_LIFTS = 50


def ascended(
    graphs: LinkGraphs,
    starts: Tensor,
    objective: Objective,
    cap_bits_per_hz: float | None = None,
    steps: int = 100,
) -> Tensor:
    """Powers [B, K, S] after ascent from starts [B, K, S], never worse than these."""
    free = torch.special.logit(starts.clamp(min=_LEAST_SHARE)).clamp(max=_FARTHEST)
    first, second = torch.zeros_like(free), torch.zeros_like(free)
    best, power = values(graphs, starts, objective, cap_bits_per_hz), starts
    for step in range(steps):
        slope = _slope(graphs, free, objective, cap_bits_per_hz)
        first.lerp_(slope, 1.0 - _FIRST_MEMORY)
        second.lerp_(slope.square(), 1.0 - _SECOND_MEMORY)
        mean = first / (1.0 - _FIRST_MEMORY ** (step + 1))
        spread = (second / (1.0 - _SECOND_MEMORY ** (step + 1))).sqrt()
        rate = _RATE + (_LAST_RATE - _RATE) * step / max(1, steps - 1)
        free = (free + rate * mean / (spread + _TINY)).clamp(max=_FARTHEST)
        tried = torch.sigmoid(free)
        value = values(graphs, tried, objective, cap_bits_per_hz)
        better = value > best
        best = torch.where(better, value, best)
        power = torch.where(better[:, None], tried, power)
    return power


def lifted(graphs: LinkGraphs, power: Tensor, minimum_bits_per_hz: float) -> Tensor:
    """Powers [B, K, S] raised until every link has a minimum rate, where limits allow it.

    The links that lack it follow their target SINR up, as in Foschini and Miljanic (1993).
    """
    target = 2.0**minimum_bits_per_hz - 1.0
    for _ in range(_LIFTS):
        short = target / sinr(graphs, power).clamp(min=_TINY)
        power = (power.clamp(min=_LEAST_SHARE) * short.clamp(min=1.0)).clamp(max=1.0)
    return power


def _slope(graphs: LinkGraphs, free: Tensor, objective: Objective, cap: float | None) -> Tensor:
    """Gradient [B, K, S] of the smooth objective, relative to its size."""
    with torch.enable_grad():
        free = free.detach().requires_grad_()
        power = torch.sigmoid(free)
        value = objective.smooth(graphs, rates(graphs, power, cap), power)
        relative = value / value.detach().abs().clamp(min=_TINY)
        (slope,) = torch.autograd.grad(relative.sum(), free)
    return slope
