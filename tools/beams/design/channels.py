"""Channels from candidate sites to points: line of sight, traced paths, random multipath.

A channel is a set of *rows*: the field at a point is ``row @ w`` for precoder ``w`` in square roots
of milliwatts. Rows of one point, one a path, add in power: a zone is wider than a wavelength, so
phases between paths change many times between two points that stand for it, and the power of a
point is its local mean over them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from contracts.errors import ExitCode, RanwrightError
from tools.beams.design.arrays import ArraySite, Complex, Real, unit_vectors, wavelength_m
from tools.beams.design.requirements import Area, Circle
from twins.channel import TracedLinkMap
from twins.runtime import derive_seed
from twins.scenario import Scenario

_MAX_ZONE_POINTS = 400


class Propagation(Protocol):
    """What the air does between sites and points at UE height."""

    def points_m(self, area: Area) -> Real:
        """The points that stand for a zone, ``[P, 2]``."""
        ...

    def rows(self, sites: Sequence[ArraySite], points_m: Real) -> list[Complex]:
        """One array ``[P, L, N]`` a site; rows of a point add in power."""
        ...


@dataclass(frozen=True)
class LineOfSight:
    """Free space, one direct path."""

    frequency_hz: float
    ue_height_m: float = 1.5
    spacing_m: float = 10.0

    def points_m(self, area: Area) -> Real:
        """A lattice of ``spacing_m`` and the zone's outline."""
        return lattice(area, self.spacing_m)

    def rows(self, sites: Sequence[ArraySite], points_m: Real) -> list[Complex]:
        """See :class:`Propagation`; L = 1."""
        return [self._direct(site, points_m)[:, None, :] for site in sites]

    def _direct(self, site: ArraySite, points_m: Real) -> Complex:
        offset, length_m = _offsets(site.position_m, points_m, self.ue_height_m)
        amplitude = spherical_wave(length_m, self.frequency_hz)
        return amplitude[:, None] * site.array.response(offset / length_m[:, None])


@dataclass(frozen=True)
class RandomMultipath:
    """A made-up quarter: round buildings that block, points that scatter; one seed, one quarter.

    Direct paths through a building lose ``blocked_loss_db``. Each scatterer adds a path of the
    whole detour's length and a loss of its own. All points see the same quarter, so channels are
    consistent over space.
    """

    frequency_hz: float
    seed: int
    side_m: float = 400.0
    scatterers: int = 12
    buildings: int = 8
    blocked_loss_db: float = 25.0
    ue_height_m: float = 1.5
    spacing_m: float = 10.0

    def points_m(self, area: Area) -> Real:
        """A lattice of ``spacing_m`` and the zone's outline."""
        return lattice(area, self.spacing_m)

    def rows(self, sites: Sequence[ArraySite], points_m: Real) -> list[Complex]:
        """See :class:`Propagation`; L is one path a scatterer after the direct one."""
        return [self._site_rows(site, points_m) for site in sites]

    def _site_rows(self, site: ArraySite, points_m: Real) -> Complex:
        random = np.random.default_rng(derive_seed("beam-quarter", self.seed))
        side = self.side_m
        middle = random.uniform(0.0, side, (self.buildings, 2))
        radius_m = random.uniform(8.0, 25.0, self.buildings)
        place = random.uniform(0.0, side, (self.scatterers, 2))
        height_m = random.uniform(2.0, 20.0, self.scatterers)
        loss_db = random.uniform(6.0, 20.0, self.scatterers)
        offset, length_m = _offsets(site.position_m, points_m, self.ue_height_m)
        hidden = _passes(np.array(site.position_m[:2]), points_m, middle, radius_m)
        kept = 10.0 ** (-self.blocked_loss_db * hidden / 20.0)
        amplitude = kept * spherical_wave(length_m, self.frequency_hz)
        direct = amplitude[:, None] * site.array.response(offset / length_m[:, None])
        scatterers = np.column_stack([place, height_m])
        first = scatterers - np.array(site.position_m)
        first_m = np.linalg.norm(first, axis=1)
        ends = np.column_stack([points_m, np.full(len(points_m), self.ue_height_m)])
        second_m = np.linalg.norm(ends[:, None, :] - scatterers, axis=2)
        gain = 10.0 ** (-loss_db / 20.0) * spherical_wave(first_m + second_m, self.frequency_hz)
        bounced = gain[:, :, None] * site.array.response(first / first_m[:, None])
        return np.concatenate([direct[:, None, :], bounced], axis=1)


