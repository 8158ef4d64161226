"""What is done without optimisation: matched filter backed off, and zero forcing."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from tools.beams.design.arrays import Complex
from tools.beams.design.zone_problem import ZoneProblem

Baseline = Callable[[ZoneProblem], list[Complex]]

_RANK_TOLERANCE = 1e-9
_LOSS_KEPT = 1e-12


def matched_filter(problem: ZoneProblem) -> list[Complex]:
    """Each site's strongest beam into the bright zones, all turned down until the caps hold."""
    return within_limits(problem, [_strongest(a, 0, None) for a in _wanted(problem)])


def zero_forcing(problem: ZoneProblem) -> list[Complex]:
    """Each site's strongest beam among those that put nothing on any dark point or direction."""
    found = []
    for wanted, rows in zip(_wanted(problem), problem.caps.powers.rows, strict=True):
        _, values, right = np.linalg.svd(rows)
        rank = int((values > _RANK_TOLERANCE * values.max(initial=0.0)).sum())
        found.append(_strongest(wanted, rank, right))
    return within_limits(problem, found)


def truncated_zero_forcing(problem: ZoneProblem) -> list[Complex]:
    """Zero forcing of the strongest r leaking directions, turned down; the best r of all.

    Rows count by their limits, so what may leak more is nulled last.
    """
    leaks = problem.caps.powers.scaled(1.0 / problem.caps.limit_mw, [1.0] * len(problem.sites))
    rights = [np.linalg.svd(rows)[2] for rows in leaks.rows]
    wanted = _wanted(problem)
    most = max(min(rows.shape) for rows in leaks.rows)
    best = zero_forcing(problem)
    for rank in range(most + 1):
        beams = [_strongest(a, rank, right) for a, right in zip(wanted, rights, strict=True)]
        beams = within_limits(problem, beams)
        if problem.objective_mw(beams) > problem.objective_mw(best):
            best = beams
    return best


def exhaustive(problem: ZoneProblem, method: Baseline) -> tuple[tuple[int, ...], list[Complex]]:
    """A baseline on every choice of sites: the best choice, and its beams."""
    choices = list(combinations(range(len(problem.sites)), problem.choose))
    answers = [method(problem.of_sites(choice)) for choice in choices]
    values = [
        problem.of_sites(c).objective_mw(beams) for c, beams in zip(choices, answers, strict=True)
    ]
    best = int(np.argmax(values))
    return choices[best], answers[best]


def within_limits(problem: ZoneProblem, directions: Sequence[Complex]) -> list[Complex]:
    """Unit beams at full power, all turned down together until every cap holds."""
    beams = [
        np.sqrt(site.max_power_mw) * direction
        for site, direction in zip(problem.sites, directions, strict=True)
    ]
    used = problem.caps.powers.powers(beams) / problem.caps.limit_mw
    factor = 1.0 / np.sqrt(max(1.0, float(used.max(initial=0.0))))
    return [factor * beam for beam in beams]


def _wanted(problem: ZoneProblem) -> list[Complex]:
    return problem.bright.weighted(np.full(problem.bright.count, 1.0 / problem.bright.count))


def _strongest(wanted: Complex, rank: int, right: Complex | None) -> Complex:
    """Unit beam ``[N, 1]`` of most wanted power outside the first ``rank`` right vectors."""
    size = len(wanted)
    if rank >= size:
        return np.zeros((size, 1), np.complex128)
    free = np.eye(size, dtype=np.complex128) if right is None else right[rank:].conj().T
    inner = free.conj().T @ wanted @ free
    values, vectors = np.linalg.eigh(inner)
    if values[-1] <= _LOSS_KEPT * np.trace(wanted).real:
        return np.zeros((size, 1), np.complex128)
    found: Complex = free @ vectors[:, -1:]
    return found
