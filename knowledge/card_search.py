"""Ranking of the dictionary's cards, and the judgement whether any of them answers.

A card's rank is the sum of three: BM25 over identifier-aware tokens, BM25 over concepts, and cosine
of MiniLM vectors. Unknown words are read as the nearest known one. The weights, and those of the
judgement, were fitted on the tune part of ``benchmarks/retrieval/queries``
(docs/decisions/0026-search.md compares with rank fusion).
"""

import math
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contracts.dictionary import ParameterRecord, records
from knowledge import encoder, vectors
from knowledge.cache import one_at_a_time
from knowledge.cards import Card, cards, context
from knowledge.concepts import concepts
from knowledge.lexical import Lexical
from knowledge.rerank import RERANKED, reranked
from knowledge.tokens import identifier_aware
from knowledge.vector_store import VectorStore, open_vectors

DENSE_WEIGHT = 6.0
"""What a cosine of 1 is worth beside BM25."""

ALIAS_FLOOR = 0.5
"""Cosine below which an alias says nothing: short texts are near to everything."""

MIN_CONFIDENCE = 0.42
"""Confidence below which search abstains."""

_CONCEPT_WEIGHT = 1.8
_FETCH = 300
_BATCH = 100
_SHORTEST_MISSPELT = 5
_SPELLING = 0.8
_BIAS = -7.30
_CONFIDENCE = {"cosine": 4.93, "known": 3.41, "covered": 2.50, "score": 0.0886}


class Hit(NamedTuple):
    """A record, how it ranks (no unit), and the cosine of its best card."""

    parameter_id: str
    score: float
    cosine: float


class Answer(NamedTuple):
    """Hits, best first, and how sure it is (0 to 1) that the dictionary answers at all."""

    hits: tuple[Hit, ...]
    confidence: float

    @property
    def abstains(self) -> bool:
        """Whether nothing known is near enough."""
        return self.confidence < MIN_CONFIDENCE


class CardSearch:
    """Search over the texts of records.

    Args:
        known: the records.
        texts: their cards.
        store: where the cards' vectors lie or are put.
    """

    def __init__(
        self, known: Sequence[ParameterRecord], texts: tuple[Card, ...], store: VectorStore
    ) -> None:
        self._ids = [record.id for record in known]
        self._place = {parameter_id: place for place, parameter_id in enumerate(self._ids)}
        self._texts = {card.card_id: card for card in texts}
        self._tokens = [identifier_aware(context(record)) for record in known]
        self._words = Lexical(self._tokens)
        self._concepts = Lexical([concepts(tokens) for tokens in self._tokens])
        self._store = store
        self._group = vectors.content_key(texts)
        _fill(store, self._group, texts)

    def search(self, query: str, k: int, among: Collection[str] | None = None) -> Answer:
        """At most ``k`` hits, all or among the records of these ids, which alone are judged.

        Raises:
            RanwrightError: as :func:`knowledge.encoder.load` and
                :func:`knowledge.plugin_model.load_reranker`.
        """
        tokens = self.tokens(query)
        if not tokens or (among is not None and not among):
            return Answer((), 0.0)
        cosines = self.cosines(query)
        scores = self.lexical(tokens) + DENSE_WEIGHT * cosines
        if among is not None:
            outside = np.array([parameter_id not in among for parameter_id in self._ids])
            cosines[outside], scores[outside] = 0.0, -np.inf
        order = np.argsort(-scores, kind="stable")[: max(k, RERANKED)]
        ranked = [self._ids[place] for place in order if np.isfinite(scores[place])]
        hits = tuple(
            Hit(name, float(scores[self._place[name]]), float(cosines[self._place[name]]))
            for name in reranked(query, ranked, self._meaning)[:k]
        )
        return Answer(hits, self._confidence(tokens, scores, cosines))

    def _meaning(self, parameter_id: str) -> str:
        return self._texts[f"{parameter_id}#0"].text

    def tokens(self, query: str) -> list[str]:
        """Tokens of a query; an unknown word brings the known one that it comes nearest to."""
        found = []
        for token in identifier_aware(query):
            found.append(token)
            if token not in self._words.rarity and len(token) >= _SHORTEST_MISSPELT:
                found += get_close_matches(token, self._alike(token), 1, _SPELLING)
        return found

    def _alike(self, token: str) -> list[str]:
        """Words that can come so near: the same first letter, like length, most letters shared."""
        letters, most = set(token), len(token) * 2 * (1 / _SPELLING - 1)
        return [
            word
            for word in self._words.rarity
            if token[0] == word[0]
            and abs(len(word) - len(token)) <= most
            and len(letters & set(word)) >= _SPELLING * len(letters) - 1
        ]

    def lexical(self, tokens: list[str]) -> NDArray[np.float32]:
        """BM25 of words and concepts, shape ``[records]``."""
        scores = self._words.scores(tokens)
        return scores + np.float32(_CONCEPT_WEIGHT) * self._concepts.scores(concepts(tokens))

    def cosines(self, query: str) -> NDArray[np.float32]:
        """Cosine of each record's best card, shape ``[records]``; 0 for those far away."""
        vector = encoder.load().query(query)
        found = np.zeros(len(self._ids), np.float32)
        for card_id, cosine in self._store.nearest([self._group], vector, _FETCH):
            card = self._texts[card_id]
            if cosine >= ALIAS_FLOOR or card.is_meaning:
                place = self._place[card.parameter_id]
                found[place] = max(found[place], cosine)
        return found

    def _confidence(
        self, tokens: list[str], scores: NDArray[np.float32], cosines: NDArray[np.float32]
    ) -> float:
        features = self.features(tokens, scores, cosines)
        total = _BIAS + sum(_CONFIDENCE[name] * value for name, value in features.items())
        return 1.0 / (1.0 + math.exp(-total))

    def features(
        self, tokens: list[str], scores: NDArray[np.float32], cosines: NDArray[np.float32]
    ) -> dict[str, float]:
        """What the confidence is computed from: highest cosine, share of the query's information
        that any card knows and that the best card holds, and the best score.
        """
        unseen = self._words.rarity_of_unseen
        best = int(np.argmax(scores))
        held = set(self._tokens[best])
        total = sum(self._words.rarity.get(token, unseen) for token in tokens)
        return {
            "cosine": float(cosines.max()),
            "known": sum(self._words.rarity.get(token, 0.0) for token in tokens) / total,
            "covered": sum(self._words.rarity.get(t, 0.0) for t in tokens if t in held) / total,
            "score": float(scores[best]),
        }


def _fill(store: VectorStore, group: str, texts: tuple[Card, ...]) -> None:
    if store.ids(group).issuperset(card.card_id for card in texts):
        return
    with one_at_a_time("cards"):
        there = store.ids(group)
        missing = tuple(card for card in texts if card.card_id not in there)
        if not missing:
            return
        known = vectors.shipped(texts)
        if known is not None:
            store.add(group, [card.card_id for card in texts], known)
            return
        for start in range(0, len(missing), _BATCH):  # what is cut off goes on where it was
            batch = missing[start : start + _BATCH]
            store.add(group, [card.card_id for card in batch], vectors.encoded(batch))


@cache
def built_in() -> CardSearch:
    """Search over the shipped dictionary, opened once a process."""
    return CardSearch(records(), cards(), open_vectors())
