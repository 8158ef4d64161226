"""A plant on a site of its own, behind the functions of an E2 node."""

import pytest

from contracts.keys import init_keys
from contracts.site import Site
from tests.twins.synthetic import link_map, scenario
from twins.plant.service import PlantService

SCENARIO = scenario()
LINKS = link_map(SCENARIO)


@pytest.fixture
def site(tmp_path) -> Site:
    made = Site(tmp_path / "site")
    init_keys(made)
    return made


@pytest.fixture
def plant(site) -> PlantService:
    return PlantService(site, SCENARIO, 3, 200.0, LINKS)
