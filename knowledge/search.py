"""Search over the parameter dictionary: exact names first, then by meaning; every hit is cited.

The index only finds. Numbers and citations always come from :mod:`contracts.dictionary`, so a stale
or forged index cannot change a range. Heavy imports wait for the first search by meaning.
"""

import re

from contracts.dictionary import EquipmentProfile, lookup, records, required_evidence
from contracts.evidence import Evidence
from contracts.intent import Intent
from knowledge.ingest.number import normal_spec
from knowledge.tokens import readable

_MAX_QUERY_CHARS = 2000
_WORKING_GROUP = re.compile(r"^O-RAN\.WG\d+\.", re.IGNORECASE)


def search(query: str, k: int = 5, spec: str = "", version: str = "") -> list[Evidence]:
    """At most ``k`` rules for a query, best first; none where nothing known is near enough.

    Names, paths and ids that stand in the query come first, without a score; then what
    :mod:`knowledge.card_search` ranks, with the cosine of query and card. The order also weighs
    words, so the cosines need not fall. Where a specification or version is given, its rules alone
    (:func:`rules_of`).

    Raises:
        RanwrightError: as :func:`knowledge.encoder.load`; ``knowledge.cache``.
    """
    text = readable(query[:_MAX_QUERY_CHARS]).strip()
    if k < 1 or not any(char.isalnum() for char in text):
        return []
    among = rules_of(spec, version) if spec or version else None
    named = [one for one in _named(text) if among is None or one in among]
    hits = [lookup(parameter_id).evidence() for parameter_id in named[:k]]
    if len(hits) < k:
        from knowledge.card_search import built_in

        answer = built_in().search(text, k + len(named), among)
        if not answer.abstains:
            others = [hit for hit in answer.hits if hit.parameter_id not in named]
            hits += [
                lookup(hit.parameter_id).evidence(round(hit.cosine, 3))
                for hit in others[: k - len(hits)]
            ]
    return hits


def rules_of(spec: str = "", version: str = "") -> frozenset[str]:
    """Ids of the rules of a specification (``28.541``, ``TS 28.541``, ``E2SM-RC``) and version."""
    wanted = _plain_spec(spec)
    return frozenset(
        record.id
        for record in records()
        if wanted in ("", _plain_spec(record.spec)) and version in ("", record.version)
    )


def _plain_spec(spec: str) -> str:
    return _WORKING_GROUP.sub("", normal_spec(spec)).casefold()


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
