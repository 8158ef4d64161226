"""Reports of periods that are no whole number of steps, and reports that subscribers share."""

import threading
from itertools import islice
from math import gcd

import pytest

from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from twins.plant.service import PlantService

SCENARIO = scenario(ue_count=20)
LINKS = link_map(SCENARIO)


@pytest.fixture
def plant(tmp_path):
    site = Site(tmp_path / "site")
    init_keys(site)
    return PlantService(site, SCENARIO, 3, 50.0, LINKS)


def taken(plant, period_ms, count):
    return list(islice(plant.reports(period_ms, threading.Event()), count))


@pytest.mark.parametrize("period_ms", [10, 30, 50, 70, 150])
def test_parts_of_steps_add_up_to_the_steps(plant, period_ms):
    """Over the whole of some steps, volume and active time are those of the steps."""
    reports = taken(plant, period_ms, 1000 // period_ms + 12)
    assert [r.period_ms for r in reports] == [period_ms] * len(reports)
    for report in reports:
        for ue in report.ues:
            assert 0.0 <= ue.dl_active_time_ms <= period_ms + 1e-9
    begins = {r.kpm_time_ms - period_ms: k for k, r in enumerate(reports)}
    common_ms = period_ms * 100 // gcd(period_ms, 100)
    start = next(b for b in begins if b % common_ms == 0)
    whole = reports[begins[start] : begins[start] + common_ms // period_ms]
    configuration = plant._state.configuration
    steps = [plant._report(configuration, at, 100) for at in range(start, start + common_ms, 100)]
    for ue in range(20):
        volume = sum(r.ues[ue].dl_volume_mbit for r in whole)
        assert volume == pytest.approx(sum(s.ues[ue].dl_volume_mbit for s in steps), abs=1e-6)
        active = sum(r.ues[ue].dl_active_time_ms for r in whole)
        assert active == pytest.approx(sum(s.ues[ue].dl_active_time_ms for s in steps))


def test_a_cells_throughput_is_that_of_its_ues(plant):
    for report in taken(plant, 70, 5):
        for cell in report.cells:
            rates = [
                1000.0 * u.dl_volume_mbit / u.dl_active_time_ms
                for u in report.ues
                if u.serving_cell == cell.cell_id and u.dl_active_time_ms > 0
            ]
            mean = sum(rates) / len(rates) if rates else 0.0
            assert cell.ue_throughput_mbps == pytest.approx(mean, abs=1e-5)


def test_subscribers_of_one_period_share_its_report(plant):
    gate = threading.Barrier(3)
    found: list[dict[int, object]] = [{}, {}, {}]

    def follow(number):
        gate.wait(20)
        for report in taken(plant, 100, 8):
            found[number][report.kpm_time_ms] = report

    threads = [threading.Thread(target=follow, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    common = set(found[0]) & set(found[1]) & set(found[2])
    assert common
    for at_ms in common:
        assert found[0][at_ms] is found[1][at_ms] is found[2][at_ms]
