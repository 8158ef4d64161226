"""Arrays and channels keep to the physics they claim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.beams.design.arrays import ArraySite, PlanarArray, unit_vectors
from tools.beams.design.channels import LineOfSight, RandomMultipath, lattice
from tools.beams.design.requirements import Circle, Polygon, SitePower
from tools.beams.design.scene import Scene, twin_scene
from twins.channel import load_link_map
from twins.scenario import load_scenario

ARRAY = PlanarArray(4, 8, azimuth_deg=30.0, downtilt_deg=10.0)
SITE = ArraySite("a", (0.0, 0.0, 25.0), ARRAY, 1000.0)


def test_boresight_gain_is_that_of_the_element_times_their_number() -> None:
    boresight = unit_vectors(np.array(30.0), np.array(-10.0))
    row = ARRAY.response(boresight)
    beam = row.conj() / np.linalg.norm(row)
    gain_db = 10 * np.log10(abs(row @ beam) ** 2)
    assert gain_db == pytest.approx(8.0 + 10 * np.log10(32))


def test_a_beam_has_its_maximum_where_it_points() -> None:
    wanted = ARRAY.response(unit_vectors(np.array(50.0), np.array(-5.0)))
    azimuths = np.arange(-60.0, 120.0, 0.5)
    cut = ARRAY.response(unit_vectors(azimuths, np.full_like(azimuths, -5.0)))
    pattern = abs(cut @ wanted.conj()) / np.linalg.norm(cut, axis=1)
    assert azimuths[pattern.argmax()] == pytest.approx(50.0)


@settings(max_examples=25, deadline=None)
@given(x=st.floats(20, 300), y=st.floats(-200, 300))
def test_line_of_sight_is_friis(x: float, y: float) -> None:
    air = LineOfSight(3.5e9)
    (rows,) = air.rows([SITE], np.array([[x, y]]))
    offset = np.array([x, y, 1.5 - 25.0])
    distance = np.linalg.norm(offset)
    element = np.linalg.norm(ARRAY.response(offset / distance)) ** 2
    expected = (299792458.0 / 3.5e9 / (4 * np.pi * distance)) ** 2 * element
    assert np.linalg.norm(rows) ** 2 == pytest.approx(expected)


def test_multipath_follows_from_its_seed_and_is_the_same_for_every_set_of_points() -> None:
    points = np.array([[50.0, 60.0], [200.0, 100.0], [320.0, 310.0]])
    whole = RandomMultipath(3.5e9, seed=5).rows([SITE], points)[0]
    part = RandomMultipath(3.5e9, seed=5).rows([SITE], points[1:])[0]
    other = RandomMultipath(3.5e9, seed=6).rows([SITE], points)[0]
    np.testing.assert_allclose(part, whole[1:])
    assert abs(other - whole).max() > 0


def test_the_direct_path_is_line_of_sight_or_loses_what_a_building_takes() -> None:
    points = lattice(Circle(centre_m=(250.0, 200.0), radius_m=120.0), 20.0)
    direct = RandomMultipath(3.5e9, seed=1, buildings=12).rows([SITE], points)[0][:, 0]
    free = LineOfSight(3.5e9).rows([SITE], points)[0][:, 0]
    lost_db = 20 * np.log10(np.linalg.norm(free, axis=1) / np.linalg.norm(direct, axis=1))
    assert set(np.round(lost_db, 6)) == {0.0, 25.0}


def test_scattered_paths_are_weaker_than_the_free_direct_one() -> None:
    points = lattice(Circle(centre_m=(250.0, 200.0), radius_m=80.0), 20.0)
    rows = RandomMultipath(3.5e9, seed=1, buildings=0).rows([SITE], points)[0]
    assert rows.shape[1:] == (13, 32)
    lone = np.linalg.norm(rows, axis=2)
    assert np.median(lone[:, 1:].max(axis=1) / lone[:, 0]) < 1.0


def test_lattices_hold_the_outline_and_stay_inside() -> None:
    triangle = Polygon(corners_m=((0, 0), (40, 0), (0, 40)))
    points = lattice(triangle, 4.0)
    assert (points.sum(axis=1) <= 40.0 + 1e-9).all()
    assert len(points) > 50
    corners = {tuple(corner) for corner in triangle.corners_m}
    assert corners <= {tuple(point) for point in points.tolist()}
    small = lattice(Circle(centre_m=(3.0, 4.0), radius_m=0.5), 8.0)
    np.testing.assert_allclose(np.linalg.norm(small - [3.0, 4.0], axis=1), 0.5)


def test_traced_power_is_that_of_the_twin_for_one_element() -> None:
    scenario = load_scenario("munich")
    scene = twin_scene(scenario, rows=1, columns=1)
    area = Circle(centre_m=(0.0, 0.0), radius_m=40.0)
    points = scene.propagation.points_m(area)
    rows = scene.propagation.rows(scene.sites[:1], points)[0]
    links = load_link_map(scenario)
    paths = links.path_gain_db[0].numpy()  # type: ignore[attr-defined]
    known = {tuple(p): i for i, p in enumerate(links.point_positions_m.numpy().tolist())}
    for point, row in zip(points.tolist(), rows, strict=True):
        gains = paths[known[tuple(point)]]
        heard = np.linalg.norm(row, axis=1) > 0
        assert heard.sum() == np.isfinite(gains).sum()
        element_db = 20 * np.log10(np.linalg.norm(row[heard], axis=1)) - gains[np.isfinite(gains)]
        assert (element_db <= 8.0 + 1e-4).all()
        assert (element_db >= -22.0 - 1e-4).all()


def test_zones_off_the_streets_and_sites_unknown_are_refused() -> None:
    scene = twin_scene(load_scenario("munich"))
    with pytest.raises(RanwrightError) as caught:
        scene.propagation.points_m(Circle(centre_m=(9e3, 0.0), radius_m=5.0))
    assert caught.value.code == "beams.zone_outside"
    with pytest.raises(RanwrightError) as caught:
        scene.limited((SitePower(site="moon", maximum_dbm=1.0),))
    assert caught.value.code == "beams.site_unknown"
    with pytest.raises(RanwrightError) as caught:
        twin_scene(load_scenario("uma"))
    assert caught.value.code == "beams.not_traced"


def test_a_power_limit_only_lowers() -> None:
    scene = Scene((SITE,), LineOfSight(3.5e9))
    assert scene.limited((SitePower(site="a", maximum_dbm=20.0),))[0].max_power_mw == 100.0
    assert scene.limited((SitePower(site="a", maximum_dbm=60.0),))[0].max_power_mw == 1000.0
    assert 10 * np.log10(scene.noise_mw) == pytest.approx(-85.0)
