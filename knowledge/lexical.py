"""Lexical ranking: BM25 over token lists (bm25s, the variant of Lucene)."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from bm25s import BM25
from numpy.typing import NDArray


class Lexical:
    """BM25 over documents that are token lists.

    Args:
        documents: tokens of each document, by place.
    """

    def __init__(self, documents: Sequence[list[str]]) -> None:
        self._documents = documents

    @cached_property
    def _index(self) -> BM25 | None:
        if not any(self._documents):
            return None
        index = BM25(method="lucene")
        index.index(list(self._documents), show_progress=False)
        return index

    @cached_property
    def rarity(self) -> dict[str, float]:
        """Inverse document frequency of each token, the term of BM25."""
        counts = Counter(token for tokens in self._documents for token in set(tokens))
        total = len(self._documents)
        return {t: math.log(1 + (total - n + 0.5) / (n + 0.5)) for t, n in counts.items()}

    @property
    def rarity_of_unseen(self) -> float:
        """The same for a token that stands nowhere."""
        return math.log(2.0 * len(self._documents) + 2.0)

    def scores(self, query: list[str]) -> NDArray[np.float32]:
        """BM25 of each document, shape ``[N]``, without unit; 0 where no token is shared."""
        if self._index is None or not query:
            return np.zeros(len(self._documents), np.float32)
        return np.asarray(self._index.get_scores(query), np.float32)

    def best(self, query: list[str], k: int) -> list[tuple[int, float]]:
        """Places and scores of at most ``k`` documents that share a token, best first."""
        scores = self.scores(query)
        order = np.argsort(-scores, kind="stable")[:k]
        return [(int(place), float(scores[place])) for place in order if scores[place] > 0]
