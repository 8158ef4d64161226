"""Search over the parameter dictionary: exact names first, then by meaning; every hit is cited.

The index only finds. Numbers and citations always come from :mod:`contracts.dictionary`, so a stale
or forged index cannot change a range. Heavy imports wait for the first search by meaning.
"""

import re

from contracts.dictionary import EquipmentProfile, lookup, records, required_evidence
from contracts.evidence import Evidence
from contracts.intent import Intent

MIN_SCORE = 0.35
"""Cosine similarity below which a card is no hit; see ``tests/knowledge/test_search.py``."""

_MAX_QUERY_CHARS = 2000
_FETCH = 100


def search(query: str, k: int = 5) -> list[Evidence]:
    """At most ``k`` rules for a query, best first.

    Names, paths and ids that stand in the query come first, without a score; then hits by meaning
    with their cosine similarity, none below :data:`MIN_SCORE`. No hit is an honest answer.

    Raises:
        RanwrightError: as :func:`knowledge.minilm.load`.
    """
    text = query[:_MAX_QUERY_CHARS].strip()
    if k < 1 or not any(char.isalnum() for char in text):
        return []
    named = _named(text)
    hits = [lookup(parameter_id).evidence() for parameter_id in named[:k]]
    if len(hits) < k:
        by_meaning = [(p, s) for p, s in _by_meaning(text) if p not in named]
        hits += [lookup(p).evidence(score) for p, score in by_meaning[: k - len(hits)]]
    return hits


def ground(
    intent: Intent, profile: EquipmentProfile | None = None, hits: int = 3
) -> tuple[Evidence, ...]:
    """The rules that an intent relies on, each once.

    First what its plan and its KPIs need, by exact look-up: configuredMaxTxPower (and its range in
    the equipment profile, if given), then the rules behind each KPI. Last what search finds for
    the sentence; ``hits=0`` leaves that out and stays light.

    Raises:
        RanwrightError: as :func:`search`.
    """
    found = [*required_evidence(intent, profile)]
    known = {e.parameter_id for e in found}
    if hits:
        found += [e for e in search(intent.user_label, hits) if e.parameter_id not in known]
    return tuple(found)


def _named(text: str) -> list[str]:
    # A plain word such as "alpha" or "gain" is taken for a name only when it is the whole query.
    folded = text.casefold()
    found: dict[str, None] = {r.id: None for r in records() if r.id.casefold() == folded}
    for record in records():
        for key in (record.id, record.path, record.name):
            low = key.casefold()
            named = low in folded and _looks_like_identifier(key) and _stands_in(key, text)
            if folded == low or named:
                found[record.id] = None
    return list(found)


def _looks_like_identifier(key: str) -> bool:
    return len(key) > 3 and re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]|[.:\-_\d]", key) is not None


def _stands_in(key: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(key)}(?![\w-])", text, re.IGNORECASE) is not None


def _by_meaning(text: str) -> list[tuple[str, float]]:
    from knowledge.index import open_collection

    answer = open_collection().query(
        query_texts=[text], n_results=_FETCH, include=["metadatas", "distances"]
    )
    metadatas, distances = answer["metadatas"], answer["distances"]
    if metadatas is None or distances is None:
        return []
    best: dict[str, float] = {}
    for metadata, distance in zip(metadatas[0], distances[0], strict=True):
        score = round(1.0 - distance, 3)
        if score >= MIN_SCORE:
            parameter_id = str(metadata["parameter_id"])
            best[parameter_id] = max(score, best.get(parameter_id, score))
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))
