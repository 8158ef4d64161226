"""Link gains drawn from TR 38.901 UMa: LOS probability, path loss, correlated shadowing.

UEs are outdoors at street level, so no penetration loss applies and the height term C' of the LOS
probability is zero. Shadowing is common to the sectors of a site, independent between sites, and
correlated over the points with the distances of Table 7.5-6. Sites at the rim have no neighbours
outside the layout: there is no wrap-around, so rim cells see less interference than inner ones.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from twins.channel import MAX_FADING_M, TracedLinkMap
from twins.scenario import Scenario, StatisticalChannel

SHADOWING_LOS_DB = 4.0
SHADOWING_NLOS_DB = 6.0
"""Standard deviations, TR 38.901 Table 7.4.1-1 (UMa)."""

CORRELATION_LOS_M = 37.0
CORRELATION_NLOS_M = 50.0
"""Correlation distances of shadowing, TR 38.901 Table 7.5-6 (UMa)."""

RICIAN_K_LOS_DB = 9.0
"""Mean K-factor of LOS links, TR 38.901 Table 7.5-6 (UMa)."""

_SPEED_OF_LIGHT_M_S = 3.0e8  # as TR 38.901 rounds it
_EFFECTIVE_ENVIRONMENT_M = 1.0


@dataclass(frozen=True)
class StatisticalLinkMap:
    """Link map of drawn links: one direct path each, with the fading of its state.

    Args:
        direct: the links as single paths along the line from site to point.
        los: whether the link has line of sight, ``[S, P]`` bool.
    """

    direct: TracedLinkMap
    los: Tensor

    @property
    def point_positions_m(self) -> Tensor:
        """See :class:`twins.channel.LinkMap`."""
        return self.direct.point_positions_m

    @property
    def cell_ids(self) -> tuple[int, ...]:
        """See :class:`twins.channel.LinkMap`."""
        return self.direct.cell_ids

    def gain_db(self, tilt_deg: Tensor | None = None) -> Tensor:
        """See :meth:`twins.channel.LinkMap.gain_db`."""
        return self.direct.gain_db(tilt_deg)

    def fading_severity(self, tilt_deg: Tensor | None = None) -> Tensor:
        """Nakagami m: Rayleigh without line of sight, else that of the mean K-factor."""
        k = 10.0 ** (RICIAN_K_LOS_DB / 10.0)
        rician = min((1.0 + k) ** 2 / (1.0 + 2.0 * k), MAX_FADING_M)
        severity = torch.where(self.los, rician, 1.0)[self.direct.cell_site].T
        batch = () if tilt_deg is None else tilt_deg.shape[:-1]
        return severity.expand(*batch, *severity.shape)

    def select(self, points: Tensor) -> "StatisticalLinkMap":
        """See :meth:`twins.channel.LinkMap.select`."""
        return replace(self, direct=self.direct.select(points), los=self.los[:, points])


def draw_link_map(scenario: Scenario, channel: StatisticalChannel) -> StatisticalLinkMap:
    """Draw points and links with the channel's seed."""
    generator = torch.Generator().manual_seed(channel.seed)
    sites = torch.tensor([site.position_m for site in scenario.sites])
    points = _draw_points(sites[:, :2], channel, generator)
    offset = points - sites[:, None, :2]
    distance_2d = offset.norm(dim=-1)
    los = torch.rand(distance_2d.shape, generator=generator) < los_probability(distance_2d)
    loss = torch.where(
        los,
        path_loss_los_db(
            distance_2d, sites[:, 2:], channel.ue_height_m, scenario.carrier.frequency_hz
        ),
        path_loss_nlos_db(
            distance_2d, sites[:, 2:], channel.ue_height_m, scenario.carrier.frequency_hz
        ),
    )
    gain = -loss - _draw_shadowing(points, los, generator)
    direct = TracedLinkMap(
        point_positions_m=points,
        cell_ids=scenario.cell_ids,
        cell_site=torch.tensor([i for i, s in enumerate(scenario.sites) for _ in s.sectors]),
        cell_azimuth_deg=torch.tensor([s.azimuth_deg for s in scenario.sectors]),
        cell_tilt_deg=torch.tensor([s.digital_tilt_decidegrees / 10 for s in scenario.sectors]),
        antenna=scenario.antenna,
        path_gain_db=gain[..., None],
        azimuth_deg=torch.rad2deg(torch.atan2(offset[..., 1], offset[..., 0]))[..., None],
        elevation_deg=torch.rad2deg(torch.atan2(channel.ue_height_m - sites[:, 2:], distance_2d))[
            ..., None
        ],
        delay_ns=(distance_2d / _SPEED_OF_LIGHT_M_S * 1e9)[..., None],
    )
    return StatisticalLinkMap(direct, los)


