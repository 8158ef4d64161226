"""WMMSE with transmit powers that a cell's UEs share.

Shi, Razaviyayn, Luo, He, "An iteratively weighted MMSE approach to distributed sum-utility
maximization for a MIMO interfering broadcast channel", IEEE Trans. Signal Processing 59 (2011).
With ``v_c = sqrt(p_c)``, ``a`` the weights, ``g`` direct and ``h`` leaking gains, ``I``
interference plus noise and ``T = I + g v^2``, block coordinate descent on
``sum_u a_u (w_u e_u - ln w_u)`` gives

    receiver   u_u = sqrt(g_u) v_c / T_u
    MSE weight w_u = T_u / I_u
    sender     v_c = sum_{u in c} a_u w_u u_u sqrt(g_u)
                     / (sum_{u in c} a_u w_u u_u^2 g_u + sum_{u not in c} a_u w_u u_u^2 h_uc + mu)

clipped to the limits: the sender's problem is convex and separable, so the utility never falls.
"""

import torch
from torch import Tensor

from tools.power.links import Links, SolverLimits, best_amplitudes


def wmmse_step(power: Tensor, links: Links, weights: Tensor, limits: SolverLimits) -> Tensor:
    """One round of receiver, weight and sender updates.

    Args:
        power: [B, C, K] inside the limits, mW.
        links: gains.
        weights: [B, U], not negative.
        limits: per-cell limits and the optional total.

    Returns:
        [B, C, K]; the weighted sum rate is at least that of ``power``.
    """
    signal, interference = links.signal(power), links.interference(power)
    total = signal + interference
    receiver = signal.sqrt() / total
    scaled = weights[..., None] * total / interference
    numerator = links.sum_by_cell(scaled * receiver * links.direct.sqrt())
    price = scaled * receiver**2
    curvature = links.sum_by_cell(price * links.direct)
    curvature = curvature + torch.einsum("buk,buck->bck", price, links.leak)
    return best_amplitudes(numerator, curvature, limits) ** 2


def solve_wmmse(
    power: Tensor, links: Links, weights: Tensor, limits: SolverLimits, iterations: int = 100
) -> Tensor:
    """Repeat :func:`wmmse_step` from ``power`` [B, C, K]; a stationary point in the limit."""
    for _ in range(iterations):
        power = wmmse_step(power, links, weights, limits)
    return power
