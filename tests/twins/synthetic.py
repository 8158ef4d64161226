"""A small synthetic city: Munich's sites, one direct path and two echoes to each point."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import torch

from contracts.clock import Instant
from contracts.network import KpmReport, NetworkSnapshot
from twins.channel import TracedLinkMap
from twins.plant import Plant
from twins.scenario import Scenario, load_scenario

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def scenario(**changes) -> Scenario:
    return load_scenario("munich").model_copy(update={"ue_min_rsrp_dbm": -110.0, **changes})


def link_map(of: Scenario, points: int = 600, seed: int = 5) -> TracedLinkMap:
    generator = torch.Generator().manual_seed(seed)
    positions = torch.rand(points, 2, generator=generator) * 600 - torch.tensor([250.0, 400.0])
    sites = torch.tensor([site.position_m for site in of.sites])
    offset = positions - sites[:, None, :2]
    ground = offset.square().sum(-1).sqrt()
    distance = (ground.square() + (sites[:, None, 2] - 1.5).square()).sqrt()
    direct = -(28.0 + 20 * math.log10(3.5) + 26.0 * distance.log10())
    blocked = 15.0 * (torch.rand(direct.shape, generator=generator) < 0.5)
    echo = torch.rand(*direct.shape, 2, generator=generator)
    azimuth = torch.rad2deg(torch.atan2(offset[..., 1], offset[..., 0]))
    elevation = -torch.rad2deg(torch.atan2(sites[:, None, 2] - 1.5, ground))
    return TracedLinkMap(
        point_positions_m=positions,
        cell_ids=of.cell_ids,
        cell_site=torch.tensor([i for i, site in enumerate(of.sites) for _ in site.sectors]),
        cell_azimuth_deg=torch.tensor([s.azimuth_deg for s in of.sectors]),
        cell_tilt_deg=torch.tensor([s.digital_tilt_decidegrees / 10.0 for s in of.sectors]),
        antenna=of.antenna,
        path_gain_db=torch.cat(
            [(direct - blocked)[..., None], direct[..., None] - 12.0 - 15.0 * echo], -1
        ),
        azimuth_deg=azimuth[..., None]
        + torch.cat([torch.zeros_like(echo[..., :1]), 90 * echo - 45], -1),
        elevation_deg=elevation[..., None].expand(*direct.shape, 3),
        delay_ns=(distance / 0.3)[..., None].expand(*direct.shape, 3),
    )


def snapshot(plant: Plant, reports: Sequence[KpmReport]) -> NetworkSnapshot:
    of = plant.model.scenario
    return NetworkSnapshot.from_reports(
        of.name,
        of.digest,
        plant.cells,
        reports,
        Instant(wall_time=NOON, kpm_time_ms=reports[-1].kpm_time_ms),
    )
