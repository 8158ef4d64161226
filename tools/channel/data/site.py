"""CSI of the traced cities. Needs LLVM, as tracing does.

The files of paths that ship hold gains, angles of departure and delays to 1 ns, but neither phases
nor angles of arrival, hence no Doppler: paths are traced again, to points of those files.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError
from tools.channel.data.configuration import Configuration
from tools.channel.data.rays import steering_vectors
from tools.channel.data.tr38901 import KMH, response
from twins.scenario import RayTracedChannel, load_scenario
from twins.sionna.llvm import require_llvm
from twins.sionna.paths import GAIN_STEP_DB, NO_PATH, TracedPaths, read_asset
from twins.sionna.trace import load_scene

_SAMPLES_PER_SITE = 100_000
_UES_A_TRACE = 32
_LEAST_GAIN_DB = -120.0
"""Points in deeper shadow are not served."""


def draw(configuration: Configuration, count: int, seed: int) -> Tensor:
    """Sequences [count, T, K, N] complex64 from sites to street points, not normalised.

    Each UE hears the site that is strongest there, whose array faces it within 60 degrees, and
    moves horizontally in any direction. Paths keep gains, angles and Doppler shifts in a sequence.
    Elements are isotropic.

    Raises:
        RanwrightError: ``twin.llvm_missing`` or ``csi.configuration``.
    """
    name = configuration.generator.removeprefix("site-")
    scenario = load_scenario(name)
    channel = scenario.channel
    if not isinstance(channel, RayTracedChannel):
        raise RanwrightError(
            "csi.configuration", f"{name} is not traced.", "Choose a city.", ExitCode.USAGE
        )
    require_llvm()
    points, strongest = _served(TracedPaths.from_bytes(read_asset(scenario, channel)))
    generator = np.random.default_rng(seed)
    scene = load_scene(channel.scene, configuration.carrier_hz)
    drawn: list[Tensor] = []
    while sum(map(len, drawn)) < count:
        site = int(generator.integers(len(scenario.sites)))
        here = np.flatnonzero(strongest == site)
        if len(here) == 0:
            continue
        chosen = points[generator.choice(here, _UES_A_TRACE)]
        heights = np.full((_UES_A_TRACE, 1), channel.ue_height_m)
        some = _Ues(np.hstack([chosen, heights]), _velocities(configuration, generator))
        paths = _trace(scene, scenario.sites[site].position_m, some, channel.max_depth)
        facing = generator.uniform(-np.pi / 3, np.pi / 3, _UES_A_TRACE)
        drawn.append(_sequences(configuration, paths, facing))
    return torch.cat(drawn)[:count]


class _Ues:
    def __init__(self, position_m: NDArray[Any], velocity_m_s: NDArray[Any]) -> None:
        self.position_m, self.velocity_m_s = position_m, velocity_m_s

    def __iter__(self) -> Iterator[tuple[list[float], list[float]]]:
        yield from zip(self.position_m.tolist(), self.velocity_m_s.tolist(), strict=True)


def _served(paths: TracedPaths) -> tuple[NDArray[Any], NDArray[Any]]:
    """Positions of points that hear a site well, and the index of the site they hear best."""
    gain = paths.gain[..., 0]
    best_db = np.where(gain == NO_PATH, -np.inf, GAIN_STEP_DB * gain)
    heard = best_db.max(0) > _LEAST_GAIN_DB
    return paths.point_positions_m[heard], best_db.argmax(0)[heard]


def _velocities(configuration: Configuration, generator: np.random.Generator) -> NDArray[Any]:
    speed_m_s = KMH * generator.uniform(*configuration.speed_kmh, _UES_A_TRACE)
    heading = generator.uniform(0.0, 2.0 * np.pi, _UES_A_TRACE)
    return np.stack([speed_m_s * np.cos(heading), speed_m_s * np.sin(heading), 0 * heading], 1)


def _trace(
    scene: Any, site_m: tuple[float, float, float], ues: _Ues, depth: int
) -> dict[str, Tensor]:
    """Complex gain, delay, Doppler shift, azimuth and zenith of departure, each [UE, L]."""
    import sionna.rt as rt

    scene.add(rt.Transmitter("site", position=list(site_m)))
    for i, (position_m, velocity_m_s) in enumerate(ues):
        scene.add(rt.Receiver(f"ue{i}", position=position_m, velocity=velocity_m_s))
    paths = rt.PathSolver(deterministic=True)(
        scene,
        max_depth=depth,
        samples_per_src=_SAMPLES_PER_SITE,
        refraction=False,
        diffraction=True,
        seed=1,
    )
    real, imaginary = (torch.from_numpy(part.numpy()[:, 0, 0, 0]) for part in paths.a)
    there = torch.from_numpy(paths.valid.numpy()[:, 0])
    found = {"gain": torch.complex(real, imaginary) * there}
    for name in ("tau", "doppler", "phi_t", "theta_t"):
        values = torch.from_numpy(getattr(paths, name).numpy()[:, 0])
        found[name] = torch.where(there, values, 0.0)
    for i in range(len(ues.position_m)):
        scene.remove(f"ue{i}")
    scene.remove("site")
    return found


def _sequences(
    configuration: Configuration, paths: dict[str, Tensor], facing: NDArray[Any]
) -> Tensor:
    """Frequency responses of the UEs that have a path; the array faces them but for ``facing``."""
    heard = paths["gain"].abs().sum(1) > 0.0
    gain = paths["gain"][heard]
    strongest = gain.abs().argmax(1, keepdim=True)
    azimuth = paths["phi_t"][heard]
    turned = azimuth - azimuth.gather(1, strongest) - torch.from_numpy(facing).float()[heard, None]
    step_s = configuration.time_step_s * torch.arange(configuration.time_steps)
    motion = torch.exp(2j * torch.pi * paths["doppler"][heard][..., None] * step_s)
    steering = steering_vectors(configuration.array, turned, paths["theta_t"][heard])
    delay_s = paths["tau"][heard]
    earliest_s = delay_s.masked_fill(gain == 0.0, torch.inf).amin(1, keepdim=True)
    delay_s = (delay_s - earliest_s).masked_fill(gain == 0.0, 0.0)
    return response(
        torch.einsum("bl,blt,bln->bnlt", gain, motion, steering), delay_s, configuration
    )
