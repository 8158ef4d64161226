"""The power-control xApp as it is deployed: its process, a RIC core's, the actuator's, a plant."""

import pytest

from benchmarks.near_rt.papers import write_policy
from benchmarks.near_rt.ric import NearRtRic
from contracts.e2.transport import E2Address
from contracts.keys import init_keys
from contracts.problem import Objective
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from tests.xapps.platform.waits import wait_until
from twins.e2node.attach import attached
from twins.plant.service import PlantService

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
GRID = SCENARIO.equipment.grid_mw()
MOVABLE = (1, 2, 3, 4)


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path / "site")
    init_keys(made)
    write_policy(made, [c.cell_id for s in SCENARIO.sites for c in s.sectors])
    return made


def powers(plant):
    return {c.cell_id: c.configured_max_tx_power_mw for c in plant.info().cells}


def test_it_moves_inside_the_activation_and_nowhere_else(tmp_path, site):
    plant = PlantService(site, SCENARIO, 3, 4.0, LINKS)
    with NearRtRic(tmp_path / "ric", site) as ric:
        ric.deploy({"memory_ms": 2000, "least_gain_percent": 1.0})
        with attached(plant, site, E2Address.parse(ric.e2_address())):
            base = powers(plant)
            objective = Objective.LOW_PERCENTILE
            activation = ric.go_live(plant.info(), MOVABLE, GRID, 6, 0.5, objective)
            envelope = activation.plan.envelope
            base |= activation.plan.base_mw
            total = activation.plan.max_total_power_mw
            wait_until(lambda: powers(plant) != base, 60)
            moved = powers(plant)
            domains = {v.cell_id: v for v in envelope}
            for cell, power in moved.items():
                if cell in domains:
                    assert domains[cell].lower_mw <= power <= domains[cell].upper_mw
                    assert power in GRID
                else:
                    assert power == base[cell]
            assert moved != base
            assert sum(moved[c] for c in MOVABLE) <= total
            told = wait_until(lambda: _moved(ric), 60)
            assert told["power_moves_carried_out_total"] <= told["power_moves_asked_total"]
            assert not any(name.startswith("power_moves_refused_total{") for name in told)

            ric.deactivate(activation)
            name = next(n for n in told if n.startswith("power_live_activations{"))
            wait_until(lambda: ric.metrics("power-control")[name] == 0.0, 60)
            wait_until(lambda: powers(plant) == base, 60)


def _moved(ric):
    figures = ric.metrics("power-control")
    return figures if figures["power_moves_carried_out_total"] >= 1 else None
