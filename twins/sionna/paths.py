"""The file of traced paths: quantised, with provenance, named by its digest in the scenario."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.canonical import Digest, digest_bytes
from contracts.errors import ExitCode, RanwrightError
from twins import assets
from twins.channel import TracedLinkMap
from twins.scenario import RayTracedChannel, Scenario

NO_PATH = np.iinfo(np.int16).min
"""Stored gain where there is no path."""

GAIN_STEP_DB = 0.01
ANGLE_STEP_DEG = 0.01


@dataclass(frozen=True)
class TracedPaths:
    """Strongest paths from S sites to P points, strongest first, L at most.

    Args:
        point_positions_m: ``[P, 2]`` float32.
        gain: isotropic power gain in steps of 0.01 dB, ``[S, P, L]`` int16, ``NO_PATH`` where none.
        azimuth: azimuth of departure in steps of 0.01 degree, ``[S, P, L]`` int16.
        elevation: elevation of departure in steps of 0.01 degree, ``[S, P, L]`` int16.
        delay: delay in nanoseconds, ``[S, P, L]`` uint16.
        provenance: what was traced (``inputs``) and with what (``tracer``).
    """

    point_positions_m: NDArray[np.float32]
    gain: NDArray[np.int16]
    azimuth: NDArray[np.int16]
    elevation: NDArray[np.int16]
    delay: NDArray[np.uint16]
    provenance: dict[str, Any]

    def to_bytes(self) -> bytes:
        """The compressed .npz; equal content gives equal bytes under one zlib."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            point_positions_m=self.point_positions_m,
            gain=self.gain,
            azimuth=self.azimuth,
            elevation=self.elevation,
            delay=self.delay,
            provenance=np.frombuffer(
                json.dumps(self.provenance, sort_keys=True).encode(), dtype=np.uint8
            ),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TracedPaths":
        """Read :meth:`to_bytes`; raises ``ValueError`` or ``KeyError`` on anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                provenance = json.loads(file["provenance"].tobytes())
                arrays = {
                    name: file[name]
                    for name in ("point_positions_m", "gain", "azimuth", "elevation", "delay")
                }
        except zipfile.BadZipFile as error:
            raise ValueError(str(error)) from error
        return cls(provenance=provenance, **arrays)


def trace_inputs(scenario: Scenario, channel: RayTracedChannel) -> dict[str, Any]:
    """Everything of a scenario that the traced paths depend on."""
    return {
        "scene": channel.scene,
        "frequency_hz": scenario.carrier.frequency_hz,
        "sites_m": [list(site.position_m) for site in scenario.sites],
        "grid_step_m": channel.grid_step_m,
        "area_m": list(channel.area_m),
        "ue_height_m": channel.ue_height_m,
        "max_depth": channel.max_depth,
        "max_paths": channel.max_paths,
    }


def load_paths(
    scenario: Scenario, channel: RayTracedChannel, folder: Path | None = None
) -> TracedLinkMap:
    """The link map behind a scenario's file of traced paths.

    Raises:
        RanwrightError: ``scenario.paths_missing``, ``scenario.paths_digest`` when the file is not
            the one the scenario names, or ``scenario.paths_stale`` when the scenario was edited
            after the tracing.
    """
    paths = TracedPaths.from_bytes(read_asset(scenario, channel, folder))
    expected = trace_inputs(scenario, channel)
    differing = [k for k, v in expected.items() if paths.provenance["inputs"].get(k) != v]
    if differing:
        raise _error(
            scenario,
            "scenario.paths_stale",
            f"{channel.paths_file} was traced with another {', '.join(differing)}.",
        )
    return link_map(scenario, paths)


def read_asset(scenario: Scenario, channel: RayTracedChannel, folder: Path | None = None) -> bytes:
    """The bytes of a scenario's file of paths, found beside the scenario or in a ledger.

    Raises:
        RanwrightError: ``scenario.paths_missing`` or ``scenario.paths_digest``.
    """
    name, digest = channel.paths_file, channel.paths_digest
    if folder is None:
        found = assets.find(name, digest)
    else:
        found = [data for data in (assets.folder(folder)(name, digest),) if data is not None]
    if not found:
        raise _error(scenario, "scenario.paths_missing", f"There is no file {name}.")
    digests = [digest_bytes(data) for data in found]
    if digest not in digests:
        raise _error(
            scenario,
            "scenario.paths_digest",
            f"{name} is {digests[0]}, the scenario names {digest}.",
        )
    return found[digests.index(digest)]


def link_map(scenario: Scenario, paths: TracedPaths) -> TracedLinkMap:
    """Decode traced paths into the link map of a scenario's sectors."""
    gain = torch.from_numpy(paths.gain.astype(np.float32)) * GAIN_STEP_DB
    gain[torch.from_numpy(paths.gain == NO_PATH)] = -torch.inf
    return TracedLinkMap(
        point_positions_m=torch.from_numpy(paths.point_positions_m),
        cell_ids=scenario.cell_ids,
        cell_site=torch.tensor([i for i, s in enumerate(scenario.sites) for _ in s.sectors]),
        cell_azimuth_deg=torch.tensor([s.azimuth_deg for s in scenario.sectors]),
        cell_tilt_deg=torch.tensor([s.digital_tilt_decidegrees / 10 for s in scenario.sectors]),
        antenna=scenario.antenna,
        path_gain_db=gain,
        azimuth_deg=torch.from_numpy(paths.azimuth.astype(np.float32)) * ANGLE_STEP_DEG,
        elevation_deg=torch.from_numpy(paths.elevation.astype(np.float32)) * ANGLE_STEP_DEG,
        delay_ns=torch.from_numpy(paths.delay.astype(np.float32)),
    )


def write_paths(scenario_file: Path, channel: RayTracedChannel, paths: TracedPaths) -> Digest:
    """Write the file of paths beside a scenario and put its digest into the scenario's YAML."""
    data = paths.to_bytes()
    digest = digest_bytes(data)
    (scenario_file.parent / channel.paths_file).write_bytes(data)
    text = scenario_file.read_text(encoding="utf-8").replace(channel.paths_digest, digest)
    scenario_file.write_text(text, encoding="utf-8")
    return digest


def _error(scenario: Scenario, code: str, message: str) -> RanwrightError:
    return RanwrightError(
        code,
        f"Scenario {scenario.name}: {message}",
        "Restore both files from version control, or trace again: "
        f"python -m twins.sionna.trace {scenario.name}.",
        ExitCode.USAGE,
    )
