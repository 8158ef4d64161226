"""Trace a scenario's sites once over its street grid: ``python -m twins.sionna.trace NAME``.

Every site is traced from one isotropic antenna. Sectors share its position, so their patterns,
azimuths and tilts are applied to the paths later (``twins.channel``), as are powers.
"""

import sys
from importlib.metadata import version
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from contracts.errors import ExitCode, RanwrightError
from twins.scenario import RayTracedChannel, Scenario, load_scenario, scenario_path
from twins.sionna.llvm import require_llvm
from twins.sionna.paths import (
    ANGLE_STEP_DEG,
    GAIN_STEP_DB,
    NO_PATH,
    TracedPaths,
    trace_inputs,
    write_paths,
)

SEED = 1
SAMPLES_PER_SITE = 100_000
POINTS_PER_BATCH = 300
WALL_MARGIN_M = 1.0
GROUND_HEIGHT_M = 0.5
_SKY_M = 1000.0
_log = structlog.get_logger(__name__)


def trace(scenario: Scenario) -> TracedPaths:
    """Trace all sites of a ray-traced scenario.

    Raises:
        RanwrightError: ``twin.llvm_missing``, ``twin.not_ray_traced``, ``twin.unknown_scene`` or
            ``twin.no_outdoor_points``.
    """
    channel = scenario.channel
    if not isinstance(channel, RayTracedChannel):
        raise _usage("twin.not_ray_traced", f"Scenario {scenario.name} has no paths to trace.")
    require_llvm()
    scene = load_scene(channel.scene, scenario.carrier.frequency_hz)
    points = outdoor_points(scene.mi_scene, channel)
    if len(points) == 0:
        raise _usage("twin.no_outdoor_points", "The area holds no outdoor point.")
    sites = []
    for site in scenario.sites:
        sites.append(trace_site(scene, site.position_m, points, channel))
        _log.info("trace.site", site=site.name, points=len(points))
    gain, azimuth, elevation, delay = (np.stack(arrays) for arrays in zip(*sites, strict=True))
    return TracedPaths(
        points,
        gain,
        azimuth,
        elevation,
        delay,
        provenance={
            "inputs": trace_inputs(scenario, channel),
            "tracer": {
                "sionna_rt": version("sionna-rt"),
                "mitsuba": version("mitsuba"),
                "samples_per_site": SAMPLES_PER_SITE,
                "seed": SEED,
                "diffraction": True,
                "receiver": "isotropic, powers of V and H polarisation added",
                "transmitter": "isotropic, V polarisation",
            },
        },
    )


