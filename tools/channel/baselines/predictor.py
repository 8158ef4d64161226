"""What a predictor of CSI in time is, and the two that need no statistics."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from tools.channel.data.configuration import Array


class Predictor(Protocol):
    """From noisy past CSI to the noise-free future."""

    def __call__(self, past: Tensor, steps: int, array: Array, /) -> Tensor:
        """Future [B, steps, K, N] from past [B, T, K, N], complex, any scale.

        Equal sequences get equal answers whatever else is in the batch.
        """
        ...


@dataclass(frozen=True)
class Hold:
    """The last sample, again and again (3GPP RAN1's benchmark 1)."""

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`Predictor`."""
        return past[:, -1:].expand(-1, steps, -1, -1).clone()


@dataclass(frozen=True)
class Linear:
    """A line through the last samples, which flattens out.

    Args:
        points: samples that the line is fitted to.
        damping: 0 (hold) to 1 (a straight line): factor on the slope with every further step.
    """

    points: int
    damping: float

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`Predictor`."""
        recent = past[:, -self.points :]
        place = torch.arange(recent.shape[1], dtype=past.real.dtype, device=past.device)
        place = place - place.mean()
        slope = torch.einsum("t,btkn->bkn", place.to(past.dtype), recent)
        slope = slope / place.square().sum().clamp(min=0.5)
        end = recent.mean(1) + slope * place[-1]
        ahead = torch.arange(1, steps + 1, dtype=place.dtype, device=past.device)
        reach = torch.cumsum(self.damping**ahead, 0).to(past.dtype)
        return end[:, None] + reach[None, :, None, None] * slope[:, None]
