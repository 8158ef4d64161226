"""The first hits ordered anew by the configured cross-encoder; without one they stay as they are.

A cross-encoder reads query and passage together (Nogueira and Cho, "Passage Re-ranking with BERT",
2019); that is dear, so that it sees the first hits alone. Whether search abstains is judged before.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from knowledge.plugin_model import load_reranker

RERANKED = 20
"""How many hits are ordered anew."""

Hit = TypeVar("Hit")


def reranked(
    query: str,
    hits: Sequence[Hit],
    text: Callable[[Hit], str],
    rank: Callable[[Hit], int] = lambda hit: 0,
) -> list[Hit]:
    """The hits, the first :data:`RERANKED` of them by falling score.

    Args:
        query: the question.
        hits: best first; equal scores keep this order.
        text: what of a hit the model reads.
        rank: what goes before the score, the lowest first.

    Raises:
        RanwrightError: as :func:`knowledge.plugin_model.load_reranker`.
    """
    model = load_reranker()
    if model is None:
        return list(hits)
    first = hits[:RERANKED]
    scores = model.scores(query, [text(hit) for hit in first])
    order = sorted(range(len(first)), key=lambda at: (rank(first[at]), -scores[at]))
    return [*(first[at] for at in order), *hits[RERANKED:]]
