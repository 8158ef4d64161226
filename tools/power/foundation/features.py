"""What the network sees of an interference graph: levels in nepers, scaled to the order of one.

A view of a graph may hide edges (masked pre-training): their gains count as none wherever the
network computes, and an edge feature says that something is hidden.
"""

from dataclasses import dataclass
from functools import cached_property
from math import log

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs

EDGE_FEATURES = 4
LINK_FEATURES = 5
SCALE = 0.15
"""Of logarithms: 60 dB become 2."""
_FLOOR = 1e-9
"""Gains over noise below count as this in logarithms."""
_CLIP = 4.0


@dataclass(frozen=True)
class View:
    """Graphs with some off-diagonal gains hidden.

    Attributes:
        graphs: with hidden gains set to 0.
        hidden: [B, K, K] True where a gain is hidden; None: nothing is.
        cap_bits_per_hz: that rates are judged under, or None.
    """

    graphs: LinkGraphs
    hidden: Tensor | None = None
    cap_bits_per_hz: float | None = None

    @cached_property
    def edges(self) -> Tensor:
        """[F, B, K, K] features of edge j -> i (row i the receiver), the way there and back.

        Interference over noise of both edges between i and j; then, only where edges may be
        hidden (F = 4), whether each of the two is.
        """
        level = scaled_log(self.graphs.leak)
        columns = [level, level.mT]
        if self.hidden is not None:
            flag = self.hidden.to(level.dtype)
            columns += [flag, flag.mT]
        return torch.stack(columns)

    @cached_property
    def links(self) -> Tensor:
        """[B, K, 5] features of links at full power.

        SNR, all interference suffered, all interference caused, weight relative to the mean, and
        SNR above what the cap can use.
        """
        graphs = self.graphs
        mean = graphs.weight.mean(1, keepdim=True).clamp(min=_FLOOR)
        columns = [
            log_level(graphs.direct),
            graphs.leak.sum(2).log1p(),
            graphs.leak.sum(1).log1p(),
            log_level(graphs.weight / mean),
            excess(log_room(graphs.direct, self.cap_bits_per_hz)),
        ]
        return (SCALE * torch.stack(columns, dim=-1)).clamp(-_CLIP, _CLIP)


def log_room(sinr: Tensor, cap_bits_per_hz: float | None) -> Tensor:
    """Nepers from SINRs up to what the cap can use; much where there is none."""
    if cap_bits_per_hz is None:
        return torch.full_like(sinr, _CLIP / SCALE)
    return log(2.0**cap_bits_per_hz - 1.0) - log_level(sinr)


def excess(room: Tensor) -> Tensor:
    """Nepers above the cap; 0 below it."""
    return (-room).clamp(min=0.0)


def log_level(value: Tensor) -> Tensor:
    """Natural logarithm with a floor."""
    return value.clamp(min=_FLOOR).log()


def scaled_log(value: Tensor) -> Tensor:
    """A level as the network takes it."""
    return (SCALE * log_level(value)).clamp(-_CLIP, _CLIP)
