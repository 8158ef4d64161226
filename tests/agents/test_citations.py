"""A plan whose citations are wrong, missing or beside its numbers is blocked by the verifier."""

import json

import pytest

from agents.formulate import formulate
from agents.verifier.citations import check_citations
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from contracts.action import ActionPlan, ParameterChange
from contracts.canonical import digest_bytes
from contracts.dictionary import evidence_for, lookup, records
from contracts.evidence import Citation, Evidence, Tier
from contracts.kpi import Kpi
from contracts.requirement import Condition, RatioBound, Requirement
from tests.agents.city import FULL_MW, POLICY, SCENARIO, cited, intent, snapshot

OTHER = "sha256:" + "0" * 64
EQUIPMENT = SCENARIO.equipment
GRID_MW = EQUIPMENT.grid_mw()
WANTED = intent()
GENUINE = cited(WANTED)


def papers(evidence, to_mw=GRID_MW[-2], wanted=WANTED, scenario=SCENARIO):
    taken = snapshot()
    problem = formulate(wanted, taken, POLICY, scenario.equipment, evidence)
    plan = ActionPlan(
        problem_digest=problem.digest,
        snapshot_digest=taken.digest,
        resource_version=taken.resource_version,
        changes=(ParameterChange(cell_id=1, from_mw=FULL_MW, to_mw=to_mw),),
    )
    return Papers(wanted, problem, plan, taken, POLICY, scenario, OTHER)


def failures(*args, **more):
    return {c.name: c.reason for c in check_citations(papers(*args, **more)) if not c.passed}


def test_honest_evidence_passes_with_and_without_hits_of_a_search():
    hits = tuple(r.evidence(0.5) for r in records()[:20] if r.evidence() not in GENUINE)
    assert failures(GENUINE) == failures(GENUINE + hits) == {}


_FORGED = {
    "parameter_id": "TS 28.541:NRSectorCarrier.configuredMaxTxEIRP",
    "citation.spec": "TS 28.54l",
    "citation.clause": "4.4.2",
    "citation.version": "99.0.0",
    "citation.verified_by": ("somebody",),
    "statement": "More is allowed.",
    "text_digest": OTHER,
    "tier": Tier.OFFICIAL,
    "unit": "dBm",
    "hard_range": (1.0, 9e9),
    "scale": 0.5,
}


def _forged(genuine, path):
    outer, _, inner = path.partition(".")
    value = _FORGED[path]
    if inner:
        value = getattr(genuine, outer).model_copy(update={inner: value})
    return genuine.model_copy(update={outer: value})


def test_every_field_is_forged_below():
    fields = {path.partition(".")[0] for path in _FORGED} | {"score"}
    inner = {path.partition(".")[2] for path in _FORGED} - {""}
    assert (fields, inner) == (set(Evidence.model_fields), set(Citation.model_fields))


@pytest.mark.parametrize("path", _FORGED)
@pytest.mark.parametrize("which", range(len(GENUINE)))
def test_every_field_of_every_citation_counts(which, path):
    evidence = (*GENUINE[:which], _forged(GENUINE[which], path), *GENUINE[which + 1 :])
    assert "citation." in failures(evidence)["lawful.cited"]


@pytest.mark.parametrize("which", range(len(GENUINE)))
def test_no_citation_may_be_missing(which):
    found = failures(GENUINE[:which] + GENUINE[which + 1 :])
    assert set(found) == {"lawful.supported"}
    assert "citation.missing" in found["lawful.supported"]


def test_a_forged_range_with_a_fresh_digest_frees_no_number():
    statement = "The maximum is 80 W."
    told = GENUINE[1].model_copy(
        update={
            "statement": statement,
            "text_digest": digest_bytes(statement.encode()),
            "hard_range": (1.0, 80_000.0),
        }
    )
    found = failures((GENUINE[0], told, *GENUINE[2:]), to_mw=80_000)
    assert "citation.forged" in found["lawful.cited"]
    assert "citation.missing" in found["lawful.supported"]
    assert "citation.out_of_range" in failures(GENUINE, to_mw=80_000)["lawful.supported"]


def test_a_passage_cannot_stand_in_for_the_dictionary():
    passage = GENUINE[1].model_copy(update={"tier": Tier.OFFICIAL})
    found = failures((GENUINE[0], passage, *GENUINE[2:]))
    assert "citation.tier" in found["lawful.cited"]


def test_values_between_the_steps_of_the_cited_grid_are_refused():
    assert "citation.off_grid" in failures(GENUINE, to_mw=GRID_MW[-2] + 1)["lawful.supported"]


def test_a_ratio_is_held_against_the_range_of_its_kpi():
    bound = RatioBound(threshold_percent=40)
    kpi, low = Kpi.WEAK_RSRP_RATIO, Condition.AT_MOST
    wanted = intent(Requirement(kpi=kpi, cells=(1,), condition=low, bound=bound))
    assert failures(cited(wanted), wanted=wanted) == {}


def test_another_equipment_than_the_verifiers_is_not_believed():
    power = EQUIPMENT.configured_max_tx_power
    wider = EQUIPMENT.model_copy(
        update={
            "configured_max_tx_power": power.model_copy(update={"max_mw": 2 * power.max_mw}),
        }
    )
    told = (GENUINE[0], evidence_for(lookup(GENUINE[0].parameter_id).id, wider), *GENUINE[2:])
    assert "citation.forged" in failures(told)["lawful.cited"]


def test_an_uncited_plan_is_not_worth_a_roll_out():
    def forbidden(_done, _of):
        raise AssertionError("the twin was asked")

    verdict = verify(papers(()), 1, forbidden)
    assert not verdict.passed
    assert any("citation.missing" in reason for reason in verdict.reasons)
    assert json.loads(verdict.canonical())["evidence"] == []
