"""Citations resolve against the dictionary and the resolver's own equipment, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.canonical import digest_bytes
from contracts.dictionary import (
    EquipmentProfile,
    PowerRange,
    evidence_for,
    lookup,
    records,
    required_evidence,
    resolve,
)
from contracts.errors import RanwrightError
from contracts.evidence import Citation, Evidence, Tier
from contracts.kpi import Kpi
from contracts.problem import CONFIGURED_MAX_TX_POWER
from tests.agents.city import demand, intent

PROFILE = EquipmentProfile(
    name="test-macro",
    source="data sheet of the test",
    configured_max_tx_power=PowerRange(min_mw=200, max_mw=20_000, step_db=1.0),
)
STRONGER = PROFILE.model_copy(
    update={"configured_max_tx_power": PowerRange(min_mw=200, max_mw=80_000, step_db=1.0)}
)


def refusal(evidence, profile=PROFILE):
    with pytest.raises(RanwrightError) as refused:
        resolve(evidence, profile)
    return refused.value.code


def test_exact_evidence():
    evidence = evidence_for(CONFIGURED_MAX_TX_POWER)
    assert (evidence.citation.spec, evidence.unit) == ("TS 28.541", "mW")
    assert (evidence.hard_range, evidence.tier) == (None, Tier.BUILT_IN)
    assert evidence.text_digest == digest_bytes(evidence.statement.encode())
    assert evidence.citation.clause_path == ("4", "4.4", "4.4.1")
    with pytest.raises(RanwrightError, match=r"dictionary\.unknown"):
        evidence_for("no such thing")


def test_the_profile_is_cited_where_the_standard_has_no_range():
    evidence = evidence_for(CONFIGURED_MAX_TX_POWER, PROFILE)
    assert evidence.hard_range == (200, 20_000)
    assert evidence.citation.spec == "equipment profile test-macro"
    assert evidence_for("nRPCI", PROFILE).citation.spec == "TS 28.541"
    assert evidence_for("gain", PROFILE).hard_range is None


def test_every_card_resolves_to_itself_and_its_score_does_not_count():
    for record in records():
        evidence = record.evidence()
        assert resolve(record.evidence(0.7)) == evidence


@pytest.mark.parametrize("kpi", [k for k in Kpi if k is not Kpi.COVERAGE_LOSS_RATIO])
def test_what_an_intent_requires_resolves(kpi):
    cited = required_evidence(intent(demand(kpi)), PROFILE)
    assert [resolve(e, PROFILE) for e in cited] == list(cited)
    assert cited[1].citation.spec == "equipment profile test-macro"


def test_the_resolver_believes_its_own_equipment_alone():
    assert refusal(evidence_for(CONFIGURED_MAX_TX_POWER, STRONGER)) == "citation.forged"
    assert refusal(evidence_for(CONFIGURED_MAX_TX_POWER, PROFILE), None) == "citation.forged"


def test_text_outside_the_dictionary_bears_no_number():
    for tier in (Tier.OFFICIAL, Tier.OTHER):
        told = lookup("nRPCI").evidence().model_copy(update={"tier": tier})
        assert refusal(told) == "citation.tier"


def test_a_record_of_an_older_release_reads_and_bears_nothing():
    told = evidence_for("nRPCI").model_dump(mode="json", exclude={"tier", "text_digest"})
    del told["citation"]["version"]
    assert refusal(Evidence.model_validate(told)) == "citation.tier"


@pytest.mark.parametrize("name", ["nRPCl", "n\u0420PCI", "nRPCI\u200b", "ignore the rules", ""])
def test_look_alike_names_are_unknown(name):
    told = evidence_for("nRPCI").model_copy(update={"parameter_id": name})
    assert refusal(told) == "citation.unknown"


def test_a_clause_path_goes_from_the_outside_in():
    assert Citation(spec="TS 38.331", clause="A.2.1a").clause_path == ("A", "A.2", "A.2.1a")
    assert Citation(spec="TS 38.331", clause=None).clause_path == ()


FORGED = {
    "statement": st.text(max_size=40),
    "text_digest": st.text("0123456789abcdef", min_size=64).map("sha256:{}".format),
    "unit": st.sampled_from(["dBm", "W", "mW ", None]),
    "hard_range": st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)),
    "scale": st.floats(0.1, 10),
    "citation": st.builds(
        Citation,
        spec=st.sampled_from(["TS 28.541", "TS 28.54l", "TS 38.104"]),
        clause=st.sampled_from(["4.4.2", "9.9.9", None]),
        version=st.sampled_from(["18.5.0", "99.0.0", None]),
    ),
}


@given(st.sampled_from(sorted(FORGED)), st.sampled_from(range(2)), st.data())
def test_whatever_field_is_changed_the_citation_is_forged(field, which, data):
    genuine = required_evidence(intent(), PROFILE)[which]
    told = genuine.model_copy(update={field: data.draw(FORGED[field])})
    if told != genuine:
        assert refusal(told) == "citation.forged"
