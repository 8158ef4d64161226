"""Link gains drawn from TR 38.901: every link one direct path with the fading of its state.

Shadowing and Rician K are common to the sectors of a site and independent between sites. Sites at
the rim have no neighbours outside the layout: there is no wrap-around, so rim cells see less
interference than inner ones.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from twins.antenna import ColumnAntenna
from twins.channel import MAX_FADING_M, TracedLinkMap
from twins.runtime import derive_seed
from twins.scenario import Scenario, SectorAntenna, SitePlan, StatisticalChannel
from twins.tr38901.environment import Links, draw_links, load_environment
from twins.tr38901.indoor import place
from twins.tr38901.large_scale import Parameter

_LIGHT_M_PER_NS = 0.299_792_458


@dataclass(frozen=True)
class StatisticalLinkMap:
    """Link map of drawn links: one direct path each, with the fading of its state.

    Args:
        direct: the links as single paths along the line from site to point.
        severity: Nakagami m, ``[S, P]``.
    """

    direct: TracedLinkMap
    severity: Tensor

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
        """Nakagami m: Rayleigh without line of sight, else that of the link's own K-factor."""
        severity = self.severity[self.direct.cell_site].T
        batch = () if tilt_deg is None else tilt_deg.shape[:-1]
        return severity.expand(*batch, *severity.shape)

    def select(self, points: Tensor) -> "StatisticalLinkMap":
        """See :meth:`twins.channel.LinkMap.select`."""
        return replace(self, direct=self.direct.select(points), severity=self.severity[:, points])


def draw_link_map(scenario: Scenario, channel: StatisticalChannel) -> StatisticalLinkMap:
    """Draw points and links with the channel's seed."""
    return link_map(scenario.sites, scenario.antenna, draw(scenario, channel))


def draw(scenario: Scenario, channel: StatisticalChannel) -> Links:
    """The large-scale state behind :func:`draw_link_map`."""
    generator = torch.Generator().manual_seed(channel.seed)
    sites = torch.tensor([site.position_m for site in scenario.sites])
    frequency_hz = scenario.carrier.frequency_hz
    points = _draw_points(sites[:, :2], channel, generator)
    placement = place(
        channel.point_count,
        channel.indoor_share,
        channel.high_loss_share,
        channel.ue_height_m,
        frequency_hz,
        generator,
    )
    return draw_links(
        load_environment(channel.model, frequency_hz),
        sites,
        points,
        placement,
        derive_seed("statistical", channel.seed),
    )


def link_map(
    sites: tuple[SitePlan, ...], antenna: SectorAntenna | ColumnAntenna, links: Links
) -> StatisticalLinkMap:
    """The link map of drawn links under the sectors' antennas."""
    offset = links.offset_m
    distance = offset.norm(dim=-1)
    drop = links.placement.height_m - links.sites_m[:, 2:]
    sectors = [sector for site in sites for sector in site.sectors]
    direct = TracedLinkMap(
        point_positions_m=links.points_m,
        cell_ids=tuple(sector.cell_id for sector in sectors),
        cell_site=torch.tensor([i for i, site in enumerate(sites) for _ in site.sectors]),
        cell_azimuth_deg=torch.tensor([s.azimuth_deg for s in sectors]),
        cell_tilt_deg=torch.tensor([s.digital_tilt_decidegrees / 10 for s in sectors]),
        antenna=antenna,
        path_gain_db=links.gain_db[..., None],
        azimuth_deg=torch.rad2deg(torch.atan2(offset[..., 1], offset[..., 0]))[..., None],
        elevation_deg=torch.rad2deg(torch.atan2(drop, distance))[..., None],
        delay_ns=(torch.hypot(distance, drop) / _LIGHT_M_PER_NS)[..., None],
    )
    return StatisticalLinkMap(direct, _severity(links))


def _severity(links: Links) -> Tensor:
    """Nakagami m with the first two moments of the power of a Rician link; Rayleigh is 1."""
    k = torch.pow(10.0, links.parameters(Parameter.RICIAN_K)[Parameter.RICIAN_K] / 10.0)
    return ((1.0 + k).square() / (1.0 + 2.0 * k)).clamp(max=MAX_FADING_M)


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
