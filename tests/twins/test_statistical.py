import math

import pytest
import torch

from twins.channel import NO_PATH_DB, load_link_map
from twins.scenario import load_scenario
from twins.statistical import (
    CORRELATION_NLOS_M,
    StatisticalLinkMap,
    _draw_shadowing,
    los_probability,
    path_loss_los_db,
    path_loss_nlos_db,
)

F = 3.5e9


def at(distance_m: float) -> torch.Tensor:
    return torch.tensor(distance_m, dtype=torch.float64)


@pytest.fixture(scope="module")
def links() -> StatisticalLinkMap:
    drawn = load_link_map(load_scenario("uma"))
    assert isinstance(drawn, StatisticalLinkMap)
    return drawn


@pytest.mark.parametrize(
    ("distance_m", "expected"),
    [
        (10.0, 1.0),
        (18.0, 1.0),
        (100.0, 18 / 100 + math.exp(-100 / 63) * (1 - 18 / 100)),  # 0.3477
        (500.0, 18 / 500 + math.exp(-500 / 63) * (1 - 18 / 500)),  # 0.0363
    ],
)
def test_los_probability(distance_m: float, expected: float) -> None:
    assert float(los_probability(at(distance_m))) == pytest.approx(expected, abs=1e-6)


def test_los_probability_by_number() -> None:
    assert float(los_probability(at(100.0))) == pytest.approx(0.3477, abs=5e-4)


def test_path_loss_los_before_the_break_point() -> None:
    # d2D 100 m, 25 m to 1.5 m: d3D = 102.724 m; 28.0 + 22 * 2.01167 + 10.8814
    assert float(path_loss_los_db(at(100.0), 25.0, 1.5, F)) == pytest.approx(83.138, abs=2e-3)


def test_path_loss_los_beyond_the_break_point() -> None:
    # d'BP = 4 * 24 * 0.5 * 3.5e9 / 3e8 = 560 m; d3D = 1000.276 m
    # 28.0 + 40 * 3.00012 + 10.8814 - 9 * lg(560^2 + 23.5^2) = 28 + 120.0048 + 10.8814 - 49.4743
    assert float(path_loss_los_db(at(1000.0), 25.0, 1.5, F)) == pytest.approx(109.412, abs=2e-3)


def test_path_loss_is_continuous_at_the_break_point() -> None:
    near, far = (float(path_loss_los_db(at(d), 25.0, 1.5, F)) for d in (560.0, 560.001))
    assert far - near == pytest.approx(0.0, abs=1e-3)


def test_path_loss_nlos() -> None:
    # 13.54 + 39.08 * 2.01167 + 10.8814 - 0
    assert float(path_loss_nlos_db(at(100.0), 25.0, 1.5, F)) == pytest.approx(103.037, abs=2e-3)


def test_path_loss_nlos_is_never_below_los() -> None:
    distance = torch.linspace(10.0, 3000.0, 500, dtype=torch.float64)
    nlos, los = (f(distance, 25.0, 1.5, F) for f in (path_loss_nlos_db, path_loss_los_db))
    assert bool((nlos >= los).all())


@pytest.mark.parametrize(("los", "sigma_db"), [(True, 4.0), (False, 6.0)])
def test_shadowing_sigma(los: bool, sigma_db: float) -> None:
    generator = torch.Generator().manual_seed(3)
    points = 1e6 * torch.rand(800, 2, generator=generator)  # far apart: independent
    drawn = _draw_shadowing(points, torch.full((10, 800), los), generator)
    assert float(drawn.std()) == pytest.approx(sigma_db, rel=0.05)
    assert float(drawn.mean()) == pytest.approx(0.0, abs=0.3)


def test_shadowing_is_correlated_over_the_ground_and_not_between_sites() -> None:
    generator = torch.Generator().manual_seed(4)
    points = torch.tensor([[0.0, 0.0], [CORRELATION_NLOS_M, 0.0]])
    drawn = _draw_shadowing(points, torch.zeros(20_000, 2, dtype=torch.bool), generator)
    over_ground = float(torch.corrcoef(drawn.T)[0, 1])
    between_sites = float(torch.corrcoef(drawn.reshape(2, -1))[0, 1])
    assert over_ground == pytest.approx(math.exp(-1.0), abs=0.03)
    assert between_sites == pytest.approx(0.0, abs=0.03)


def test_gain_is_loss_pattern_and_shadowing_of_the_site(links: StatisticalLinkMap) -> None:
    gain = links.gain_db()
    assert gain.shape == (1500, 21)
    assert bool(((gain > NO_PATH_DB) & (gain < 0.0)).all())
    isotropic = links.direct.path_gain_db[0, :, 0]
    assert bool((gain[:, :3] <= isotropic[:, None] + 17.0 + 1e-3).all())
    assert bool((gain[:, :3] >= isotropic[:, None] + 17.0 - 30.0 - 1e-3).all())


def test_points_lie_around_the_sites(links: StatisticalLinkMap) -> None:
    channel = load_scenario("uma").channel
    assert channel.kind == "statistical"
    sites = torch.tensor([s.position_m[:2] for s in load_scenario("uma").sites])
    nearest = torch.cdist(links.point_positions_m, sites).amin(-1)
    assert float(nearest.min()) >= channel.min_distance_m
    assert float(nearest.max()) <= channel.cell_radius_m


def test_share_of_los_follows_the_probability(links: StatisticalLinkMap) -> None:
    sites = torch.tensor([s.position_m[:2] for s in load_scenario("uma").sites])
    expected = los_probability(torch.cdist(sites, links.point_positions_m))
    spread = float((expected * (1 - expected)).sum().sqrt())
    assert abs(float(links.los.sum()) - float(expected.sum())) < 4 * spread


def test_fading_is_rayleigh_without_line_of_sight(links: StatisticalLinkMap) -> None:
    severity = links.fading_severity()
    assert severity.shape == (1500, 21)
    assert set(severity[~links.los[0], 0].tolist()) == {1.0}
    k = 10**0.9
    assert float(severity[links.los[0], 0][0]) == pytest.approx((1 + k) ** 2 / (1 + 2 * k))


def test_deterministic_and_selectable(links: StatisticalLinkMap) -> None:
    again = load_link_map(load_scenario("uma"))
    assert torch.equal(again.gain_db(), links.gain_db())
    points = torch.tensor([7, 7, 3])
    chosen = links.select(points)
    assert torch.equal(chosen.gain_db(), links.gain_db()[points])
    assert torch.equal(chosen.fading_severity(), links.fading_severity()[points])


def test_batched_tilts(links: StatisticalLinkMap) -> None:
    tilts = torch.tensor([[2.0], [8.0], [14.0]]).expand(3, 21)
    gains = links.select(torch.arange(5)).gain_db(tilts)
    assert gains.shape == (3, 5, 21)
    assert links.fading_severity(tilts).shape == (3, 1500, 21)
