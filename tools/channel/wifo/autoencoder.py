"""WiFo: a masked autoencoder over patches of space, time and frequency.

After Liu, Gao, Liu, Cheng, Yang, "WiFo: wireless foundation model for channel prediction", Sci.
China Inf. Sci. 68 (2025): patches of 4 x 4 x 4 samples, sine-cosine positions for each of the three
dimensions, an encoder that sees the visible patches alone, a smaller decoder that sees all.
"""

from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

Grid = tuple[int, int, int]
"""Numbers along time, frequency and space."""


@dataclass(frozen=True)
class WifoSize:
    """Widths and depths. The defaults are the smallest published model, 0.36 M parameters."""

    width: int = 64
    encoder_blocks: int = 6
    decoder_blocks: int = 4
    heads: int = 8
    patch: Grid = (4, 4, 4)

    def to_json(self) -> dict[str, Any]:
        """As it stands in a checkpoint."""
        return asdict(self)


SIZES = {
    "tiny": WifoSize(),
    "little": WifoSize(width=128),
    "small": WifoSize(width=256),
    "base": WifoSize(width=512),
}
"""The published ones: 0.36, 1.4, 5.4 and 21 M parameters."""

_SHARES = {64: (22, 22, 20), 128: (42, 42, 44), 256: (86, 86, 84), 512: (170, 170, 172)}
"""Published split of the width over time, frequency and space."""

_SMALL = 1e-6
_LONGEST = 10_000.0


class Wifo(nn.Module):
    """Encoder and decoder over patches of real grids [B, 2, T, K, N]."""

    def __init__(self, size: WifoSize) -> None:
        super().__init__()
        self.size = size
        width = size.width
        self.embed = nn.Conv3d(2, width, size.patch, size.patch)
        self.encoder = nn.ModuleList(_Block(width, size.heads) for _ in range(size.encoder_blocks))
        self.encoder_norm = nn.LayerNorm(width, eps=_SMALL)
        self.bridge = nn.Linear(width, width)
        self.hidden = nn.Parameter(0.02 * torch.randn(width))
        self.decoder = nn.ModuleList(_Block(width, size.heads) for _ in range(size.decoder_blocks))
        self.decoder_norm = nn.LayerNorm(width, eps=_SMALL)
        self.predict = nn.Linear(width, 2 * prod(size.patch))

    def forward(self, grid: Tensor, visible: Tensor) -> Tensor:
        """Reconstruction [B, 2, T, K, N], hidden patches from visible ones.

        Args:
            visible: [L] bool over patches, time slowest, space fastest.
        """
        shape = tuple(grid.shape[2:])
        filled = self.predict(self.tokens(grid, visible))
        return join_patches(filled, self.size.patch, self.patches(grid))[
            :, :, : shape[0], : shape[1], : shape[2]
        ]

    def tokens(self, grid: Tensor, visible: Tensor) -> Tensor:
        """States [B, L, width] of all patches after the decoder."""
        embedded = self.embed(padded(grid, self.size.patch)).flatten(2).mT
        place = positions(self.patches(grid), self.size.width).to(grid)
        state = embedded[:, visible] + place[visible]
        for block in self.encoder:
            state = block(state)
        state = self.bridge(self.encoder_norm(state))
        full = self.hidden.expand(len(grid), len(visible), -1).clone()
        full[:, visible] = state
        full = full + place
        for block in self.decoder:
            full = block(full)
        found: Tensor = self.decoder_norm(full)
        return found

    def patches(self, grid: Tensor) -> Grid:
        """Number of patches of a grid along each dimension."""
        t, k, n = (-(-s // p) for s, p in zip(grid.shape[2:], self.size.patch, strict=True))
        return t, k, n


class _Block(nn.Module):
    """Attention and a two-layer network, normalised before each."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.before_attention = nn.LayerNorm(width, eps=_SMALL)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.mix = nn.Linear(width, width)
        self.before_network = nn.LayerNorm(width, eps=_SMALL)
        self.expand = nn.Linear(width, 2 * width)
        self.shrink = nn.Linear(2 * width, width)

    def forward(self, state: Tensor) -> Tensor:
        """States [B, L, width]."""
        seen = self.before_attention(state)
        query, key, value = (
            layer(seen).reshape(*seen.shape[:2], self._heads, -1).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        heard = nn.functional.scaled_dot_product_attention(query, key, value)
        state = state + self.mix(heard.transpose(1, 2).flatten(2))
        inner = nn.functional.gelu(self.expand(self.before_network(state)))
        grown: Tensor = state + self.shrink(inner)
        return grown


def padded(grid: Tensor, patch: Grid) -> Tensor:
    """A grid [B, C, T, K, N] filled up with zeros to whole patches."""
    missing = [-s % p for s, p in zip(grid.shape[2:], patch, strict=True)]
    return nn.functional.pad(grid, [x for m in reversed(missing) for x in (0, m)])


def split_patches(grid: Tensor, patch: Grid) -> Tensor:
    """Samples [B, L, C * patch] of a grid [B, C, T, K, N] of whole patches, channels first."""
    (t, k, n), (u, p, q) = (s // w for s, w in zip(grid.shape[2:], patch, strict=True)), patch
    cut = grid.reshape(len(grid), -1, t, u, k, p, n, q)
    return cut.permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(len(grid), t * k * n, -1)


def join_patches(samples: Tensor, patch: Grid, number: Grid) -> Tensor:
    """The inverse of :func:`split_patches`, for so many patches along each dimension."""
    (t, k, n), (u, p, q) = number, patch
    cut = samples.reshape(len(samples), t, k, n, -1, u, p, q)
    return cut.permute(0, 4, 1, 5, 2, 6, 3, 7).reshape(len(samples), -1, t * u, k * p, n * q)


def positions(number: Grid, width: int) -> Tensor:
    """Sine-cosine encodings [L, width] of patch positions, a share of the width a dimension."""
    third = 2 * (width // 6)
    shares = _SHARES.get(width, (third, third, width - 2 * third))
    axes = torch.meshgrid(*(torch.arange(n) for n in number), indexing="ij")
    return torch.cat([_waves(a.flatten(), s) for a, s in zip(axes, shares, strict=True)], 1)


def _waves(place: Tensor, width: int) -> Tensor:
    slow = _LONGEST ** (-torch.arange(width // 2, dtype=torch.float64) / (width // 2))
    turns = place[:, None].double() * slow
    return torch.cat([turns.sin(), turns.cos()], 1).float()
