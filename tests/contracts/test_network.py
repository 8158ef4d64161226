"""Snapshots: averages over the window's reports, and refusals where there is nothing to average."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import RanwrightError
from contracts.network import (
    CellConfiguration,
    CellMeasurement,
    KpmReport,
    NetworkSnapshot,
    UeMeasurement,
)
from tests.agents.city import NOON

DIGEST = "sha256:" + "1" * 64


def configuration(cell_id, power_mw=40_000):
    return CellConfiguration(
        cell_id=cell_id, configured_max_tx_power_mw=power_mw, digital_tilt_decidegrees=0
    )


def measurement(cell_id, **changes):
    values = {
        "ue_throughput_mbps": 10.0,
        "prb_usage_percent": 50.0,
        "connected_ues": 1.0,
        "average_power_w": 300.0,
    }
    return CellMeasurement(cell_id=cell_id, **values | changes)


def ue(ue_id=1, **changes):
    values = {
        "serving_cell": 1,
        "dl_volume_mbit": 10.0,
        "dl_active_time_ms": 1000.0,
        "sinr_db": 0.0,
        "rsrp_dbm": {1: -80.0},
    }
    return UeMeasurement(ue_id=ue_id, **values | changes)


def report(*ues, cells=(1, 2), version=3, **changes):
    values = {
        "kpm_time_ms": 1000,
        "period_ms": 1000,
        "resource_version": version,
        "cells": tuple(c if isinstance(c, CellMeasurement) else measurement(c) for c in cells),
        "ues": ues or (ue(),),
    }
    return KpmReport(**values | changes)


def snapshot(*reports, cells=(1, 2)):
    return NetworkSnapshot.from_reports(
        "plain", DIGEST, [configuration(c) for c in cells], reports, NOON
    )


def test_cells_are_averaged_and_sorted():
    taken = snapshot(
        report(cells=(measurement(1, average_power_w=100), measurement(2))),
        report(cells=(measurement(1, average_power_w=300), measurement(2))),
        cells=(2, 1),
    )
    assert taken.cell_ids == (1, 2)
    assert taken.cells[0].measurement.average_power_w == 200
    assert taken.tx_power_mw == {1: 40_000, 2: 40_000}
    assert (taken.resource_version, taken.window_ms, taken.reports) == (3, 2000, 2)


def test_throughput_is_volume_over_active_time_not_a_mean_of_rates():
    (state,) = snapshot(
        report(ue(dl_volume_mbit=90, dl_active_time_ms=900)),
        report(ue(dl_volume_mbit=1, dl_active_time_ms=100)),
    ).ues
    assert state.throughput_mbps == pytest.approx(91.0)


def test_a_ue_that_was_never_active_has_no_throughput():
    idle = ue(dl_volume_mbit=0, dl_active_time_ms=0)
    assert snapshot(report(idle), report(idle)).ues[0].throughput_mbps is None


def test_rsrp_is_averaged_over_the_reports_that_carry_the_cell():
    (state,) = snapshot(
        report(ue(rsrp_dbm={1: -80.0, 2: -100.0})), report(ue(rsrp_dbm={1: -90.0}))
    ).ues
    assert state.rsrp_dbm == {1: -85.0, 2: -100.0}
    assert state.serving_rsrp_dbm == -85.0


def test_a_cell_that_most_reports_do_not_carry_was_not_heard_unless_it_serves():
    quiet = report(ue(rsrp_dbm={2: -80.0}, serving_cell=2))
    rare = report(ue(rsrp_dbm={1: -120.0, 2: -80.0, 3: -125.0}, serving_cell=2))
    (state,) = snapshot(rare, rare, quiet, quiet, quiet).ues
    assert set(state.rsrp_dbm) == {2}
    (state,) = snapshot(rare, rare, quiet, quiet, report(ue(rsrp_dbm={1: -119.0}))).ues
    assert set(state.rsrp_dbm) == {1, 2}
    assert state.rsrp_dbm[1] == pytest.approx(-359 / 3)


def test_ues_and_their_cells_are_those_of_the_last_report():
    taken = snapshot(
        report(ue(1), ue(2)), report(ue(5), ue(2, serving_cell=2, rsrp_dbm={1: -90, 2: -80}))
    )
    assert [u.ue_id for u in taken.ues] == [2, 5]
    assert taken.cohort((2,)) == (2,)
    assert taken.cohort((1, 2)) == (2, 5)
    assert taken.cohort((7,)) == ()


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=8))
def test_an_average_lies_between_its_reports(powers):
    taken = snapshot(*(report(cells=(measurement(1, average_power_w=p), 2)) for p in powers))
    average = taken.cells[0].measurement.average_power_w
    assert min(powers) * (1 - 1e-12) <= average <= max(powers) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        ((), "snapshot.no_reports"),
        ((report(version=3), report(version=4)), "snapshot.mixed_versions"),
        ((report(cells=(1,)),), "snapshot.cell_missing"),
    ],
)
def test_windows_that_make_no_snapshot(reports, code):
    with pytest.raises(RanwrightError) as caught:
        snapshot(*reports)
    assert caught.value.code == code
    assert caught.value.remedy


def test_the_digest_names_the_content_and_survives_the_wire():
    taken = snapshot(report())
    assert NetworkSnapshot.parse(taken.canonical()).digest == taken.digest
    assert taken.model_copy(update={"resource_version": 4}).digest != taken.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"prb_usage_percent": 101},
        {"average_power_w": -1},
        {"ue_throughput_mbps": float("inf")},
        {"cell_id": 16384},
    ],
)
def test_impossible_measurements_are_refused(changes):
    with pytest.raises(ValidationError):
        measurement(**{"cell_id": 1, **changes})
