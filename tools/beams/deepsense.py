"""Measured beam powers of DeepSense 6G: a loader of a local copy; nothing of it is shipped.

One sample is the received power of 64 beams of a 60 GHz array, about every 0.1 s, while a vehicle
drives by. A. Alkhateeb et al., "DeepSense 6G: A Large-Scale Real-World Multi-Modal Sensing and
Communication Dataset", IEEE Commun. Mag. 2023; files as gathered by J. Morais (Position-Beam-
Prediction), CC BY-NC-SA 4.0: for evaluation only, also what is trained on it is never shipped.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from contracts.errors import ExitCode, RanwrightError
from tools.beams.trackers import Array
from tools.beams.windows import Sequence

SCENARIOS = (1, 2, 3, 4, 5, 6)
STREETS: dict[str, tuple[int, ...]] = {"A": (1, 2, 5), "B": (3, 4), "C": (6,)}
"""Scenarios of one street, by their positions: 1 and 2, 3 and 4 share even the place of the array,
so that a scenario left out alone is not a place never seen."""
LARGEST_JUMP_M = 10.0
"""A vehicle that moves farther between two samples: the recording was interrupted."""
_METRES_A_DEGREE = 111_320.0


def folder() -> Path:
    """Where the files are looked for: ``RANWRIGHT_DATA`` or ``../shared/data``, then deepsense."""
    return Path(os.environ.get("RANWRIGHT_DATA", "../shared/data")) / "deepsense"


def load(path: Path | None = None, scenarios: tuple[int, ...] = SCENARIOS) -> list[Sequence]:
    """All sequences of some scenarios.

    Interrupted recordings are parted where the position jumps or a sample is dead (a power that is
    not finite, not positive, or the same on all beams).

    Raises:
        RanwrightError: ``beams.no_data`` when a scenario's files are not there,
            ``beams.malformed_data`` when they do not fit together.
    """
    where = folder() if path is None else path
    return [s for number in scenarios for s in _scenario(where, number)]


def _scenario(where: Path, number: int) -> Iterator[Sequence]:
    power = _read(where, f"scenario{number}_unit1_pwr_60ghz_*.npy")
    index = _read(where, f"scenario{number}_seq_index_*.npy")
    position = _read(where, f"scenario{number}_unit2_loc_*.npy")
    if power.ndim != 2 or not len(power) == len(index) == len(position):
        raise RanwrightError(
            "beams.malformed_data",
            f"Powers {power.shape}, sequence indices {index.shape} and positions {position.shape}"
            f" of scenario {number} do not fit together.",
            "Fetch the files again.",
            ExitCode.USAGE,
        )
    dead = ~is_alive(power)
    parted = np.diff(index) != 0
    parted |= _moved_m(position) > LARGEST_JUMP_M
    parted |= dead[1:] | dead[:-1]
    for part in np.split(np.arange(len(index)), np.flatnonzero(parted) + 1):
        if not dead[part[0]]:
            yield Sequence(number, int(index[part[0]]), power[part].astype(np.float32))


def is_alive(power: Array) -> Array:
    """[N] whether samples [N, beams] hold a measurement at all."""
    sound = np.isfinite(power).all(1) & (power > 0.0).all(1)
    return np.asarray(sound & (power.max(1) > power.min(1)))


def _moved_m(position: Array) -> Array:
    """[N - 1] metres between positions [N, 2], latitude and longitude in degrees."""
    scale = _METRES_A_DEGREE * np.array([1.0, np.cos(np.deg2rad(position[0, 0]))])
    return np.asarray(np.linalg.norm(np.diff(position, axis=0) * scale, axis=1))


def _read(where: Path, pattern: str) -> Array:
    found = sorted(where.glob(pattern))
    if len(found) != 1:
        raise RanwrightError(
            "beams.no_data",
            f"{where} holds {len(found)} files {pattern}, not one.",
            "Set RANWRIGHT_DATA to a folder with deepsense/ in it.",
            ExitCode.USAGE,
        )
    return np.asarray(np.load(found[0]))
