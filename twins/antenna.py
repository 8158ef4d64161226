"""Sector antenna pattern of TR 38.901 Table 7.3-1, tilted as in TR 36.814 Table A.2.1.1-2."""

import torch
from torch import Tensor

from twins.scenario import SectorAntenna


def sector_gain_dbi(
    antenna: SectorAntenna,
    azimuth_offset_deg: Tensor,
    elevation_deg: Tensor,
    tilt_deg: Tensor | float,
) -> Tensor:
    """Gain of a sector antenna towards a direction.

    Args:
        antenna: beamwidths, attenuation limits and maximum gain.
        azimuth_offset_deg: direction relative to boresight, any multiple of a turn; any shape.
        elevation_deg: above the horizon, -90..90; broadcasts.
        tilt_deg: electrical tilt, downwards positive (TS 28.541 digitalTilt); broadcasts.

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
