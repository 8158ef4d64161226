"""Beams of given sites: augmented Lagrangian over transmit covariances of low rank.

Power that a site's streams bring is linear in their covariance ``Q = W W^H``, so the problem over
covariances of any rank is a semidefinite programme. It is solved here on factors ``W`` of few
columns (Burer, Monteiro, "A nonlinear programming algorithm for solving semidefinite programs via
low-rank factorization", Math. Programming 95, 2003): one column is one beam; a few columns are
streams sent side by side, and reach the optimum of the programme.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.bound import DualBound
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.zone_problem import ZoneProblem

_ROUNDS = 12
_STEPS_PER_ROUND = 60
_FIRST_PENALTY = 10.0
_MOST_PENALTY = 1e5
_ENOUGH_VIOLATION = 1e-4


@dataclass(frozen=True)
class SiteBeams:
    """An answer for given sites.

    Args:
        beams: precoders ``[N_s, R]`` of each site in square roots of milliwatts.
        objective_mw: as :meth:`ZoneProblem.objective_mw`.
        bound_mw: no precoders of these sites reach more, however many streams.
    """

    beams: tuple[Complex, ...]
    objective_mw: float
    bound_mw: float


class AugmentedLagrangian:
    """The problem of some sites, all of which send, scaled so that every limit is 1."""

    def __init__(self, problem: ZoneProblem) -> None:
        self.problem = problem
        self._amplitude = [np.sqrt(site.max_power_mw) for site in problem.sites]
        limits = problem.caps
        self._bright = problem.bright.scaled(problem.share, self._amplitude)
        self._caps = limits.powers.scaled(1.0 / limits.limit_mw, self._amplitude)
        self._held = problem.minimum_mw > 0
        zones = len(problem.zone_names)
        self._per_minimum = np.where(
            self._held, zones / np.where(self._held, problem.minimum_mw, 1.0), 0.0
        )
        self._bound = DualBound(self._bright, self._caps, self._per_minimum, problem.zone)
        self._root = [self._upper_root(site) for site in range(len(problem.sites))]
        turned = tuple(self._turn(self._bright.rows[s], s) for s in range(len(self._root)))
        self._turned_bright = PowerMap(turned, self._bright.owner, self._bright.count)
        own = [self._power_map(s) for s in range(len(self._root))]
        caps = tuple(self._turn(self._caps.rows[s], s) for s in range(len(self._root)))
        self._turned_upper = PowerMap.joined(
            [PowerMap(caps, self._caps.owner, self._caps.count), *own]
        )

    def _upper_root(self, site: int) -> Complex:
        """Cholesky factor of ``I + sum of caps``, whose inverse makes the limits nearly round."""
        rows = self._caps.rows[site]
        found: Complex = cholesky(
            np.eye(rows.shape[1]) + rows.conj().T @ rows, lower=False, check_finite=False
        )
        return found

    def _turn(self, rows: Complex, site: int) -> Complex:
        """Rows for turned coordinates ``Y = root X``."""
        found: Complex = solve_triangular(self._root[site], rows.T, trans="T", check_finite=False).T
        return found

    def _power_map(self, site: int) -> PowerMap:
        """The power of one site alone."""
        rows, owner = [], []
        for s, root in enumerate(self._root):
            size = len(root) if s == site else 0
            rows.append(self._turn(np.eye(len(root), dtype=np.complex128)[:size], s))
            owner.append(np.zeros(size, np.intp))
        return PowerMap(tuple(rows), tuple(owner), 1)

    def leaking_least(self, streams: int) -> list[Complex]:
        """Start: beams of the best signal-to-leakage ratio, turned, ``[N_s, streams]`` a site.

        Sadek, Tarighat, Sayed, "A leakage-based precoding scheme for downlink multi-user MIMO
        channels", IEEE Trans. Wireless Communications 6 (2007). Alone they keep all limits.
        """
        share = 1.0 / np.sqrt(streams * len(self._root))
        found = []
        for rows in self._turned_bright.rows:
            _, _, right = np.linalg.svd(rows, full_matrices=False)
            beam = np.zeros((rows.shape[1], streams), np.complex128)
            kept = right[:streams].conj().T
            beam[:, : kept.shape[1]] = kept
            found.append(share * beam)
        return found

    def turned(self, beams: Sequence[Complex]) -> list[Complex]:
        """Precoders in milliwatts as a start."""
        return [
            root @ beam / a
            for root, beam, a in zip(self._root, beams, self._amplitude, strict=True)
        ]

    def solve(self, start: Sequence[Complex]) -> SiteBeams:
        """A local optimum from a start; all upper limits hold exactly, minimums may not.

        Args:
            start: turned beams ``[N_s, R]`` a site.
        """
        shapes = [y.shape for y in start]
        scale = max(float(self._turned_bright.powers(start).sum()), 1e-300)
        upper = np.zeros(self._turned_upper.count)
        lower = np.zeros(len(self._held))
        penalty, before = _FIRST_PENALTY, np.inf
        flat = _flatten(start)
        for _ in range(_ROUNDS):
            found = minimize(
                self._lagrangian,
                flat,
                args=(shapes, scale, upper, lower, penalty),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": _STEPS_PER_ROUND, "maxcor": 12, "ftol": 1e-10, "gtol": 1e-7},
            )
            flat = found.x
            above, below = self._violations(_unflatten(flat, shapes))
            upper = np.maximum(0.0, upper + penalty * above)
            lower = np.maximum(0.0, lower + penalty * below)
            worst = max(float(above.max()), float(below.max(initial=0.0)))
            if worst < _ENOUGH_VIOLATION and before < 10 * _ENOUGH_VIOLATION:
                break
            if worst > 0.3 * before:
                penalty = min(4.0 * penalty, _MOST_PENALTY)
            before = worst
        beams = self._within_limits(_unflatten(flat, shapes))
        caps = self._caps.count
        objective_mw = self.problem.objective_mw(beams)
        bound_mw = self._bound.best_mw(scale * upper[:caps], scale * lower, objective_mw)
        return SiteBeams(beams, objective_mw, bound_mw)

    def _violations(self, beams: Sequence[Complex]) -> tuple[Real, Real]:
        """How far limits are exceeded and minimums missed; negative where they hold."""
        zones = np.bincount(self.problem.zone, self._turned_bright.powers(beams))
        below = np.where(self._held, 1.0 - self._per_minimum * zones, -1.0)
        return self._turned_upper.powers(beams) - 1.0, below

    def _lagrangian(
        self,
        flat: Real,
        shapes: Sequence[tuple[int, ...]],
        scale: float,
        upper: Real,
        lower: Real,
        penalty: float,
    ) -> tuple[float, Real]:
        beams = _unflatten(flat, shapes)
        fields = [r @ y for r, y in zip(self._turned_bright.rows, beams, strict=True)]
        bright = _sum_by_owner(self._turned_bright, fields)
        others = [r @ y for r, y in zip(self._turned_upper.rows, beams, strict=True)]
        above = _sum_by_owner(self._turned_upper, others) - 1.0
        zones = np.bincount(self.problem.zone, bright)
        below = np.where(self._held, 1.0 - self._per_minimum * zones, 0.0)
        push = np.maximum(0.0, upper + penalty * above)
        pull = np.where(self._held, np.maximum(0.0, lower + penalty * below), 0.0)
        value = -bright.sum() / scale + (push @ push + pull @ pull) / (2.0 * penalty)
        slope = -1.0 / scale - (pull * self._per_minimum)[self.problem.zone]
        gradient = []
        for s in range(len(beams)):
            part = self._turned_bright.rows[s].conj().T @ (
                slope[self._turned_bright.owner[s]][:, None] * fields[s]
            )
            part += self._turned_upper.rows[s].conj().T @ (
                push[self._turned_upper.owner[s]][:, None] * others[s]
            )
            gradient.append(2.0 * part)
        return float(value), _flatten(gradient)

    def _within_limits(self, turned: Sequence[Complex]) -> tuple[Complex, ...]:
        """Precoders in milliwatts, all scaled down together until every limit holds."""
        most = float(self._turned_upper.powers(turned).max())
        factor = 1.0 / np.sqrt(max(1.0, most * (1.0 + 1e-12)))
        return tuple(
            a * factor * solve_triangular(root, y, check_finite=False)
            for root, y, a in zip(self._root, turned, self._amplitude, strict=True)
        )


def _sum_by_owner(powers: PowerMap, fields: Sequence[Complex]) -> Real:
    total = np.zeros(powers.count)
    for owner, field in zip(powers.owner, fields, strict=True):
        square = (field.real**2 + field.imag**2).sum(axis=1)
        total += np.bincount(owner, square, powers.count)
    return total


def _flatten(beams: Sequence[Complex]) -> Real:
    return np.concatenate([np.ascontiguousarray(b).view(np.float64).ravel() for b in beams])


def _unflatten(flat: Real, shapes: Sequence[tuple[int, ...]]) -> list[Complex]:
    found, start = [], 0
    for shape in shapes:
        size = 2 * shape[0] * shape[1]
        found.append(flat[start : start + size].view(np.complex128).reshape(shape))
        start += size
    return found
