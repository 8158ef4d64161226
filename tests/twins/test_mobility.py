import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from twins.dynamics.mobility import build_streets, walk
from twins.dynamics.profile import Mobility
from twins.dynamics.randomness import stream

STEP_M = 6.0
FRAME_S = 0.01


def cross(arm: int) -> np.ndarray:
    """A crossing of two streets, one point wide."""
    along = np.arange(-arm, arm + 1)
    points = {(x, 0) for x in along} | {(0, y) for y in along}
    return np.array(sorted(points), dtype=float) * STEP_M


def grid_points(seed: int, count: int) -> np.ndarray:
    """Points of a grid with holes, as a link map has them."""
    cells = stream("test", seed).choice(144, count, replace=False)
    return np.stack([cells // 12, cells % 12], -1) * STEP_M


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(40, 140),
    kind=st.sampled_from(["pedestrian", "vehicle"]),
    speed_kmh=st.floats(1.0, 120.0),
)
def test_nobody_leaves_the_streets(seed: int, count: int, kind: str, speed_kmh: float) -> None:
    streets = build_streets(grid_points(seed, count), STEP_M)
    ways = walk(
        streets,
        Mobility(kind=kind, speed_kmh=(speed_kmh, speed_kmh)),
        4,
        300,
        FRAME_S,
        stream("walk", seed),
    )
    assert ways.share.min() >= 0.0
    assert ways.share.max() <= 1.0
    behind, ahead = streets.positions_m[ways.behind], streets.positions_m[ways.ahead]
    assert np.linalg.norm(ahead - behind, axis=-1).max() <= 1.5 * STEP_M
    at = ways.interpolate(streets.positions_m, slice(None))
    moved_m = np.linalg.norm(np.diff(at, axis=0), axis=-1)
    assert moved_m.max() <= speed_kmh / 3.6 * FRAME_S + 1e-9


def test_vehicles_go_straight_on_more_often_than_pedestrians() -> None:
    def turns(kind: str) -> float:
        grid = np.stack(np.meshgrid(np.arange(40), np.arange(40)), -1).reshape(-1, 2) * STEP_M
        mobility = Mobility(kind=kind, speed_kmh=(50.0, 50.0))
        ways = walk(build_streets(grid, STEP_M), mobility, 30, 1000, FRAME_S, stream("turns"))
        way = grid[ways.ahead] - grid[ways.behind]
        return float((np.diff(way, axis=0) != 0).any(-1).mean())

    assert turns("vehicle") < 0.5 * turns("pedestrian")


def test_a_vehicle_turns_round_only_where_the_street_ends() -> None:
    points = cross(5)
    mobility = Mobility(kind="vehicle", speed_kmh=(50.0, 50.0))
    ways = walk(build_streets(points, STEP_M), mobility, 40, 2000, FRAME_S, stream("ends"))
    way = points[ways.ahead] - points[ways.behind]
    back = np.isclose((way[1:] * way[:-1]).sum(-1), -(STEP_M**2))
    assert back.any()
    at = points[ways.behind[1:]][back]
    assert np.allclose(np.abs(at).max(-1), 5 * STEP_M)


def test_speed_is_kept_along_the_way() -> None:
    line = np.stack([np.arange(200) * STEP_M, np.zeros(200)], -1)
    mobility = Mobility(kind="pedestrian", speed_kmh=(3.6, 3.6))
    ways = walk(build_streets(line, STEP_M), mobility, 5, 500, FRAME_S, stream("speed"))
    at = ways.interpolate(line, slice(None))
    moved = np.abs(np.diff(at[..., 0], axis=0))
    assert np.median(moved) == pytest.approx(0.01)
    assert ways.speed_m_s == pytest.approx(1.0)


def test_without_streets_nobody_can_walk() -> None:
    streets = build_streets(np.array([[0.0, 0.0], [100.0, 0.0]]), STEP_M)
    mobility = Mobility(kind="vehicle", speed_kmh=(30.0, 50.0))
    with pytest.raises(RanwrightError) as caught:
        walk(streets, mobility, 3, 10, FRAME_S, stream("none"))
    assert caught.value.code == "dynamics.no_streets"
    still = walk(
        streets, Mobility(kind="static", speed_kmh=(0.0, 0.0)), 3, 10, FRAME_S, stream("still")
    )
    assert (still.behind == still.ahead).all()
