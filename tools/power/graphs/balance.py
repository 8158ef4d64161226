"""Equal SINRs for most links, nothing for a few: what a low percentile of the rates asks for.

A percentile does not see the links below it. The best powers therefore give up the links that cost
the others most, and balance the rest. Which link that is follows from the Perron vectors of the
balanced links (Cai, Quek, Tan, IEEE Trans. Signal Processing 59, 2011): dropping a link lowers the
spectral radius, which is the inverse of the common SINR, about in proportion to the product of its
entries in the left and the right one.
"""

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.rates import sinr
from tools.power.graphs.solvers import max_min

_LEFT_ROUNDS = 50
_TRIED = 4
_LEAST = 1e-30


def sacrificing(graphs: LinkGraphs, drops: int, rounds: int = 100) -> Tensor:
    """Max-min powers [B, K, drops + 1] of the links that are left after 0, 1, ... drops.

    Each drop is the best of the four that the Perron vectors recommend.

    Args:
        rounds: of power iteration for each.
    """
    on = torch.ones_like(graphs.weight)[..., None]
    found = [max_min(graphs, rounds)]
    for _ in range(min(drops, graphs.links - 1)):
        costly = _cost(graphs, found[-1]).topk(min(_TRIED, graphs.links), 1).indices
        off = torch.nn.functional.one_hot(costly, graphs.links).transpose(1, 2).to(on.dtype)
        tried = on * (1.0 - off)
        power = max_min(graphs, rounds, tried)
        level = sinr(graphs, power).masked_fill(tried == 0.0, torch.inf).amin(1)
        # a link that was off already is no drop
        level = level.masked_fill((tried.sum(1) == on.sum(1)), -1.0)
        chosen = level.argmax(1)[:, None, None].expand(-1, graphs.links, 1)
        on, power = tried.gather(2, chosen), power.gather(2, chosen)
        found.append(power)
    return torch.cat(found, -1)


def _cost(graphs: LinkGraphs, power: Tensor) -> Tensor:
    """[B, K] how much each link holds the others down at balanced powers [B, K, 1]."""
    own = graphs.direct[..., None].clamp(min=_LEAST)
    limiting = (power >= power.amax(1, keepdim=True)).to(power.dtype)
    on = (power > 0.0).to(power.dtype)
    left = on.clone()
    for _ in range(_LEFT_ROUNDS):
        share = left / own
        left = on * (graphs.leak.mT @ share + limiting * share.sum(1, keepdim=True))
        left = left / left.amax(1, keepdim=True).clamp(min=_LEAST)
    return (left * power)[..., 0]
