"""Rivals of ``benchmarks.beam_design`` that are no tools: a gradient method with a growing penalty.

BeamAgent (arXiv 2603.18855) chooses site and precoder by gradient steps on bright-zone power less
a penalty on dark-zone power; its text and code were not at hand, so this is an own re-making from
its abstract: quasi-Newton steps on every site, the penalty grown in four stages, matched-filter
start, and in the end power turned down until all limits hold.
"""

import numpy as np
from scipy.optimize import minimize

from tools.beams.design.arrays import Complex, Real
from tools.beams.design.zone_baselines import matched_filter, within_limits
from tools.beams.design.zone_problem import ZoneProblem

_PENALTIES = (0.1, 1.0, 10.0, 100.0)
_STEPS = 100


def penalty_gradient(problem: ZoneProblem) -> list[Complex]:
    """The beam of one site; ``problem`` has one site and one bright zone."""
    (site,) = problem.sites
    limits = problem.caps.limit_mw
    rows = problem.bright.rows[0]
    leaks = problem.caps.powers.rows[0]
    owner = problem.caps.powers.owner[0]
    (start,) = matched_filter(problem)
    if not start.any():
        return [start]
    start = start / np.linalg.norm(start)
    scale = float((abs(rows @ start) ** 2).sum()) * site.max_power_mw

    def loss(flat: Real, penalty: float) -> tuple[float, Real]:
        raw = flat.view(np.complex128)
        length = float(np.linalg.norm(raw))
        beam = raw / length
        wanted, field = rows @ beam, leaks @ beam
        used = np.bincount(owner, abs(field) ** 2, len(limits)) * site.max_power_mw / limits
        over = np.maximum(0.0, used - 1.0)
        bright = float((abs(wanted) ** 2).sum()) * site.max_power_mw / scale
        value = -bright + penalty * float(over.sum()) / len(limits)
        push = penalty / len(limits) * (over > 0) * site.max_power_mw / limits
        slope = leaks.conj().T @ (push[owner] * field)
        slope -= rows.conj().T @ wanted * (site.max_power_mw / scale)
        slope -= beam * (beam.conj() @ slope).real  # the length of the beam does not count
        return value, (2.0 * slope / length).view(np.float64)

    flat = np.ascontiguousarray(start.ravel()).view(np.float64)
    for penalty in _PENALTIES:
        flat = minimize(
            loss, flat, args=(penalty,), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}
        ).x
    beam = flat.view(np.complex128)[:, None]
    return within_limits(problem, [beam / np.linalg.norm(beam)])
