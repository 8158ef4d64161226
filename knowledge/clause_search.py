"""Ranking of clauses, and the judgement whether any of them answers.

BM25 over plain tokens and MiniLM vectors, fused by rank two to one; what stands in a specification
or version that the question names is preferred, never required. The weights of the judgement were
fitted on the generated set of seed 1 and the tune part of the questions that nothing answers
(``benchmarks/retrieval``).
"""

import math
import re
from typing import NamedTuple

from knowledge.chunks import PROTOCOLS
from knowledge.clause_index import ClauseIndex, Place
from knowledge.fusion import fuse
from knowledge.ingest.number import SPEC
from knowledge.tokens import plain

MIN_CONFIDENCE = 0.5
"""Confidence below which search abstains."""

_WEIGHTS = (2.0, 1.0)
_FETCH = 100
_NAMED = 1.5
_BIAS = -4.84
_CONFIDENCE = {"cosine": 5.78, "known": 6.03, "covered": 6.14}
_VERSION = re.compile(r"\bV?(\d{1,2}\.\d{1,2}\.\d{1,2})\b")
_NUMBER = re.compile(rf"\b{SPEC}\b")


class ClauseHit(NamedTuple):
    """A chunk, its fused score (no unit), and its cosine; 0 where it was found by words alone."""

    place: Place
    score: float
    cosine: float


class ClauseAnswer(NamedTuple):
    """Hits, best first, and how sure it is (0 to 1) that the documents answer at all."""

    hits: tuple[ClauseHit, ...]
    confidence: float

    @property
    def abstains(self) -> bool:
        """Whether nothing is near enough."""
        return self.confidence < MIN_CONFIDENCE


def named_versions(query: str) -> frozenset[str]:
    """Versions that a question names (``V18.5.0``)."""
    return frozenset(_VERSION.findall(query))


def search(index: ClauseIndex, query: str, k: int) -> ClauseAnswer:
    """At most ``k`` clauses, each once, by its best chunk.

    Raises:
        RanwrightError: as :func:`knowledge.encoder.load`.
    """
    tokens = plain(index.expanded(query))
    if not tokens or not index.places:
        return ClauseAnswer((), 0.0)
    words = [place for place, _ in index.lexical.best(tokens, _FETCH)]
    near = index.nearest(query, _FETCH)
    cosines = dict(near)
    scores = fuse([words, [place for place, _ in near]], _WEIGHTS)
    specs = frozenset(_NUMBER.findall(query))
    said = frozenset(query.lower().replace("?", " ").split())
    versions = named_versions(query)
    for place in scores:
        scores[place] *= _preference(index.places[place], specs, said, versions)
    order = sorted(scores, key=lambda place: (-scores[place], place))
    features = _features(index, plain(query), order[0], cosines) if order else {}
    total = _BIAS + sum(_CONFIDENCE[name] * value for name, value in features.items())
    confidence = 1.0 / (1.0 + math.exp(-total)) if order else 0.0
    hits: dict[tuple[int, int], ClauseHit] = {}
    for place in order:
        at = index.places[place]
        hit = ClauseHit(at, scores[place], max(cosines.get(place, 0.0), 0.0))
        hits.setdefault((at.entry.id, at.clause), hit)
    return ClauseAnswer(tuple(hits.values())[:k], confidence)


def _preference(
    place: Place, specs: frozenset[str], said: frozenset[str], versions: frozenset[str]
) -> float:
    entry = place.entry
    named = entry.spec in specs or entry.spec.lower() in said
    named = named or bool(said & set(PROTOCOLS.get(entry.spec, "").lower().split()))
    return (_NAMED if named else 1.0) * (_NAMED if entry.version in versions else 1.0)


def _features(
    index: ClauseIndex, tokens: list[str], best: int, cosines: dict[int, float]
) -> dict[str, float]:
    rarity, unseen = index.lexical.rarity, index.lexical.rarity_of_unseen
    held = set(index.tokens[best])
    total = sum(rarity.get(token, unseen) for token in tokens) or 1.0
    return {
        "cosine": max(cosines.values(), default=0.0),
        "known": sum(rarity.get(token, 0.0) for token in tokens) / total,
        "covered": sum(rarity.get(t, 0.0) for t in tokens if t in held) / total,
    }
