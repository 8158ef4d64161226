"""Classical beam prediction: where the strongest beam was goes on in time. What has to be beaten.

All take windows [N, past, beams] of linear power and give positions [N, horizons] as fractional
beam indices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LEAST_SHARE = 0.5
"""Of the way from the floor to the peak, from where a beam counts for the centroid: 3 dB."""


class Tracker(Protocol):
    """Anything that says where the best beam goes."""

    def positions(self, past: Array, horizons: int) -> Array:
        """[N, horizons] fractional beam indices, inside the codebook."""
        ...


@dataclass(frozen=True)
class Hold:
    """The last best beam stays."""

    def positions(self, past: Array, horizons: int) -> Array:
        """As :class:`Tracker`."""
        return np.repeat(past[:, -1].argmax(-1)[:, None].astype(float), horizons, 1)


@dataclass(frozen=True)
class AlphaBeta:
    """The g-h filter on the best beam: position and rate, corrected by shares of each surprise.

    E. Brookner, Tracking and Kalman Filtering Made Easy, 1998, chapter 1.

    Attributes:
        alpha, beta: shares of the surprise that correct position and rate.
        centroid: measures the centre of the main lobe and not the index of the strongest beam.
    """

    alpha: float = 0.6
    beta: float = 0.2
    centroid: bool = False

    def positions(self, past: Array, horizons: int) -> Array:
        """As :class:`Tracker`."""
        position, rate = self.state(past)
        steps = np.arange(1, horizons + 1)
        return inside(position[:, None] + rate[:, None] * steps, past.shape[-1])

    def state(self, past: Array) -> tuple[Array, Array]:
        """[N] position and [N] rate in beams a step, after the last sample."""
        seen = measured(past, self.centroid)
        position, rate = seen[:, 0], np.zeros(len(seen))
        for z in seen[:, 1:].T:
            expected = position + rate
            surprise = z - expected
            position, rate = expected + self.alpha * surprise, rate + self.beta * surprise
        return position, rate


@dataclass(frozen=True)
class AngleEkf:
    """Extended Kalman filter of a straight drive-by on the centre of the main lobe.

    Along a straight line past the array the tangent of the angle grows evenly with time, so the
    state is that tangent and its rate, driven by white acceleration; what is measured is the beam
    at the angle. Beams are spread evenly over the field of view.

    Attributes:
        drift: standard deviation of the rate's change a step, over that of one measurement.
        half_view_deg: angle of the outermost beams to the middle.
        gate: largest surprise that counts in full, in standard deviations.
    """

    drift: float = 0.2
    half_view_deg: float = 45.0
    gate: float = 3.0

    def positions(self, past: Array, horizons: int) -> Array:
        """As :class:`Tracker`."""
        beams = past.shape[-1]
        seen = measured(past, True)
        scale = beams / (2.0 * np.deg2rad(self.half_view_deg))  # beams a radian
        noise = 1.0 / scale  # tangents; a measurement errs by about a beam
        tangent, rate = np.tan(self._angle(seen[:, 0], scale, beams)), np.zeros(len(seen))
        # variances of tangent, of both together, of rate
        aa = np.full(len(seen), noise**2)
        ab = np.zeros(len(seen))
        bb = np.full(len(seen), (4.0 * noise) ** 2)
        push = (self.drift * noise) ** 2
        for z in seen[:, 1:].T:
            tangent = tangent + rate
            aa, ab, bb = aa + 2 * ab + bb + push / 4, ab + bb + push / 2, bb + push
            slope = scale / (1.0 + tangent**2)
            surprise = z - (np.arctan(tangent) * scale + (beams - 1) / 2)
            spread = slope**2 * aa + 1.0
            # a Huber weight: a reflection that outshines the path for one sample pulls little
            trust = np.minimum(
                1.0, self.gate * np.sqrt(spread) / np.maximum(np.abs(surprise), 1e-9)
            )
            gain_a, gain_b = slope * aa / spread * trust, slope * ab / spread * trust
            tangent, rate = tangent + gain_a * surprise, rate + gain_b * surprise
            aa, ab, bb = (
                aa * (1 - gain_a * slope),
                ab * (1 - gain_a * slope),
                bb - gain_b * slope * ab,
            )
        ahead = tangent[:, None] + rate[:, None] * np.arange(1, horizons + 1)
        return inside(np.arctan(ahead) * scale + (beams - 1) / 2, beams)

    @staticmethod
    def _angle(position: Array, scale: float, beams: int) -> Array:
        return np.asarray((position - (beams - 1) / 2) / scale)


def measured(past: Array, centroid: bool) -> Array:
    """Where the best beam is in power [..., beams]: its index, or the main lobe's centre."""
    best = past.argmax(-1)
    if not centroid:
        return np.asarray(best, dtype=float)
    beams = np.arange(past.shape[-1])
    floor = np.median(past, -1, keepdims=True)
    peak = past.max(-1, keepdims=True)
    level = (past - floor) / np.maximum(peak - floor, np.finfo(past.dtype).tiny)
    away = np.abs(beams - best[..., None])
    level = np.maximum(level, away == 0)  # quantised powers may leave half of all beams at the peak
    near = away <= 4
    weight = np.where(near, np.maximum(level - _LEAST_SHARE, 0.0), 0.0)
    return np.asarray((weight * beams).sum(-1) / weight.sum(-1))


def inside(position: Array, beams: int) -> Array:
    """Positions held inside the codebook."""
    return np.clip(position, 0.0, beams - 1.0)


def alpha_beta_grid(centroid: bool) -> Iterator[AlphaBeta]:
    """Candidates for tuning."""
    for alpha, beta in product((0.4, 0.5, 0.6, 0.7, 0.8, 0.9), (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)):
        yield AlphaBeta(alpha, beta, centroid)


def ekf_grid() -> Iterator[AngleEkf]:
    """Candidates for tuning."""
    for drift, view, gate in product(
        (0.02, 0.05, 0.1, 0.2, 0.4, 0.8), (30.0, 45.0, 55.0), (1.5, 3.0)
    ):
        yield AngleEkf(drift, view, gate)
