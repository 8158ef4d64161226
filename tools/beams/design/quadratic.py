"""Received powers as quadratic forms of what sites send."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.beams.design.arrays import Complex, Real


@dataclass(frozen=True)
class PowerMap:
    """I powers, each a sum of squared fields: ``power_i = sum |row @ w_s|^2`` over its rows.

    Args:
        rows: one array ``[R_s, N_s]`` a site.
        owner: which power each row adds to, one array ``[R_s]`` a site, in ``range(count)``.
        count: I.
    """

    rows: tuple[Complex, ...]
    owner: tuple[NDArray[np.intp], ...]
    count: int

    @classmethod
    def empty(cls, antennas: Sequence[int]) -> "PowerMap":
        """No powers, of sites with so many antennas."""
        rows = tuple(np.zeros((0, n), np.complex128) for n in antennas)
        return cls(rows, tuple(np.zeros(0, np.intp) for _ in antennas), 0)

    @classmethod
    def of_points(cls, rows: Sequence[Complex]) -> "PowerMap":
        """One power a point, from channels ``[P, L, N]`` of each site."""
        points, paths = rows[0].shape[:2]
        owner = np.repeat(np.arange(points), paths)
        flat = tuple(r.reshape(points * paths, -1) for r in rows)
        return cls(flat, (owner,) * len(rows), points)

    @classmethod
    def mean_of_points(cls, rows: Sequence[Complex]) -> "PowerMap":
        """One power, the mean over points, from channels ``[P, L, N]`` of each site.

        As few rows as the form has rank, from a QR decomposition.
        """
        flat = [r.reshape(-1, r.shape[-1]) / np.sqrt(len(r)) for r in rows]
        roots = tuple(np.asarray(np.linalg.qr(f, mode="r"), dtype=np.complex128) for f in flat)
        return cls(roots, tuple(np.zeros(len(r), np.intp) for r in roots), 1)

    @classmethod
    def joined(cls, maps: Sequence["PowerMap"]) -> "PowerMap":
        """All powers of some maps of the same sites, one after the other."""
        starts = np.cumsum([0] + [m.count for m in maps])
        return cls(
            tuple(np.concatenate(parts) for parts in zip(*(m.rows for m in maps), strict=True)),
            tuple(
                np.concatenate([o + s for o, s in zip(parts, starts, strict=False)])
                for parts in zip(*(m.owner for m in maps), strict=True)
            ),
            int(starts[-1]),
        )

    def powers(self, beams: Sequence[Complex]) -> Real:
        """Powers ``[I]`` when each site sends streams ``[N_s, R]``."""
        found = np.zeros(self.count)
        for rows, owner, beam in zip(self.rows, self.owner, beams, strict=True):
            square = (abs(rows @ beam) ** 2).sum(axis=1)
            found += np.bincount(owner, square, self.count)
        return found

    def weighted(self, weights: Real) -> list[Complex]:
        """``sum_i weights_i C_i`` a site, ``[N_s, N_s]`` Hermitian; weights ``[I]``, any sign."""
        return [
            (rows.conj().T * weights[owner]) @ rows
            for rows, owner in zip(self.rows, self.owner, strict=True)
        ]

    def scaled(self, factors: Real, site_amplitude: Sequence[float]) -> "PowerMap":
        """Each power times ``factors`` [I] when each site's beams are divided by an amplitude."""
        rows = tuple(
            r * (np.sqrt(factors)[o] * a)[:, None]
            for r, o, a in zip(self.rows, self.owner, site_amplitude, strict=True)
        )
        return PowerMap(rows, self.owner, self.count)

    def of_sites(self, sites: Sequence[int]) -> "PowerMap":
        """The same powers from some of the sites only."""
        return PowerMap(
            tuple(self.rows[s] for s in sites), tuple(self.owner[s] for s in sites), self.count
        )
