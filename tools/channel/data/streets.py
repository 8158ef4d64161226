"""Image sources in a street canyon: channels of few paths that one geometry holds together.

Traced cities are for tests alone. Here are streets that no trace was made of: two walls, the
ground, and the front of a building across the far end, each a mirror. Unlike random rays, their
paths share walls, so delays, angles and Doppler shifts go together, and some paths nearly coincide
(a wave and its reflection from the ground).
"""

from itertools import product
from math import pi

import torch
from torch import Tensor

from tools.channel.data.configuration import Configuration
from tools.channel.data.rays import LIGHT_M_S, steering_vectors
from tools.channel.data.tr38901 import KMH, response

_UE_HEIGHT_M = 1.5
_BLOCKED = 0.4
_MOST_WALLS = 3


def draw(configuration: Configuration, count: int, seed: int) -> Tensor:
    """Sequences [count, T, K, N] complex64, not normalised.

    Streets are 12 to 30 m wide, UEs 15 to 200 m away, the site 4 to 20 m high near a wall and its
    array turned by up to 60 degrees; up to three reflections from walls, with or without one from
    the ground and one from the far end; a reflection keeps 0.3 to 0.8 of the amplitude. Where the
    direct path is blocked (two in five), so is its reflection from the ground.
    """
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float) -> Tensor:
        drawn = low + (high - low) * torch.rand(count, 1, generator=generator)
        return drawn.double()

    width_m = uniform(12.0, 30.0)
    ue_x_m = uniform(15.0, 200.0)
    ue_y_m = width_m * uniform(-0.4, 0.4)
    site_y_m = width_m * uniform(-0.45, 0.45)
    height_m = uniform(4.0, 20.0)
    end_m = ue_x_m + uniform(10.0, 150.0)
    kept = [uniform(0.3, 0.8) for _ in range(3)]
    blocked = uniform(0.0, 1.0) < _BLOCKED
    found = []
    for walls, ground, end in product(range(-_MOST_WALLS, _MOST_WALLS + 1), (0, 1), (0, 1)):
        # mirrored at the walls: the site's image among those of the street
        image_y_m = walls * width_m + (-1) ** walls * site_y_m
        aside_m = ue_y_m - image_y_m
        along_m = (2.0 * end_m - ue_x_m) if end else ue_x_m
        down_m = -height_m - _UE_HEIGHT_M if ground else _UE_HEIGHT_M - height_m
        length_m = (along_m.square() + aside_m.square() + down_m**2).sqrt()
        amplitude = kept[0] ** abs(walls) * kept[1] ** ground * kept[2] ** end / length_m
        if walls == 0 and end == 0:
            amplitude = amplitude * ~blocked
        # leaves the site towards the mirrored UE; arrives from the site's image
        leaving_y = (-1) ** walls * aside_m / length_m
        arriving = (-1.0 if end else 1.0) * along_m / length_m, aside_m / length_m
        angles = torch.atan2(leaving_y, along_m / length_m), torch.acos(down_m / length_m)
        found.append(torch.stack([amplitude, length_m, *angles, *arriving]))
    amplitude, length_m, azimuth, zenith, arriving_x, arriving_y = torch.stack(found, -1)[:, :, 0]
    speed_m_s = KMH * uniform(*configuration.speed_kmh)
    heading = uniform(0.0, 2.0 * pi)
    towards = arriving_x * heading.cos() + arriving_y * heading.sin()
    doppler_hz = -speed_m_s * configuration.carrier_hz / LIGHT_M_S * towards
    phase = -2.0 * pi * configuration.carrier_hz * length_m / LIGHT_M_S
    step_s = configuration.time_step_s * torch.arange(configuration.time_steps).double()
    motion = torch.exp(2j * pi * doppler_hz[..., None] * step_s)
    strongest = amplitude.argmax(1, keepdim=True)
    turned = azimuth - azimuth.gather(1, strongest) - uniform(-pi / 3.0, pi / 3.0)
    steering = steering_vectors(configuration.array, turned, zenith)
    paths = torch.einsum("bl,blt,bln->bnlt", torch.polar(amplitude, phase), motion, steering)
    delay_s = (length_m - length_m.amin(1, keepdim=True)) / LIGHT_M_S
    return response(paths.to(torch.complex64), delay_s, configuration)
