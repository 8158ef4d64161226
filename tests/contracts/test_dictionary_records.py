import json
import subprocess
import sys

import pytest
from pydantic import ValidationError

from contracts.dictionary import check_value, find, hard_range, lookup, records, suggestions
from contracts.dictionary.record import ParameterRecord
from contracts.errors import ExitCode, RanwrightError

AREAS = {
    "reselection", "mobility", "rach", "power", "beams", "energy", "bwp", "phy", "scheduling",
    "pdcp-rlc", "rlf", "qos", "slice", "son", "kpi", "e2", "a1", "antenna", "cell",
}  # fmt: skip


def code_of(call, *args):
    with pytest.raises(RanwrightError) as caught:
        call(*args)
    return caught.value.code


def test_the_dictionary_covers_what_operators_tune():
    assert len(records()) >= 500
    assert {r.category for r in records()} >= AREAS
    assert {r.spec for r in records()} >= {
        "TS 28.541", "TS 28.552", "TS 38.331", "O-RAN.WG2.A1TD", "O-RAN.WG3.E2SM-CCC",
        "O-RAN.WG3.E2SM-KPM", "O-RAN.WG3.E2SM-RC",
    }  # fmt: skip


def test_paths_are_unique_and_every_record_says_how_it_was_verified():
    assert len({r.path for r in records()}) == len(records())
    for record in records():
        assert record.verified_by
        assert record.aliases
        assert record.meaning.endswith(".")


def test_nothing_stated_as_unverified_is_called_certain():
    for record in records():
        if not record.verified or any(v.startswith("unverified") for v in record.verified_by):
            assert record.confidence != "high"


def test_tendencies_speak_of_measurements_of_the_dictionary():
    named = {r.name for r in records() if r.category == "kpi"}
    spoken_of = {t.kpi for r in records() for t in r.tendencies}
    assert spoken_of <= named
    assert sum(bool(r.tendencies) for r in records()) >= 40


def test_every_solution_set_spells_as_many_literals_as_the_record():
    for record in records():
        for spelling in record.solution_sets:
            assert len(spelling.literals) == len(record.literals)
            assert spelling.literals != record.literals


def test_an_unverified_number_is_no_limit():
    record = lookup("AntennaFunction.retTilt")
    assert not record.verified
    assert record.evidence().hard_range is None
    assert code_of(hard_range, "retTilt") == "dictionary.unverified"
    assert code_of(check_value, "retTilt", 0) == "dictionary.unverified"


@pytest.mark.parametrize("name", ["preambleReceivedTargetPower", "p0-NominalWithGrant"])
def test_powers_that_move_in_steps_of_two_are_refused_between_them(name):
    check_value(name, -100)
    assert code_of(check_value, name, -101) == "dictionary.off_step"


def test_booleans_take_true_and_false_alone():
    check_value("isHOAllowed", False)
    check_value("defaultDRB", True)
    for value in (0, 1, "true"):
        assert code_of(check_value, "isHOAllowed", value) == "dictionary.wrong_type"


def test_a_field_of_bits_has_a_size_and_takes_no_number():
    assert lookup("frequencyDomainResources").size == (45, 45)
    assert code_of(check_value, "frequencyDomainResources", 1) == "dictionary.no_range"


def test_an_offset_without_a_scale_is_no_record():
    row = json.loads(lookup("a3-Offset").model_dump_json()) | {"offset": 1.0}
    ParameterRecord.model_validate(row)
    with pytest.raises(ValidationError, match="an offset needs a scale"):
        ParameterRecord.model_validate(row | {"scale": None, "real_unit": None})


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("TS 38.331:EventTriggerConfig.a3-Offset", "EventTriggerConfig.a3-Offset"),
        ("EventTriggerConfig.a3-Offset", "EventTriggerConfig.a3-Offset"),
        ("a3-Offset", "EventTriggerConfig.a3-Offset"),
        ("A3-OFFSET", "EventTriggerConfig.a3-Offset"),
        (" handover margin ", "EventTriggerConfig.a3-Offset"),
        ("Antenna Tilt", "CommonBeamformingFunction.digitalTilt"),
    ],
)
def test_people_find_by_id_path_name_and_alias(name, path):
    assert [r.path for r in find(name)] == [path]


def test_a_name_of_several_records_finds_all_of_them():
    assert {r.object_name for r in find("cellIndividualOffset")} == {
        "NRCellRelation",
        "CellsToAddMod",
    }


def test_a_misspelt_name_is_answered_with_the_nearest():
    assert suggestions("TimeToTriger")[0] == "EventTriggerConfig.timeToTrigger"
    with pytest.raises(RanwrightError, match=r"EventTriggerConfig\.a3-Offset") as caught:
        find("a3-ofset")
    assert (caught.value.code, caught.value.exit_code) == ("dictionary.unknown", ExitCode.USAGE)
    assert code_of(find, "z" * 5000) == "dictionary.unknown"
    assert suggestions("") == ()


def test_the_dictionary_needs_nothing_heavy():
    heavy = "{'numpy', 'chromadb', 'torch', 'pycrate_asn1dir', 'pycrate_asn1rt'}"
    code = (
        f"import sys, contracts.dictionary as d; d.records(); assert not {heavy} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "lawful", "unlawful", "code"),
    [
        ("bSChannelBwDL", 400, 55, "dictionary.not_in_enum"),
        ("bSChannelBwUL", 25, 99, "dictionary.not_in_enum"),
        ("qOffsetFreq", -22, -23, "dictionary.not_in_enum"),
        ("qQualMin", 0, -1, "dictionary.not_in_enum"),
        ("qQualMin", -3, -2, "dictionary.not_in_enum"),
        ("NRFreqRelation.qRxLevMin", -110, -111, "dictionary.off_step"),
        ("threshXHighP", 62, 61, "dictionary.off_step"),
        ("threshXLowP", 0, 1, "dictionary.off_step"),
        ("p0-NominalWithoutGrant", -90, -91, "dictionary.off_step"),
        ("pucch.p0-nominal", -90, -91, "dictionary.off_step"),
        ("srs.p0", 24, 23, "dictionary.off_step"),
    ],
)
def test_a_value_between_the_admitted_ones_is_refused(name, lawful, unlawful, code):
    check_value(name, lawful)
    assert code_of(check_value, name, unlawful) == code


def test_a_structured_offset_is_no_single_number():
    assert lookup("offsetMO").value_type == "structure"
    assert code_of(check_value, "offsetMO", 0) == "dictionary.no_range"


def test_offsets_of_a_frequency_are_those_that_rrc_signals():
    signalled = lookup("CellsToAddMod.cellIndividualOffset").literals
    assert tuple(f"dB{value}" for value in lookup("qOffsetFreq").literals) == signalled


@pytest.mark.parametrize("name", ["AirIfDelayDl", "AirIfDelayUl", "RlcDelayUl", "PdcpReordDelayUl"])
def test_a_unit_that_sources_dispute_is_not_called_certain(name):
    record = lookup(f"DRB.{name}")
    assert record.conflicts
    assert record.confidence != "high"
