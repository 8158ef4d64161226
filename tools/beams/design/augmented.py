"""Beams of given sites: augmented Lagrangian over transmit covariances of low rank.

Power that a site's streams bring is linear in their covariance ``Q = W W^H``, so the problem over
covariances of any rank is a semidefinite programme. It is solved here on factors ``W`` of few
columns (Burer, Monteiro, "A nonlinear programming algorithm for solving semidefinite programs via
low-rank factorization", Math. Programming 95, 2003): one column is one beam; a few columns are
streams sent side by side, and reach the optimum of the programme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.bound import DualBound
from tools.beams.design.limits import TurnedLimits, flatten, unflatten
from tools.beams.design.multipliers import method_of_multipliers
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.zone_problem import ZoneProblem


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
        self._limits = TurnedLimits(problem.sites, problem.caps)
        self._upper = self._limits.upper
        self._held = problem.minimum_mw > 0
        zones = len(problem.zone_names)
        self._per_minimum = np.where(
            self._held, zones / np.where(self._held, problem.minimum_mw, 1.0), 0.0
        )
        share = np.full(zones, 1.0 / zones)
        bright = problem.bright.scaled(share, self._limits.amplitudes)
        self._bound = DualBound(bright, self._limits.caps, self._per_minimum)
        self._bright = PowerMap(self._limits.turn(bright.rows), bright.owner, bright.count)

    def leaking_least(self, streams: int) -> list[Complex]:
        """Start: beams of the best signal-to-leakage ratio, turned, ``[N_s, streams]`` a site.

        Sadek, Tarighat, Sayed, "A leakage-based precoding scheme for downlink multi-user MIMO
        channels", IEEE Trans. Wireless Communications 6 (2007). Alone they keep all limits.
        """
        share = 1.0 / np.sqrt(streams * len(self.problem.sites))
        found = []
        for rows in self._bright.rows:
            _, _, right = np.linalg.svd(rows, full_matrices=False)
            beam = np.zeros((rows.shape[1], streams), np.complex128)
            kept = right[:streams].conj().T
            beam[:, : kept.shape[1]] = kept
            found.append(share * beam)
        return found

    def turned(self, beams: Sequence[Complex]) -> list[Complex]:
        """Precoders in roots of milliwatts as a start."""
        return self._limits.turned(beams)

    def solve(self, start: Sequence[Complex]) -> SiteBeams:
        """A local optimum from a start; all upper limits hold exactly, minimums may not.

        Args:
            start: turned beams ``[N_s, R]`` a site.
        """
        shapes = [y.shape for y in start]
        scale = max(float(self._bright.powers(start).sum()), 1e-300)
        flat, upper, lower = method_of_multipliers(
            partial(self._lagrangian, shapes, scale),
            lambda x: self._violations(unflatten(x, shapes)),
            flatten(start),
        )
        beams = self._limits.within(unflatten(flat, shapes))
        caps = self._limits.caps.count
        objective_mw = self.problem.objective_mw(beams)
        bound_mw = self._bound.best_mw(scale * upper[:caps], scale * lower, objective_mw)
        return SiteBeams(beams, objective_mw, bound_mw)

    def _violations(self, beams: Sequence[Complex]) -> tuple[Real, Real]:
        """How far limits are exceeded and minimums missed; negative where they hold."""
        zones = self._bright.powers(beams)
        below = np.where(self._held, 1.0 - self._per_minimum * zones, -1.0)
        return self._upper.powers(beams) - 1.0, below

    def _lagrangian(
        self,
        shapes: Sequence[tuple[int, ...]],
        scale: float,
        flat: Real,
        upper: Real,
        lower: Real,
        penalty: float,
    ) -> tuple[float, Real]:
        beams = unflatten(flat, shapes)
        fields = [r @ y for r, y in zip(self._bright.rows, beams, strict=True)]
        bright = _sum_by_owner(self._bright, fields)
        others = [r @ y for r, y in zip(self._upper.rows, beams, strict=True)]
        above = _sum_by_owner(self._upper, others) - 1.0
        below = np.where(self._held, 1.0 - self._per_minimum * bright, 0.0)
        push = np.maximum(0.0, upper + penalty * above)
        pull = np.where(self._held, np.maximum(0.0, lower + penalty * below), 0.0)
        value = -bright.sum() / scale + (push @ push + pull @ pull) / (2.0 * penalty)
        slope = -1.0 / scale - pull * self._per_minimum
        gradient = []
        for s in range(len(beams)):
            part = self._bright.rows[s].conj().T @ (
                slope[self._bright.owner[s]][:, None] * fields[s]
            )
            part += self._upper.rows[s].conj().T @ (push[self._upper.owner[s]][:, None] * others[s])
            gradient.append(2.0 * part)
        return float(value), flatten(gradient)


def _sum_by_owner(powers: PowerMap, fields: Sequence[Complex]) -> Real:
    total = np.zeros(powers.count)
    for owner, field in zip(powers.owner, fields, strict=True):
        square = (field.real**2 + field.imag**2).sum(axis=1)
        total += np.bincount(owner, square, powers.count)
    return total
