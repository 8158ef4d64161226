"""The method of multipliers: L-BFGS on an augmented Lagrangian, multipliers, a growing penalty.

Hestenes, "Multiplier and gradient methods", J. Optimization Theory and Applications 4 (1969);
Nocedal, Wright, "Numerical optimization" (2006), 17.4 for inequalities.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from tools.beams.design.arrays import Real

Lagrangian = Callable[[Real, Real, Real, float], tuple[float, Real]]
"""Value and gradient at variables, multipliers of upper and of lower limits, and a penalty."""

_ROUNDS = 12
_STEPS_PER_ROUND = 60
_FIRST_PENALTY = 10.0
_MOST_PENALTY = 1e5
_ENOUGH_VIOLATION = 1e-4


def method_of_multipliers(
    lagrangian: Lagrangian, violations: Callable[[Real], tuple[Real, Real]], start: Real
) -> tuple[Real, Real, Real]:
    """A stationary point, and multipliers of limits that are scaled to about 1.

    Args:
        lagrangian: ``f + sum_i (max(0, m_i + c g_i)^2) / 2c`` and its gradient.
        violations: ``g`` of upper and of lower limits, positive where broken.
        start: variables.

    Returns:
        Variables, multipliers of upper limits, multipliers of lower limits.
    """
    flat = start
    upper, lower = (np.zeros_like(g) for g in violations(flat))
    penalty, before = _FIRST_PENALTY, np.inf
    for _ in range(_ROUNDS):
        found = minimize(
            lagrangian,
            flat,
            args=(upper, lower, penalty),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS_PER_ROUND, "maxcor": 12, "ftol": 1e-10, "gtol": 1e-7},
        )
        flat = np.asarray(found.x, dtype=np.float64)
        above, below = violations(flat)
        upper = np.maximum(0.0, upper + penalty * above)
        lower = np.maximum(0.0, lower + penalty * below)
        worst = max(float(above.max()), float(below.max(initial=0.0)))
        if worst < _ENOUGH_VIOLATION and before < 10 * _ENOUGH_VIOLATION:
            break
        if worst > 0.3 * before:
            penalty = min(4.0 * penalty, _MOST_PENALTY)
        before = worst
    return flat, upper, lower
