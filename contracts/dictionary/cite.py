"""Citing the dictionary, and resolving citations that somebody else made.

Whoever relies on evidence resolves it here, from the dictionary and the equipment profile that it
holds itself; of what it was handed it believes nothing but the name.
"""

from collections.abc import Mapping

from contracts.dictionary.profile import EquipmentProfile
from contracts.dictionary.rules import hard_range
from contracts.dictionary.store import lookup
from contracts.errors import RanwrightError
from contracts.evidence import Evidence, Tier
from contracts.intent import Intent
from contracts.kpi import Kpi
from contracts.problem import CONFIGURED_MAX_TX_POWER

RULES_BY_KPI: Mapping[Kpi, tuple[str, ...]] = {
    Kpi.UE_THP_DL_MEAN: ("DRB.UEThpDl", "AveDLRANUEThpt"),
    Kpi.UE_THP_DL_P5: ("DRB.UEThpDl",),
    Kpi.TX_POWER_TOTAL: (),
    Kpi.PEE_AVG_POWER: ("PEE.AvgPower", "RANEnergyConsumption"),
    Kpi.WEAK_RSRP_RATIO: ("WeakRSRPRatio",),
    Kpi.LOW_SINR_RATIO: ("LowSINRRatio",),
    Kpi.COVERAGE_LOSS_RATIO: ("WeakRSRPRatio",),
}
"""The records that define a KPI; the summed power is defined by the parameter itself."""


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


def required_evidence(
    intent: Intent, profile: EquipmentProfile | None = None
) -> tuple[Evidence, ...]:
    """What a plan for an intent has to cite: the power that it sets, then its KPIs' rules."""
    found = [evidence_for(CONFIGURED_MAX_TX_POWER)]
    if profile is not None:
        found.append(evidence_for(CONFIGURED_MAX_TX_POWER, profile))
    kpis = dict.fromkeys(requirement.kpi for requirement in intent.requirements)
    names = dict.fromkeys(name for kpi in kpis for name in RULES_BY_KPI[kpi])
    return (*found, *map(evidence_for, names))


def resolve(cited: Evidence, profile: EquipmentProfile | None = None) -> Evidence:
    """The same evidence as the dictionary gives it, which is what counts.

    Args:
        cited: as it was handed over; its score is the search's business and not compared.
        profile: that the resolver holds itself.

    Raises:
        RanwrightError: ``citation.tier`` for text outside the dictionary, which only people
            read; ``citation.unknown`` for a parameter that is not there; ``citation.forged`` where
            a field differs: spec, version, clause, words, digest, range, unit or scale.
    """
    if cited.tier is not Tier.BUILT_IN:
        raise _refused(
            "citation.tier",
            f"{cited.parameter_id} is cited from text of tier {cited.tier}, not the dictionary",
        )
    try:
        record = lookup(cited.parameter_id)
    except RanwrightError as error:
        raise _refused(
            "citation.unknown", f"the dictionary has no {cited.parameter_id[:100]!r}"
        ) from error
    plain = cited.model_copy(update={"score": None})
    genuine = [record.evidence()]
    if profile is not None:
        genuine.append(evidence_for(record.id, profile))
    if plain in genuine:
        return plain
    nearest = next((g for g in genuine if g.citation == cited.citation), genuine[0])
    differing = [
        name for name in Evidence.model_fields if getattr(plain, name) != getattr(nearest, name)
    ]
    raise _refused(
        "citation.forged",
        f"{cited.parameter_id[:100]} does not say so: {', '.join(differing)} differ",
    )


def _refused(code: str, message: str) -> RanwrightError:
    return RanwrightError(code, message, "Look the rule up again and plan with what it says.")
