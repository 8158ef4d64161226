"""From cells with many UEs to link graphs, and from the graphs' answers to cell powers.

In a draw each cell schedules one of its UEs, as often as it has data; the UE's worth is the
objective's tangent, over how often it is drawn. What the draws agree on is proposed: means of the
shares and of their logarithms, the median, and each draw's own answer.
"""

import numpy as np
import torch

from tools.near_rt.model import Array, Links
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.portfolio import Portfolio
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE

_DRAWS = 12
_LEAST_SHARE = 1e-3


def proposals(
    model: GraphFoundationModel,
    links: Links,
    weights: Array,
    present: Array,
    full_mw: float,
    seed: int,
) -> list[Array]:
    """Shares [C] of full power that the model's portfolio proposes.

    Args:
        weights: [U] slopes of the objective in the rates.
        present: [C] shares.
        full_mw: power of a share of 1.
        seed: of the draws.
    """
    graphs = scheduled(links, weights, len(present), full_mw, seed)
    start = torch.from_numpy(present).float().expand(len(graphs), -1)
    few = Portfolio(model, classical_rounds=20, switches=0, random_starts=0)
    cap = links.radio.most_bits_per_hz
    share = few.choose(graphs, SUM_RATE, cap, start).power.double().numpy()
    kept = share.clip(_LEAST_SHARE)
    agreed = [share.mean(0), np.exp(np.log(kept).mean(0)), np.median(kept, axis=0)]
    return [*agreed, np.sqrt(agreed[0] * agreed[1]), *kept]


def scheduled(links: Links, weights: Array, cells: int, full_mw: float, seed: int) -> LinkGraphs:
    """Graphs [draws, C, C]; a cell without UEs has no wanted signal and no weight."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(links.serving == c) for c in range(cells)]
    chosen = np.stack([rng.choice(m, _DRAWS) if len(m) else np.zeros(_DRAWS, int) for m in members])
    served = np.array([len(m) > 0 for m in members])
    user = chosen.T  # [draws, C]
    gap = 10.0 ** (links.radio.snr_gap_db / 10.0)
    gain = links.leak[user].astype(np.float64) * full_mw
    each = np.arange(cells)
    gain[:, each, each] = np.where(served, links.direct[user] * full_mw / gap, 0.0)
    count = np.array([max(1, len(m)) for m in members])
    worth = np.where(served, (weights * links.share)[user] * count, 0.0)
    worth = worth / worth.mean(1, keepdims=True)
    return LinkGraphs.of(torch.from_numpy(gain).float(), torch.from_numpy(worth).float())
