"""Interference graphs: K transmitters, each with one receiver, all on the same resource.

Every transmitter is heard by every receiver, so the graph is fully connected and directed, and its
dense form ``[B, K, K]`` is the working form. Graphs of one batch have equally many links.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from contracts.errors import RanwrightError


@dataclass(frozen=True)
class LinkGraphs:
    """A batch of B interference graphs with K links each.

    Attributes:
        gain: [B, K, K] power received at full transmit power over noise power; row i is the
            receiver, column j the transmitter. The diagonal holds the wanted links.
        weight: [B, K] worth of one bit/s/Hz of each link, not negative.
        limit: [B, K] largest transmit power of each link as a share of full power, 0..1.
    """

    gain: Tensor
    weight: Tensor
    limit: Tensor

    @classmethod
    def of(cls, gain: Tensor, weight: Tensor | None = None, limit: Tensor | None = None) -> Self:
        """Graphs from gains [B, K, K]; weights and limits default to 1.

        Raises:
            RanwrightError: ``graph.malformed`` when shapes disagree, a number is not finite or
                negative, or a limit is above 1.
        """
        ones = gain.new_ones(gain.shape[:2])
        graphs = cls(gain, ones if weight is None else weight, ones if limit is None else limit)
        if fault := graphs._fault():
            raise RanwrightError(
                "graph.malformed", f"An interference graph {fault}.", "Correct its numbers."
            )
        return graphs

    def _fault(self) -> str | None:
        shape = self.gain.shape
        if len(shape) != 3 or shape[1] != shape[2] or shape[1] < 1:
            return f"has gains of shape {tuple(shape)} instead of [B, K, K]"
        for name, values in (("weight", self.weight), ("limit", self.limit)):
            if values.shape != shape[:2]:
                return f"has {name}s of shape {tuple(values.shape)} instead of [B, K]"
        for name, values in (("gain", self.gain), ("weight", self.weight), ("limit", self.limit)):
            if not bool((torch.isfinite(values) & (values >= 0.0)).all()):
                return f"has a {name} that is negative or not finite"
        return "has a limit above full power" if bool((self.limit > 1.0).any()) else None

    @property
    def links(self) -> int:
        """K."""
        return self.gain.shape[1]

    def __len__(self) -> int:
        return self.gain.shape[0]

    @cached_property
    def scaled(self) -> Tensor:
        """[B, K, K] gains at each link's own limit: powers become shares 0..1 of it."""
        return self.gain * self.limit[:, None, :]

    @cached_property
    def direct(self) -> Tensor:
        """[B, K] SNR of each wanted link at its limit."""
        return self.scaled.diagonal(dim1=1, dim2=2)

    @cached_property
    def leak(self) -> Tensor:
        """[B, K, K] interference over noise at each transmitter's limit; the diagonal is 0."""
        eye = torch.eye(self.links, dtype=torch.bool, device=self.gain.device)
        return self.scaled.masked_fill(eye, 0.0)

    def __getitem__(self, chosen: slice | Tensor) -> "LinkGraphs":
        return LinkGraphs(self.gain[chosen], self.weight[chosen], self.limit[chosen])

    def to(self, target: torch.dtype | torch.device | str) -> "LinkGraphs":
        """The same graphs in another precision or on another device."""
        return LinkGraphs(self.gain.to(target), self.weight.to(target), self.limit.to(target))

    def permuted(self, order: Tensor) -> "LinkGraphs":
        """The same graphs with their links in another order, [K] indices."""
        gain = self.gain[:, order][:, :, order]
        return LinkGraphs(gain, self.weight[:, order], self.limit[:, order])


def concatenated(parts: list[LinkGraphs]) -> LinkGraphs:
    """One batch from several with equally many links."""
    return LinkGraphs(
        torch.cat([p.gain for p in parts]),
        torch.cat([p.weight for p in parts]),
        torch.cat([p.limit for p in parts]),
    )
