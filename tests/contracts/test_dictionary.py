import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.dictionary import (
    EquipmentProfile,
    PowerRange,
    check_value,
    dictionary_digest,
    hard_range,
    lookup,
    records,
    to_field,
    to_real,
)
from contracts.errors import RanwrightError
from contracts.problem import CONFIGURED_MAX_TX_POWER
from contracts.units import dbm_to_mw, mw_to_dbm

MACRO = EquipmentProfile(
    name="test-macro",
    source="data sheet of the test",
    configured_max_tx_power=PowerRange(min_mw=200, max_mw=20_000, step_db=1.0),
)


def code_of(call, *args):
    with pytest.raises(RanwrightError) as caught:
        call(*args)
    assert caught.value.remedy
    return caught.value.code


def test_every_record_is_found_by_its_id_and_ids_are_unique():
    assert len({r.id for r in records()}) == len(records()) >= 128
    assert all(lookup(r.id) is r for r in records())


def test_every_record_without_conflicting_path_is_found_by_path():
    assert all(lookup(r.path) is r for r in records())


def test_the_parameter_of_the_plans_is_in_milliwatts_and_has_no_standard_range():
    record = lookup(CONFIGURED_MAX_TX_POWER)
    assert (record.unit, record.hard_range) == ("mW", None)
    assert lookup("configuredMaxTxPower") is record


@pytest.mark.parametrize(
    "name", ["configuredmaxtxpower", "", " nRPCI", "no such thing", "x" * 9999]
)
def test_unknown_names_are_refused(name):
    assert code_of(lookup, name) == "dictionary.unknown"


def test_wrong_case_is_refused_but_named():
    with pytest.raises(RanwrightError, match=r"NRCellDU\.nRPCI"):
        lookup("NRPCI")


def test_an_ambiguous_name_lists_its_candidates():
    with pytest.raises(RanwrightError) as caught:
        lookup("cellIndividualOffset")
    assert caught.value.code == "dictionary.ambiguous"
    assert "TS 28.541:NRCellRelation.cellIndividualOffset" in caught.value.message
    assert "TS 38.331:CellsToAddMod.cellIndividualOffset" in caught.value.message


def test_ranges_of_the_standard_are_cited_with_their_clause():
    found = hard_range("nRPCI")
    assert (found.low, found.high) == (0, 1007)
    assert (found.citation.spec, found.citation.clause) == ("TS 28.541", "4.4.1")
    assert found.citation.verified_by


def test_the_profile_gives_the_range_of_the_power_and_is_cited():
    found = hard_range(CONFIGURED_MAX_TX_POWER, MACRO)
    assert (found.low, found.high, found.unit) == (200, 20_000, "mW")
    assert found.citation.spec == "equipment profile test-macro"
    assert found.citation.verified_by == ("data sheet of the test",)


def test_without_a_profile_no_power_is_lawful():
    assert code_of(check_value, CONFIGURED_MAX_TX_POWER, 1000) == "dictionary.no_range"


@pytest.mark.parametrize("value", [200, 20_000, 5000, 5000.0])
def test_lawful_powers(value):
    check_value(CONFIGURED_MAX_TX_POWER, value, MACRO)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (199, "out_of_range"),
        (20_001, "out_of_range"),
        (0, "out_of_range"),
        (-1, "out_of_range"),
        (10**400, "out_of_range"),
        (200.5, "wrong_type"),
        (math.nan, "wrong_type"),
        (math.inf, "wrong_type"),
        (True, "wrong_type"),
        ("200", "wrong_type"),
    ],
)
def test_unlawful_powers(value, code):
    assert code_of(check_value, CONFIGURED_MAX_TX_POWER, value, MACRO) == f"dictionary.{code}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("administrativeState", "LOCKED"),
        ("isESCoveredBy", "NO"),
        ("ssbPeriodicity", 20),
        ("NRCellRelation.cellIndividualOffset", -6),
        ("timeToTrigger", "ms40"),
    ],
)
def test_literals(name, value):
    check_value(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("administrativeState", "locked"),
        ("isESCoveredBy", False),
        ("ssbPeriodicity", 15),
        ("ssbPeriodicity", "20"),
        ("NRCellRelation.cellIndividualOffset", 7),
        ("NRCellRelation.cellIndividualOffset", False),
        ("timeToTrigger", 40),
    ],
)
def test_values_outside_an_enumeration_are_refused(name, value):
    assert code_of(check_value, name, value) == "dictionary.not_in_enum"


@pytest.mark.parametrize(
    "record", [r for r in records() if r.hard_range and not r.literals and r.verified]
)
def test_range_borders_are_lawful_and_one_beyond_is_not(record):
    low, high = record.hard_range
    check_value(record.id, low)
    check_value(record.id, high)
    assert code_of(check_value, record.id, low - 1) == "dictionary.out_of_range"
    assert code_of(check_value, record.id, high + 1) == "dictionary.out_of_range"


@pytest.mark.parametrize(
    ("name", "field", "real"),
    [
        ("digitalTilt", 60, 6.0),
        ("a3-Offset", 6, 3.0),
        ("q-RxLevMin", -70, -140.0),
        ("tstoreUEcntxt", 10, 1.0),
        ("DESManagementFunction.loadThreshold", 2500, 0.25),
        ("qRxLevMin", -140, -140.0),
        (CONFIGURED_MAX_TX_POWER, 20_000, 20_000),
    ],
)
def test_scales(name, field, real):
    assert to_real(name, field) == pytest.approx(real)
    assert to_field(name, real) == field


def test_a_real_value_between_two_steps_is_refused():
    assert code_of(to_field, "q-RxLevMin", -139) == "dictionary.off_scale"
    assert code_of(to_field, "digitalTilt", 6.05) == "dictionary.off_scale"


@pytest.mark.parametrize("record", [r for r in records() if r.scale and r.hard_range])
def test_both_borders_survive_the_scale(record):
    for border in record.hard_range:
        assert to_field(record.id, to_real(record.id, border)) == border


def test_power_units():
    assert round(dbm_to_mw(43)) == 19_953
    assert mw_to_dbm(20_000) == pytest.approx(43.0103, abs=1e-4)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.01, 10))
def test_a_grid_is_ascending_inside_its_range_and_holds_the_maximum(one, other, step_db):
    power = PowerRange(min_mw=min(one, other), max_mw=max(one, other), step_db=step_db)
    grid = power.grid_mw()
    assert list(grid) == sorted(set(grid))
    assert grid[-1] == power.max_mw
    assert grid[0] >= power.min_mw
    gaps_db = [mw_to_dbm(b + 0.5) - mw_to_dbm(max(a - 0.5, 0.5)) for a, b in pairwise(grid)]
    assert all(gap >= step_db - 1e-9 for gap in gaps_db)


def test_a_grid_of_whole_steps_reaches_the_minimum():
    assert PowerRange(min_mw=1000, max_mw=10_000, step_db=5).grid_mw() == (1000, 3162, 10_000)


def test_an_empty_range_is_no_profile():
    with pytest.raises(ValidationError):
        PowerRange(min_mw=2, max_mw=1, step_db=1)


def test_evidence_carries_citation_and_scale():
    evidence = lookup("digitalTilt").evidence()
    assert (evidence.unit, evidence.scale, evidence.score) == ("0.1 degree", 0.1, None)
    assert evidence.hard_range == (-900, 900)


def test_the_dictionary_has_a_content_address():
    assert dictionary_digest().startswith("sha256:")
