import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.dictionary import literal_value, lookup, real_value, records, to_field, to_real
from contracts.errors import RanwrightError
from contracts.units import dbm_to_mw, mw_to_dbm

SCALED = [r for r in records() if r.scale and r.hard_range]
SPELT = {"ms": "ms", "dB": "dB", "kHz": "kHz", "rf": "radio frame", "sf": "subframe", "sl": "slot"}


def a_field_of(record):
    low, high = map(int, record.hard_range)
    return st.integers(low, high)


@given(st.data(), st.sampled_from(SCALED))
def test_every_field_value_survives_the_way_to_the_real_value_and_back(data, record):
    field = data.draw(a_field_of(record))
    assert to_field(record.id, to_real(record.id, field)) == field


@given(st.data(), st.sampled_from(SCALED))
def test_a_higher_field_is_a_higher_real_value(data, record):
    low, high = sorted((data.draw(a_field_of(record)), data.draw(a_field_of(record))))
    assert (low < high) is (real_value(record, low) < real_value(record, high))


@given(st.data(), st.sampled_from(SCALED))
def test_what_lies_between_two_steps_is_carried_by_no_field(data, record):
    field = data.draw(a_field_of(record))
    between = to_real(record.id, field) + record.scale * data.draw(st.floats(0.01, 0.99))
    with pytest.raises(RanwrightError, match=r"dictionary\.off_scale"):
        to_field(record.id, between)


@given(st.floats(-60, 60))
def test_milliwatts_and_dbm_are_two_spellings_of_one_power(power_dbm):
    assert mw_to_dbm(dbm_to_mw(power_dbm)) == pytest.approx(power_dbm, abs=1e-9)
    assert dbm_to_mw(power_dbm + 10) == pytest.approx(10 * dbm_to_mw(power_dbm))


def test_power_is_set_in_milliwatts_and_measured_in_dbm():
    assert lookup("configuredMaxTxPower").unit == "mW"
    assert lookup("configuredMaxTxEIRP").unit == lookup("CARR.MaxTxPwr").unit == "dBm"


@pytest.mark.parametrize(
    ("name", "field", "real"),
    [
        ("a3-Offset", -30, -15.0),
        ("EventTriggerConfig.hysteresis", 1, 0.5),
        ("q-RxLevMin", -22, -44.0),
        ("threshX-HighP", 31, 62.0),
        ("msg3-DeltaPreamble", -1, -2.0),
        ("a1-Threshold.rsrp", 46, -110.0),
        ("a1-Threshold.rsrq", 47, -20.0),
        ("a1-Threshold.sinr", 46, 0.0),
        ("drx-SlotOffset", 16, 0.5),
        ("PacketDelayBudget", 1, 0.5),
        ("DRB.RlcSduLatencyDl", 15, 1.5),
    ],
)
def test_scales_and_offsets(name, field, real):
    assert to_real(name, field) == pytest.approx(real)
    assert to_field(name, real) == field


@pytest.mark.parametrize(
    ("rrc", "managed"),
    [("q-RxLevMin", "NRFreqRelation.qRxLevMin"), ("threshX-HighP", "NRFreqRelation.threshXHighP")],
)
def test_rrc_and_the_managed_object_mean_the_same_range(rrc, managed):
    field, real = lookup(rrc).hard_range, lookup(managed).hard_range
    assert tuple(to_real(rrc, border) for border in field) == real


@pytest.mark.parametrize(
    ("name", "literal", "value"),
    [
        ("dl-UL-TransmissionPeriodicity", "ms0p5", 0.5),
        ("dl-UL-TransmissionPeriodicity", "ms0p625", 0.625),
        ("mgl", "ms1dot5", 1.5),
        ("EventTriggerConfig.reportInterval", "min30", 1_800_000.0),
        ("CellsToAddMod.cellIndividualOffset", "dB-24", -24.0),
        ("si-WindowLength", "s5", 5.0),
        ("uac-BarringFactor", "p05", 0.05),
        ("SpeedStateScaleFactors.sf-High", "lDot0", 1.0),
        ("SpeedStateScaleFactors.sf-High", "oDot75", 0.75),
        ("pucch.maxCodeRate", "zeroDot08", 0.08),
        ("P0-PUSCH-AlphaSet.alpha", "alpha08", 0.8),
        ("P0-PUSCH-AlphaSet.alpha", "alpha1", 1.0),
        ("pdcp-SN-SizeDL", "len18bits", 18.0),
        ("discardTimer", "infinity", None),
        ("cellBarred", "notBarred", None),
    ],
)
def test_numbers_that_literals_spell(name, literal, value):
    record = lookup(name)
    assert literal in record.literals
    found = literal_value(record, literal)
    assert found is None if value is None else found == pytest.approx(value)


@pytest.mark.parametrize(
    "record", [r for r in records() if r.unit in ("ms", "dB", "kHz", "slot") and r.literals]
)
def test_literals_of_a_unit_spell_numbers_in_that_unit(record):
    for literal in map(str, record.literals):
        prefix = literal.rstrip("0123456789p.dotv-").rstrip("-")
        if prefix in SPELT and literal[len(prefix) :].strip("-")[:1].isdigit():
            assert SPELT[prefix] == record.unit, literal
    values = [literal_value(record, str(literal)) for literal in record.literals]
    numbers = [v for v in values if v is not None]
    assert len(numbers) >= len(values) - 1
    assert all(math.isfinite(v) for v in numbers)
    assert len(set(numbers)) == len(numbers)


def test_the_literals_of_a_timer_rise():
    for name in ("t304", "t310", "EventTriggerConfig.timeToTrigger", "t-Reordering"):
        record = lookup(name)
        values = [literal_value(record, literal) for literal in record.literals]
        assert all(a < b for a, b in pairwise(v for v in values if v is not None))
