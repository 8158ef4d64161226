"""What is said of windows, and which beams follow from it. NumPy alone, for xApps too."""

from dataclasses import dataclass

import numpy as np

from tools.beams.trackers import Array

NEAR_DB = 1.0
"""TR 38.843 counts a beam as right that is within 1 dB of the best."""
_SWEPT = 8
_RANKED = 5
_CHUNK = 128


@dataclass(frozen=True)
class Forecast:
    """What a method says about each window and horizon.

    Attributes:
        ranked: [N, H, K] beams, the one to use first.
        sweep: [N, H, K] beams to try when some may be tried, the most useful first.
        confidence: [N, H] probability that the first is within 1 dB; None where a method has none.
    """

    ranked: Array
    sweep: Array
    confidence: Array | None = None

    def at(self, horizons: slice) -> "Forecast":
        """Some of the horizons."""
        said = None if self.confidence is None else self.confidence[:, horizons]
        return Forecast(self.ranked[:, horizons], self.sweep[:, horizons], said)


@dataclass(frozen=True)
class Outlook:
    """What the model says of N windows, in the codebook's own numbering.

    Attributes:
        best: [N, H, beams] probability of being the best beam.
        near: [N, H, beams] logit of being within 1 dB of the best; -inf where the model sees none.
    """

    best: Array
    near: Array


@dataclass(frozen=True)
class Calibration:
    """What validation windows say about a model's answers.

    Attributes:
        slope, offset: [H] of the logit, so that probabilities are shares (Platt, 1999).
        reach: [beams] share of samples in which a beam so far from the best is within 1 dB of it.
    """

    slope: Array
    offset: Array
    reach: Array


def forecast(said: Outlook, calibration: Calibration) -> Forecast:
    """The beams to use and to sweep, with calibrated confidence."""
    order = np.argsort(-said.near, -1, kind="stable")[..., :_RANKED]
    logit = np.take_along_axis(said.near, order[..., :1], -1)[..., 0]
    confidence = np.exp(-np.logaddexp(0.0, -(calibration.slope * logit + calibration.offset)))
    return Forecast(order, cover(said.best, calibration.reach, order[..., 0]), confidence)


def cover(best: Array, reach: Array, first: Array, count: int = _SWEPT) -> Array:
    """[N, H, count] beams of which one is most likely within 1 dB of the best: greedily chosen.

    Args:
        best: [N, H, beams] probability of being the best.
        reach: [beams] as in :class:`Calibration`.
        first: [N, H] the one that is taken in any case.
    """
    if len(best) > _CHUNK:
        parts = [slice(i, i + _CHUNK) for i in range(0, len(best), _CHUNK)]
        return np.concatenate([cover(best[p], reach, first[p], count) for p in parts])
    beams = np.arange(best.shape[-1])
    near = reach[np.abs(beams[:, None] - beams)].astype(np.float32)  # [candidate, best beam]
    chosen = [first]
    covered = near[first]
    for _ in range(count - 1):
        value = (best[..., None, :] * np.maximum(covered[..., None, :], near)).sum(-1)
        chosen.append(value.argmax(-1))
        covered = np.maximum(covered, near[chosen[-1]])
    return np.stack(chosen, -1)


def around(position: Array, beams: int, spacing: int = 2) -> Forecast:
    """A tracker's forecast: beams nearest to a position [N, H], and eight ``spacing`` apart."""
    distance = np.abs(np.arange(beams) - position[..., None])
    ranked = np.argsort(distance, -1, kind="stable")[..., :5]
    middle = np.clip(ranked[..., 0], spacing, beams - 1 - spacing)
    sweep = middle[..., None] + spacing * np.array([0, -1, 1, -2, 2, -3, 3, -4])
    return Forecast(ranked, np.clip(sweep, 0, beams - 1))
