import json
import sys

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.dictionary import lookup, records
from contracts.errors import ExitCode, RanwrightError
from knowledge.asn1 import cache
from knowledge.asn1.cache import load_facts
from knowledge.asn1.check import CardCheck, Finding, check_cards
from knowledge.asn1.facts import Fact, without_release, without_spares
from knowledge.asn1.walk import SPECIFICATIONS, walk


@pytest.fixture(scope="module")
def facts():
    # Into the cache folder of these tests, where the command finds them again.
    return load_facts(sorted({card.asn1.split(":")[0] for card in records() if card.asn1}))


def one(record, facts):
    return check_cards([record], facts)[0]


def test_every_card_agrees_with_the_asn1_of_its_specification(facts):
    checks = check_cards(records(), facts)
    assert [c for c in checks if c.finding in (Finding.DIFFERS, Finding.GONE)] == []
    assert sum(c.finding is Finding.AGREES for c in checks) >= 350


def test_cards_say_which_specification_their_asn1_is_of():
    for card in records():
        if card.asn1 is not None and not card.spec.startswith("TS 28"):
            assert card.spec == SPECIFICATIONS[card.asn1.split(":")[0]]


@pytest.mark.parametrize(
    ("path", "fact"),
    [
        ("RRCNR:P-Max", Fact("INTEGER", -30, 33)),
        ("RRCNR:PhysCellId", Fact("INTEGER", 0, 1007)),
        ("RRCNR:Q-RxLevMin", Fact("INTEGER", -70, -22)),
        ("RRCNR:TrackingAreaCode", Fact("BIT STRING", size=(24, 24))),
        ("RRCNR:DRX-Config.drx-onDurationTimer.subMilliSeconds", Fact("INTEGER", 1, 31)),
        ("E2AP:RANfunctionID", Fact("INTEGER", 0, 4095)),
    ],
)
def test_known_constraints_are_read(facts, path, fact):
    assert facts[path] == fact


def test_spares_are_no_literals_and_releases_no_names(facts):
    assert facts["RRCNR:PagingCycle"].literals == ("rf32", "rf64", "rf128", "rf256")
    assert without_spares(("ms5", "spare2", "spare1", "sparebank")) == ("ms5", "sparebank")
    assert without_release("useT312-r16") == "useT312"
    assert without_release("kHz480-v1700") == "kHz480"
    assert without_release("dB-24") == "dB-24"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("a3-Offset", {"hard_range": (-30, 31)}, "range: card -30..31, ASN.1 -30..30"),
        ("t304", {"literals": ("ms50",)}, "literals: card ('ms50',)"),
        ("frequencyDomainResources", {"size": (1, 45)}, "size: card 1..45, ASN.1 45..45"),
        ("defaultDRB", {"value_type": "integer"}, "kind: card integer, ASN.1 BOOLEAN"),
    ],
)
def test_a_card_that_differs_is_told_with_both_sides(facts, name, change, told):
    forged = lookup(name).model_copy(update=change)
    assert one(lookup(name), facts).finding is Finding.AGREES
    found = one(forged, facts)
    assert found.finding is Finding.DIFFERS
    assert any(told in difference for difference in found.differences)


def test_a_card_without_its_field_and_cards_without_asn1(facts):
    gone = lookup("t304").model_copy(update={"asn1": "RRCNR:ReconfigurationWithSync.t305"})
    assert one(gone, facts).finding is Finding.GONE
    assert one(lookup("configuredMaxTxPower"), facts).finding is Finding.OTHER_SOURCE
    assert one(lookup("retTilt"), facts).finding is Finding.UNVERIFIED


def test_a_module_is_walked_once_and_then_read_from_the_cache(tmp_path, monkeypatch):
    told = []
    first = load_facts(["E2AP"], tmp_path, told.append)

    def fail(_):
        raise AssertionError("walked twice")

    monkeypatch.setattr(cache, "walk", fail)
    assert load_facts(["E2AP"], tmp_path, told.append) == first
    assert told == ["E2AP"]
    assert any(f.low == 0 for f in first.values())


def test_another_wheel_has_another_cache(tmp_path, monkeypatch):
    load_facts(["E2AP"], tmp_path)
    monkeypatch.setattr(cache, "wheel_key", lambda: "other")
    load_facts(["E2AP"], tmp_path)
    assert len([p for p in tmp_path.iterdir() if p.is_dir()]) == 2


def test_without_pycrate_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycrate_asn1dir.E2AP", None)
    with pytest.raises(RanwrightError, match=r"ranwright\[asn1\]") as caught:
        list(walk("E2AP"))
    assert (caught.value.code, caught.value.exit_code) == (
        "knowledge.asn1_missing",
        ExitCode.USAGE,
    )

    def absent(name):
        raise cache.PackageNotFoundError(name)

    monkeypatch.setattr(cache, "distribution", absent)
    with pytest.raises(RanwrightError, match=r"knowledge\.asn1_missing"):
        load_facts(["E2AP"], tmp_path)


def test_only_modules_with_a_specification_are_imported():
    with pytest.raises(RanwrightError, match=r"knowledge\.asn1_module"):
        list(walk("os"))


def test_findings_cross_a_process_boundary(facts):
    found = one(lookup("a3-Offset"), facts)
    assert CardCheck.parse(found.canonical()) == found


def test_the_command_tells_one_finding_a_card_and_ends_well(facts):
    answer = CliRunner().invoke(app, ["knowledge", "check", "--json"])
    assert answer.exit_code == 0
    assert [row["parameter_id"] for row in json.loads(answer.stdout)] == [r.id for r in records()]
    shown = CliRunner().invoke(app, ["knowledge", "check"])
    assert shown.exit_code == 0
    assert "agrees" in shown.stdout


def test_the_command_ends_with_an_error_where_a_card_differs(facts, monkeypatch):
    forged = lookup("t304").model_copy(update={"literals": ("ms50",)})
    monkeypatch.setattr("contracts.dictionary.records", lambda: (forged,))
    answer = CliRunner().invoke(app, ["knowledge", "check"])
    assert answer.exit_code == ExitCode.REFUSED
    assert "differs" in answer.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a3-Offset", ("-15..15 dB", "HO.IntraSys.TooLate", "§6.3.2")),
        ("configuredMaxTxPower", ("mW", "other cells")),
        ("retTilt", ("unverified",)),
        ("nRPCI", ("503",)),
        ("dl-UL-TransmissionPeriodicity", ("ms0p5 (0.5)",)),
        ("O-CESManagementFunction.energySavingControl", ("in openapi", "TO_BE_ENERGY_SAVING")),
    ],
)
def test_lookup_shows_all_of_a_record(name, words):
    answer = CliRunner().invoke(app, ["lookup", name])
    assert answer.exit_code == 0
    shown = " ".join(answer.stdout.split())
    assert all(word in shown for word in words), shown
    document = json.loads(CliRunner().invoke(app, ["lookup", name, "--json"]).stdout)
    assert [row["name"] for row in document] == [name]
