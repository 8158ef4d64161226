from pathlib import Path

import numpy as np
import pytest

from twins.channel import LinkMap, load_link_map
from twins.scenario import Scenario, load_scenario
from twins.show import before_after_figure, map_figure, throughput_cdf_figure
from twins.streets import street_map

PNG = b"\x89PNG\r\n\x1a\n"
BEFORE = np.array([1.0, 2.0, 5.0, 9.0, np.nan, 30.0])


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("munich")


@pytest.fixture(scope="module")
def links(scenario: Scenario) -> LinkMap:
    return load_link_map(scenario)


def powers(scenario: Scenario, **changes_mw: int) -> dict[int, float]:
    start = {s.cell_id: float(s.configured_max_tx_power_mw) for s in scenario.sectors}
    return start | {int(name[4:]): float(value) for name, value in changes_mw.items()}


def test_lower_power_of_a_neighbour_lifts_sinr(scenario: Scenario, links: LinkMap) -> None:
    before = street_map(scenario, links, powers(scenario))
    after = street_map(scenario, links, powers(scenario, cell4=1262))
    elsewhere = (before.best_cell != 3) & before.served
    assert (after.sinr_db[elsewhere] >= before.sinr_db[elsewhere] - 1e-3).all()
    assert after.sinr_db[elsewhere].mean() > before.sinr_db[elsewhere].mean()
    assert (before.served == after.served).all()


def test_sinr_never_exceeds_snr(scenario: Scenario, links: LinkMap) -> None:
    state = street_map(scenario, links, powers(scenario))
    assert np.isfinite(state.sinr_db).all()
    assert state.sinr_db.max() < 100.0


@pytest.mark.parametrize("changed", [False, True])
def test_map_figure(tmp_path: Path, scenario: Scenario, links: LinkMap, changed: bool) -> None:
    after = powers(scenario, cell3=10048) if changed else None
    path = tmp_path / "new" / "map.png"
    map_figure(scenario, powers(scenario), after, path, links)
    assert path.read_bytes().startswith(PNG)


def test_cdf_figure(tmp_path: Path) -> None:
    path = tmp_path / "cdf.png"
    throughput_cdf_figure(BEFORE, BEFORE * 1.2, path)
    assert path.read_bytes().startswith(PNG)


def test_cdf_of_stalled_ues(tmp_path: Path) -> None:
    path = tmp_path / "cdf.png"
    throughput_cdf_figure(np.array([0.0, 0.0, 3.0]), np.array([0.0, 1.0, 3.0]), path)
    assert path.read_bytes().startswith(PNG)


def test_before_after_figure(tmp_path: Path, scenario: Scenario, links: LinkMap) -> None:
    path = tmp_path / "run.png"
    before_after_figure(
        scenario,
        powers(scenario),
        powers(scenario, cell1=20047),
        BEFORE,
        BEFORE * 1.1,
        path,
        title="Lift the 5th-percentile downlink throughput of cells 1-3 by 20 %",
        links=links,
    )
    assert path.read_bytes().startswith(PNG)


def test_maps_of_a_statistical_scenario(tmp_path: Path) -> None:
    scenario = load_scenario("uma")
    path = tmp_path / "uma.png"
    map_figure(scenario, powers(scenario), None, path)
    assert path.read_bytes().startswith(PNG)
