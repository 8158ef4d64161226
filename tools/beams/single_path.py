"""The single-path setting of BP-LLM: a vehicle drives past a many-beam array, one path, no noise.

Re-made from the published description: straight line with a small acceleration at 10 to 20 m/s,
16 ms a step, 40 past steps and 10 future ones, a uniform linear array with DFT-like beams that
point evenly over all directions of its half-plane. The authors take positions and angles from a
ray-traced street; here they are drawn, so figures stand beside the published ones and are no
reproduction of them.
"""

from dataclasses import dataclass

import numpy as np

from tools.beams.trackers import Array
from twins.runtime import derive_seed

STEP_S = 0.016
PAST, FUTURE = 40, 10
PUBLISHED_STEPS = (1, 3, 5, 7, 9)
PUBLISHED: dict[str, tuple[float, ...]] = {
    "BP-LLM": (0.950, 0.900, 0.865, 0.857, 0.805),
    "ODE-LSTM": (0.895, 0.857, 0.841, 0.808, 0.796),
}
"""Normalised gain at those steps, as a survey quotes table IV of the paper."""


@dataclass(frozen=True)
class Drives:
    """N vehicles.

    Attributes:
        past: [N, PAST] index of the best beam of each step.
        future: [N, FUTURE].
        gain: [N, FUTURE, beams] beamforming gain over that of the best beam.
    """

    past: Array
    future: Array
    gain: Array

    def __len__(self) -> int:
        return len(self.past)


def drives(count: int, seed: int, beams: int = 64) -> Drives:
    """Vehicles that follow from a seed."""
    rng = np.random.default_rng(derive_seed("beams", "single-path", beams, seed))
    shape = (count, 1)
    time_s = STEP_S * np.arange(PAST + FUTURE)
    speed_ms = rng.uniform(10.0, 20.0, shape)
    acceleration_ms2 = rng.normal(0.0, 1.0, shape)
    along_m = speed_ms * time_s + acceleration_ms2 * time_s**2 / 2
    heading = rng.choice((-1.0, 1.0), shape)
    distance_m = rng.uniform(5.0, 30.0, shape)
    x_m = rng.uniform(-50.0, 50.0, shape) + heading * along_m
    sine = x_m / np.hypot(x_m, distance_m)
    gain = pattern(sine, beams)
    best, ahead = gain.argmax(-1), gain[:, PAST:]
    return Drives(
        best[:, :PAST], best[:, PAST:], (ahead / ahead.max(-1, keepdims=True)).astype(np.float32)
    )


def normalised_gain(drives_: Drives, beams: Array) -> Array:
    """[N, FUTURE] of chosen beams [N, FUTURE]."""
    return np.asarray(np.take_along_axis(drives_.gain, beams[..., None], -1)[..., 0])


def straight_line(past: Array, beams: int = 64) -> Array:
    """[N, FUTURE] beams by a straight line with acceleration, fitted by least squares.

    Past a uniform array the tangent of the angle is quadratic in time for such a drive; a beam's
    index is read as the middle of its interval of sines. Weights make up for tangents that are
    uncertain far from broadside.
    """
    sine = (past + 0.5) * 2.0 / beams - 1.0
    tangent = sine / np.sqrt(1.0 - sine**2)
    weight = (1.0 - sine**2) ** 1.5
    time = np.arange(PAST + FUTURE) - (PAST - 1.0)
    powers = np.stack([np.ones_like(time), time / PAST, (time / PAST) ** 2], -1)
    rows = weight[..., None] * powers[:PAST]
    # a small prior on acceleration: over 40 steps it hardly shows in whole indices
    normal = rows.swapaxes(1, 2) @ rows + np.diag([0.0, 0.0, 0.05])
    right = (rows * (weight * tangent)[..., None]).sum(1)
    fitted = np.linalg.solve(normal, right[..., None])[..., 0]
    ahead = fitted @ powers[PAST:].T
    index = (ahead / np.hypot(1.0, ahead) + 1.0) * beams / 2.0 - 0.5
    return np.asarray(np.clip(np.rint(index), 0, beams - 1), dtype=int)


def pattern(sine: Array, beams: int) -> Array:
    """[..., beams] gain of DFT beams at half-wavelength spacing towards sines [...], at most 1."""
    centre = (np.arange(beams) + 0.5) * 2.0 / beams - 1.0
    x = sine[..., None] - centre
    # Fejer's kernel; its limit is 1 where numerator and denominator vanish
    small = np.abs(np.sin(np.pi * x / 2)) < 1e-9
    below = np.where(small, 1.0, beams * np.sin(np.pi * x / 2))
    return np.asarray(np.where(small, 1.0, np.sin(np.pi * beams * x / 2) / below) ** 2)
