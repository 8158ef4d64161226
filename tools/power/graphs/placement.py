"""Where links lie and how strongly they hear each other: device-to-device layouts."""

from math import log10, pi

import torch
from torch import Tensor

_LIGHT_M_PER_S = 299_792_458.0
_LEAST_DISTANCE_M = 1.0
"""Transmitters and foreign receivers may fall on one spot; path loss models start at a metre."""


def uniform(low: float, high: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Uniform numbers on the generator's device."""
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Standard normal numbers on the generator's device."""
    return torch.randn(shape, generator=generator, device=generator.device)


def rayleigh_power(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Power of Rayleigh fading, mean 1."""
    return 0.5 * (normal(shape, generator).square() + normal(shape, generator).square())


def distances_m(
    links: int, side_m: Tensor, nearest_m: Tensor, farthest_m: Tensor, generator: torch.Generator
) -> Tensor:
    """Distances [B, K, K] of transmitters (columns) to receivers (rows).

    Transmitters lie uniformly in a square, each receiver in a uniform direction from its
    transmitter at a uniform distance, where need be outside the square.

    Args:
        side_m: [B] side of the square.
        nearest_m, farthest_m: [B] range of the wanted links' distance.
    """
    batch = side_m.shape[0]
    sender = side_m[:, None, None] * uniform(0.0, 1.0, (batch, links, 2), generator)
    share = uniform(0.0, 1.0, (batch, links), generator)
    reach = nearest_m[:, None] + (farthest_m - nearest_m)[:, None] * share
    angle = uniform(0.0, 2.0 * pi, (batch, links), generator)
    step = reach[..., None] * torch.stack([angle.cos(), angle.sin()], dim=-1)
    return between_m(sender + step, sender)


def between_m(receiver: Tensor, sender: Tensor) -> Tensor:
    """Distances [B, K, K] from senders [B, K, 2] to receivers [B, K, 2]."""
    apart = receiver[:, :, None] - sender[:, None]
    return apart.square().sum(-1).sqrt().clamp(min=_LEAST_DISTANCE_M)


def street_loss_db(distance_m: Tensor, frequency_hz: float, height_m: float) -> Tensor:
    """Median line-of-sight path loss of ITU-R P.1411 with both antennas at one height, dB.

    Two slopes that meet at the break point ``4 h^2 / lambda``.
    """
    wavelength_m = _LIGHT_M_PER_S / frequency_hz
    break_m = 4.0 * height_m**2 / wavelength_m
    at_break_db = abs(20.0 * log10(wavelength_m**2 / (8.0 * pi * height_m**2)))
    beyond_db = 20.0 * torch.log10(distance_m / break_m)
    return at_break_db + 6.0 + beyond_db + beyond_db.clamp(min=0.0)
