"""Split and full conformal prediction: what exchangeable outcomes promise about the next one.

Nothing is assumed of the outcomes but that their order carries no information (Vovk, Gammerman,
Shafer, "Algorithmic Learning in a Random World", 2005, chapter 2).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

_LEAST_SPREAD = 1e-12


def reach(scores: Sequence[float], miss_probability: float) -> float:
    """What the next score exceeds with at most this probability; ``inf`` with too few scores.

    >>> reach([3.0, 1.0, 2.0], 0.25)
    3.0
    >>> reach([3.0, 1.0, 2.0], 0.2)
    inf
    """
    rank = math.ceil((len(scores) + 1) * (1.0 - miss_probability) - 1e-9)
    return sorted(scores)[rank - 1] if rank <= len(scores) else math.inf


def scores_needed(miss_probability: float) -> int:
    """Fewest scores with a finite :func:`reach`.

    >>> scores_needed(0.02)
    49
    """
    return math.ceil(1.0 / miss_probability - 1e-9) - 1


def strangeness(
    present: Mapping[str, float], others: Sequence[Mapping[str, float]]
) -> tuple[float, list[float]]:
    """One figure each: the largest excess over the median, in robust standard deviations.

    Medians and deviations are those of all together, so that the figures of exchangeable
    discrepancies are exchangeable too (full conformal prediction).

    Args:
        present: figures by name, the larger the stranger.
        others: of plants that the twin was tried on; the same names.

    Returns:
        Of ``present``, and of each of ``others``.
    """
    names = sorted(present)
    table = np.array([[row[name] for name in names] for row in (present, *others)])
    centre = np.median(table, axis=0)
    spread = 1.4826 * np.median(np.abs(table - centre), axis=0)
    excess = ((table - centre) / np.maximum(spread, _LEAST_SPREAD)).max(axis=1)
    return float(excess[0]), [float(e) for e in excess[1:]]


def p_value(figure: float, others: Sequence[float]) -> float:
    """Share of all figures, this one included, that are at least as large.

    >>> p_value(2.0, [1.0, 3.0, 0.0])
    0.5
    """
    return (1 + sum(other >= figure for other in others)) / (len(others) + 1)
