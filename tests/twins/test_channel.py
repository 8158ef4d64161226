import math
from pathlib import Path

import pytest
import torch

from contracts.canonical import digest_bytes
from contracts.errors import ExitCode, RanwrightError
from twins.channel import (
    MAX_FADING_M,
    NO_PATH_DB,
    TracedLinkMap,
    candidate_points,
    load_link_map,
    rsrp_dbm,
)
from twins.scenario import RayTracedChannel, Scenario, load_scenario, scenario_path
from twins.sionna.paths import TracedPaths, load_paths, write_paths


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("munich")


@pytest.fixture(scope="module")
def links(scenario: Scenario) -> TracedLinkMap:
    loaded = load_link_map(scenario)
    assert isinstance(loaded, TracedLinkMap)
    return loaded


def link_map(*path_gain_db: float, elevation_deg: float = 0.0) -> TracedLinkMap:
    """One site, one sector with boresight +x, one point, paths at boresight azimuth."""
    length = len(path_gain_db)
    return TracedLinkMap(
        point_positions_m=torch.zeros(1, 2),
        cell_ids=(1,),
        cell_site=torch.zeros(1, dtype=torch.long),
        cell_azimuth_deg=torch.zeros(1),
        cell_tilt_deg=torch.zeros(1),
        antenna=load_scenario("munich").antenna,
        path_gain_db=torch.tensor(path_gain_db).reshape(1, 1, length),
        azimuth_deg=torch.zeros(1, 1, length),
        elevation_deg=torch.full((1, 1, length), elevation_deg),
        delay_ns=torch.zeros(1, 1, length),
    )


def test_gain_is_the_power_sum_with_the_pattern() -> None:
    assert float(link_map(-100.0, -100.0).gain_db()) == pytest.approx(-100 + 3.0103 + 17, abs=1e-3)


def test_no_path_has_the_floor_gain() -> None:
    empty = link_map(-math.inf, -math.inf)
    assert float(empty.gain_db()) == NO_PATH_DB
    assert float(empty.fading_severity()) == 1.0


@pytest.mark.parametrize("count", [2, 4, 8])
def test_equal_paths_fade_as_their_moments_say(count: int) -> None:
    # power of n unit phasors: mean n, variance n^2 - n, so m = n / (n - 1)
    expected = count / (count - 1)
    assert float(link_map(*[-90.0] * count).fading_severity()) == pytest.approx(expected, rel=1e-4)


def test_severity_matches_drawn_phases() -> None:
    gains = (-90.0, -93.0, -97.0)
    generator = torch.Generator().manual_seed(0)
    phase = 2 * math.pi * torch.rand(200_000, 3, generator=generator)
    amplitude = torch.pow(10.0, torch.tensor(gains) / 20)
    power = torch.polar(amplitude.expand_as(phase), phase).sum(1).abs().square()
    drawn = float(power.mean() ** 2 / power.var())
    assert float(link_map(*gains).fading_severity()) == pytest.approx(drawn, rel=0.02)


def test_a_single_path_does_not_fade() -> None:
    assert float(link_map(-90.0, -math.inf).fading_severity()) == pytest.approx(MAX_FADING_M)


def test_tilt_moves_the_vertical_maximum() -> None:
    down = link_map(-90.0, elevation_deg=-8.0)
    tilts = torch.arange(0.0, 16.0).unsqueeze(-1)
    assert int(down.gain_db(tilts).flatten().argmax()) == 8


def test_rsrp_spreads_the_power_over_the_subcarriers(scenario: Scenario) -> None:
    # 46.02 dBm over 12 * 273 sub-carriers, 100 dB loss
    value = rsrp_dbm(scenario, torch.tensor([[-100.0]]), torch.tensor([40_000.0]))
    assert float(value) == pytest.approx(46.0206 - 35.1534 - 100.0, abs=1e-3)


def test_munich_is_physical(scenario: Scenario, links: TracedLinkMap) -> None:
    gain = links.gain_db()
    assert gain.shape == (len(links.point_positions_m), 9)
    assert float(gain.max()) < -40.0  # 17 dBi at 20 m is still a loss
    assert float(gain.min()) >= NO_PATH_DB
    # no path is stronger than free space over its own length (0.5 dB for rounded delays)
    length_m = links.delay_ns.clamp(min=1.0) * 0.299792458
    free_db = -20 * torch.log10(4 * math.pi * length_m * scenario.carrier.frequency_hz / 299792458)
    there = torch.isfinite(links.path_gain_db)
    assert bool((links.path_gain_db[there] <= free_db[there] + 0.5).all())
    assert bool((links.path_gain_db[..., :-1] >= links.path_gain_db[..., 1:])[there[..., 1:]].all())


