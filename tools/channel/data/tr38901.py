"""CSI of TR 38.901: CDL profiles (clause 7.7.1) and UMi, UMa (clause 7.5) through Sionna."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tools.channel.data.configuration import Configuration

SEED_MODULUS = 2**32
"""Sionna takes seeds of 32 bits."""

KMH = 1.0 / 3.6
"""km/h to m/s."""

_HEIGHT_M = {"umi": 10.0, "uma": 25.0}
_UE_HEIGHT_M = 1.5
_DISTANCE_M = {"umi": (10.0, 200.0), "uma": (35.0, 500.0)}


def draw(configuration: Configuration, count: int, seed: int) -> Tensor:
    """Sequences [count, T, K, N] complex64, not normalised.

    UEs of UMi and UMa stand outdoors in a sector of 120 degrees, in line of sight as often as the
    standard says, and move horizontally in any direction.
    """
    from sionna.phy import config  # imported here because it takes seconds

    before = config.seed
    config.seed = seed % SEED_MODULUS
    try:
        gain, delay_s = _sampler(configuration)(count)
    finally:
        config.seed = before
    return response(gain, delay_s, configuration)


def response(gain: Tensor, delay_s: Tensor, configuration: Configuration) -> Tensor:
    """Frequency response [B, T, K, N] of paths.

    Args:
        gain: [B, N, L, T] complex.
        delay_s: [B, L].
    """
    places = torch.arange(configuration.subcarriers) - configuration.subcarriers // 2
    frequency_hz = places * configuration.subcarrier_spacing_hz
    turns = frequency_hz[None, :, None].double() * delay_s[:, None, :].double()
    shift = torch.exp(-2j * torch.pi * turns).to(gain.dtype)
    return torch.einsum("bkl,bnlt->btkn", shift, gain)


def _sampler(configuration: Configuration) -> Callable[[int], tuple[Tensor, Tensor]]:
    from sionna.phy.channel import tr38901

    carrier_hz = configuration.carrier_hz
    common: dict[str, Any] = {"polarization": "single", "polarization_type": "V"}
    array = tr38901.PanelArray(
        num_rows_per_panel=configuration.array.rows,
        num_cols_per_panel=configuration.array.columns,
        antenna_pattern="38.901",
        carrier_frequency=carrier_hz,
        **common,
    )
    element = tr38901.PanelArray(
        num_rows_per_panel=1,
        num_cols_per_panel=1,
        antenna_pattern="omni",
        carrier_frequency=carrier_hz,
        **common,
    )
    arrays = {"ut_array": element, "bs_array": array, "direction": "downlink"}
    rate_hz = 1.0 / configuration.time_step_s
    steps = configuration.time_steps
    if configuration.generator.startswith("cdl-"):
        low, high = configuration.speed_kmh
        profile = tr38901.CDL(
            configuration.generator[-1].upper(),
            configuration.delay_spread_s,
            carrier_hz,
            min_speed=low * KMH,
            max_speed=high * KMH,
            **arrays,
        )
        return lambda count: _plain(*profile(count, steps, rate_hz))
    name = configuration.generator
    kind = {"umi": tr38901.UMi, "uma": tr38901.UMa}[name]
    scenario = kind(carrier_hz, "low", enable_pathloss=False, enable_shadow_fading=False, **arrays)

    def sample(count: int) -> tuple[Tensor, Tensor]:
        scenario.set_topology(**_topology(configuration, count))
        return _plain(*scenario(steps, rate_hz))

    return sample


def _plain(gain: Tensor, delay_s: Tensor) -> tuple[Tensor, Tensor]:
    return gain[:, 0, 0, 0], delay_s[:, 0, 0]


def _topology(configuration: Configuration, count: int) -> dict[str, Tensor]:
    from sionna.phy import config

    generator = config.torch_rng("cpu")
    low_m, high_m = _DISTANCE_M[configuration.generator]
    low_kmh, high_kmh = configuration.speed_kmh
    u = torch.rand(4, count, 1, generator=generator)
    distance_m = (low_m**2 + (high_m**2 - low_m**2) * u[0]).sqrt()  # uniform over the area
    azimuth, heading = (2.0 * u[1] - 1.0) * torch.pi / 3.0, 2.0 * torch.pi * u[2]
    speed_m_s = KMH * (low_kmh + (high_kmh - low_kmh) * u[3])
    zero = torch.zeros_like(azimuth)

    def level(height_m: float) -> Tensor:
        return torch.full_like(zero, height_m)

    def around(radius: Tensor, angle: Tensor, height: Tensor) -> Tensor:
        return torch.stack([radius * angle.cos(), radius * angle.sin(), height], -1)

    base = torch.stack([zero, zero, level(_HEIGHT_M[configuration.generator])], -1)
    return {
        "ut_loc": around(distance_m, azimuth, level(_UE_HEIGHT_M)),
        "bs_loc": base,
        "ut_orientations": torch.zeros_like(base),
        "bs_orientations": torch.zeros_like(base),
        "ut_velocities": around(speed_m_s, heading, zero),
        "in_state": torch.zeros_like(zero, dtype=torch.bool),
    }
