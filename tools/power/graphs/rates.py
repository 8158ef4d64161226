"""Rates of links under powers. Powers are shares 0..1 of each link's limit.

    SINR_i = g_ii p_i / (1 + sum_{j != i} g_ij p_j),   r_i = log2(1 + SINR_i)

Several power vectors of one graph, S "starts", are a trailing axis: their interference is one
matrix product.
"""

from math import log

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs

HIGHEST_MCS_BITS_PER_HZ = 7.4063
"""Spectral efficiency of the highest entry of TS 38.214 Table 5.1.3.1-2 (256-QAM, 948/1024)."""


def interference(graphs: LinkGraphs, power: Tensor) -> Tensor:
    """Interference and noise over noise, [B, K, S], from powers [B, K, S]."""
    return torch.baddbmm(power.new_ones(1, 1, 1), graphs.leak, power)


def sinr(graphs: LinkGraphs, power: Tensor) -> Tensor:
    """SINR [B, K, S] from powers [B, K, S]; the wanted signal is never in the denominator."""
    return graphs.direct[..., None] * power / interference(graphs, power)


def rates(graphs: LinkGraphs, power: Tensor, cap_bits_per_hz: float | None = None) -> Tensor:
    """Spectral efficiencies [B, K, S] in bit/s/Hz from powers [B, K, S].

    Args:
        cap_bits_per_hz: the most that a modulation and coding scheme carries, such as
            :data:`HIGHEST_MCS_BITS_PER_HZ`; None: Shannon's formula without end.
    """
    uncapped = torch.log1p(sinr(graphs, power)) / log(2.0)
    return uncapped if cap_bits_per_hz is None else uncapped.clamp(max=cap_bits_per_hz)


def weighted_sum_rate(graphs: LinkGraphs, power: Tensor) -> Tensor:
    """``sum_i weight_i r_i`` [B, S] in bit/s/Hz from powers [B, K, S]."""
    return torch.einsum("bk,bks->bs", graphs.weight, rates(graphs, power))
