"""Interference-aware attention: scores take an edge bias, and the strongest edge is heard besides.

Averages alone cannot tell one strong interferer from many weak ones, which is what decides dense
graphs of equal gains: a maximum over edges goes beside the attention.
"""

import torch
from torch import Tensor, nn


class EdgeProjector(nn.Module):
    """Edge and link features to attention biases of all blocks and messages for the maximum.

    A hidden unit of edge j -> i sees the levels of both edges between i and j and a combination of
    each end's own features, such as the ratio of interference to the wanted signal. Computed once
    a graph; channels stand first, which makes products large and maxima contiguous.
    """

    def __init__(self, edge_features: int, link_features: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self._from_edge = nn.Linear(edge_features, hidden)
        self._from_ends = nn.Linear(link_features, 2 * hidden, bias=False)
        self._out = nn.Linear(hidden, outputs)

    def forward(self, edges: Tensor, links: Tensor) -> Tensor:
        """[outputs, B, K, K] from edge features [F, B, K, K] and link features [B, K, L].

        Features missing at the end count as 0.
        """
        weight = self._from_edge.weight[:, : len(edges)]
        ends = self._from_ends(links).permute(2, 0, 1)
        at_receiver, at_sender = ends.chunk(2)
        hidden = torch.addmm(self._from_edge.bias[:, None], weight, edges.flatten(1))
        hidden = hidden.view(-1, *edges.shape[1:])
        # in place: the products before and after need none of the sums between them
        hidden = hidden.add_(at_receiver[..., None]).add_(at_sender[:, :, None]).relu_()
        projected = torch.addmm(self._out.bias[:, None], self._out.weight, hidden.flatten(1))
        return projected.view(-1, *edges.shape[1:])


class AttentionBlock(nn.Module):
    """Pre-norm attention with edge bias and edge maximum, then a two-layer network.

    Args:
        width: of a link's state.
        heads: of the attention.
        channels: of the edge maximum; 0 leaves it out.
    """

    def __init__(self, width: int, heads: int, channels: int) -> None:
        super().__init__()
        self._heads = heads
        self._before = nn.LayerNorm(width)
        self._project = nn.Linear(width, 3 * width + channels)
        self._mix = nn.Linear(width + channels, width)
        self._between = nn.LayerNorm(width)
        self._expand = nn.Linear(width, 2 * width)
        self._shrink = nn.Linear(2 * width, width)

    def forward(self, state: Tensor, bias: Tensor, messages: Tensor) -> Tensor:
        """States [B, K, width] after the block.

        Args:
            bias: [heads, B, K, K] of the scores of senders (columns) at receivers (rows).
            messages: [channels, B, K, K].
        """
        batch, links, width = state.shape
        projected = self._project(self._before(state))
        split = projected[..., : 3 * width].reshape(batch, links, 3, self._heads, -1)
        query, key, value = split.permute(2, 3, 0, 1, 4).unbind(0)
        scores = bias + query @ key.mT / query.shape[-1] ** 0.5
        heard = (torch.softmax(scores, dim=-1) @ value).permute(1, 2, 0, 3).flatten(2)
        if len(messages):
            sent = projected[..., 3 * width :].permute(2, 0, 1)
            strongest = (messages + sent[:, :, None]).amax(-1)
            heard = torch.cat([heard, strongest.permute(1, 2, 0)], dim=-1)
        state = state + self._mix(heard)
        grown: Tensor = state + self._shrink(torch.relu(self._expand(self._between(state))))
        return grown
