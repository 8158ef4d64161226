import pytest
import torch

from contracts.network import KpmReport
from tests.twins.synthetic import link_map, scenario
from twins.plant import Plant
from twins.reports import (
    average_power_w,
    average_rsrp_dbm,
    detected,
    read_rsrp_dbm,
    reading_deviation_db,
    readings_in,
)

MODEL = scenario().measurement


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_readings_are_whole_decibels_around_the_truth():
    truth = torch.full((20_000,), -97.3)
    reading = read_rsrp_dbm(MODEL, truth, seeded())
    assert torch.equal(reading, reading.round())
    assert reading.mean().item() == pytest.approx(-97.3, abs=0.03)
    assert reading.std().item() == pytest.approx(reading_deviation_db(MODEL, 1), rel=0.02)


def test_readings_stay_in_the_reportable_range():
    reading = read_rsrp_dbm(MODEL, torch.tensor([-300.0, 0.0]), seeded())
    assert reading.tolist() == [-156.0, -31.0]


def test_a_window_averages_its_readings():
    truth = torch.full((20_000,), -97.3)
    mean = average_rsrp_dbm(MODEL, truth, readings_in(2_000), seeded())
    assert mean.std().item() == pytest.approx(reading_deviation_db(MODEL, 10), rel=0.03)
    assert (readings_in(60_000), readings_in(100)) == (300, 1)


def test_weak_cells_go_undetected_but_the_serving_cell_never():
    reading = torch.tensor([[-90.0, -119.0, -121.0], [-130.0, -140.0, -126.0]])
    seen = detected(MODEL, reading, torch.tensor([0, 1]))
    assert seen.tolist() == [[True, True, False], [False, True, False]]


def test_no_more_cells_are_reported_than_the_maximum():
    few = MODEL.model_copy(update={"max_reported_cells": 2})
    reading = torch.tensor([[-90.0, -91.0, -91.0]])
    assert detected(few, reading, torch.tensor([0])).tolist() == [[True, True, False]]


def test_power_is_static_when_idle_but_for_the_overhead_and_full_at_full_load():
    energy = scenario().energy
    power = average_power_w(energy, 0.1, torch.tensor([20_000.0]), torch.tensor([0.0]))
    assert power.item() == pytest.approx(130.0 + 4.7 * 20.0 * 0.1)
    power = average_power_w(energy, 0.1, torch.tensor([20_000.0]), torch.tensor([1.0]))
    assert power.item() == pytest.approx(130.0 + 4.7 * 20.0)


@pytest.fixture(scope="module")
def report() -> KpmReport:
    of = scenario()
    return Plant(of, 1, link_map(of)).observe(1, 1000)[0]


def test_a_report_keeps_the_contract(report):
    assert KpmReport.parse(report.canonical()) == report
    assert [c.cell_id for c in report.cells] == list(range(1, 10))
    assert len(report.ues) == 100


def test_a_report_adds_up(report):
    served = sum(c.connected_ues for c in report.cells)
    assert served == len(report.ues)
    for cell in report.cells:
        rates = [
            u.dl_volume_mbit / u.dl_active_time_ms * 1000.0
            for u in report.ues
            if u.serving_cell == cell.cell_id and u.dl_active_time_ms > 0
        ]
        assert cell.ue_throughput_mbps == pytest.approx(sum(rates) / len(rates) if rates else 0.0)
    for ue in report.ues:
        assert ue.serving_cell in ue.rsrp_dbm
        assert 0 <= ue.dl_active_time_ms <= report.period_ms
        assert 2 * ue.sinr_db == round(2 * ue.sinr_db)