def outdoor_points(mi_scene: Any, channel: RayTracedChannel) -> NDArray[np.float32]:
    """Grid points under open sky, at least ``WALL_MARGIN_M`` from any wall, ``[P, 2]`` metres.

    A point is outdoors when a ray from the sky reaches the ground there and at four points around.
    """
    x_min, y_min, x_max, y_max = channel.area_m
    xs = np.arange(x_min + channel.grid_step_m / 2, x_max, channel.grid_step_m)
    ys = np.arange(y_min + channel.grid_step_m / 2, y_max, channel.grid_step_m)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    outdoors = np.ones(len(grid), dtype=bool)
    for offset in ((0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
        height = surface_height_m(mi_scene, grid + WALL_MARGIN_M * np.array(offset))
        outdoors &= np.abs(height) < GROUND_HEIGHT_M
    return grid[outdoors].astype(np.float32)


def surface_height_m(mi_scene: Any, positions_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the highest surface above each position, ``[K]``; NaN outside the scene."""
    import mitsuba as mi

    x, y = positions_m.T.astype(np.float32)
    origin = mi.Point3f(x, y, np.full(len(x), _SKY_M, dtype=np.float32))
    hit = mi_scene.ray_intersect(mi.Ray3f(origin, mi.Vector3f(0.0, 0.0, -1.0)))
    return np.where(hit.is_valid().numpy(), _SKY_M - hit.t.numpy().astype(np.float64), np.nan)


def load_scene(name: str, frequency_hz: float) -> Any:
    """A built-in scene with isotropic antennas, V at the site, V and H at the UE.

    Raises:
        RanwrightError: ``twin.unknown_scene``.
    """
    import sionna.rt as rt

    file = getattr(rt.scene, name, None)
    if not isinstance(file, str):
        raise _usage("twin.unknown_scene", f"Sionna RT has no scene {name!r}.")
    scene = rt.load_scene(file)
    scene.frequency = frequency_hz
    scene.tx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    scene.rx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="VH")
    return scene


def trace_site(
    scene: Any,
    position_m: tuple[float, float, float],
    points: NDArray[np.float32],
    channel: RayTracedChannel,
    samples: int = SAMPLES_PER_SITE,
) -> tuple[NDArray[Any], ...]:
    """Quantised gain, azimuth, elevation and delay of one site, each ``[P, L]``."""
    import sionna.rt as rt

    solver = rt.PathSolver(deterministic=True)
    scene.add(rt.Transmitter("site", position=list(position_m)))
    batches = []
    for start in range(0, len(points), POINTS_PER_BATCH):
        batch = points[start : start + POINTS_PER_BATCH]
        for i, (x, y) in enumerate(batch.tolist()):
            scene.add(rt.Receiver(f"ue{i}", position=[x, y, channel.ue_height_m]))
        paths = solver(
            scene,
            max_depth=channel.max_depth,
            samples_per_src=samples,
            refraction=False,
            diffraction=True,
            seed=SEED,
        )
        batches.append(_strongest(paths, len(batch), channel.max_paths))
        for i in range(len(batch)):
            scene.remove(f"ue{i}")
    scene.remove("site")
    return tuple(np.concatenate(arrays) for arrays in zip(*batches, strict=True))


def _strongest(paths: Any, points: int, keep: int) -> tuple[NDArray[Any], ...]:
    """The ``keep`` strongest paths of a batch, quantised, each ``[points, keep]``."""
    real, imaginary = (part.numpy() for part in paths.a)  # [rx, rx_ant, tx, tx_ant, L]
    power = np.square(real) + np.square(imaginary)
    power = power.sum(axis=1)[:, 0, 0, :]
    power = np.where(paths.valid.numpy()[:, 0, :], power, 0.0)
    raw = [power] + [t.numpy()[:, 0, :] for t in (paths.phi_t, paths.theta_t, paths.tau)]
    padded = [np.pad(a, ((0, 0), (0, max(0, keep - a.shape[1])))) for a in raw]
    order = np.argsort(-padded[0], axis=1, kind="stable")[:, :keep]
    power, azimuth, zenith, delay = (np.take_along_axis(a, order, axis=1) for a in padded)
    there = power > 0.0
    gain_db = 10.0 * np.log10(np.where(there, power, 1.0))
    return (
        np.where(there, np.rint(gain_db / GAIN_STEP_DB), NO_PATH).astype(np.int16),
        _degrees(np.where(there, azimuth, 0.0)),
        _degrees(np.where(there, np.pi / 2 - zenith, 0.0)),
        np.where(there, np.rint(delay * 1e9), 0).clip(0, 65535).astype(np.uint16),
    )


def _degrees(radians: NDArray[Any]) -> NDArray[np.int16]:
    turn = np.mod(np.rad2deg(radians) + 180.0, 360.0) - 180.0
    steps: NDArray[np.int16] = np.rint(turn / ANGLE_STEP_DEG).astype(np.int16)
    return steps


def _usage(code: str, message: str) -> RanwrightError:
    return RanwrightError(code, message, "Correct the scenario.", ExitCode.USAGE)


def main(name: str) -> None:
    """Trace a scenario, write its file of paths, and put the digest into its YAML."""
    scenario = load_scenario(name)
    paths = trace(scenario)
    if isinstance(scenario.channel, RayTracedChannel):
        digest = write_paths(scenario_path(name), scenario.channel, paths)
        _log.info("trace.written", file=scenario.channel.paths_file, digest=digest)


if __name__ == "__main__":
    main(sys.argv[1])
