"""Windows as a model sees them, with what it should say, and how far off it is."""

import numpy as np
import torch
from torch import Tensor, nn

from tools.beams.answers import NEAR_DB
from tools.beams.frames import Frames, frames
from tools.beams.trackers import Array
from tools.beams.transformer import Batch, BeamTransformer
from tools.beams.windows import Windows

SOFTNESS_DB = 0.4
"""Beams this far below the best count 1/e of it in the label: neighbours are nearly as good."""
_NEAR_WEIGHT = 0.15


class Examples:
    """Windows with their frames and labels, as tensors."""

    def __init__(self, windows: Windows) -> None:
        self.frames: Frames = frames(windows.past, windows.future.shape[1])
        self.level_db = torch.from_numpy(targets(self.frames, windows))

    def __len__(self) -> int:
        return len(self.frames)


def batch_of(shown: Frames, chosen: Tensor | slice = slice(None)) -> Batch:
    """Tensors of some windows."""
    return Batch(*(torch.from_numpy(getattr(shown, name))[chosen] for name in Batch._fields))


def loss(model: BeamTransformer, batch: Batch, level_db: Tensor) -> Tensor:
    """Cross-entropy to the soft best beam, and of each beam being within 1 dB.

    Args:
        level_db: [B, H, OUT_WIDTH] under the best beam; -inf beyond the codebook.
    """
    logits = model(batch)
    there = torch.isfinite(level_db)
    label = torch.softmax(level_db / SOFTNESS_DB, -1)
    log_share = torch.log_softmax(logits.best.masked_fill(~there, -1e9), -1)
    best = -(label * log_share).sum(-1).mean()
    near = nn.functional.binary_cross_entropy_with_logits(
        logits.near, (level_db >= -NEAR_DB).float(), reduction="none"
    )
    total: Tensor = best + _NEAR_WEIGHT * (near * there).sum(-1).mean()
    return total


def targets(shown: Frames, windows: Windows) -> Array:
    """[N, H, OUT_WIDTH] dB under the best beam of each future sample; -inf beyond the codebook."""
    level_db = 10.0 * np.log10(windows.future / windows.future.max(-1, keepdims=True))
    found = np.take_along_axis(level_db, np.maximum(shown.beams, 0), -1)
    return np.where(shown.beams >= 0, found, -np.inf).astype(np.float32)
