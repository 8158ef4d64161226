"""Where powers may lie: the settable values of each cell, and the total of some of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from contracts.problem import PowerVariable
from tools.near_rt.model import Array, Index

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on powers of C cells.

    Attributes:
        movable: [M] index of the cells that move, ascending.
        grid_mw: [M, G] settable values of each, ascending; filled up with the largest.
        total_mw: most that the movable cells may be set to together.
    """

    movable: Index
    grid_mw: Array
    total_mw: float

    @classmethod
    def of(
        cls,
        envelope: Sequence[PowerVariable],
        total_mw: float,
        cell_ids: Sequence[int],
    ) -> Self:
        """Limits of an envelope.

        Args:
            envelope: ascending by cell; every cell is one of ``cell_ids``.
            total_mw: of the envelope's cells together.
            cell_ids: of the network, ascending.
        """
        place = {cell: number for number, cell in enumerate(cell_ids)}
        grids = [v.settable_mw for v in envelope]
        longest = max(map(len, grids))
        padded = [grid + (grid[-1],) * (longest - len(grid)) for grid in grids]
        movable = np.array([place[v.cell_id] for v in envelope], np.intp)
        return cls(movable, np.array(padded, np.float64), float(total_mw))

    @property
    def lower_mw(self) -> Array:
        """[M] least power."""
        return self.grid_mw[:, 0]

    @property
    def upper_mw(self) -> Array:
        """[M] most power."""
        return self.grid_mw[:, -1]

    def project(self, power_mw: Array) -> Array:
        """Powers [..., M] moved into the limits: clipped, then lowered by one factor for all."""
        clipped = power_mw.clip(self.lower_mw, self.upper_mw)
        if (clipped.sum(-1) <= self.total_mw).all():
            return clipped
        rows = clipped.reshape(-1, clipped.shape[-1])
        return np.stack([self._lowered(row) for row in rows]).reshape(clipped.shape)

    def _lowered(self, power_mw: Array) -> Array:
        """Powers [M] times the largest factor that keeps to the total, none below its least.

        The sum is piecewise linear in the factor, and bends where a cell meets its least power.
        """
        total_mw = self.total_mw * (1.0 - _ROUNDING)
        if power_mw.sum() <= self.total_mw:
            return power_mw
        bends = self.lower_mw / power_mw
        order = bends.argsort()
        scaled = power_mw[order].cumsum()
        fixed = self.lower_mw.sum() - self.lower_mw[order].cumsum()
        place = int((bends[order] * scaled + fixed <= total_mw).sum()) - 1
        factor = (total_mw - fixed[place]) / scaled[place] if place >= 0 else 0.0
        return np.maximum(power_mw * factor, self.lower_mw)

    def floor_index(self, power_mw: Array) -> Index:
        """[M] index of the largest settable value not above each power; the least where none is."""
        below = (self.grid_mw <= power_mw[:, None] * (1.0 + 1e-9)).sum(1)
        index: Index = np.maximum(below - 1, 0)
        return index

    def at(self, index: Index) -> Array:
        """Values [..., M] of grid indices [..., M]."""
        return self.grid_mw[np.arange(len(self.movable)), index]

    def holds(self, power_mw: Mapping[int, int], cell_ids: Sequence[int]) -> bool:
        """Whether powers by cell id are all settable, and together within the total."""
        own = [float(power_mw[cell_ids[place]]) for place in self.movable]
        settable = all(p in grid for p, grid in zip(own, self.grid_mw, strict=True))
        return settable and sum(own) <= self.total_mw
