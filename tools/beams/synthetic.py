"""Made windows of beam powers: vehicles that drive straight past phased arrays of every kind.

Each window has an array of its own (elements, field of view, phase shifter bits, errors of the
elements, tilt to the street), a vehicle (distance, speed, acceleration, stretch of road) and an
environment (a reflection that moves along, standing reflections, blockage, noise floor, errors of
measurement). Ranges are wide on purpose; nothing is fitted to measured windows, but the floor (3 to
12 dB under the peak) and the lobes' width are of the order that measured ones have.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.beams.trackers import Array
from tools.beams.windows import FUTURE, PAST, STEP_S, Windows
from twins.runtime import derive_seed

BEAMS = 64
BLOCK = 256
"""Windows that are drawn together; block n of a seed is the same on every machine."""

_MOST_ELEMENTS = 16
_REFLECTIONS = 3

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class DriveBy:
    """Windows that follow from a seed.

    Attributes:
        past, future: steps of 0.1 s.
    """

    past: int = PAST
    future: int = FUTURE

    def windows(self, count: int, seed: int) -> Windows:
        """The first ``count`` windows of a seed, each a sequence of its own."""
        blocks = [self._block(seed, i) for i in range(-(-count // BLOCK))]
        power = np.concatenate(blocks)[:count].astype(np.float32)
        return Windows(
            power[:, : self.past], power[:, self.past :], np.zeros(count, int), np.arange(count)
        )

    def _block(self, seed: int, index: int) -> Array:
        """[BLOCK, past + future, BEAMS] power; the strongest sample of a window is about 1."""
        rng = np.random.default_rng(derive_seed("beams", "drive-by", seed, index))
        weights = _codebook(rng)
        angle, level = _drive(rng, self.past + self.future, self.past)
        power = _received(rng, weights, angle, level)
        power /= power.max((1, 2), keepdims=True)
        floor = 10 ** (-rng.uniform(0.3, 1.2, (BLOCK, 1, 1)))
        uneven = np.exp(rng.normal(0, 0.1, (BLOCK, 1, BEAMS)))
        error_np = rng.uniform(0.01, 0.08, (BLOCK, 1, 1)) * rng.normal(size=power.shape)
        return np.asarray((power + floor * uneven) * np.exp(error_np))


def _codebook(rng: np.random.Generator) -> Complex:
    """[BLOCK, BEAMS, elements] weights of beams evenly over a field of view, with real defects."""
    elements = rng.integers(8, _MOST_ELEMENTS + 1, (BLOCK, 1, 1))
    element = np.arange(_MOST_ELEMENTS)
    half_view = np.deg2rad(rng.uniform(38.0, 55.0, (BLOCK, 1)))
    across = np.linspace(-1.0, 1.0, BEAMS) + rng.normal(0, 0.004, (BLOCK, BEAMS))
    by_sine = rng.random((BLOCK, 1)) < 0.3
    even_sine = np.arcsin(np.clip(across * np.sin(half_view), -1.0, 1.0))
    pointing = np.where(by_sine, even_sine, across * half_view)
    phase = np.pi * np.sin(pointing)[..., None] * element
    step = 2 * np.pi / 2.0 ** rng.integers(2, 6, (BLOCK, 1, 1))
    phase = np.rint(phase / step) * step
    error = rng.uniform(0.0, 0.25, (BLOCK, 1, 1)) * rng.normal(size=(BLOCK, 1, _MOST_ELEMENTS))
    gain = np.exp(0.5 * error[..., ::-1]) * (element < elements)
    gain = gain * np.exp(rng.normal(0, 0.05, (BLOCK, BEAMS, 1)))
    return np.asarray(gain * np.exp(1j * (phase + error)))


def _drive(rng: np.random.Generator, steps: int, past: int) -> tuple[Array, Array]:
    """[BLOCK, steps] angle in radians to the array's middle, and level of the direct path."""
    shape = (BLOCK, 1)
    # samples are not taken on time to the millisecond, and now and then one is missed
    length_s = STEP_S * (1.0 + rng.uniform(0.0, 0.15, shape) * rng.normal(size=(BLOCK, steps)))
    length_s += STEP_S * (rng.random((BLOCK, steps)) < 0.01)
    time_s = length_s.cumsum(1)
    time_s -= time_s[:, past - 1 : past]
    distance_m = np.exp(rng.uniform(np.log(4.0), np.log(30.0), shape))
    rate = np.exp(rng.uniform(np.log(0.008), np.log(0.2), shape))  # of the tangent, a step
    speed_ms = rate * distance_m / STEP_S
    start = np.tan(np.deg2rad(rng.uniform(-52.0, 52.0, shape))) * distance_m
    acceleration = rng.normal(0, 0.12, shape) * speed_ms
    along_m = speed_ms * time_s + acceleration * time_s**2 / 2
    sign = rng.choice((-1.0, 1.0), shape)
    weave_m = 0.3 * rng.normal(size=shape) * time_s
    x_m, y_m = start + sign * along_m, distance_m + weave_m
    tilt = np.deg2rad(rng.normal(0, 4.0, shape))
    level = distance_m / np.hypot(x_m, y_m)
    blocked = rng.random(shape) < 0.08
    first = rng.integers(0, steps, shape)
    at = np.arange(steps)
    span = (at >= first) & (at < first + rng.integers(1, 5, shape))
    level = level * np.where(blocked & span, 10 ** -rng.uniform(0.2, 0.7, shape), 1.0)
    return np.arctan2(x_m, y_m) + tilt, level


def _received(rng: np.random.Generator, weights: Complex, angle: Array, level: Array) -> Array:
    """[BLOCK, steps, BEAMS] power of the direct path and its reflections."""
    steps = angle.shape[1]
    shape = (BLOCK, steps, 1 + _REFLECTIONS)
    angles, levels = np.empty(shape), np.empty(shape)
    angles[..., 0], levels[..., 0] = angle, level
    there = rng.random((BLOCK, 1, _REFLECTIONS)) < 0.25
    strength = 10 ** -rng.uniform(0.4, 1.2, (BLOCK, 1, _REFLECTIONS))
    angles[..., 1:] = np.deg2rad(rng.uniform(-60.0, 60.0, (BLOCK, 1, _REFLECTIONS)))
    angles[..., 1] = angle + np.deg2rad(rng.normal(0, 6.0, (BLOCK, 1)))  # the vehicle's other end
    levels[..., 1:] = there * strength * level.mean(1)[:, None, None]
    turning = rng.normal(0, 1.0, shape).cumsum(1) + rng.uniform(0, 2 * np.pi, (BLOCK, 1, shape[2]))
    field = levels * np.exp(1j * turning)
    response = np.exp(-1j * np.pi * np.sin(angles)[..., None] * np.arange(_MOST_ELEMENTS))
    arriving = (field[..., None] * response).sum(2)
    received: Any = np.abs(np.einsum("nbe,nte->ntb", weights, arriving)) ** 2
    return np.asarray(received)
