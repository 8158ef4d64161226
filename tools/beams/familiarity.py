"""How much a window resembles the made ones a model was trained on: an out-of-distribution score.

A window is described by widths of its lobes, contrast, steadiness and speed. Distance is
Mahalanobis' from made windows; the score is the share of them that lie farther out, so that small
means strange. NumPy alone, so that xApps can use it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tools.beams.frames import Frames
from tools.beams.trackers import Array

_RIDGE = 1e-2
"""Added to the correlations: directions in which made windows hardly differ count little."""
_KEPT = 500


@dataclass(frozen=True)
class Familiarity:
    """What made windows looked like.

    Attributes:
        centre, scale: [D] mean and standard deviation of the descriptions.
        precision: [D, D] inverse of their correlations.
        distances: [K] quantiles of the distances of made windows, ascending.
    """

    centre: Array
    scale: Array
    precision: Array
    distances: Array

    @classmethod
    def learn(cls, shown: Frames) -> Self:
        """From windows of the training's distribution that training did not draw."""
        seen = describe(shown)
        half, other = seen[::2], seen[1::2]
        centre, scale = half.mean(0), half.std(0)
        apart = (half - centre) / scale
        correlation = apart.T @ apart / len(apart)
        precision = np.linalg.inv(correlation + _RIDGE * np.eye(len(centre)))
        unsorted = cls(centre, scale, precision, seen[0, :0])
        # distances of the other half, which did not shape the ellipsoid
        at = (np.arange(_KEPT) + 0.5) / _KEPT
        return cls(centre, scale, precision, np.quantile(unsorted.distance(other), at))

    def distance(self, description: Array) -> Array:
        """Squared Mahalanobis distance [N] of descriptions [N, D]."""
        apart = (description - self.centre) / self.scale
        return np.asarray(np.einsum("nd,de,ne->n", apart, self.precision, apart))

    def score(self, shown: Frames) -> Array:
        """[N] share of made windows that are farther out, 0..1; near 0 is strange."""
        nearer = np.searchsorted(self.distances, self.distance(describe(shown)))
        return 1.0 - nearer / len(self.distances)


def describe(shown: Frames) -> Array:
    """Descriptions [N, D] of windows, double precision; a mirrored window has the same."""
    there = shown.there[:, None].astype(bool)
    level_db = 6.0 * shown.past.astype(float)
    seen = np.maximum(there.sum(-1), 1)
    width = np.log([((level_db >= -d) & there).sum(-1) + 0.5 for d in (1.0, 3.0)])
    both = there & np.roll(there, 1, -1)
    both[..., 0] = False
    rough_db = (np.abs(level_db - np.roll(level_db, 1, -1)) * both).sum(-1) / seen
    moved_db = (np.abs(np.diff(level_db, axis=1)) * there).sum(-1) / seen
    contrast = shown.track[..., 2].astype(float)
    position = 8.0 * shown.track[..., 0].astype(float)
    speed = np.abs(np.diff(position, axis=1))
    jerk = np.abs(np.diff(position, 2, axis=1))
    surprise = np.abs(8.0 * shown.expected[:, 0, 2] - position[:, -1])
    columns = [
        *(w.mean(1) for w in width),
        *(w.std(1) for w in width),
        np.log(rough_db.mean(1) + 0.05),
        np.log(moved_db.mean(1) + 0.05),
        contrast.mean(1),
        contrast.min(1),
        np.log(speed.mean(1) + 0.1),
        np.log(jerk.mean(1) + 0.1),
        np.log(jerk.max(1) + 0.1),
        np.log(surprise + 0.1),
    ]
    return np.stack(columns, -1)
