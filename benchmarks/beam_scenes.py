"""Seeded questions for ``benchmarks.beam_design``: quarters, site twins, zones, UEs."""

import numpy as np

from tools.beams.design.arrays import ArraySite, PlanarArray
from tools.beams.design.channels import RandomMultipath
from tools.beams.design.requirements import BeamRequirements, BrightZone, Circle, DarkZone, Polygon
from tools.beams.design.scene import Scene
from twins.runtime import derive_seed

FREQUENCY_HZ = 3.5e9
SIDE_M = 400.0
SITES = 6
POWER_MW = 40_000.0


def quarter(seed: int, sites: int = SITES) -> Scene:
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
            POWER_MW,
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
    x, y = dark.tolist()
    square = ((x - 25, y - 25), (x + 25, y - 25), (x + 25, y + 25), (x - 25, y + 25))
    wanted = BeamRequirements(
        bright=(
            BrightZone(
                name="bright",
                area=Circle(centre_m=(float(bright[0]), float(bright[1])), radius_m=25.0),
            ),
        ),
        dark=(DarkZone(name="dark", area=Polygon(corners_m=square), maximum_dbm=maximum_dbm),),
        site_count=choose,
    )
    return quarter(seed), wanted
