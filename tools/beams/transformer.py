"""A small transformer that corrects a tracker: past beam powers to the beams of the next steps.

One token a past sample. What the tokens say, and where the tracker expects the beam, becomes two
values for each beam around the expected one: how likely it is the best, and how likely it is
within 1 dB of the best. Coordinates are those of :mod:`tools.beams.frames`, so that a mirrored
window has the mirrored answer.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tools.beams.frames import EXPECTED, IN_WIDTH, OUT_REACH, OUT_WIDTH, TRACK
from tools.beams.windows import FUTURE, PAST

_SPREAD = 3.0
"""Beams by which a fresh model lets the best beam differ from the tracker's."""


@dataclass(frozen=True)
class ModelSize:
    """What a checkpoint needs besides its weights."""

    width: int = 64
    heads: int = 4
    layers: int = 2
    read_out: int = 256
    past: int = PAST
    horizons: int = FUTURE

    def to_json(self) -> dict[str, int]:
        """As it stands in checkpoints."""
        return asdict(self)


class Batch(NamedTuple):
    """Tensors of the fields of :class:`tools.beams.frames.Frames` with these names."""

    past: Tensor
    there: Tensor
    track: Tensor
    expected: Tensor


class Logits(NamedTuple):
    """[B, H, OUT_WIDTH] each: of being the best beam, and of being within 1 dB of it."""

    best: Tensor
    near: Tensor


class BeamTransformer(nn.Module):
    """See the module."""

    def __init__(self, size: ModelSize | None = None) -> None:
        super().__init__()
        self.size = size = size or ModelSize()
        self._see = nn.Linear(IN_WIDTH + TRACK, size.width)
        self._place = nn.Linear(IN_WIDTH, size.width)
        self._when = nn.Parameter(0.02 * torch.randn(size.past, size.width))
        layer = nn.TransformerEncoderLayer(
            size.width, size.heads, 2 * size.width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self._layers = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)
        self._norm = nn.LayerNorm(size.width)
        read = size.past * (size.width + TRACK) + size.horizons * EXPECTED
        self._read = nn.Linear(read, size.read_out)
        self._out = nn.Linear(size.read_out, size.horizons * 2 * OUT_WIDTH)
        self._begin_as_tracker()

    def _begin_as_tracker(self) -> None:
        distance = torch.arange(-OUT_REACH, OUT_REACH + 1) / _SPREAD
        with torch.no_grad():
            self._out.weight.mul_(0.1)
            bias = self._out.bias.view(self.size.horizons, 2, OUT_WIDTH)
            bias.copy_((-0.5 * distance.square()).expand_as(bias))
            bias[:, 1] += 2.0  # four beams or so are within 1 dB

    def forward(self, batch: Batch) -> Logits:
        """Answers for B windows; places beyond the codebook are not left out here."""
        seen = self._see(torch.cat([batch.past, batch.track], -1))
        tokens = self._layers(seen + self._place(batch.there)[:, None] + self._when)
        told = [self._norm(tokens), batch.track, batch.expected]
        read = nn.functional.gelu(self._read(torch.cat([t.flatten(1) for t in told], 1)))
        best, near = self._out(read).unflatten(1, (self.size.horizons, 2, OUT_WIDTH)).unbind(2)
        return Logits(best, near)
