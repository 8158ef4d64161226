"""Search over the parameter dictionary: exact names first, then by meaning; every hit is cited.

The index only finds. Numbers and citations always come from :mod:`contracts.dictionary`, so a stale
or forged index cannot change a range. Heavy imports wait for the first search by meaning.
"""

import re

from contracts.dictionary import EquipmentProfile, hard_range, lookup, records
from contracts.errors import RanwrightError
from contracts.evidence import Evidence
from contracts.intent import Intent
from contracts.kpi import Kpi
from contracts.problem import CONFIGURED_MAX_TX_POWER

_MAX_QUERY_CHARS = 2000
_RULES_BY_KPI: dict[Kpi, tuple[str, ...]] = {
    Kpi.UE_THP_DL_MEAN: ("DRB.UEThpDl", "AveDLRANUEThpt"),
    Kpi.UE_THP_DL_P5: ("DRB.UEThpDl",),
    Kpi.TX_POWER_TOTAL: (),
    Kpi.PEE_AVG_POWER: ("PEE.AvgPower", "RANEnergyConsumption"),
    Kpi.WEAK_RSRP_RATIO: ("WeakRSRPRatio",),
    Kpi.LOW_SINR_RATIO: ("LowSINRRatio",),
    Kpi.COVERAGE_LOSS_RATIO: ("WeakRSRPRatio",),
}


def evidence_for(name: str, profile: EquipmentProfile | None = None) -> Evidence:
    """The rule of exactly this parameter; where only the profile has a range, the profile's rule.

    Args:
        name: name, ``object.name`` or id, see :func:`contracts.dictionary.lookup`.
        profile: equipment profile to cite where the standard gives no range.

    Raises:
        RanwrightError: ``dictionary.unknown`` or ``dictionary.ambiguous``.
    """
    record = lookup(name)
    evidence = record.evidence()
    if profile is None or record.hard_range is not None or record.literals is not None:
        return evidence
    try:
        limits = hard_range(record.id, profile)
    except RanwrightError as error:
        if error.code != "dictionary.no_range":
            raise
        return evidence
    return evidence.model_copy(
        update={"citation": limits.citation, "hard_range": (limits.low, limits.high)}
    )


def search(query: str, k: int = 5) -> list[Evidence]:
    """At most ``k`` rules for a query, best first; none where nothing known is near enough.

    Names, paths and ids that stand in the query come first, without a score; then what
    :mod:`knowledge.card_search` ranks, with the cosine of query and card. The order also weighs
    words, so the cosines need not fall.

    Raises:
        RanwrightError: as :func:`knowledge.encoder.load`.
    """
    text = query[:_MAX_QUERY_CHARS].strip()
    if k < 1 or not any(char.isalnum() for char in text):
        return []
    named = _named(text)
    hits = [lookup(parameter_id).evidence() for parameter_id in named[:k]]
    if len(hits) < k:
        from knowledge.card_search import built_in

        answer = built_in().search(text, k + len(named))
        if named or not answer.abstains:
            others = [hit for hit in answer.hits if hit.parameter_id not in named]
            hits += [
                lookup(hit.parameter_id).evidence(round(hit.cosine, 3))
                for hit in others[: k - len(hits)]
            ]
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
    found = [evidence_for(CONFIGURED_MAX_TX_POWER)]
    if profile is not None:
        found.append(evidence_for(CONFIGURED_MAX_TX_POWER, profile))
    kpis = dict.fromkeys(requirement.kpi for requirement in intent.requirements)
    names = dict.fromkeys(name for kpi in kpis for name in _RULES_BY_KPI[kpi])
    found += [evidence_for(name) for name in names]
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
