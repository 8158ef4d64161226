"""Upper limits of all kinds in one map, in coordinates in which they are nearly round."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from tools.beams.design.arrays import ArraySite, Complex, Real
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.zone_problem import Caps

_MARGIN = 1.0 + 1e-12


class TurnedLimits:
    """Caps and power limits, each scaled to 1.

    Beams of a site are divided by the root of its power limit and multiplied by a Cholesky factor
    of ``I + sum of caps``: dark zones 40 dB below what a site could send would otherwise make a
    search crawl.

    Args:
        sites: all of them send.
        caps: that their powers share.
    """

    def __init__(self, sites: Sequence[ArraySite], caps: Caps) -> None:
        self.amplitudes = [float(np.sqrt(site.max_power_mw)) for site in sites]
        self.caps = caps.powers.scaled(1.0 / caps.limit_mw, self.amplitudes)
        self._roots = [_upper_root(rows) for rows in self.caps.rows]
        turned = PowerMap(self.turn(self.caps.rows), self.caps.owner, self.caps.count)
        own = [self._power_of(site) for site in range(len(sites))]
        self.upper = PowerMap.joined([turned, *own])

    def turn(self, rows: Sequence[Complex]) -> tuple[Complex, ...]:
        """Rows for scaled beams as rows for turned ones."""
        return tuple(
            solve_triangular(root, r.T, trans="T", check_finite=False).T
            for root, r in zip(self._roots, rows, strict=True)
        )

    def turned(self, beams: Sequence[Complex]) -> list[Complex]:
        """Beams in roots of milliwatts as turned ones."""
        parts = zip(self._roots, beams, self.amplitudes, strict=True)
        return [root @ beam / amplitude for root, beam, amplitude in parts]

    def within(self, turned: Sequence[Complex]) -> tuple[Complex, ...]:
        """Beams in roots of milliwatts, all scaled down together until every limit holds."""
        most = float(self.upper.powers(turned).max())
        factor = 1.0 / np.sqrt(max(1.0, most * _MARGIN))
        parts = zip(self._roots, turned, self.amplitudes, strict=True)
        return tuple(
            amplitude * factor * solve_triangular(root, y, check_finite=False)
            for root, y, amplitude in parts
        )

    def _power_of(self, site: int) -> PowerMap:
        sizes = [len(root) if s == site else 0 for s, root in enumerate(self._roots)]
        rows = [
            np.eye(len(root), dtype=np.complex128)[:size]
            for root, size in zip(self._roots, sizes, strict=True)
        ]
        return PowerMap(self.turn(rows), tuple(np.zeros(n, np.intp) for n in sizes), 1)


def flatten(beams: Sequence[Complex]) -> Real:
    """Real and imaginary parts of all beams in one vector."""
    return np.concatenate([np.ascontiguousarray(b).view(np.float64).ravel() for b in beams])


def unflatten(flat: Real, shapes: Sequence[tuple[int, ...]]) -> list[Complex]:
    """The beams of :func:`flatten`, without copying."""
    found, start = [], 0
    for shape in shapes:
        size = 2 * shape[0] * shape[1]
        found.append(flat[start : start + size].view(np.complex128).reshape(shape))
        start += size
    return found


def _upper_root(rows: Complex) -> Complex:
    found: Complex = cholesky(
        np.eye(rows.shape[1]) + rows.conj().T @ rows, lower=False, check_finite=False
    )
    return found