@dataclass(frozen=True)
class TracedPaths:
    """The paths of a site twin: gains and angles as traced, phases between paths unknown.

    Args:
        links: the traced map; its points are the only points there are.
        site_of: index into the map's sites for each name of an array site.
    """

    links: TracedLinkMap
    site_of: dict[str, int]

    def points_m(self, area: Area) -> Real:
        """The traced points inside the zone.

        Raises:
            RanwrightError: ``beams.zone_outside``: no point of the twin lies there.
        """
        points: Real = self.links.point_positions_m.numpy().astype(np.float64)
        found = points[inside(area, points)]
        if not len(found):
            raise RanwrightError(
                "beams.zone_outside",
                "A zone holds no street point of the site twin.",
                "Move or widen it; `ranwright twin show` draws the points.",
                ExitCode.USAGE,
            )
        return thinned(found)

    def rows(self, sites: Sequence[ArraySite], points_m: Real) -> list[Complex]:
        """See :class:`Propagation`; L paths, strongest first."""
        known: Real = self.links.point_positions_m.numpy().astype(np.float64)
        nearest = np.linalg.norm(points_m[:, None, :] - known, axis=2).argmin(axis=1)
        found: list[Complex] = []
        for site in sites:
            index = self.site_of[site.name]
            gain_db = self.links.path_gain_db[index].numpy()[nearest].astype(np.float64)
            azimuth = self.links.azimuth_deg[index].numpy()[nearest].astype(np.float64)
            elevation = self.links.elevation_deg[index].numpy()[nearest].astype(np.float64)
            response = site.array.response(unit_vectors(azimuth, elevation))
            amplitude = np.power(10.0, gain_db / 20.0).astype(np.complex128)
            found.append(amplitude[..., None] * response)
        return found


def twin_site_index(scenario: Scenario) -> dict[str, int]:
    """For :class:`TracedPaths`: array sites named by cell, ``"cell 1"``, to sites of the map."""
    return {
        f"cell {sector.cell_id}": index
        for index, site in enumerate(scenario.sites)
        for sector in site.sectors
    }


def spherical_wave(length_m: Real, frequency_hz: float) -> Complex:
    """Free-space amplitude and phase over a distance (Friis)."""
    wave_m = wavelength_m(frequency_hz)
    phase = np.exp(-2j * math.pi * np.mod(length_m / wave_m, 1.0))
    return np.asarray(phase * wave_m / (4.0 * math.pi * length_m), dtype=np.complex128)


def inside(area: Area, points_m: Real) -> NDArray[np.bool_]:
    """Which of the points ``[P, 2]`` lie in an area."""
    if isinstance(area, Circle):
        within: NDArray[np.bool_] = (
            np.linalg.norm(points_m - np.array(area.centre_m), axis=1) <= area.radius_m
        )
        return within
    return np.asarray(Outline(area.corners_m).contains_points(points_m), dtype=np.bool_)


def lattice(area: Area, spacing_m: float) -> Real:
    """Points of a square lattice in an area, and points on its outline at most as far apart.

    Sidelobes are narrow: without the outline, a dark zone leaks at its edge.
    """
    edge = outline(area, spacing_m)
    low, high = edge.min(axis=0), edge.max(axis=0)
    axes = [np.arange(a + spacing_m / 2, b, spacing_m) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return thinned(np.concatenate([grid[inside(area, grid)], edge]))


def outline(area: Area, spacing_m: float) -> Real:
    """Points ``[P, 2]`` on the border of an area: corners, and between them."""
    if isinstance(area, Circle):
        count = max(3, math.ceil(2.0 * math.pi * area.radius_m / spacing_m))
        turn = 2.0 * math.pi * np.arange(count) / count
        around: Real = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        return np.array(area.centre_m) + area.radius_m * around
    corners = np.array(area.corners_m)
    ends = np.roll(corners, -1, axis=0)
    counts = np.maximum(1, np.ceil(np.linalg.norm(ends - corners, axis=1) / spacing_m)).astype(int)
    sides = zip(corners, ends, counts.tolist(), strict=True)
    return np.concatenate([a + (b - a) * (np.arange(n)[:, None] / n) for a, b, n in sides])


def thinned(points_m: Real) -> Real:
    """At most 400 of the points, evenly taken."""
    step = -(-len(points_m) // _MAX_ZONE_POINTS)
    return points_m[::step]


def _offsets(
    origin_m: tuple[float, float, float], points_m: Real, height_m: float
) -> tuple[Real, Real]:
    """Vectors ``[P, 3]`` from a site to points, and their lengths of at least a metre."""
    ends = np.column_stack([points_m, np.full(len(points_m), height_m)])
    offset = ends - np.array(origin_m)
    return offset, np.maximum(np.linalg.norm(offset, axis=1), 1.0)


def _passes(origin_m: Real, points_m: Real, middle: Real, radius_m: Real) -> Real:
    """1 where the line from the origin to a point goes through a disc that holds neither end."""
    along = points_m - origin_m
    square = np.maximum((along**2).sum(axis=1), 1e-9)
    to_middle = middle - origin_m
    share = np.clip((along @ to_middle.T) / square[:, None], 0.0, 1.0)
    foot = origin_m + share[:, :, None] * along[:, None, :]
    near = np.linalg.norm(foot - middle, axis=2) < radius_m
    ends = (np.linalg.norm(to_middle, axis=1) < radius_m) | (
        np.linalg.norm(points_m[:, None, :] - middle, axis=2) < radius_m
    )
    blocked: Real = (near & ~ends).any(axis=1).astype(np.float64)
    return blocked
