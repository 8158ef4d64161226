"""Two to four plane waves that nearly cancel while they are watched, and grow afterwards.

Where streets have two strong paths of near angles and delays, the whole array fades at once. A
predictor that believes in a stationary channel then predicts too little. TR 38.901, with its many
paths, hardly ever shows this, and random rays show it seldom.
"""

from math import pi

import torch
from torch import Tensor

from tools.channel.data.configuration import Configuration
from tools.channel.data.rays import LIGHT_M_S, steering_vectors
from tools.channel.data.tr38901 import KMH, response

_MOST_RAYS = 4
_GROWTH_DB = (3.0, 10.0)
_DRAWN_AT_ONCE = 512
_WATCHED = 8


def draw(configuration: Configuration, count: int, seed: int) -> Tensor:
    """Sequences [count, T, K, N] complex64, not normalised.

    Two rays within 3 dB, up to two more 3 to 20 dB weaker, from near directions with near delays;
    kept are those whose power after the first eight samples is 3 to 10 dB above that in them.
    """
    generator = torch.Generator().manual_seed(seed)
    found: list[Tensor] = []
    while sum(map(len, found)) < count:
        drawn = _rays(configuration, generator)
        power = drawn.abs().square().mean((2, 3))
        ratio = power[:, _WATCHED:].mean(1) / power[:, :_WATCHED].mean(1)
        growth_db = 10.0 * torch.log10(ratio)
        low_db, high_db = _GROWTH_DB
        found.append(drawn[(growth_db > low_db) & (growth_db < high_db)])
    return torch.cat(found)[:count]


def _rays(configuration: Configuration, generator: torch.Generator) -> Tensor:
    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    many, shape = (_DRAWN_AT_ONCE, 1), (_DRAWN_AT_ONCE, _MOST_RAYS)
    number = torch.randint(2, _MOST_RAYS + 1, many, generator=generator)
    level_db = uniform(-3.0, 0.0, *shape)
    level_db[:, 2:] -= uniform(3.0, 17.0, _DRAWN_AT_ONCE, _MOST_RAYS - 2)
    there = torch.arange(_MOST_RAYS) < number
    gain = torch.polar(there * 10.0 ** (level_db / 20.0), uniform(0.0, 2.0 * pi, *shape))
    # squares of uniform numbers: mostly near, sometimes far
    late = uniform(0.0, 1.0, *many).square() * uniform(0.0, 1.0, *shape)
    delay_s = configuration.delay_spread_s * (uniform(0.0, 1.0, *many) + late)
    speed_m_s = KMH * uniform(*configuration.speed_kmh, *many)
    fastest_hz = speed_m_s * configuration.carrier_hz / LIGHT_M_S
    doppler_hz = fastest_hz * torch.cos(uniform(0.0, 2.0 * pi, *shape))
    step_s = configuration.time_step_s * torch.arange(configuration.time_steps)
    motion = torch.exp(2j * pi * doppler_hz[..., None] * step_s)
    aside = uniform(0.0, 1.0, *many).square()
    azimuth = uniform(-pi / 3.0, pi / 3.0, *many) + aside * uniform(-0.5, 0.5, *shape)
    zenith = pi / 2.0 + uniform(-0.1, 0.1, *many) + uniform(-0.05, 0.05, *shape)
    steering = steering_vectors(configuration.array, azimuth, zenith)
    paths = torch.einsum("bl,blt,bln->bnlt", gain, motion, steering)
    return response(paths, delay_s, configuration)
