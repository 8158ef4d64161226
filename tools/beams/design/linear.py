"""Linear precoders in closed form: maximum ratio, zero forcing, regularised zero forcing.

Peel, Hochwald, Swindlehurst, "A vector-perturbation technique for near-capacity multiantenna
multiuser communication - part I: channel inversion and regularization", IEEE Trans. Communications
53 (2005). Streams of a site share its power equally; all are turned down until the caps hold.
"""

from collections.abc import Sequence

import numpy as np

from contracts.errors import RanwrightError
from tools.beams.design.arrays import Complex
from tools.beams.design.link_problem import LinkProblem

TOO_FEW = "beams.too_few_antennas"

_RANK_TOLERANCE = 1e-9


def maximum_ratio(problem: LinkProblem) -> tuple[Complex, ...]:
    """Each stream matched to its own channel."""
    return _shared(problem, [rows.conj().T for rows in problem.channels])


def zero_forcing(problem: LinkProblem, nulled: int = 0) -> tuple[Complex, ...]:
    """Each stream nulled at all other UEs, those of other sites included.

    Args:
        problem: K UEs, at most as many as each site has antennas.
        nulled: directions nulled besides, those that leak most into caps.

    Raises:
        RanwrightError: ``beams.too_few_antennas``: the channels are too many or dependent.
    """
    inverses = []
    for site, rows in enumerate(problem.channels):
        weak = _leaks(problem, site, nulled)
        free = np.eye(rows.shape[1]) - weak.conj().T @ weak
        seen = rows @ free
        values = np.linalg.svd(seen, compute_uv=False)
        if len(rows) > rows.shape[1] or values[-1] <= _RANK_TOLERANCE * values[0]:
            raise RanwrightError(
                TOO_FEW,
                f"{problem.sites[site].name} cannot null {len(rows) - 1} UEs and {nulled} more"
                f" directions with {rows.shape[1]} antennas.",
                "Serve fewer UEs at once, or use regularised zero forcing.",
            )
        inverses.append(free @ np.linalg.pinv(seen))
    return _shared(problem, inverses)


def guarded_zero_forcing(problem: LinkProblem, step: int = 2) -> tuple[Complex, ...]:
    """Zero forcing that also nulls the r directions that leak most into caps; the best such r.

    Where the antennas do not suffice for any, regularised zero forcing.
    """
    best, highest = regularised_zero_forcing(problem), -np.inf
    antennas = min(rows.shape[1] for rows in problem.channels)
    spare = antennas - len(problem.serving) if problem.caps.powers.count else 0
    for nulled in range(0, spare + 1, step):
        try:
            beams = zero_forcing(problem, nulled)
        except RanwrightError as error:
            if error.code != TOO_FEW:
                raise
            break
        rate = float(problem.rates_bps_hz(beams).sum())
        if rate > highest:
            best, highest = beams, rate
    return best


def regularised_zero_forcing(problem: LinkProblem) -> tuple[Complex, ...]:
    """Channel inversion that gives way to the noise: regularised by K noise over power."""
    found = []
    for site, rows in enumerate(problem.channels):
        streams = max(1, len(problem.served(site)))
        noise = streams * problem.noise_mw / problem.sites[site].max_power_mw
        gram = rows @ rows.conj().T + noise * np.eye(len(rows))
        found.append(rows.conj().T @ np.linalg.inv(gram))
    return _shared(problem, found)


def _shared(problem: LinkProblem, columns: Sequence[Complex]) -> tuple[Complex, ...]:
    beams = []
    for site, column in enumerate(columns):
        mine = column[:, problem.served(site)]
        share = problem.sites[site].max_power_mw / max(1, mine.shape[1])
        beams.append(np.sqrt(share) * mine / np.linalg.norm(mine, axis=0))
    return problem.within_limits(beams)


def _leaks(problem: LinkProblem, site: int, count: int) -> Complex:
    """Orthonormal rows ``[count, N_s]`` of the directions that use caps most."""
    powers = problem.caps.powers
    weights = 1.0 / np.sqrt(problem.caps.limit_mw)[powers.owner[site]]
    _, _, right = np.linalg.svd(weights[:, None] * powers.rows[site], full_matrices=True)
    found: Complex = right[:count]
    return found
