"""Fractional programming without matrix inversion.

Shen, Yu, "Fractional programming for communication systems - part I: power control and
beamforming", IEEE Trans. Signal Processing 66 (2018): Lagrangian dual and quadratic transform; from
the same start its closed form is WMMSE. Shen, Zhao, Chen, Zhang, Luo, "Accelerating quadratic
transform and WMMSE", IEEE J. Selected Areas in Communications 42 (2024): the nonhomogeneous bound
``w^H B w <= eta |w|^2 + ...`` with ``eta = eigmax(B)`` leaves, in place of an inversion and a
search for ``mu``, a gradient step and a projection onto the power limits. Rounds are cheap and
many: with more streams than a few, WMMSE gets further in the same time.
"""

from collections.abc import Sequence

import numpy as np

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.link_problem import LinkProblem
from tools.beams.design.wmmse import quadratic

_SETTLED = 1e-6


def fractional_programming(
    problem: LinkProblem, start: Sequence[Complex], weights: Real | None = None, rounds: int = 1000
) -> tuple[Complex, ...]:
    """A stationary point of the weighted sum rate; arguments and limits as for ``wmmse``."""
    weights = np.ones(len(problem.serving)) if weights is None else weights
    beams, before = tuple(start), -np.inf
    for _ in range(rounds):
        beams = fractional_step(problem, beams, weights)
        now = float(weights @ problem.rates_bps_hz(beams))
        if now - before < _SETTLED * abs(now):
            break
        before = now
    return beams


def fractional_step(
    problem: LinkProblem, beams: Sequence[Complex], weights: Real
) -> tuple[Complex, ...]:
    """One round; the weighted sum rate does not fall."""
    curvature, slope = quadratic(problem, beams, weights)
    tops = [float(np.linalg.norm(matrix, 2)) for matrix in curvature]
    if problem.pooled:
        tops = [max(tops)] * len(tops)
    moved = [
        beam + (linear - matrix @ beam) / top if top > 0 else beam
        for beam, matrix, linear, top in zip(beams, curvature, slope, tops, strict=True)
    ]
    limits = [site.max_power_mw for site in problem.sites]
    powers = [float((abs(beam) ** 2).sum()) for beam in moved]
    if problem.pooled:
        limits, powers = [sum(limits)] * len(limits), [sum(powers)] * len(powers)
    return tuple(
        beam * np.sqrt(min(1.0, limit / power)) if power > 0 else beam
        for beam, limit, power in zip(moved, limits, powers, strict=True)
    )
