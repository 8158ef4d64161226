"""A laboratory's node: an xApp with a route hands UEs over and sets powers, unsigned."""

import pytest

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from tests.xapps.sdk.rig import rig
from twins.plant.service import PlantService
from xapps.sdk.gnb import Gnb

SCENARIO = scenario(ue_count=12)
TIMEOUT_S = 20.0


@pytest.fixture
def site(tmp_path) -> Site:
    made = Site(tmp_path / "site")
    init_keys(made)
    return made


@pytest.fixture
def plant(site) -> PlantService:
    return PlantService(site, SCENARIO, 3, 10.0, link_map(SCENARIO))


def sent(gnb: Gnb, ue_id: int, cell: int) -> bool:
    """Whether the node did as it was told."""
    try:
        gnb.hand_over(ue_id, cell, TIMEOUT_S)
    except RanwrightError as error:
        if error.code != "control.refused":
            raise
        return False
    return True


def test_ues_go_where_they_are_sent_and_powers_are_set(tmp_path, plant, site):
    with rig(tmp_path, plant, site, open_control=True) as lab:
        gnb = lab.gnb()
        node = gnb.read_back(TIMEOUT_S)
        reports = gnb.reports(node, 200, TIMEOUT_S)
        first = next(reports)
        done: list[tuple[int, int]] = []
        for ue in first.ues:
            near = sorted(ue.rsrp_dbm, key=lambda c: ue.rsrp_dbm[c])[-2:]
            done += [(ue.ue_id, cell) for cell in near if sent(gnb, ue.ue_id, cell)]
        assert {ue_id for ue_id, _ in done} == {ue.ue_id for ue in first.ues}
        later = next(r for r in reports if r.resource_version == len(done) > len(first.ues))
        assert {u.ue_id: u.serving_cell for u in later.ues} == dict(done)
        now = gnb.read_back(TIMEOUT_S)
        present_mw, grid_mw = now.cells[0].configured_max_tx_power_mw, SCENARIO.equipment.grid_mw()
        below_mw = grid_mw[grid_mw.index(present_mw) - 1]
        step = ParameterChange(cell_id=now.cells[0].cell_id, from_mw=present_mw, to_mw=below_mw)
        ack = gnb.set_powers(now, "laboratory:1", [step], None, TIMEOUT_S)
        assert ack.resource_version == now.resource_version + 1 == len(done) + 1
        assert gnb.read_back(TIMEOUT_S).cells[0].configured_max_tx_power_mw == below_mw
        reports.close()


def test_a_site_s_node_obeys_the_actuator_alone(tmp_path, plant, site):
    with (
        rig(tmp_path, plant, site) as governed,
        pytest.raises(RanwrightError) as error,
    ):
        governed.gnb().hand_over(0, 1, TIMEOUT_S)
    assert error.value.code == "control.bad_credential"
    assert plant.info().resource_version == 0
