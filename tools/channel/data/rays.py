"""A few plane waves with random angles, delays and Doppler shifts: channels of few paths.

Traced streets have few paths, TR 38.901 hundreds. These stand in training for the former, whose
own kind stays unseen.
"""

from math import pi

import torch
from torch import Tensor

from tools.channel.data.configuration import Array, Configuration
from tools.channel.data.tr38901 import KMH, response

_MOST_RAYS = 8
LIGHT_M_S = 299_792_458.0
"""Of light in free space."""


def draw(configuration: Configuration, count: int, seed: int) -> Tensor:
    """Sequences [count, T, K, N] complex64, not normalised.

    One to eight rays; levels fall by up to 20 dB below the first, delays are exponential with the
    configuration's spread, departures within 60 degrees across and 20 in height, arrivals from all
    around.
    """
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    shape = (count, _MOST_RAYS)
    number = torch.randint(1, _MOST_RAYS + 1, (count, 1), generator=generator)
    level_db = uniform(-20.0, 0.0, *shape)
    level_db[:, 0] = 0.0
    there = torch.arange(_MOST_RAYS) < number
    phase = uniform(0.0, 2.0 * pi, *shape)
    gain = torch.polar(there * 10.0 ** (level_db / 20.0), phase)
    delay_s = -configuration.delay_spread_s * torch.log(uniform(1e-6, 1.0, *shape))
    low_kmh, high_kmh = configuration.speed_kmh
    fastest_hz = uniform(low_kmh, high_kmh, count, 1) * KMH * configuration.carrier_hz / LIGHT_M_S
    doppler_hz = fastest_hz * torch.cos(uniform(0.0, 2.0 * pi, *shape))
    step_s = configuration.time_step_s * torch.arange(configuration.time_steps)
    motion = torch.exp(2j * pi * doppler_hz[..., None] * step_s)
    azimuth = uniform(-pi / 3.0, pi / 3.0, *shape)
    zenith = pi / 2.0 + uniform(-pi / 9.0, pi / 9.0, *shape)
    steering = steering_vectors(configuration.array, azimuth, zenith)
    return response(
        torch.einsum("bl,blt,bln->bnlt", gain, motion, steering), delay_s, configuration
    )


def steering_vectors(array: Array, azimuth: Tensor, zenith: Tensor) -> Tensor:
    """Phases [..., N] of an array towards angles in radians; boresight is azimuth 0, zenith 90."""
    across = zenith.sin() * azimuth.sin()
    row, column = torch.arange(array.rows), torch.arange(array.columns)
    turns = 0.5 * (column[:, None] * across[..., None, None] - row * zenith.cos()[..., None, None])
    return torch.exp(2j * pi * turns).flatten(-2)
