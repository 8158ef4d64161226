"""BM-Case 1 of TR 38.843: from a sparse sweep (Set B) to the best of all beams (Set A).

Set A is a DFT codebook of a planar array, Set B a fixed quarter of it. All powers are L1-RSRP in dB
with an arbitrary zero; what is measured has a Gaussian error and steps of 1 dB.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from scipy.interpolate import RBFInterpolator
from torch import Tensor, nn

from tools.beams.trackers import Array
from tools.channel.data.configuration import Array as Panel
from tools.learning.fitting import fit
from twins.runtime import derive_seed, seeded

SOFTNESS_DB = 1.0
"""Beams this far below the best count 1/e of it in the label."""
_LEVEL_DB = 10.0
_LEAST = 1e-12
_RIDGE = 1e-3


@dataclass(frozen=True)
class DftGrid:
    """Beams of a planar array half a wavelength apart, one DFT step between neighbours.

    Beam ``column * rows + row``; one of each column is measured, staggered over four rows.
    """

    panel: Panel

    @cached_property
    def directions(self) -> Array:
        """[beams, 2] direction cosines along the columns and the rows."""
        across, up = (
            (2.0 * np.arange(n) - (n - 1)) / n for n in (self.panel.columns, self.panel.rows)
        )
        return np.stack(np.meshgrid(across, up, indexing="ij"), -1).reshape(-1, 2)

    @cached_property
    def measured(self) -> Array:
        """Indices of Set B, ascending."""
        column, row = np.divmod(np.arange(self.panel.antennas), self.panel.rows)
        return np.flatnonzero((2 * column + column % 4 // 2) % self.panel.rows == row)

    def rsrp_db(self, channels: Tensor) -> Array:
        """[B, beams] mean over subcarriers of channels [B, K, antennas]."""
        across, up = torch.from_numpy(self.directions).T
        column, row = torch.arange(self.panel.columns), torch.arange(self.panel.rows)
        turns = column[:, None] * across[:, None, None] + row * up[:, None, None]
        weights = torch.exp(1j * torch.pi * turns).flatten(1).to(channels.dtype)
        power = (channels @ weights.conj().T).abs().square().mean(1) / self.panel.antennas
        return np.asarray(10.0 * torch.log10(power.clamp(min=_LEAST)).numpy())


def reported(rsrp_db: Array, deviation_db: float, *seed: str | int) -> Array:
    """As a UE measures and reports them: with a Gaussian error, in steps of 1 dB."""
    drawn = np.random.default_rng(derive_seed("beams", "reports", *seed))
    return np.asarray(np.rint(rsrp_db + deviation_db * drawn.normal(size=rsrp_db.shape)))


def held(grid: DftGrid, seen_db: Array) -> Array:
    """[N, beams] score: the strongest measured beam is taken, the others are never."""
    score = np.full((len(seen_db), len(grid.directions)), -np.inf)
    score[:, grid.measured] = seen_db
    return score


def spline(grid: DftGrid, seen_db: Array) -> Array:
    """[N, beams] score: thin-plate splines over the direction cosines, through the measured."""
    surface = RBFInterpolator(grid.directions[grid.measured], seen_db.T)
    return np.asarray(surface(grid.directions).T)


@dataclass(frozen=True)
class DftInterpolation:
    """A short Fourier series over the direction cosines, fitted to the measured powers, in dB.

    Power over direction is a Fourier series, whose terms are the channel's correlations between
    elements so far apart. A quarter of the beams cannot hold all terms; the low ones are kept (zero
    padding), and of all such series the least in norm is taken. In dB it finds more than in powers.

    Attributes:
        columns, rows: terms of distances below so many elements. With all terms nothing is said of
            the beams that are not measured, since beams of the codebook are orthogonal.
    """

    grid: DftGrid
    columns: int
    rows: int

    @cached_property
    def _weights(self) -> Array:
        """[beams, measured]."""
        across, up = np.moveaxis(self.grid.directions[:, None] - self.grid.directions, -1, 0)
        series = _series(across, self.columns) * _series(up, self.rows)
        own = self.grid.measured
        known = series[np.ix_(own, own)] + _RIDGE * np.eye(len(own))
        return np.asarray(np.linalg.solve(known, series[own]).T)

    def __call__(self, seen_db: Array) -> Array:
        """[N, beams] score: dB over the mean of the measured ones."""
        return np.asarray((seen_db - seen_db.mean(1, keepdims=True)) @ self._weights.T)


@dataclass(frozen=True)
class Linear:
    """Least squares from the measured beams to all, in dB; learned like the network."""

    weights: Array

    @classmethod
    def fitted(cls, seen_db: Array, true_db: Array) -> Self:
        """From reports [N, measured] and true powers [N, beams]."""
        found = np.linalg.lstsq(_with_one(seen_db), _relative(true_db, seen_db), rcond=None)[0]
        return cls(found)

    def __call__(self, seen_db: Array) -> Array:
        """[N, beams] score."""
        return np.asarray(_with_one(seen_db) @ self.weights)


class SpatialNetwork(nn.Module):
    """Two hidden layers from the measured beams to the best of all."""

    def __init__(self, measured: int, beams: int, seed: int, width: int = 192) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("beams", "spatial", seed))
            self._layers = nn.Sequential(
                nn.Linear(measured, width),
                nn.GELU(),
                nn.Linear(width, width),
                nn.GELU(),
                nn.Linear(width, beams),
            )

    def forward(self, seen_db: Tensor) -> Tensor:
        """[N, beams] logits of reports [N, measured]."""
        out: Tensor = self._layers((seen_db - seen_db.amax(1, keepdim=True)) / _LEVEL_DB)
        return out

    @torch.no_grad()
    def score(self, seen_db: Array) -> Array:
        """[N, beams] of NumPy reports."""
        return np.asarray(self(torch.from_numpy(seen_db).float()).numpy())


def learned(
    seen_db: Array, true_db: Array, seed: int, steps: int, rate: float = 2e-3
) -> SpatialNetwork:
    """A network fitted to soft labels of the best beam."""
    network = SpatialNetwork(seen_db.shape[1], true_db.shape[1], seed)
    seen = torch.from_numpy(seen_db).float()
    label = torch.softmax(torch.from_numpy(true_db).float() / SOFTNESS_DB, 1)
    generator = seeded("beams", "spatial-order", seed)

    def loss(_step: int) -> Tensor:
        chosen = torch.randint(len(seen), (256,), generator=generator)
        return nn.functional.cross_entropy(network(seen[chosen]), label[chosen])

    fit(network.parameters(), loss, steps, rate)
    return network


def _series(offset: Array, terms: int) -> Array:
    """Mean of the Fourier terms below a distance in elements, at offsets of a direction cosine."""
    distance = np.arange(1 - terms, terms)
    return np.asarray(np.cos(np.pi * offset[..., None] * distance).mean(-1))


def _with_one(seen_db: Array) -> Array:
    centred = seen_db - seen_db.mean(1, keepdims=True)
    return np.concatenate([centred, np.ones((len(centred), 1))], 1)


def _relative(true_db: Array, seen_db: Array) -> Array:
    return np.asarray(true_db - seen_db.mean(1, keepdims=True))
