"""Exact look-up in ASN.1: known facts of known names, cited; unknown ones are told."""

import json

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import RanwrightError
from knowledge.asn1.cache import load_facts, load_structures
from knowledge.asn1.find import find_asn1

MODULES = ("RRCNR", "NGAP")


def one(name):
    (found,) = find_asn1(name, MODULES)
    return found


def test_a_range_is_cited():
    found = one("P-Max")
    assert (found.kind, found.low, found.high) == ("INTEGER", -30, 33)
    assert found.source == "from ASN.1 of TS 38.331, module NR-RRC-Definitions"
    assert "pycrate" in found.citation.verified_by[0]


def test_the_clause_is_cited_where_it_is_known():
    assert one("PagingDRX").source == "from ASN.1 of TS 38.413 clause 9.4.5, module NGAP-IEs"


def test_elements_of_a_message():
    found = one("InitialUEMessage")
    presence = {m.name: m.presence for m in found.members}
    assert found.kind == "message"
    assert presence["RAN-UE-NGAP-ID"] == presence["NAS-PDU"] == "mandatory"
    assert presence["AllowedNSSAI"] == "optional"
    assert (found.members[0].number, found.members[0].criticality) == (85, "reject")


def test_a_condition_is_no_option():
    found = one("NGAP:HandoverRequired")
    assert {m.presence for m in found.members} == {"mandatory", "optional"}
    assert "conditional" in {
        m.presence for s in load_structures(MODULES).values() for m in s.members
    }


def test_fields_and_what_they_are_made_of():
    assert one("DRX-Config.drx-onDurationTimer.subMilliSeconds").high == 31
    alternatives = one("DRX-Config.drx-onDurationTimer").members
    assert {m.presence for m in alternatives} == {"alternative"}
    named = find_asn1("a3-Offset", MODULES)
    assert {f.type for f in named} == {"MeasTriggerQuantityOffset"}


@pytest.mark.parametrize("spelt", ["p-max", "P-MAX", "RRCNR:P-Max"])
def test_case_is_forgiven(spelt):
    assert one(spelt).name == "P-Max"


def test_a_release_may_be_left_out():
    found = find_asn1("DRX-ConfigSecondaryGroup", MODULES)
    assert [f.name for f in found] == ["DRX-ConfigSecondaryGroup-r16"]


def test_the_size_of_a_text():
    assert (one("RANNodeName").kind, one("RANNodeName").size) == ("PrintableString", (1, 150))


@pytest.mark.parametrize(
    ("name", "code"),
    [("no-such-name", "asn1_unknown"), ("", "asn1_unknown"), ("XYZ:P-Max", "asn1_module")],
)
def test_what_is_not_there_is_told(name, code):
    with pytest.raises(RanwrightError) as refused:
        find_asn1(name, MODULES)
    assert refused.value.code == f"knowledge.{code}"


def test_every_name_answers_with_its_own_constraint():
    facts, structures = load_facts(MODULES), load_structures(MODULES)
    for key in (*list(facts)[::400], *list(structures)[::400]):
        found = [f for f in find_asn1(key, MODULES) if f.name == key.partition(":")[2]]
        assert len(found) == 1
        if key in facts:
            assert (found[0].low, found[0].high) == (facts[key].low, facts[key].high)
            assert (found[0].literals, found[0].size) == (facts[key].literals, facts[key].size)


def test_lookup_falls_through_to_asn1_and_says_so():
    run = CliRunner().invoke(app, ["lookup", "NGAP:InitialUEMessage", "--json"])
    (found,) = json.loads(run.stdout)
    assert (run.exit_code, found["name"]) == (0, "InitialUEMessage")
    assert found["source"].startswith("from ASN.1 of TS 38.413")
    shown = CliRunner().invoke(app, ["knowledge", "asn1", "NGAP:InitialUEMessage"]).stdout
    assert "NAS-PDU" in shown
    assert "from ASN.1 of TS 38.413, module NGAP-PDU-Contents" in shown


def test_lookup_still_suggests_names_of_the_dictionary():
    run = CliRunner().invoke(app, ["lookup", "RRCNR:TimeToTriger", "--json"])
    assert run.exception.code == "dictionary.unknown"
