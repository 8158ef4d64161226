"""Intents ask for more than is measured; what is not is named, and nothing near to it is done."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from benchmarks.intents.gold import KPI_UNITS
from contracts.errors import ExitCode, RanwrightError
from contracts.intent import Intent, IntentExpectation
from contracts.kpi import CATALOGUE, Kpi
from contracts.measurable import MEASURED, asked, requirements_of
from contracts.requirement import (
    Condition,
    PowerBound,
    RatioBound,
    RelativeChange,
    Requirement,
    ThroughputBound,
)
from contracts.scope import Scope
from contracts.target import TARGET_UNITS, Aggregate, Difference, Level, Target, TargetKpi
from contracts.time_window import TimeWindow

LEVELS = {
    "mbps": lambda value: ThroughputBound(threshold_mbps=value),
    "w": lambda value: PowerBound(threshold_w=value),
    "percent": lambda value: RatioBound(threshold_percent=value),
}


def requirement(kpi=Kpi.UE_THP_DL_P5, bound=None, cells=(1, 2, 3), condition=Condition.AT_LEAST):
    return Requirement(
        kpi=kpi, cells=cells, condition=condition, bound=bound or RelativeChange(change_percent=20)
    )


def target(kpi=TargetKpi.UE_THP_DL, aggregate=Aggregate.MEAN, bound=None):
    return Target(
        kpi=kpi,
        aggregate=aggregate,
        condition=Condition.AT_LEAST,
        bound=bound or Level(level_in_kpi_unit=10.0),
    )


def intent(*targets, place=None, **changes):
    expectation = IntentExpectation(
        expectation_verb="DELIVER",
        expectation_object=place or Scope(cells=(1, 2)),
        expectation_targets=targets or (target(),),
    )
    return Intent(user_label="a sentence", intent_expectations=(expectation,), **changes)


@given(
    st.sampled_from([k for k in Kpi if k is not Kpi.COVERAGE_LOSS_RATIO]),
    st.sampled_from(Condition),
    st.floats(0.0, 100.0),
    st.booleans(),
)
def test_what_a_requirement_asks_is_measured_by_it_again(kpi, condition, value, relative):
    level = LEVELS[CATALOGUE[kpi].unit](value)
    bound = RelativeChange(change_percent=value) if relative else level
    one = requirement(kpi, bound, condition=condition)
    assert list(requirements_of(asked(one), Scope(cells=one.cells))) == [one]
    assert Intent(
        user_label="x", intent_expectations=(IntentExpectation.of("ENSURE", one),)
    ).requirements == (one,)


def test_every_measured_kpi_is_asked_for_by_one_name():
    assert set(MEASURED) == set(Kpi)
    assert len(set(MEASURED.values())) == len(MEASURED)
    assert set(TARGET_UNITS) == set(TargetKpi)


def test_names_and_units_are_those_of_the_benchmark():
    units = {str(kpi): unit for kpi, unit in TARGET_UNITS.items()}
    assert {kpi: units[kpi] for kpi in KPI_UNITS} == KPI_UNITS


def test_each_cell_is_a_requirement_of_its_own():
    found = intent(place=Scope(cells=(1, 4), each=True)).requirements
    assert [r.cells for r in found] == [(1,), (4,)]


@pytest.mark.parametrize(
    ("wanted", "place", "named"),
    [
        (target(TargetKpi.DELAY_DL), None, "DRB.AirIfDelayDl"),
        (target(aggregate=Aggregate.P50), None, "p50 of DRB.UEThpDl"),
        (target(bound=Difference(difference_in_kpi_unit=5.0)), None, "+5 Mbit/s"),
        (target(), Scope(ue_group="trams"), "ue_group trams"),
        (
            target(TargetKpi.COVERAGE_LOSS, bound=RelativeChange(change_percent=-5.0)),
            None,
            "CoverageLossRatio",
        ),
        (target(), Scope(cells=(1,), slice_name="gold"), "slice gold"),
    ],
)
def test_what_nothing_measures_is_refused_by_name(wanted, place, named):
    with pytest.raises(RanwrightError, match="measures") as error:
        _ = intent(wanted, place=place).requirements
    assert error.value.code == "intent.not_measured"
    assert error.value.exit_code is ExitCode.INFEASIBLE
    assert named in error.value.message


def test_another_time_is_refused():
    later = TimeWindow(start=time(22), end=time(6))
    with pytest.raises(RanwrightError) as error:
        _ = intent(time_window=later).requirements
    assert error.value.code == "intent.not_now"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cells": (2, 1)},
        {"cells": (1, 1)},
        {"each": True, "area": "harbour"},
        {"plmn": "1"},
        {"band": "78"},
        {"area": ""},
    ],
)
def test_scopes_name_something_that_can_be(fields):
    with pytest.raises(ValidationError):
        Scope(**fields)


@pytest.mark.parametrize(
    "fields",
    [{}, {"days": ("SA",), "on": "2026-12-24"}, {"end": "06:00", "duration_s": 60}],
)
def test_time_windows_say_when_and_once(fields):
    with pytest.raises(ValidationError):
        TimeWindow(**fields)


@pytest.mark.parametrize(
    ("kpi", "level"),
    [(TargetKpi.UE_THP_DL, -1.0), (TargetKpi.WEAK_RSRP, 101.0), (TargetKpi.DELAY_UL, -0.5)],
)
def test_levels_that_no_network_has_are_refused(kpi, level):
    with pytest.raises(ValidationError, match="is never"):
        target(kpi, bound=Level(level_in_kpi_unit=level))
    assert target(TargetKpi.BEAM_RSRP, bound=Level(level_in_kpi_unit=-90.0)).unit == "dBm"


def test_scopes_and_targets_are_described():
    place = Scope(cells=(1, 2, 3, 7), each=True, area="harbour", slice_name="gold")
    assert place.describe() == "area harbour, slice gold, each of cells 1-3, 7"
    assert target().describe() == "mean of DRB.UEThpDl at least 10 Mbit/s"
    fifth = target(bound=RelativeChange(change_percent=20.0))
    assert fifth.describe() == "mean of DRB.UEThpDl at least +20 %"
