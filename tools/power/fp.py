"""Fractional programming with transmit powers that a cell's UEs share: closed-form updates.

Shen, Yu, "Fractional programming for communication systems - part I: power control and
beamforming", IEEE Trans. Signal Processing 66 (2018): the Lagrangian dual transform takes the ratio
out of the logarithm (``gamma``), the quadratic transform makes it concave in ``sqrt(p)`` (``y``):

    gamma_u = S_u / I_u
    y_u     = sqrt(a_u (1 + gamma_u) S_u) / (S_u + I_u)
    sqrt(p_c) = sum_{u in c} y_u sqrt(a_u (1 + gamma_u) g_u)
                / (sum_{u in c} y_u^2 g_u + sum_{u not in c} y_u^2 h_uc + mu)

From the same start the iterates equal those of WMMSE.
"""

import torch
from torch import Tensor

from tools.power.links import Links, SolverLimits, best_amplitudes


def fp_step(power: Tensor, links: Links, weights: Tensor, limits: SolverLimits) -> Tensor:
    """One round of closed-form updates; arguments and result as in ``wmmse_step``."""
    signal, interference = links.signal(power), links.interference(power)
    lifted = weights[..., None] * (1.0 + signal / interference)
    ratio = (lifted * signal).sqrt() / (signal + interference)
    numerator = links.sum_by_cell(ratio * (lifted * links.direct).sqrt())
    curvature = links.sum_by_cell(ratio**2 * links.direct)
    curvature = curvature + torch.einsum("buk,buck->bck", ratio**2, links.leak)
    return best_amplitudes(numerator, curvature, limits) ** 2


def solve_fp(
    power: Tensor, links: Links, weights: Tensor, limits: SolverLimits, iterations: int = 100
) -> Tensor:
    """Repeat :func:`fp_step` from ``power`` [B, C, K]; a stationary point in the limit."""
    for _ in range(iterations):
        power = fp_step(power, links, weights, limits)
    return power
