"""Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009)."""

from collections.abc import Sequence

K = 10
"""Damping: small, since lists are short and their heads can be trusted."""


def fuse(rankings: Sequence[Sequence[int]], weights: Sequence[float]) -> dict[int, float]:
    """Score of each place that stands in a ranking: sum of weight / (K + rank), ranks from 1."""
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, place in enumerate(ranking, start=1):
            scores[place] = scores.get(place, 0.0) + weight / (K + rank)
    return scores
