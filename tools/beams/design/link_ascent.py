"""Sum rate under caps and least SINRs: the method of multipliers from a start that may break them.

What WMMSE cannot hold, dark zones, sectors and minimums, becomes multipliers; see
:mod:`tools.beams.design.multipliers`. Rates are in nats inside.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.limits import TurnedLimits, flatten, unflatten
from tools.beams.design.link_problem import LinkProblem
from tools.beams.design.multipliers import method_of_multipliers


class LinkAscent:
    """The search for one problem with power limits of its own for each site."""

    def __init__(self, problem: LinkProblem) -> None:
        self._problem = problem
        self._limits = TurnedLimits(problem.sites, problem.caps)
        noise = np.sqrt(problem.noise_mw)
        scaled = [
            rows * amplitude / noise
            for rows, amplitude in zip(problem.channels, self._limits.amplitudes, strict=True)
        ]
        self._channels = self._limits.turn(scaled)
        self._served = [problem.served(site) for site in range(len(problem.sites))]
        self._least = np.log1p(problem.minimum_sinr)
        self._held = self._least > 0

    def solve(self, start: Sequence[Complex]) -> tuple[Complex, ...]:
        """A local optimum within all upper limits; minimums are reached where it found a way.

        Args:
            start: precoders ``[N_s, K_s]`` of each site.
        """
        turned = self._limits.turned(start)
        total, interference = self._received(self._fields(turned))
        scale = max(1.0, float(np.log(total / interference).sum()))
        shapes = [beam.shape for beam in turned]
        flat, _, _ = method_of_multipliers(
            partial(self._lagrangian, shapes, scale),
            partial(self._violations, shapes),
            flatten(turned),
        )
        return self._limits.within(unflatten(flat, shapes))

    def _violations(self, shapes: Sequence[tuple[int, ...]], flat: Real) -> tuple[Real, Real]:
        beams = unflatten(flat, shapes)
        total, interference = self._received(self._fields(beams))
        return self._limits.upper.powers(beams) - 1.0, self._below(np.log(total / interference))

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
        fields = self._fields(beams)
        total, interference = self._received(fields)
        rates = np.log(total / interference)
        limits = self._limits.upper
        push = np.maximum(0.0, upper + penalty * (limits.powers(beams) - 1.0))
        pull = np.maximum(0.0, lower + penalty * self._below(rates))
        worth = 1.0 / scale + np.where(
            self._held, pull / np.where(self._held, self._least, 1.0), 0.0
        )
        value = -rates.sum() / scale + (push @ push + pull @ pull) / (2.0 * penalty)
        slope = fields * (worth * (1.0 / interference - 1.0 / total))[:, None]
        np.fill_diagonal(slope, -np.diagonal(fields) * worth / total)
        gradient = []
        for site, beam in enumerate(beams):
            part = self._channels[site].conj().T @ slope[:, self._served[site]]
            rows = limits.rows[site]
            part += rows.conj().T @ (push[limits.owner[site]][:, None] * (rows @ beam))
            gradient.append(2.0 * part)
        return float(value), flatten(gradient)

    def _fields(self, beams: Sequence[Complex]) -> Complex:
        found = np.zeros((len(self._least),) * 2, np.complex128)
        for rows, mine, beam in zip(self._channels, self._served, beams, strict=True):
            found[:, mine] = rows @ beam
        return found

    def _below(self, rates: Real) -> Real:
        """How far minimums are missed, as shares of the least rates."""
        least = np.where(self._held, self._least, 1.0)
        return np.where(self._held, 1.0 - rates / least, -1.0)

    @staticmethod
    def _received(fields: Complex) -> tuple[Real, Real]:
        """All power, and interference, at each UE in units of the noise, which both include."""
        power = fields.real**2 + fields.imag**2
        own = np.diagonal(power).copy()
        np.fill_diagonal(power, 0.0)
        interference: Real = power.sum(axis=1) + 1.0
        return own + interference, interference
