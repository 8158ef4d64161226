"""The set-up of 3GPP's phase-1 calibration (TR 38.901 Table 7.8-1), and what is measured in it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from twins.antenna import ColumnAntenna
from twins.runtime import derive_seed, seeded
from twins.scenario import Sector, SitePlan
from twins.statistical import link_map
from twins.tr38901.environment import Environment, Links, draw_links, load_environment
from twins.tr38901.indoor import Placement, place

UES_PER_DROP = 200
_RINGS = 2
_THERMAL_NOISE_DBM_PER_HZ = -174.0
_FACES = 6

COLUMN = ColumnAntenna(elements=10, spacing_wavelengths=0.5)


@dataclass(frozen=True)
class Deployment:
    """19 sites of 3 sectors on a hexagonal grid; UEs in the middle site's hexagon.

    Attributes:
        name: as in the reference, e.g. ``UMi-6GHz``.
        azimuths_deg: of the sectors; the grid's neighbours lie at multiples of 60 degrees, so
            boresights point at neighbouring sites (Report ITU-R M.2135, Figure 1).
        place: draws where UEs are, as :func:`twins.tr38901.indoor.place`.
    """

    name: str
    environment: Environment
    inter_site_distance_m: float
    site_height_m: float
    min_distance_m: float
    tx_power_dbm: float
    bandwidth_hz: float
    noise_figure_db: float
    antenna: ColumnAntenna = COLUMN
    tilt_deg: float = 12.0
    azimuths_deg: tuple[float, ...] = (0.0, 120.0, 240.0)
    indoor_share: float = 0.8
    high_loss_share: float = 0.5
    place: Callable[..., Placement] = place

    @property
    def sites(self) -> tuple[SitePlan, ...]:
        """The sites, the middle one first."""
        steps = range(-_RINGS, _RINGS + 1)
        grid = sorted(
            ((q, r) for q in steps for r in steps if abs(q + r) <= _RINGS),
            key=lambda at: (at != (0, 0), at),
        )
        plans = []
        for index, (q, r) in enumerate(grid):
            x, y = q + r / 2.0, r * math.sqrt(3.0) / 2.0
            d = self.inter_site_distance_m
            sectors = tuple(
                Sector(
                    cell_id=3 * index + k + 1,
                    azimuth_deg=azimuth_deg,
                    digital_tilt_decidegrees=round(10.0 * self.tilt_deg),
                    configured_max_tx_power_mw=round(10.0 ** (self.tx_power_dbm / 10.0)),
                )
                for k, azimuth_deg in enumerate(self.azimuths_deg)
            )
            plans.append(
                SitePlan(
                    name=f"site{index}",
                    position_m=(d * x, d * y, self.site_height_m),
                    sectors=sectors,
                )
            )
        return tuple(plans)


@dataclass(frozen=True)
class Drop:
    """One drop of UEs, and what phase 1 reads of it, each ``[P]`` in dB.

    Attributes:
        links: the large-scale state behind it.
        coupling_loss_db: gain to the serving cell, antennas included (negative, as in the sheets).
        wideband_sir_db: of the serving cell, every cell at full power, without noise.
        geometry_sinr_db: the same with noise.
    """

    links: Links
    coupling_loss_db: Tensor
    wideband_sir_db: Tensor
    geometry_sinr_db: Tensor


def deployments() -> tuple[Deployment, ...]:
    """The four of phase 1: UMi and UMa at 6 and 30 GHz."""
    return tuple(
        Deployment(
            name=f"{environment}-{ghz}GHz",
            environment=load_environment(environment, ghz * 1e9),
            inter_site_distance_m=200.0 if environment == "UMi" else 500.0,
            site_height_m=10.0 if environment == "UMi" else 25.0,
            min_distance_m=10.0 if environment == "UMi" else 35.0,
            tx_power_dbm=35.0 if ghz == 30 else (44.0 if environment == "UMi" else 49.0),
            bandwidth_hz=100e6 if ghz == 30 else 20e6,
            noise_figure_db=10.0 if ghz == 30 else 9.0,
        )
        for environment in ("UMi", "UMa")
        for ghz in (6, 30)
    )


def drops(deployment: Deployment, count: int, seed: int) -> Iterator[Drop]:
    """Independent drops of ``UES_PER_DROP`` UEs each."""
    sites = deployment.sites
    positions = torch.tensor([site.position_m for site in sites])
    for index in range(count):
        generator = seeded("calibration", deployment.name, seed, index)
        points = _hexagon(deployment, generator)
        placement = deployment.place(
            UES_PER_DROP,
            deployment.indoor_share,
            deployment.high_loss_share,
            1.5,
            deployment.environment.frequency_hz,
            generator,
        )
        links = draw_links(
            deployment.environment,
            positions,
            points,
            placement,
            derive_seed("calibration", deployment.name, seed, index),
        )
        gain = link_map(sites, deployment.antenna, links).gain_db()
        yield _measured(deployment, links, gain)


def _measured(deployment: Deployment, links: Links, gain_db: Tensor) -> Drop:
    received = torch.pow(10.0, gain_db.double() / 10.0)
    own = received.amax(-1)
    others = received.sum(-1) - own
    noise_dbm = (
        _THERMAL_NOISE_DBM_PER_HZ
        + 10.0 * math.log10(deployment.bandwidth_hz)
        + deployment.noise_figure_db
    )
    noise = 10.0 ** ((noise_dbm - deployment.tx_power_dbm) / 10.0)
    return Drop(
        links=links,
        coupling_loss_db=10.0 * torch.log10(own),
        wideband_sir_db=10.0 * torch.log10(own / others),
        geometry_sinr_db=10.0 * torch.log10(own / (others + noise)),
    )


def _hexagon(deployment: Deployment, generator: torch.Generator) -> Tensor:
    """Points ``[P, 2]`` uniform over the hexagon nearer to the middle site than to any other."""
    faces = torch.arange(_FACES) * (2.0 * math.pi / _FACES)
    normals = torch.stack([torch.cos(faces), torch.sin(faces)], -1)
    half = deployment.inter_site_distance_m / 2.0
    kept = torch.empty(0, 2)
    while len(kept) < UES_PER_DROP:
        drawn = (2.0 * torch.rand(UES_PER_DROP, 2, generator=generator) - 1.0) * 1.2 * half
        inside = (drawn @ normals.T <= half).all(-1)
        kept = torch.cat([kept, drawn[inside & (drawn.norm(dim=-1) >= deployment.min_distance_m)]])
    return kept[:UES_PER_DROP]
