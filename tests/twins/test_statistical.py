import pytest
import torch

from twins.antenna import ColumnAntenna
from twins.channel import NO_PATH_DB, load_link_map
from twins.scenario import StatisticalChannel, load_scenario
from twins.statistical import StatisticalLinkMap, draw, link_map
from twins.tr38901.environment import Links
from twins.tr38901.large_scale import Parameter


@pytest.fixture(scope="module")
def links() -> StatisticalLinkMap:
    drawn = load_link_map(load_scenario("uma"))
    assert isinstance(drawn, StatisticalLinkMap)
    return drawn


@pytest.fixture(scope="module")
def state() -> Links:
    scenario = load_scenario("uma")
    assert isinstance(scenario.channel, StatisticalChannel)
    return draw(scenario, scenario.channel)


def test_gain_is_that_of_the_link_under_the_pattern(links, state) -> None:
    gain = links.gain_db()
    assert gain.shape == (1500, 21)
    assert bool(((gain > NO_PATH_DB) & (gain < 0.0)).all())
    isotropic = state.gain_db[0]
    assert bool((gain[:, :3] <= isotropic[:, None] + 17.0 + 1e-3).all())
    assert bool((gain[:, :3] >= isotropic[:, None] + 17.0 - 30.0 - 1e-3).all())


def test_points_lie_around_the_sites(links) -> None:
    channel = load_scenario("uma").channel
    assert channel.kind == "statistical"
    sites = torch.tensor([s.position_m[:2] for s in load_scenario("uma").sites])
    nearest = torch.cdist(links.point_positions_m, sites).amin(-1)
    assert float(nearest.min()) >= channel.min_distance_m
    assert float(nearest.max()) <= channel.cell_radius_m


def test_fading_is_rayleigh_without_line_of_sight_and_that_of_k_with_it(links, state) -> None:
    severity = links.fading_severity()
    assert severity.shape == (1500, 21)
    assert set(severity[~state.los[0], 0].tolist()) == {1.0}
    k = 10 ** (state.parameters(Parameter.RICIAN_K)[Parameter.RICIAN_K][0, state.los[0]] / 10)
    expected = (1 + k) ** 2 / (1 + 2 * k)
    torch.testing.assert_close(severity[state.los[0], 0], expected.clamp(max=1e3))


def test_deterministic_and_selectable(links) -> None:
    again = load_link_map(load_scenario("uma"))
    assert torch.equal(again.gain_db(), links.gain_db())
    points = torch.tensor([7, 7, 3])
    chosen = links.select(points)
    assert torch.equal(chosen.gain_db(), links.gain_db()[points])
    assert torch.equal(chosen.fading_severity(), links.fading_severity()[points])


def test_batched_tilts(links) -> None:
    tilts = torch.tensor([[2.0], [8.0], [14.0]]).expand(3, 21)
    gains = links.select(torch.arange(5)).gain_db(tilts)
    assert gains.shape == (3, 5, 21)
    assert links.fading_severity(tilts).shape == (3, 1500, 21)


def test_a_street_canyon_with_ues_in_buildings_under_columns() -> None:
    uma = load_scenario("uma")
    assert isinstance(uma.channel, StatisticalChannel)
    channel = uma.channel.model_copy(
        update={"model": "UMi", "indoor_share": 0.8, "point_count": 300}
    )
    links = draw(uma, channel)
    indoors = links.placement.indoor
    gain = link_map(uma.sites, ColumnAntenna(10, 0.5), links).gain_db().amax(-1)
    assert 200 < int(indoors.sum()) < 275
    assert float(gain[~indoors].median() - gain[indoors].median()) > 8.0
