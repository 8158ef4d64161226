"""LOS probability (TR 38.901 Table 7.4.2-1) and path loss (Table 7.4.1-1), UMa and UMi.

Distances are horizontal and heights above ground, in metres; arguments broadcast against each
other. The equations hold from 10 m to 5 km, 0.5 to 100 GHz, UEs 1.5 to 22.5 m high.
"""

import math

import torch
from torch import Tensor

_SPEED_OF_LIGHT_M_S = 3.0e8  # as TR 38.901 rounds it
_CERTAIN_LOS_M = 18.0


def uma_los_probability(distance_2d_m: Tensor, ue_height_m: Tensor) -> Tensor:
    """LOS probability of UMa; the height counts above 13 m."""
    d = distance_2d_m.clamp(min=_CERTAIN_LOS_M)
    base = _CERTAIN_LOS_M / d + torch.exp(-d / 63.0) * (1.0 - _CERTAIN_LOS_M / d)
    raised = 1.0 + _above_13_m(ue_height_m) * 1.25 * (d / 100.0).pow(3) * torch.exp(-d / 150.0)
    return torch.where(distance_2d_m <= _CERTAIN_LOS_M, 1.0, (base * raised).clamp(max=1.0))


def umi_los_probability(distance_2d_m: Tensor, ue_height_m: Tensor) -> Tensor:
    """LOS probability of UMi street canyon; the height does not count."""
    d = distance_2d_m.clamp(min=_CERTAIN_LOS_M) + 0.0 * ue_height_m
    return _CERTAIN_LOS_M / d + torch.exp(-d / 36.0) * (1.0 - _CERTAIN_LOS_M / d)


def uma_environment_height_m(
    distance_2d_m: Tensor, ue_height_m: Tensor, generator: torch.Generator
) -> Tensor:
    """Effective environment height of UMa links (Table 7.4.1-1, note 1), drawn.

    1 m with probability 1 / (1 + C(d, h)), else uniform on {12, 15, ..., h - 1.5} m.
    """
    d = distance_2d_m
    g = torch.where(d <= _CERTAIN_LOS_M, 0.0, 1.25 * (d / 100.0).pow(3) * torch.exp(-d / 150.0))
    stays_low = torch.rand(d.shape, generator=generator) < 1.0 / (
        1.0 + _above_13_m(ue_height_m) * g
    )
    choices = ((ue_height_m - 1.5 - 12.0) / 3.0).floor().clamp(min=0.0) + 1.0
    drawn = 12.0 + 3.0 * (torch.rand(d.shape, generator=generator) * choices).floor()
    return torch.where(stays_low, 1.0, drawn)


def umi_environment_height_m(
    distance_2d_m: Tensor, ue_height_m: Tensor, generator: torch.Generator
) -> Tensor:
    """Effective environment height of UMi links: 1 m."""
    del ue_height_m, generator
    return torch.ones_like(distance_2d_m)


def uma_los_db(
    distance_2d_m: Tensor,
    site_height_m: Tensor,
    ue_height_m: Tensor,
    environment_height_m: Tensor,
    frequency_hz: float,
) -> Tensor:
    """Path loss of UMa with line of sight, dB."""
    return _two_slopes_db(
        28.0,
        22.0,
        9.0,
        distance_2d_m,
        site_height_m,
        ue_height_m,
        environment_height_m,
        frequency_hz,
    )


def umi_los_db(
    distance_2d_m: Tensor,
    site_height_m: Tensor,
    ue_height_m: Tensor,
    environment_height_m: Tensor,
    frequency_hz: float,
) -> Tensor:
    """Path loss of UMi street canyon with line of sight, dB."""
    return _two_slopes_db(
        32.4,
        21.0,
        9.5,
        distance_2d_m,
        site_height_m,
        ue_height_m,
        environment_height_m,
        frequency_hz,
    )


def uma_nlos_db(
    distance_2d_m: Tensor, site_height_m: Tensor, ue_height_m: Tensor, frequency_hz: float
) -> Tensor:
    """Path loss of UMa without line of sight, dB, before the maximum with that of LOS."""
    distance_3d = torch.hypot(distance_2d_m, site_height_m - ue_height_m)
    return (
        13.54
        + 39.08 * torch.log10(distance_3d)
        + 20.0 * math.log10(frequency_hz / 1e9)
        - 0.6 * (ue_height_m - 1.5)
    )


def umi_nlos_db(
    distance_2d_m: Tensor, site_height_m: Tensor, ue_height_m: Tensor, frequency_hz: float
) -> Tensor:
    """Path loss of UMi street canyon without line of sight, dB, before the maximum with LOS."""
    distance_3d = torch.hypot(distance_2d_m, site_height_m - ue_height_m)
    return (
        22.4
        + 35.3 * torch.log10(distance_3d)
        + 21.3 * math.log10(frequency_hz / 1e9)
        - 0.3 * (ue_height_m - 1.5)
    )


def _above_13_m(ue_height_m: Tensor) -> Tensor:
    return ((ue_height_m - 13.0).clamp(min=0.0) / 10.0).pow(1.5)


def _two_slopes_db(
    intercept_db: float,
    slope: float,
    break_point_slope: float,
    distance_2d_m: Tensor,
    site_height_m: Tensor,
    ue_height_m: Tensor,
    environment_height_m: Tensor,
    frequency_hz: float,
) -> Tensor:
    """Power law up to the break point, then the fourth power of the distance."""
    drop = site_height_m - ue_height_m
    distance_3d = torch.hypot(distance_2d_m, drop)
    break_point = (
        4.0
        * (site_height_m - environment_height_m)
        * (ue_height_m - environment_height_m)
        * frequency_hz
        / _SPEED_OF_LIGHT_M_S
    )
    base = intercept_db + 20.0 * math.log10(frequency_hz / 1e9)
    near = base + slope * torch.log10(distance_3d)
    far = (
        base
        + 40.0 * torch.log10(distance_3d)
        - break_point_slope * torch.log10(break_point.square() + drop.square())
    )
    return torch.where(distance_2d_m <= break_point, near, far)
