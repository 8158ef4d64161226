"""Seeded questions for ``benchmarks.beam_design``: quarters, site twins, zones, UEs."""

from functools import cache

import numpy as np

from tools.beams.design.arrays import ArraySite, PlanarArray, Real
from tools.beams.design.channels import RandomMultipath
from tools.beams.design.requirements import (
    BeamRequirements,
    BrightZone,
    Circle,
    DarkZone,
    Polygon,
    ServedUe,
    SinrMinimum,
)
from tools.beams.design.scene import Scene, twin_scene
from twins.runtime import derive_seed
from twins.scenario import load_scenario

FREQUENCY_HZ = 3.5e9
SIDE_M = 400.0
SITES = 6
TWINS = ("munich", "florence", "etoile")
POWER_MW = 40_000.0
SMALL_CELL_MW = 250.0


def quarter(seed: int, sites: int = SITES, power_mw: float = POWER_MW) -> Scene:
    """A random quarter of 400 m with arrays of 8 x 8 at 25 m that look inwards."""
    random = np.random.default_rng(derive_seed("beam-quarter-sites", seed))
    places = random.uniform(0.0, SIDE_M, (sites, 2))
    inwards = SIDE_M / 2 - places
    azimuth = np.degrees(np.arctan2(inwards[:, 1], inwards[:, 0])) + random.uniform(-30, 30, sites)
    arrays = tuple(
        ArraySite(
            f"site {i + 1}",
            (float(x), float(y), 25.0),
            PlanarArray(8, 8, float(azimuth[i]) % 360.0, downtilt_deg=8.0),
            power_mw,
        )
        for i, (x, y) in enumerate(places)
    )
    return Scene(arrays, RandomMultipath(FREQUENCY_HZ, seed, SIDE_M))


def zone_case(seed: int, maximum_dbm: float, choose: int = 1) -> tuple[Scene, BeamRequirements]:
    """One round bright zone and one square dark zone that do not touch."""
    random = np.random.default_rng(derive_seed("beam-zones", seed))
    while True:
        bright = random.uniform(60.0, SIDE_M - 60.0, 2)
        dark = random.uniform(60.0, SIDE_M - 60.0, 2)
        if np.linalg.norm(bright - dark) > 90.0:
            break
    wanted = BeamRequirements(
        bright=(
            BrightZone(
                name="bright",
                area=Circle(centre_m=(float(bright[0]), float(bright[1])), radius_m=25.0),
            ),
        ),
        dark=(dark_square(dark, maximum_dbm),),
        site_count=choose,
    )
    return quarter(seed), wanted


def twin_case(seed: int, maximum_dbm: float) -> tuple[Scene, BeamRequirements]:
    """Streets of munich, florence or etoile in turn; zones of 25 m around points of the twin."""
    scene = _twin(TWINS[seed % len(TWINS)])
    random = np.random.default_rng(derive_seed("beam-twin-zones", seed))
    everything = Circle(centre_m=(0.0, 0.0), radius_m=250.0)
    points = scene.propagation.points_m(everything)
    while True:
        bright, dark = points[random.integers(0, len(points), 2)]
        if np.linalg.norm(bright - dark) > 90.0:
            break
    wanted = BeamRequirements(
        bright=(BrightZone(name="bright", area=_around(bright)),),
        dark=(DarkZone(name="dark", area=_around(dark), maximum_dbm=maximum_dbm),),
    )
    return scene, wanted


@cache
def _twin(name: str) -> Scene:
    return twin_scene(load_scenario(name))


def _around(point: Real) -> Circle:
    x, y = point.tolist()
    return Circle(centre_m=(x, y), radius_m=25.0)


def link_case(
    seed: int,
    maximum_dbm: float | None,
    ues: int = 8,
    sites: int = 2,
    minimum_sinr_db: float | None = None,
) -> tuple[Scene, BeamRequirements]:
    """UEs at random, and a dark square where a limit is given that holds none of them."""
    random = np.random.default_rng(derive_seed("beam-ues", seed))
    dark = random.uniform(60.0, SIDE_M - 60.0, 2)
    places: list[list[float]] = []
    while len(places) < ues:
        place = random.uniform(10.0, SIDE_M - 10.0, 2)
        if np.abs(place - dark).max() > 40.0:
            places.append(place.tolist())
    minimum = None if minimum_sinr_db is None else SinrMinimum(minimum_sinr_db=minimum_sinr_db)
    wanted = BeamRequirements(
        ues=tuple(
            ServedUe(name=f"ue {i + 1}", position_m=(x, y), minimum=minimum)
            for i, (x, y) in enumerate(places)
        ),
        dark=() if maximum_dbm is None else (dark_square(dark, maximum_dbm),),
    )
    return quarter(seed, sites, SMALL_CELL_MW), wanted


def dark_square(middle: Real, maximum_dbm: float) -> DarkZone:
    """50 m by 50 m."""
    x, y = middle.tolist()
    corners = ((x - 25, y - 25), (x + 25, y - 25), (x + 25, y + 25), (x - 25, y + 25))
    return DarkZone(name="dark", area=Polygon(corners_m=corners), maximum_dbm=maximum_dbm)
