import math

import pytest
import torch

from twins.runtime import seeded
from twins.sionna.system import load_system_level
from twins.tr38901 import path_loss
from twins.tr38901.environment import Environment, Links, draw_links, load_environment
from twins.tr38901.indoor import HIGH_LOSS, LOW_LOSS, Placement, place
from twins.tr38901.large_scale import LinkState, Parameter, draw_fields, load_tables

F = 3.5e9
LOW = torch.tensor(1.5, dtype=torch.float64)


def at(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def outdoors(count: int, height_m: float = 1.5) -> Placement:
    return place(count, 0.0, 0.5, height_m, F, seeded("test", count))


def links_of(environment: str, points: torch.Tensor, indoor_share: float = 0.0) -> Links:
    placement = place(len(points), indoor_share, 0.5, 1.5, F, seeded("test", "place"))
    sites = torch.tensor([[0.0, 0.0, 25.0], [500.0, 0.0, 25.0]])
    return draw_links(load_environment(environment, F), sites, points, placement, 5)


@pytest.mark.parametrize(
    ("probability", "distance_m", "expected"),
    [
        (path_loss.uma_los_probability, 18.0, 1.0),
        (path_loss.uma_los_probability, 100.0, 0.3477),
        (path_loss.uma_los_probability, 500.0, 0.0363),
        (path_loss.umi_los_probability, 100.0, 0.2310),
    ],
)
def test_los_probability(probability, distance_m, expected) -> None:
    assert float(probability(at(distance_m), LOW)) == pytest.approx(expected, abs=5e-4)


def test_high_ues_of_uma_see_the_site_more_often() -> None:
    # C'(22.5) = (9.5 / 10)^1.5 = 0.92594; 1 + 0.92594 * 1.25 * 2^3 * exp(-200 / 150) = 3.4408
    low, high = (
        float(path_loss.uma_los_probability(at(200.0), torch.tensor(h))) for h in (13.0, 22.5)
    )
    assert high / low == pytest.approx(3.4408, abs=1e-3)


def test_path_loss_by_hand() -> None:
    # UMa, 100 m, 25 m to 1.5 m: d3D 102.724 m; 28.0 + 22 * 2.01167 + 10.8814
    los = path_loss.uma_los_db(at(100.0), at(25.0), LOW, at(1.0), F)
    assert float(los) == pytest.approx(83.138, abs=2e-3)
    # beyond the break point of 560 m: 28 + 40 * 3.00012 + 10.8814 - 9 * lg(560^2 + 23.5^2)
    far = path_loss.uma_los_db(at(1000.0), at(25.0), LOW, at(1.0), F)
    assert float(far) == pytest.approx(109.412, abs=2e-3)
    # UMi at 30 GHz, 50 m, 10 m to 1.5 m: d3D 50.717 m; 32.4 + 21 * 1.70516 + 29.5424
    umi = path_loss.umi_los_db(at(50.0), at(10.0), LOW, at(1.0), 30e9)
    assert float(umi) == pytest.approx(97.751, abs=2e-3)


@pytest.mark.parametrize("los_db", [path_loss.uma_los_db, path_loss.umi_los_db])
def test_path_loss_is_continuous_at_the_break_point(los_db) -> None:
    break_point = 4.0 * 24.0 * 0.5 * F / 3e8
    near, far = (
        float(los_db(at(d), at(25.0), LOW, at(1.0), F)) for d in (break_point, break_point + 1e-3)
    )
    # UMi's coefficients leave a step of half a decibel in 1 m of height; UMa's fit
    assert far - near == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("name", ["UMa", "UMi"])
@pytest.mark.parametrize("los", [True, False])
@pytest.mark.parametrize("ghz", [3.5, 30.0])
def test_path_loss_agrees_with_sionna(name: str, los: bool, ghz: float) -> None:
    load_system_level(1)
    from sionna.phy.channel import tr38901

    array = tr38901.PanelArray(1, 1, "single", "V", "omni", ghz * 1e9)
    height = 25.0 if name == "UMa" else 10.0
    distance = torch.linspace(20.0, 1500.0, 60)
    ue_height = torch.tensor([1.5, 7.5]).repeat(30)
    ues = torch.stack([distance, torch.zeros(60), ue_height], -1)[None]
    kind = tr38901.UMaScenario if name == "UMa" else tr38901.UMiScenario
    theirs = kind(ghz * 1e9, "low", array, array, "downlink", spec_version="16.1")
    still = torch.zeros(1, 60, 3)
    theirs.set_topology(
        ues, at(0, 0, height).float()[None, None], still, torch.zeros(1, 1, 3), still,
        torch.zeros(1, 60, dtype=torch.bool), los=los,
    )  # fmt: skip
    own = load_environment(name, ghz * 1e9)
    seen = own.los_db(distance, torch.tensor(height), ue_height, torch.ones(60), ghz * 1e9)
    hidden = own.nlos_db(distance, torch.tensor(height), ue_height, ghz * 1e9)
    expected = seen if los else torch.maximum(seen, hidden)
    # they take light at 299 792 458 m/s, the report at 3e8
    torch.testing.assert_close(theirs.basic_pathloss[0, 0], expected, atol=0.02, rtol=0)
    probability = own.los_probability(distance, ue_height)
    torch.testing.assert_close(theirs.los_probability[0, 0], probability, atol=1e-5, rtol=0)


def test_walls_by_hand() -> None:
    # TR 38.901 Table 7.4.3-2 at 6 GHz: glass 3.2 dB, concrete 29 dB, IRR glass 24.8 dB
    low = 5 - 10 * math.log10(0.3 * 10**-0.32 + 0.7 * 10**-2.9)
    high = 5 - 10 * math.log10(0.7 * 10**-2.48 + 0.3 * 10**-2.9)
    assert LOW_LOSS.loss_db(6e9) == pytest.approx(low)
    assert HIGH_LOSS.loss_db(6e9) == pytest.approx(high)


def test_placement() -> None:
    placed = place(20_000, 0.8, 0.5, 1.5, F, seeded("test", 1))
    indoor = placed.indoor
    assert float(indoor.float().mean()) == pytest.approx(0.8, abs=0.01)
    assert set(placed.height_m[~indoor].tolist()) == {1.5}
    assert set(placed.height_m[indoor].tolist()) == {1.5 + 3.0 * n for n in range(8)}
    assert float(placed.indoor_distance_m[indoor].mean()) == pytest.approx(25 / 3, rel=0.02)
    assert not placed.penetration_db[~indoor].any()
    assert not placed.indoor_distance_m[~indoor].any()


def test_a_link_is_in_one_state_and_ues_in_buildings_are_o2i() -> None:
    links = links_of("UMa", 400.0 * torch.rand(300, 2), indoor_share=0.5)
    states = links.states()
    assert bool((sum(s.int() for s in states.values()) == 1).all())
    assert torch.equal(states[LinkState.O2I][0], links.placement.indoor)
    k = links.parameters(Parameter.RICIAN_K)[Parameter.RICIAN_K]
    assert torch.equal(torch.isfinite(k), states[LinkState.LOS])


def test_indoor_loss_comes_off_the_gain() -> None:
    links = links_of("UMi", 400.0 * torch.rand(300, 2), indoor_share=1.0)
    shadowing = links.parameters(Parameter.SHADOWING)[Parameter.SHADOWING]
    lost = links.placement.penetration_db
    assert torch.allclose(links.gain_db, shadowing - links.path_loss_db - lost)
    assert float(lost.mean()) > 15.0


@pytest.mark.parametrize("state", list(LinkState))
@pytest.mark.parametrize("name", ["UMa", "UMi"])
def test_fields_have_the_tables_moments(name: str, state: LinkState) -> None:
    tables = load_tables(name, 6e9)
    points = 1e6 * torch.rand(1500, 2, generator=seeded("test", 2))  # far apart: independent
    drawn = draw_fields(tables, state, Parameter, points, torch.zeros(1500), 8, 3)
    for parameter, values in drawn.items():
        told = tables[state].statistics[parameter]
        assert float(values.mean()) == pytest.approx(told.mean, abs=0.05 * told.deviation)
        assert float(values.std()) == pytest.approx(told.deviation, rel=0.03)
    stacked = torch.stack([v.flatten() for v in drawn.values()])
    torch.testing.assert_close(
        torch.corrcoef(stacked.double()), tables[state].correlation, atol=0.04, rtol=0
    )


def test_shadowing_falls_off_over_the_ground_and_not_between_sites() -> None:
    tables = load_tables("UMa", 6e9)
    points, level = torch.tensor([[0.0, 0.0], [50.0, 0.0]]), torch.full((2,), 1.5)
    drawn = draw_fields(tables, LinkState.NLOS, [Parameter.SHADOWING], points, level, 20_000, 4)
    values = drawn[Parameter.SHADOWING]
    over_ground = float(torch.corrcoef(values.T)[0, 1])
    between_sites = float(torch.corrcoef(values.reshape(2, -1))[0, 1])
    assert over_ground == pytest.approx(math.exp(-1.0), abs=0.03)
    assert between_sites == pytest.approx(0.0, abs=0.03)


def test_floors_are_unrelated() -> None:
    tables = load_tables("UMi", 6e9)
    points, heights = torch.zeros(2, 2), torch.tensor([1.5, 4.5])
    drawn = draw_fields(tables, LinkState.O2I, [Parameter.SHADOWING], points, heights, 20_000, 4)
    assert abs(float(torch.corrcoef(drawn[Parameter.SHADOWING].T)[0, 1])) < 0.03


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(KeyError):
        load_environment("RMa", F)


def test_what_else_is_drawn_changes_nothing() -> None:
    links = links_of("UMa", 400.0 * torch.rand(100, 2, generator=seeded("test", 3)), 0.3)
    alone = links.parameters(Parameter.SHADOWING)[Parameter.SHADOWING]
    together = links.parameters(*Parameter)
    assert torch.equal(alone, together[Parameter.SHADOWING])
    assert all(values.shape == links.los.shape for values in together.values())


def test_environment_height_is_drawn_for_high_ues_only() -> None:
    environment: Environment = load_environment("UMa", F)
    distance = torch.full((1, 4000), 200.0)
    low, high = (
        environment.environment_height_m(
            distance, torch.full((1, 4000), h), seeded("test", "height")
        )
        for h in (10.5, 22.5)
    )
    assert set(low.unique().tolist()) == {1.0}
    # C = 0.92594 * 1.25 * 8 * exp(-200 / 150) = 2.4408: 1 m with probability 1 / 3.4408
    assert float((high == 1.0).float().mean()) == pytest.approx(1 / 3.4408, abs=0.03)
    assert set(high.unique().tolist()) == {1.0, 12.0, 15.0, 18.0, 21.0}
