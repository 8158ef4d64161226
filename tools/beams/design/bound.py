"""No precoder lights the zones more than this: the Lagrangian dual of the semidefinite relaxation.

Multipliers ``m >= 0`` of caps and ``n >= 0`` of minimums bound all transmit covariances from above
(weak duality), whatever the multipliers are:

    sum_s P_s max(0, eigmax(A_s(n) - C_s(m))) + sum_i m_i cap_i - sum_z n_z minimum_z

Boyd, Vandenberghe, "Convex optimization" (2004), 5.9.1 and B.1. The multipliers of a local search
are nearly the best ones; where the bound they give is loose, the largest eigenvalue is smoothed
(Nesterov, "Smoothing technique and its applications in semidefinite optimization", Math.
Programming 110, 2007) and the bound minimised over them.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.quadratic import PowerMap

_TIGHT = 1.002
"""Ratio to the answer, 0.01 dB, below which a bound is not improved."""

_SHARPNESS = (100.0, 1000.0, 10_000.0)
_STEPS = 40


class DualBound:
    """The dual function of one zone problem, for beams scaled to power limits of 1.

    Args:
        bright: power of each bright zone, in its share of the objective.
        caps: powers limited to 1.
        per_minimum: factor that makes a zone's power 1 at its minimum; 0 where there is none.
    """

    def __init__(self, bright: PowerMap, caps: PowerMap, per_minimum: Real) -> None:
        self._bright = bright
        self._caps = caps
        self._per_minimum = per_minimum

    def at(self, upper: Real, lower: Real) -> float:
        """The bound that multipliers of caps ``[I]`` and of minimums ``[Z]`` give, in mW."""
        tops = [
            float(eigh(matrix, eigvals_only=True, subset_by_index=[len(matrix) - 1] * 2)[0])
            for matrix in self._matrices(upper, lower)
        ]
        return sum(max(0.0, top) for top in tops) + float(upper.sum() - lower.sum())

    def best_mw(self, upper: Real, lower: Real, objective_mw: float) -> float:
        """A bound as tight as a short search gets it, from multipliers that may be poor."""
        found = min(self.at(upper, lower), self.at(0.0 * upper, 0.0 * lower))
        flat = np.concatenate([upper, lower])
        scale = max(objective_mw, 1e-300)
        for sharpness in _SHARPNESS:
            if found <= _TIGHT * objective_mw or not len(flat):
                break
            step = minimize(
                self._smoothed,
                flat / scale,
                args=(scale, sharpness),
                jac=True,
                method="L-BFGS-B",
                bounds=[(0.0, None)] * len(flat),
                options={"maxiter": _STEPS},
            )
            flat = np.maximum(0.0, step.x) * scale
            found = min(found, self.at(flat[: len(upper)], flat[len(upper) :]))
        return found

    def _matrices(self, upper: Real, lower: Real) -> list[Complex]:
        wanted = self._bright.weighted(1.0 + lower * self._per_minimum)
        return [a - c for a, c in zip(wanted, self._caps.weighted(upper), strict=True)]

    def _smoothed(self, flat: Real, scale: float, sharpness: float) -> tuple[float, Real]:
        """The dual and its gradient over ``scale``, with a soft maximum of eigenvalues and 0."""
        upper, lower = np.split(flat * scale, [self._caps.count])
        value = float(flat[: len(upper)].sum() - flat[len(upper) :].sum())
        beams = []
        for matrix in self._matrices(upper, lower):
            levels, vectors = eigh(matrix, check_finite=False)
            levels = np.append(levels, 0.0) * (sharpness / scale)
            top = levels.max()
            soft = np.exp(levels - top)
            value += float(top + np.log(soft.sum())) / sharpness
            beams.append(vectors * np.sqrt(soft[:-1] / soft.sum()))
        above = 1.0 - self._caps.powers(beams)
        zones = self._bright.powers(beams)
        below = np.where(self._per_minimum > 0, self._per_minimum * zones - 1.0, 0.0)
        return value, np.concatenate([above, below])
