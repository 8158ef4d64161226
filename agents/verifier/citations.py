"""Cited: every citation of the problem resolves, and every number of the plan has one.

The verifier resolves by itself, from the dictionary and the equipment that it holds. Codes in the
reasons are stable: ``citation.tier``, ``citation.unknown``, ``citation.forged``,
``citation.missing``, ``citation.out_of_range``, ``citation.unit`` and ``citation.off_grid``
(docs/decisions/0027-citations.md).
"""

from collections.abc import Iterator

from agents.verifier.papers import Papers
from contracts.action import ParameterChange
from contracts.dictionary import RULES_BY_KPI, lookup, required_evidence, resolve
from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import RanwrightError
from contracts.evidence import Evidence
from contracts.kpi import CATALOGUE, Kpi
from contracts.requirement import RatioBound, Requirement
from contracts.verdict import Check

_UNIT_OF_CHANGES = "mW"
_UNITS: dict[str, tuple[str | None, ...]] = {
    "mbps": ("kbit/s", None),
    "w": ("W", None),
    "percent": ("percent",),
}
"""Units of the dictionary that a KPI's unit is converted from; TS 28.312 states none for two."""


def check_citations(papers: Papers) -> list[Check]:
    """What the problem cites, then what its citations have to bear."""
    genuine, refused = _resolved(papers)
    equipment = papers.scenario.equipment
    wrong = [
        *_uncited(papers, genuine),
        *(w for change in papers.plan.changes for w in _change(change, genuine, equipment)),
        *(w for r in papers.intent.requirements for w in _requirement(r, genuine)),
    ]
    return [
        Check(
            name="lawful.cited",
            passed=not refused,
            reason="; ".join(refused)
            or f"all {len(genuine)} citations say what the dictionary says",
        ),
        Check(
            name="lawful.supported",
            passed=not wrong,
            reason="; ".join(wrong) or "every number is in range, unit and scale of a citation",
        ),
    ]


def _resolved(papers: Papers) -> tuple[list[Evidence], list[str]]:
    genuine, refused = [], []
    for cited in papers.problem.evidence:
        try:
            genuine.append(resolve(cited, papers.scenario.equipment))
        except RanwrightError as error:
            refused.append(f"{error.message} ({error.code})")
    return genuine, refused


def _uncited(papers: Papers, genuine: list[Evidence]) -> Iterator[str]:
    for needed in required_evidence(papers.intent, papers.scenario.equipment):
        if needed not in genuine:
            clause = f" clause {needed.citation.clause}" if needed.citation.clause else ""
            where = f"{needed.citation.spec}{clause}"
            yield f"{needed.parameter_id} of {where} is not cited (citation.missing)"


def _change(
    change: ParameterChange, genuine: list[Evidence], equipment: EquipmentProfile
) -> Iterator[str]:
    subject = f"{change.parameter[:100]} = {change.to_mw} of cell {change.cell_id}"
    bearing = [e for e in genuine if _is_of(e, change.parameter) and e.hard_range is not None]
    if not bearing:
        yield f"{subject}: no citation gives a range (citation.missing)"
    for cited in bearing:
        low, high = cited.hard_range or (0.0, 0.0)
        if cited.unit != _UNIT_OF_CHANGES or cited.scale not in (None, 1.0):
            yield f"{subject} {_UNIT_OF_CHANGES}: cited in {cited.unit} (citation.unit)"
        elif not low <= change.to_mw <= high:
            yield f"{subject}: {low:g}..{high:g} is cited (citation.out_of_range)"
        elif change.to_mw not in equipment.grid_mw():
            yield f"{subject}: not on the cited grid (citation.off_grid)"


def _is_of(cited: Evidence, parameter: str) -> bool:
    try:
        return lookup(parameter).id == cited.parameter_id
    except RanwrightError:
        return False  # no such parameter: nothing is cited of it


def _requirement(requirement: Requirement, genuine: list[Evidence]) -> Iterator[str]:
    kpi: Kpi = requirement.kpi
    names = {lookup(name).id for name in RULES_BY_KPI[kpi]}
    for cited in (e for e in genuine if e.parameter_id in names):
        if cited.unit not in _UNITS[CATALOGUE[kpi].unit] or cited.scale not in (None, 1.0):
            yield f"{requirement.describe()}: cited in {cited.unit} (citation.unit)"
        elif isinstance(requirement.bound, RatioBound) and cited.hard_range is not None:
            low, high = cited.hard_range
            if not low <= requirement.bound.threshold_percent <= high:
                yield f"{requirement.describe()}: {low:g}..{high:g} (citation.out_of_range)"
