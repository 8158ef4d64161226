"""Windows seen from where the tracker stands: mirrored ones look the same, moved ones nearly.

The past is moved so that the tracked beam stands in the middle and mirrored so that it moves
upwards; the future of each horizon is seen from the beam that the tracker expects then. A window
that is moved along the codebook then differs in where the codebook ends, and in what the tracker
makes of another angle; a mirrored one not at all, but for beams held at the codebook's end.
"""

from dataclasses import dataclass

import numpy as np

from tools.beams.trackers import AngleEkf, Array, measured

TRACKER = AngleEkf(drift=0.4, half_view_deg=45.0, gate=3.0)
"""Frames stand on it; its settings are part of a trained model."""

IN_REACH = 32
"""Beams to each side of the tracked one that a frame shows."""
OUT_REACH = 20
"""Beams to each side of the expected one that can be predicted."""
IN_WIDTH = 2 * IN_REACH + 1
OUT_WIDTH = 2 * OUT_REACH + 1
DEEPEST_DB = -12.0
TRACK, EXPECTED = 3, 3
"""Numbers a sample and a horizon; see :class:`Frames`."""


@dataclass(frozen=True)
class Frames:
    """N windows in their own coordinates, float32.

    Attributes:
        past: [N, past, IN_WIDTH] power in dB under each sample's strongest beam, at least -12,
            divided by 6; 0 where the codebook has ended.
        there: [N, IN_WIDTH] 1 inside the codebook.
        track: [N, past, 3] position, change and contrast of each sample, scaled.
        expected: [N, H, 3] the tracker's answer: fraction of a beam, rate, distance, scaled.
        beams: [N, H, OUT_WIDTH] the beam at each place of the answer; -1 beyond the codebook.
        answer: [N, H] the tracker's own fractional beams.
    """

    past: Array
    there: Array
    track: Array
    expected: Array
    beams: Array
    answer: Array

    def __len__(self) -> int:
        return len(self.past)


def frames(past: Array, horizons: int) -> Frames:
    """Windows [N, past, beams] of linear power, in their own coordinates."""
    beams = past.shape[-1]
    answer = TRACKER.positions(past, horizons)
    level_db = 10.0 * np.log10(past / past.max(-1, keepdims=True))
    contrast_db = -np.median(level_db, -1)
    seen = measured(past, True)
    up = np.where(answer[:, -1] >= seen[:, -1], 1, -1)
    middle = np.rint(seen[:, -1]).astype(int)
    shown = middle[:, None] + up[:, None] * np.arange(-IN_REACH, IN_REACH + 1)
    there = (shown >= 0) & (shown < beams)
    at = np.clip(shown, 0, beams - 1)[:, None].repeat(past.shape[1], 1)
    moved = np.take_along_axis(np.maximum(level_db, DEEPEST_DB), at, -1) / 6.0
    relative = up[:, None] * (seen - middle[:, None])
    track = np.stack([relative / 8, np.gradient(relative, axis=1) / 4, contrast_db / 6], -1)
    nearest = np.rint(answer).astype(int)
    offset = up[:, None] * (answer - middle[:, None])
    expected = np.stack(
        [
            up[:, None] * (answer - nearest),
            np.gradient(offset, axis=1) / 4,
            offset / 8,
        ],
        -1,
    )
    reach = up[:, None, None] * np.arange(-OUT_REACH, OUT_REACH + 1)
    out = nearest[..., None] + reach
    return Frames(
        (moved * there[:, None]).astype(np.float32),
        there.astype(np.float32),
        track.astype(np.float32),
        expected.astype(np.float32),
        np.where((out >= 0) & (out < beams), out, -1),
        answer,
    )
