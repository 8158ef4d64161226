"""Learned steps of evidence maximisation: how far a bin's spectrum follows its own past.

Each step moves the weight of every part of every bin's spectrum as plain evidence maximisation
would (:mod:`tools.channel.wifo.bayes`), corrected by a small network that sees the evidence of the
bin alone and with its neighbours, the neighbouring parts, the SNR, and what the encoder made of it.
"""

import torch
from torch import Tensor, nn

from tools.channel.wifo.bayes import CAUTION
from tools.channel.wifo.prior import Prior, evidence

_FEATURES = 9
_BOUND = 6.0
_LARGEST_STEP = 3.0
_FLOOR = 1e-4


class EvidenceStep(nn.Module):
    """One step on all weights.

    Args:
        context: features of a bin from the decoder.
        hidden: width.
    """

    def __init__(self, context: int, hidden: int = 24) -> None:
        super().__init__()
        self.part = nn.Linear(_FEATURES, hidden)
        self.bin = nn.Linear(context, hidden, bias=False)
        self.out = nn.Linear(hidden, 1)
        nn.init.zeros_(self.bin.weight)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, given: Prior, weights: Tensor, context: Tensor, gate: Tensor) -> Tensor:
        """New weights [B, Q, P].

        Args:
            context: [B, Q, F].
            gate: [B, 1, 1] share of the correction, 0..1.
        """
        seen = evidence(given, weights)
        drawn_back = CAUTION * seen.expected
        start = given.weights
        plain = torch.log(
            (seen.found + drawn_back * start / weights) / (seen.expected + drawn_back)
        )
        shared = torch.log(seen.found / seen.expected)
        own = torch.log(seen.own / seen.expected)
        moved = torch.log(weights / start)
        certain = torch.zeros_like(weights)
        certain[..., -1] = 1.0
        features = [
            shared,
            own,
            _beside(shared),
            _beside(own),
            torch.log(weights * seen.expected + _FLOOR),
            moved,
            _beside(moved),
            torch.log(weights.sum(-1, keepdim=True)).expand_as(weights) / 3.0,
            certain,
        ]
        stacked = torch.stack(features, -1).clamp(-_BOUND, _BOUND)
        inner = nn.functional.silu(self.part(stacked) + self.bin(context)[:, :, None])
        step = 0.5 * plain + gate * self.out(inner)[..., 0]
        return weights * torch.exp(step.clamp(-_LARGEST_STEP, _LARGEST_STEP))


def _beside(values: Tensor) -> Tensor:
    return 0.5 * (values.roll(1, -1) + values.roll(-1, -1))