def test_munich_gain_falls_with_distance(scenario: Scenario, links: TracedLinkMap) -> None:
    site = torch.tensor(scenario.sites[0].position_m[:2])
    distance = (links.point_positions_m - site).norm(dim=-1)
    power = torch.pow(10.0, links.path_gain_db[0] / 10).sum(-1)
    means = [
        float(power[(distance >= low) & (distance < low + 100)].mean())
        for low in (0, 100, 200, 300)
    ]
    assert means == sorted(means, reverse=True)


def test_munich_serves_every_cell(scenario: Scenario, links: TracedLinkMap) -> None:
    candidates = candidate_points(scenario, links)
    best = links.select(candidates).gain_db().argmax(-1)
    share = torch.bincount(best, minlength=9) / len(candidates)
    assert len(candidates) > 3000
    assert float(share.min()) > 0.05


def test_select_and_batches(links: TracedLinkMap) -> None:
    points = torch.tensor([5, 5, 2])
    chosen = links.select(points)
    assert torch.equal(chosen.gain_db(), links.gain_db()[points])
    assert torch.equal(chosen.point_positions_m, links.point_positions_m[points])
    tilts = torch.stack([links.cell_tilt_deg, links.cell_tilt_deg + 2])
    batch = chosen.gain_db(tilts)
    assert batch.shape == (2, 3, 9)
    assert torch.equal(batch[0], chosen.gain_db())
    assert chosen.fading_severity(tilts).shape == (2, 3, 9)


def test_loading_is_deterministic(scenario: Scenario, links: TracedLinkMap) -> None:
    assert torch.equal(load_link_map(scenario).gain_db(), links.gain_db())


def copy(scenario: Scenario, folder: Path) -> bytes:
    assert isinstance(scenario.channel, RayTracedChannel)
    data = (scenario_path("munich").parent / scenario.channel.paths_file).read_bytes()
    (folder / scenario.channel.paths_file).write_bytes(data)
    return data


def test_file_is_small_and_round_trips(scenario: Scenario, tmp_path: Path) -> None:
    data = copy(scenario, tmp_path)
    assert len(data) < 2_000_000
    paths = TracedPaths.from_bytes(data)
    assert set(paths.provenance) == {"inputs", "tracer"}
    again = TracedPaths.from_bytes(paths.to_bytes())
    assert (again.gain == paths.gain).all()
    assert paths.to_bytes() == again.to_bytes()


def test_missing_file_is_refused(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(RanwrightError) as caught:
        load_link_map(scenario, tmp_path)
    assert caught.value.code == "scenario.paths_missing"
    assert caught.value.exit_code is ExitCode.USAGE


def test_another_file_is_refused(scenario: Scenario, tmp_path: Path) -> None:
    data = bytearray(copy(scenario, tmp_path))
    data[len(data) // 2] ^= 1
    (tmp_path / "munich.paths.npz").write_bytes(data)
    with pytest.raises(RanwrightError) as caught:
        load_link_map(scenario, tmp_path)
    assert caught.value.code == "scenario.paths_digest"


def test_moved_site_is_refused(scenario: Scenario) -> None:
    moved = scenario.sites[0].model_copy(update={"position_m": (0.0, 0.0, 50.0)})
    edited = scenario.model_copy(update={"sites": (moved, *scenario.sites[1:])})
    with pytest.raises(RanwrightError, match="sites_m") as caught:
        load_link_map(edited)
    assert caught.value.code == "scenario.paths_stale"


def test_written_file_loads_again(scenario: Scenario, tmp_path: Path) -> None:
    assert isinstance(scenario.channel, RayTracedChannel)
    paths = TracedPaths.from_bytes(copy(scenario, tmp_path))
    yaml_file = tmp_path / "munich.yaml"
    text = scenario_path("munich").read_text(encoding="utf-8")
    yaml_file.write_text(text, encoding="utf-8")
    digest = write_paths(yaml_file, scenario.channel, paths)
    assert digest == digest_bytes((tmp_path / "munich.paths.npz").read_bytes())
    reloaded = load_scenario(str(yaml_file))
    assert isinstance(reloaded.channel, RayTracedChannel)
    assert load_paths(reloaded, reloaded.channel, tmp_path).cell_ids == scenario.cell_ids


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip"])
def test_garbage_is_not_a_file_of_paths(data: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        TracedPaths.from_bytes(data)
