"""Link gains: every candidate UE point against every cell, for any tilt.

A :class:`LinkMap` holds what the air does between sites and points, without power. The flow level,
the conditioning of the twin and the plant all read it; changing power, tilt or UE positions needs
no new ray tracing.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

import torch
from torch import Tensor

from twins.antenna import ColumnAntenna, antenna_gain_dbi
from twins.scenario import RayTracedChannel, Scenario, SectorAntenna

NO_PATH_DB = -250.0
"""Gain of a link without any path: far below every detection floor, and finite."""

MAX_FADING_M = 1e3
"""Nakagami m of a link that does not fade."""


class LinkMap(Protocol):
    """Gains between P candidate UE points and C cells (ascending cell id)."""

    @property
    def point_positions_m(self) -> Tensor:
        """UE positions, metres, ``[P, 2]``."""
        ...

    @property
    def cell_ids(self) -> tuple[int, ...]:
        """Cell of each column."""
        ...

    def gain_db(self, tilt_deg: Tensor | None = None) -> Tensor:
        """Mean path gain with antenna pattern, dB.

        Args:
            tilt_deg: electrical tilt per cell, ``[..., C]``; default the scenario's.

        Returns:
            ``[..., P, C]``; ``NO_PATH_DB`` where no path arrives.
        """
        ...

    def fading_severity(self, tilt_deg: Tensor | None = None) -> Tensor:
        """Nakagami m of each link, ``[..., P, C]``, 0.5..1000; shapes as :meth:`gain_db`."""
        ...

    def select(self, points: Tensor) -> Self:
        """The map of some points only; ``points`` are indices ``[K]``, repeats allowed."""
        ...


@dataclass(frozen=True)
class TracedLinkMap:
    """Link map of traced paths: the sector pattern is applied to each path by its angles.

    Args:
        point_positions_m: ``[P, 2]``.
        cell_ids: cells, ascending, length C.
        cell_site: site index of each cell, ``[C]``.
        cell_azimuth_deg: boresight of each cell, counter-clockwise from +x, ``[C]``.
        cell_tilt_deg: default tilt of each cell, down positive, ``[C]``.
        antenna: the sector antenna.
        path_gain_db: isotropic gain of each path, ``[S, P, L]``; ``-inf`` where there is none.
        azimuth_deg: azimuth of departure, ``[S, P, L]``.
        elevation_deg: elevation of departure above the horizon, ``[S, P, L]``.
        delay_ns: propagation delay, ``[S, P, L]``.
    """

    point_positions_m: Tensor
    cell_ids: tuple[int, ...]
    cell_site: Tensor
    cell_azimuth_deg: Tensor
    cell_tilt_deg: Tensor
    antenna: SectorAntenna | ColumnAntenna
    path_gain_db: Tensor
    azimuth_deg: Tensor
    elevation_deg: Tensor
    delay_ns: Tensor

    def path_power(self, tilt_deg: Tensor | None = None) -> Tensor:
        """Linear power gain of every path with the antenna pattern, ``[..., P, C, L]``."""
        tilt = self.cell_tilt_deg if tilt_deg is None else tilt_deg
        azimuth = self.azimuth_deg[self.cell_site] - self.cell_azimuth_deg[:, None, None]
        pattern = antenna_gain_dbi(
            self.antenna, azimuth, self.elevation_deg[self.cell_site], tilt[..., None, None]
        )
        power = torch.pow(10.0, (self.path_gain_db[self.cell_site] + pattern) / 10.0)
        return power.transpose(-3, -2)

    def gain_db(self, tilt_deg: Tensor | None = None) -> Tensor:
        """See :meth:`LinkMap.gain_db`: the power sum over the paths."""
        total = self.path_power(tilt_deg).sum(-1)
        return (10.0 * torch.log10(total)).clamp(min=NO_PATH_DB)

    def fading_severity(self, tilt_deg: Tensor | None = None) -> Tensor:
        """Nakagami m by matching two moments of the power of paths with random phases.

        A sum of phasors with powers p has mean power sum(p) and variance sum(p)^2 - sum(p^2), so
        m = 1 / (1 - sum(p^2) / sum(p)^2). A single path does not fade; no path counts as Rayleigh.
        """
        power = self.path_power(tilt_deg)
        share = power / power.sum(-1, keepdim=True).clamp(min=1e-30)
        concentration = share.square().sum(-1)
        m = 1.0 / (1.0 - concentration).clamp(min=1.0 / MAX_FADING_M)
        return m.clamp(0.5, MAX_FADING_M)

    def select(self, points: Tensor) -> "TracedLinkMap":
        """See :meth:`LinkMap.select`."""
        return replace(
            self,
            point_positions_m=self.point_positions_m[points],
            path_gain_db=self.path_gain_db[:, points],
            azimuth_deg=self.azimuth_deg[:, points],
            elevation_deg=self.elevation_deg[:, points],
            delay_ns=self.delay_ns[:, points],
        )


def load_link_map(scenario: Scenario, folder: Path | None = None) -> LinkMap:
    """The link map of a scenario: traced paths from their file, or drawn with the scenario's seed.

    Args:
        scenario: the network under study.
        folder: where the file of traced paths lies; default: see :mod:`twins.assets`.

    Raises:
        RanwrightError: ``scenario.paths_missing`` or ``scenario.paths_digest``.
    """
    if isinstance(scenario.channel, RayTracedChannel):
        from twins.sionna.paths import load_paths

        return load_paths(scenario, scenario.channel, folder)
    from twins.statistical import draw_link_map

    return draw_link_map(scenario, scenario.channel)


def rsrp_dbm(scenario: Scenario, gain_db: Tensor, tx_power_mw: Tensor) -> Tensor:
    """SS-RSRP (TS 38.215 5.1.1): received power of one resource element.

    The power of a cell is spread evenly over its 12 * resource_blocks sub-carriers.

    Args:
        gain_db: ``[..., U, C]``.
        tx_power_mw: configuredMaxTxPower, ``[..., C]``.

    Returns:
        dBm, ``[..., U, C]``.
    """
    subcarriers = 12 * scenario.carrier.resource_blocks
    power_dbm = 10.0 * torch.log10(tx_power_mw) - 10.0 * math.log10(subcarriers)
    return gain_db + power_dbm[..., None, :]


def candidate_points(scenario: Scenario, links: LinkMap) -> Tensor:
    """Indices ``[K]`` of points where a UE may be dropped.

    There the best cell, at its start power and tilt, reaches ``ue_min_rsrp_dbm``.
    """
    start_mw = torch.tensor(
        [s.configured_max_tx_power_mw for s in scenario.sectors], dtype=torch.float32
    )
    best_dbm = rsrp_dbm(scenario, links.gain_db(), start_mw).amax(-1)
    return torch.nonzero(best_dbm >= scenario.ue_min_rsrp_dbm).flatten()