def los_probability(distance_2d_m: Tensor) -> Tensor:
    """LOS probability, TR 38.901 Table 7.4.2-1 (UMa, UE up to 13 m high); shape as the input."""
    d = distance_2d_m.clamp(min=18.0)
    return 18.0 / d + torch.exp(-d / 63.0) * (1.0 - 18.0 / d)


def path_loss_los_db(
    distance_2d_m: Tensor, site_height_m: Tensor | float, ue_height_m: float, frequency_hz: float
) -> Tensor:
    """Path loss with line of sight, TR 38.901 Table 7.4.1-1 (UMa), dB.

    Args:
        distance_2d_m: 10 m to 5 km, any shape.
        site_height_m: broadcasts against the distance.
        ue_height_m: 1.5 to 13 m, where the effective environment is 1 m high.
        frequency_hz: 0.5 to 100 GHz.
    """
    drop = torch.as_tensor(site_height_m) - ue_height_m
    distance_3d = torch.hypot(distance_2d_m, drop)
    break_point = (
        4.0
        * (torch.as_tensor(site_height_m) - _EFFECTIVE_ENVIRONMENT_M)
        * (ue_height_m - _EFFECTIVE_ENVIRONMENT_M)
        * frequency_hz
        / _SPEED_OF_LIGHT_M_S
    )
    base = 28.0 + 20.0 * math.log10(frequency_hz / 1e9)
    near = base + 22.0 * torch.log10(distance_3d)
    far = base + 40.0 * torch.log10(distance_3d) - 9.0 * torch.log10(break_point**2 + drop**2)
    return torch.where(distance_2d_m <= break_point, near, far)


def path_loss_nlos_db(
    distance_2d_m: Tensor, site_height_m: Tensor | float, ue_height_m: float, frequency_hz: float
) -> Tensor:
    """Path loss without line of sight, TR 38.901 Table 7.4.1-1 (UMa), dB; as the LOS function."""
    distance_3d = torch.hypot(distance_2d_m, torch.as_tensor(site_height_m) - ue_height_m)
    loss = (
        13.54
        + 39.08 * torch.log10(distance_3d)
        + 20.0 * math.log10(frequency_hz / 1e9)
        - 0.6 * (ue_height_m - 1.5)
    )
    los = path_loss_los_db(distance_2d_m, site_height_m, ue_height_m, frequency_hz)
    return torch.maximum(los, loss)


def _draw_points(sites: Tensor, channel: StatisticalChannel, generator: torch.Generator) -> Tensor:
    """Points ``[P, 2]``, uniform over the union of discs around the sites ``[S, 2]``."""
    low = sites.amin(0) - channel.cell_radius_m
    span = sites.amax(0) + channel.cell_radius_m - low
    kept = torch.empty(0, 2)
    while len(kept) < channel.point_count:
        drawn = low + span * torch.rand(channel.point_count, 2, generator=generator)
        nearest = torch.cdist(drawn, sites).amin(-1)
        inside = (nearest >= channel.min_distance_m) & (nearest <= channel.cell_radius_m)
        kept = torch.cat([kept, drawn[inside]])
    return kept[: channel.point_count]


def _draw_shadowing(points: Tensor, los: Tensor, generator: torch.Generator) -> Tensor:
    """Shadowing ``[S, P]`` in dB: Gaussian fields over the points, correlation exp(-d / d_cor)."""
    normals = torch.randn(2, *los.shape, generator=generator, dtype=torch.float64)
    distance = torch.cdist(points.double(), points.double())
    fields = []
    for normal, correlation_m in zip(normals, (CORRELATION_LOS_M, CORRELATION_NLOS_M), strict=True):
        covariance = torch.exp(-distance / correlation_m)
        covariance.diagonal().add_(1e-9)
        fields.append(normal @ torch.linalg.cholesky(covariance).T)
    return torch.where(los, SHADOWING_LOS_DB * fields[0], SHADOWING_NLOS_DB * fields[1]).float()
