"""One round of the classical solvers on batches of graphs, many power vectors at once.

WMMSE: Shi, Razaviyayn, Luo, He, IEEE Trans. Signal Processing 59 (2011), scalar form. With
``v = sqrt(p)``, ``I`` interference plus noise and ``T = I + g v^2``:

    u_i = sqrt(g_ii) v_i / T_i,   w_i = a_i T_i / I_i
    v_j = clip(w_j u_j sqrt(g_jj) / (sum_i w_i u_i^2 g_ij + mu_j), 0, 1)

With ``w u = a sqrt(g) v / I`` and ``w u^2 = a S / (I T)`` the round multiplies each amplitude by
``rho_j = (a_j g_jj / I_j) / (sum_i a_i S_i g_ij / (I_i T_i) + mu_j)``. WMMSE creeps where a link
fades out, because rho stays just below 1; raising it to a power above 1 (over-relaxation) goes
several rounds at once, at the price of monotony.

FP: Shen, Yu, IEEE Trans. Signal Processing 66 (2018), closed form with the Lagrangian dual
transform (``gamma = S / I``) and the quadratic transform (``y``):

    y_i = sqrt(a_i (1 + gamma_i) S_i) / T_i
    p_j = min(1, y_j^2 a_j (1 + gamma_j) g_jj / (sum_i y_i^2 g_ij)^2)

From the same start it gives the iterates of WMMSE.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import Marginals
from tools.power.graphs.rates import interference

_TINY = 1e-30
"""Stands in for a denominator of 0: a link that nobody's rate hangs on may send at its limit."""
_HUGE = 1e30


class Round(NamedTuple):
    """What one WMMSE round sees and asks for, each [B, K, S].

    Attributes:
        sinr: under the present powers.
        ratio: factor of each amplitude that the round asks for, before clipping to the limit.
    """

    sinr: Tensor
    ratio: Tensor


def wmmse_round(graphs: LinkGraphs, power: Tensor, marginals: Marginals) -> Round:
    """Receiver, weight and sender updates around powers [B, K, S], shares of the limits.

    Args:
        marginals: slopes of what is maximised; the rates' slopes per bit/s/Hz.
    """
    direct = graphs.direct[..., None]
    disturbed = interference(graphs, power)
    signal = direct * power
    lifted = marginals.rate / disturbed
    price = lifted * signal / (disturbed + signal)
    cost = torch.baddbmm(price * direct, graphs.leak.transpose(1, 2), price)
    if marginals.power is not None:
        cost = cost + marginals.power
    return Round(signal / disturbed, lifted * direct / cost.clamp(min=_TINY))


def wmmse_step(
    graphs: LinkGraphs, power: Tensor, marginals: Marginals | None = None, exponent: float = 1.0
) -> Tensor:
    """Powers [B, K, S] after one round.

    Args:
        marginals: in place of the graphs' weights; those with a power price are in nats.
        exponent: of the round's ratio; at 1 the weighted sum rate never falls.
    """
    marginals = Marginals(graphs.weight[..., None]) if marginals is None else marginals
    # a factor that overflows would make a link without power NaN
    factor = wmmse_round(graphs, power, marginals).ratio.pow(2.0 * exponent).clamp(max=_HUGE)
    return (power * factor).clamp(max=1.0)


def fp_step(graphs: LinkGraphs, power: Tensor) -> Tensor:
    """Powers [B, K, S] after one round of closed-form fractional programming."""
    direct, weight = graphs.direct[..., None], graphs.weight[..., None]
    disturbed = interference(graphs, power)
    signal = direct * power
    lifted = weight * (1.0 + signal / disturbed)
    ratio = (lifted * signal).sqrt() / (disturbed + signal)
    curvature = torch.bmm(graphs.scaled.transpose(1, 2), ratio.square())
    numerator = ratio.square() * lifted * direct
    return (numerator / curvature.square().clamp(min=_TINY)).clamp(max=1.0)
