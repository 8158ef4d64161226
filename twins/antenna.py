"""Antennas of a cell: the sector pattern, and a column of elements with electrical tilt."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from twins.scenario import SectorAntenna

ELEMENT = SectorAntenna(
    max_gain_dbi=8.0,
    horizontal_beamwidth_deg=65.0,
    vertical_beamwidth_deg=65.0,
    front_to_back_db=30.0,
    side_lobe_db=30.0,
)
"""TR 38.901 Table 7.3-1."""

_LEAST_POWER = 1e-12


@dataclass(frozen=True)
class ColumnAntenna:
    """Equal elements above each other, tilted by a phase ramp over them."""

    elements: int
    spacing_wavelengths: float
    element: SectorAntenna = ELEMENT


def antenna_gain_dbi(
    antenna: SectorAntenna | ColumnAntenna,
    azimuth_offset_deg: Tensor,
    elevation_deg: Tensor,
    tilt_deg: Tensor | float,
) -> Tensor:
    """Gain of a cell's antenna towards a direction.

    Args:
        antenna: a sector pattern, or a column of elements.
        azimuth_offset_deg: direction relative to boresight, any multiple of a turn; any shape.
        elevation_deg: above the horizon, -90..90; broadcasts.
        tilt_deg: electrical tilt, downwards positive (TS 28.541 digitalTilt); broadcasts.

    Returns:
        Gain in dBi.
    """
    if isinstance(antenna, SectorAntenna):
        return sector_gain_dbi(antenna, azimuth_offset_deg, elevation_deg, tilt_deg)
    element = sector_gain_dbi(antenna.element, azimuth_offset_deg, elevation_deg, 0.0)
    return element + column_factor_db(antenna, elevation_deg, tilt_deg)


def sector_gain_dbi(
    antenna: SectorAntenna,
    azimuth_offset_deg: Tensor,
    elevation_deg: Tensor,
    tilt_deg: Tensor | float,
) -> Tensor:
    """Gain of TR 38.901 Table 7.3-1, tilted as in TR 36.814 Table A.2.1.1-2.

    Arguments as :func:`antenna_gain_dbi`.

    Returns:
        Gain in dBi, between ``max_gain_dbi - front_to_back_db`` and ``max_gain_dbi``.

    Example:
        >>> from twins.scenario import load_scenario
        >>> antenna = load_scenario("munich").antenna
        >>> float(sector_gain_dbi(antenna, torch.tensor(0.0), torch.tensor(-6.0), 6.0))
        17.0
    """
    turn = torch.remainder(azimuth_offset_deg + 180.0, 360.0) - 180.0
    horizontal = 12.0 * (turn / antenna.horizontal_beamwidth_deg) ** 2
    vertical = 12.0 * ((elevation_deg + tilt_deg) / antenna.vertical_beamwidth_deg) ** 2
    attenuation = horizontal.clamp(max=antenna.front_to_back_db) + vertical.clamp(
        max=antenna.side_lobe_db
    )
    return antenna.max_gain_dbi - attenuation.clamp(max=antenna.front_to_back_db)


def column_factor_db(
    antenna: ColumnAntenna, elevation_deg: Tensor, tilt_deg: Tensor | float
) -> Tensor:
    """Power gain of a column over its element (TR 36.873 Table 7.1-1): 10 lg M at its tilt.

    Elements of equal power and linear phase; ``elevation_deg`` and ``tilt_deg`` broadcast.
    """
    down = torch.sin(torch.deg2rad(torch.as_tensor(tilt_deg)))
    step = 2.0 * math.pi * antenna.spacing_wavelengths
    phase = step * (torch.sin(torch.deg2rad(elevation_deg)) + down)
    ramp = torch.arange(antenna.elements, dtype=phase.dtype)
    real = torch.cos(phase[..., None] * ramp).sum(-1)
    imaginary = torch.sin(phase[..., None] * ramp).sum(-1)
    power = (real.square() + imaginary.square()) / antenna.elements
    return 10.0 * torch.log10(power.clamp(min=_LEAST_POWER))
