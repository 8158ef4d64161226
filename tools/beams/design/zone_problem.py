"""Lighting zones: the most power in bright zones under dark zones, sectors and power limits.

    maximise    mean over bright zones of their mean received power
    subject to  power at every point of a dark zone        <= its maximum
                EIRP in every direction of a sector        <= power limit + maximum gain
                power of each site                         <= its limit
                mean power of each bright zone with a minimum >= that
                at most ``choose`` sites send

Sites are not phase-locked to each other, so their powers add.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.errors import ExitCode, RanwrightError
from contracts.units import dbm_to_mw
from tools.beams.design.arrays import ArraySite, Complex, Real, unit_vectors
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.requirements import BeamRequirements, ForbiddenSector
from tools.beams.design.scene import Scene

SECTOR_STEP_DEG = 3.0
"""Directions of a sector are held at this step: a quarter of the beamwidth of eight columns."""

SECTOR_ELEVATIONS_DEG = (-40.0, -30.0, -20.0, -14.0, -9.0, -4.0, 0.0)


@dataclass(frozen=True)
class Caps:
    """Upper limits on powers that all sites share.

    Args:
        powers: of every point and direction.
        limit_mw: ``[I]``.
        name: the requirement that each belongs to, ``[I]``.
    """

    powers: PowerMap
    limit_mw: Real
    name: tuple[str, ...]


@dataclass(frozen=True)
class ZoneProblem:
    """Everything in milliwatts; see the module.

    Args:
        sites: S candidates.
        bright: mean power over the points of each bright zone.
        minimum_mw: of each bright zone; 0 where there is none.
        zone_names: of the bright zones.
        caps: dark points and forbidden directions.
        choose: how many sites may send.
    """

    sites: tuple[ArraySite, ...]
    bright: PowerMap
    minimum_mw: Real
    zone_names: tuple[str, ...]
    caps: Caps
    choose: int

    def of_sites(self, chosen: Sequence[int]) -> "ZoneProblem":
        """The problem in which the chosen sites alone stand, and all of them send."""
        return ZoneProblem(
            tuple(self.sites[s] for s in chosen),
            self.bright.of_sites(chosen),
            self.minimum_mw,
            self.zone_names,
            Caps(self.caps.powers.of_sites(chosen), self.caps.limit_mw, self.caps.name),
            len(chosen),
        )

    def objective_mw(self, beams: Sequence[Complex]) -> float:
        """Mean over bright zones of the mean power over their points."""
        return float(self.zone_mw(beams).mean())

    def zone_mw(self, beams: Sequence[Complex]) -> Real:
        """Mean power over the points of each bright zone."""
        return self.bright.powers(beams)


def zone_problem(scene: Scene, wanted: BeamRequirements) -> ZoneProblem:
    """Requirements on zones as numbers.

    Raises:
        RanwrightError: ``beams.too_few_sites``, ``beams.no_bright_zone``, ``beams.mixed``, and
            those of the scene.
    """
    sites = scene.limited(wanted.powers)
    if not wanted.bright:
        raise _usage("beams.no_bright_zone", "There is no zone to light.", "Name a bright zone.")
    if wanted.ues:
        raise mixed()
    if wanted.site_count > len(sites):
        raise _usage(
            "beams.too_few_sites",
            f"{wanted.site_count} sites are asked for, the scene has {len(sites)}.",
            "Ask for fewer sites.",
        )
    zones = []
    for zone in wanted.bright:
        rows = scene.propagation.rows(sites, scene.propagation.points_m(zone.area))
        zones.append(PowerMap.mean_of_points(rows))
    minimum = [0.0 if z.minimum_dbm is None else dbm_to_mw(z.minimum_dbm) for z in wanted.bright]
    return ZoneProblem(
        sites=sites,
        bright=PowerMap.joined(zones),
        minimum_mw=np.array(minimum),
        zone_names=tuple(zone.name for zone in wanted.bright),
        caps=caps(scene, sites, wanted),
        choose=wanted.site_count,
    )


def caps(scene: Scene, sites: Sequence[ArraySite], wanted: BeamRequirements) -> Caps:
    """Dark zones point by point, and forbidden sectors site by site and direction by direction."""
    maps: list[PowerMap] = []
    limit_mw: list[Real] = []
    names: list[str] = []
    for zone in wanted.dark:
        points = scene.propagation.points_m(zone.area)
        maps.append(PowerMap.of_points(scene.propagation.rows(sites, points)))
        limit_mw.append(np.full(len(points), dbm_to_mw(zone.maximum_dbm)))
        names += [zone.name] * len(points)
    for sector in wanted.sectors:
        directions = sector_directions(sector)
        gain = dbm_to_mw(sector.maximum_gain_dbi)
        for index, site in enumerate(sites):
            maps.append(_of_one_site(sites, index, site.array.response(directions)))
            limit_mw.append(np.full(len(directions), gain * site.max_power_mw))
            names += [f"{sector.name} at {site.name}"] * len(directions)
    if not maps:
        none = PowerMap.empty([site.array.elements for site in sites])
        return Caps(none, np.zeros(0), ())
    return Caps(PowerMap.joined(maps), np.concatenate(limit_mw), tuple(names))


def sector_directions(sector: ForbiddenSector) -> Real:
    """Unit vectors ``[D, 3]`` at which a sector is held: both edges, and from -40 degrees up to 0.

    Compass degrees become those of the scene, counter-clockwise from +x.
    """
    steps = max(1, int(np.ceil(sector.width_deg / SECTOR_STEP_DEG)))
    compass_deg = sector.from_deg + np.linspace(0.0, sector.width_deg, steps + 1)
    azimuth, elevation = np.meshgrid(90.0 - compass_deg, np.array(SECTOR_ELEVATIONS_DEG))
    return unit_vectors(azimuth.ravel(), elevation.ravel())


def mixed() -> RanwrightError:
    """Bright zones and UEs in one question: streams for both are not designed together."""
    return _usage(
        "beams.mixed",
        "Bright zones and UEs are asked for together.",
        "Ask for them one after the other, each with its share of the power.",
    )


def _of_one_site(sites: Sequence[ArraySite], index: int, rows: Complex) -> PowerMap:
    """Powers that only one of the sites adds to."""
    found, owner = [], []
    for i, site in enumerate(sites):
        found.append(rows if i == index else np.zeros((0, site.array.elements), np.complex128))
        owner.append(np.arange(len(rows) if i == index else 0, dtype=np.intp))
    return PowerMap(tuple(found), tuple(owner), len(rows))


def _usage(code: str, message: str, remedy: str) -> RanwrightError:
    return RanwrightError(code, message, remedy, ExitCode.USAGE)
