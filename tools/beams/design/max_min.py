"""Max-min SINR under power limits and caps, solved to the optimum, with a proven bound.

Any weighted sum of the limits, each used by its share, is a single weaker limit. Under it max-min
SINR has a dual uplink (Schubert, Boche, "Solution of the multiuser downlink beamforming problem
with individual SINR constraints", IEEE Trans. Vehicular Technology 53, 2004; Wiesel, Eldar, Shamai,
"Linear precoding via conic optimization for fixed MIMO receivers", IEEE Trans. Signal Processing
54, 2006) with the weighted sum as its noise covariance, solved by a normalised fixed point. The
least value over the weights is the optimum (Yu, Lan, "Transmitter optimization for the
multi-antenna downlink with per-antenna power constraints", IEEE Trans. Signal Processing 55, 2007).
Every weighting bounds the optimum from above: ``max_k SINR_k / target_k`` in the uplink, for any
uplink powers that sum to the budget (Collatz, Wielandt).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.link_problem import LinkProblem

_ROUNDS = 300
_UPLINK_STEPS = 4
_TIGHT = 1.002
_LEAST_WEIGHT = 1e-12


@dataclass(frozen=True)
class Balanced:
    """Precoders that serve the worst UE best.

    Args:
        beams: precoders ``[N_s, K_s]`` of each site; all limits hold.
        level: least ratio of SINR to target over the UEs.
        bound: no precoders balance the UEs at more.
    """

    beams: tuple[Complex, ...]
    level: float
    bound: float


def max_min(problem: LinkProblem, targets: Real | None = None) -> Balanced:
    """The largest level at which every UE has ``level * target`` SINR.

    Args:
        problem: limits and channels.
        targets: SINR ratios ``[K]``, positive; equal without. A level of 1 or more says that the
            targets can be met together, a bound below 1 that they cannot.
    """
    targets = np.ones(len(problem.serving)) if targets is None else targets
    limits = 1 if problem.pooled else len(problem.sites)
    weights = np.full(limits + problem.caps.powers.count, 1e-3)
    weights[:limits] = 1.0
    weights /= weights.sum()
    uplink = np.full(len(targets), 1.0 / (problem.noise_mw * len(targets)))
    best: tuple[Complex, ...] | None = None
    level, bound = 0.0, np.inf
    for _ in range(_ROUNDS):
        noise = _noise(problem, weights)
        for _ in range(_UPLINK_STEPS):
            directions, ratio = _receivers(problem, noise, uplink, targets)
            bound = min(bound, float(ratio.max()))
            uplink = uplink / ratio
            uplink /= problem.noise_mw * uplink.sum()
        beams = _downlink(problem, directions, float(ratio.min()), targets)
        used = problem.use(beams)
        feasible = problem.within_limits(beams)
        now = float((problem.sinr(feasible) / targets).min())
        if best is None or now > level:
            best, level = feasible, now
        if bound <= _TIGHT * level:
            break
        weights = np.maximum(weights * used, _LEAST_WEIGHT)
        weights /= weights.sum()
    return Balanced(best or (), level, bound)


def _noise(problem: LinkProblem, weights: Real) -> list[Complex]:
    """Uplink noise covariance of each site: the weighted limits as a form of its precoders."""
    limits = len(weights) - problem.caps.powers.count
    most = np.array([site.max_power_mw for site in problem.sites])
    own = np.full(len(most), weights[0] / most.sum()) if problem.pooled else weights[:limits] / most
    shares = problem.caps.powers.weighted(weights[limits:] / problem.caps.limit_mw)
    return [s + o * np.eye(len(s)) for s, o in zip(shares, own, strict=True)]


def _receivers(
    problem: LinkProblem, noise: Sequence[Complex], uplink: Real, targets: Real
) -> tuple[list[Complex], Real]:
    """MMSE receivers ``[N_s, K_s]`` of the uplink, and its SINR over the targets ``[K]``."""
    found: list[Complex] = []
    ratio = np.zeros(len(targets))
    for site, rows in enumerate(problem.channels):
        mine = problem.served(site)
        heard = noise[site] + (rows.conj().T * uplink) @ rows
        receivers: Complex = np.linalg.solve(heard, rows[mine].conj().T).astype(np.complex128)
        share = uplink[mine] * np.einsum("kn,nk->k", rows[mine], receivers).real
        ratio[mine] = share / np.maximum(1.0 - share, 1e-300) / targets[mine]
        found.append(receivers)
    return found, ratio


def _downlink(
    problem: LinkProblem, directions: Sequence[Complex], level: float, targets: Real
) -> list[Complex]:
    """Powers at which all UEs have the same SINR over target, as near the level as can be.

    The level is lowered until the linear system of powers has a positive solution.
    """
    units = [d / np.maximum(np.linalg.norm(d, axis=0), 1e-300) for d in directions]
    gains = abs(problem.fields(units)) ** 2
    own = np.diagonal(gains).copy()
    np.fill_diagonal(gains, 0.0)
    for _ in range(60):
        goal = level * targets / own
        powers = np.linalg.solve(np.eye(len(own)) - goal[:, None] * gains, goal * problem.noise_mw)
        if (powers > 0).all():
            break
        level *= 0.95
    return [unit * np.sqrt(powers[problem.served(s)]) for s, unit in enumerate(units)]
