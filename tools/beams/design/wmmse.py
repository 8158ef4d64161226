"""WMMSE precoding of a multi-cell downlink, each site's power limited or their sum.

Shi, Razaviyayn, Luo, He, "An iteratively weighted MMSE approach to distributed sum-utility
maximization for a MIMO interfering broadcast channel", IEEE Trans. Signal Processing 59 (2011),
for UEs with one antenna. With fields ``f_kj``, ``I`` interference and noise, ``T = I + |f_kk|^2``:

    receiver   u_k = f_kk / T_k           MSE weight  v_k = a_k T_k / I_k
    precoder   w_k = (sum_j v_j |u_j|^2 h_j^H h_j + mu)^-1 v_k u_k h_k^H

and ``mu >= 0`` as large as the power limit asks. The weighted sum rate never falls. Knows nothing
of caps: its beams may break them, :meth:`LinkProblem.within_limits` turns them down.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.link_problem import LinkProblem

_SETTLED = 1e-5
_NO_CURVATURE = 1e-13


def wmmse(
    problem: LinkProblem, start: Sequence[Complex], weights: Real | None = None, rounds: int = 500
) -> tuple[Complex, ...]:
    """A stationary point of the weighted sum rate under power limits alone.

    Args:
        problem: its caps are ignored.
        start: precoders ``[N_s, K_s]`` of each site within the power limits.
        weights: of the UEs' rates ``[K]``; equal without.
        rounds: at most; fewer where the sum rate settles.
    """
    weights = np.ones(len(problem.serving)) if weights is None else weights
    beams, before = tuple(start), -np.inf
    for _ in range(rounds):
        beams = wmmse_step(problem, beams, weights)
        now = float(weights @ problem.rates_bps_hz(beams))
        if now - before < _SETTLED * abs(now):
            break
        before = now
    return beams


def wmmse_step(
    problem: LinkProblem, beams: Sequence[Complex], weights: Real
) -> tuple[Complex, ...]:
    """One round of receivers, weights and precoders."""
    curvature, slope = quadratic(problem, beams, weights)
    return least_squares(problem, curvature, slope)


def quadratic(
    problem: LinkProblem, beams: Sequence[Complex], weights: Real
) -> tuple[list[Complex], list[Complex]]:
    """Weighted mean squared error as ``sum_k w_k^H B w_k - 2 Re(b_k^H w_k)`` of each site.

    Returns:
        ``B`` [N_s, N_s] and ``b`` [N_s, K_s] of each site.
    """
    fields = problem.fields(beams)
    own = np.diagonal(fields)
    power = abs(fields) ** 2
    np.fill_diagonal(power, 0.0)
    interference = power.sum(axis=1) + problem.noise_mw
    total = interference + abs(own) ** 2
    receiver = own / total
    scaled = weights * total / interference
    price = scaled * abs(receiver) ** 2
    curvature, slope = [], []
    for site, rows in enumerate(problem.channels):
        mine = problem.served(site)
        curvature.append((rows.conj().T * price) @ rows)
        slope.append(rows[mine].conj().T * (scaled * receiver)[mine])
    return curvature, slope


def least_squares(
    problem: LinkProblem, curvature: Sequence[Complex], slope: Sequence[Complex]
) -> tuple[Complex, ...]:
    """The minimum of :func:`quadratic` under the power limits, exactly."""
    limits = [site.max_power_mw for site in problem.sites]
    levels, bases, energies = [], [], []
    for matrix, linear in zip(curvature, slope, strict=True):
        level, basis = np.linalg.eigh(matrix)
        energy = (abs(basis.conj().T @ linear) ** 2).sum(axis=1)
        level = np.maximum(level, _NO_CURVATURE * level[-1])
        levels.append(level)
        bases.append(basis)
        energies.append(energy)
    if problem.pooled:
        price = _price(np.concatenate(levels), np.concatenate(energies), sum(limits))
        prices = [price] * len(limits)
    else:
        prices = [_price(*parts) for parts in zip(levels, energies, limits, strict=True)]
    return tuple(
        (basis / (level + price if level[-1] + price > 0 else 1.0)) @ (basis.conj().T @ linear)
        for basis, level, price, linear in zip(bases, levels, prices, slope, strict=True)
    )


def _price(levels: Real, energies: Real, limit_mw: float) -> float:
    """``mu`` at which the power is the limit; 0 where the limit does not bind."""
    needed = levels > 0

    def excess(mu: float) -> float:
        return float((energies[needed] / (levels[needed] + mu) ** 2).sum()) - limit_mw

    if not needed.any() or excess(0.0) <= 0.0:
        return 0.0
    high = float(np.sqrt(energies.sum() / limit_mw))
    return float(brentq(excess, 0.0, high, xtol=1e-14 * high, rtol=1e-12))
