"""A sequence as few plane waves: delay, two angles and Doppler shift of each, and what follows.

Where a street has few paths, its CSI is a sum of few four-dimensional exponentials whose parameters
all samples share. They are found greedily, the strongest peak of what is left first, and all
of them are refined together after each (Newtonised orthogonal matching pursuit: Mamandipoor,
Ramasamy, Madhow, IEEE Trans. Signal Process. 64, 2016; here with Levenberg-Marquardt steps on all
parameters at once, which near paths need). Paths are taken while the peak is stronger than white
noise of the residual's power would show. The Fisher information of the parameters says how large
the error of the future will be, if paths there are.
"""

from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor

from tools.channel.baselines.transform import as_csi
from tools.channel.data.configuration import Array

_DIMS = 4
_OVERSAMPLING = 2
_FALSE_ALARM = 1e-2
_FIRST_DAMPING = 1e-3
_LEAST_DAMPING, _MOST_DAMPING = 1e-9, 1e6
_OF_BIN = 2.0 * pi / 12.0**0.5
"""Standard deviation of a turn that is uniform over a bin, times the samples."""
_TINY = 1e-12


@dataclass(frozen=True)
class Paths:
    """Plane waves found in sequences.

    Attributes:
        gain: [B, P] complex128, 0 where there is none; phases at the middle of the past.
        turn: [B, P, 4] radians a sample in time, frequency, and along columns and rows.
        residual: [B] mean square of what they leave of a sample.
        information: [B, 6 P, 6 P] Gram matrix of the derivatives by real and imaginary part of
            the gains and by turns, damped where a path is absent.
        shape: samples in time, frequency, columns, rows.
    """

    gain: Tensor
    turn: Tensor
    residual: Tensor
    information: Tensor
    shape: tuple[int, int, int, int]

    @property
    def number(self) -> Tensor:
        """[B] paths found."""
        return (self.gain != 0).sum(1)

    def ahead(self, steps: int) -> Tensor:
        """Future [B, S, K * N] of the paths."""
        return torch.einsum("bp,bptx->btx", self.gain, self._waves(steps))

    def variance(self, steps: int, noise: Tensor) -> Tensor:
        """Mean square error [B, S] of a future sample, by the delta method.

        A priori a path's gain is no larger than all together, and its turns are known to a bin.

        Args:
            noise: [B] power of what disturbs a sample.
        """
        waves = self._waves(steps)
        there = (self.gain != 0)[..., None, None]
        moved = torch.stack(
            [there * waves, 1j * there * waves]
            + [1j * c * self.gain[..., None, None] * waves for c in self._coordinates(steps)],
            1,
        ).flatten(1, 2)
        of_gain = 1.0 / self.gain.abs().square().sum(1).clamp(min=_TINY)[:, None]
        of_turn = [(s / _OF_BIN) ** 2 for s in self.shape]
        known = torch.cat(
            [of_gain.expand(-1, 2 * self.gain.shape[1])]
            + [torch.full_like(self.gain.real, v) for v in of_turn],
            1,
        )
        information = self.information + torch.diag_embed(noise[:, None] * known)
        inverse = torch.linalg.inv(information)
        seen = torch.einsum("bitx,bjtx->btij", moved, moved.conj()).real
        # half of the noise's power is in each real equation
        found: Tensor = 0.5 * noise[:, None] * (seen * inverse[:, None]).sum((2, 3))
        return found / waves.shape[-1]

    def _coordinates(self, steps: int) -> list[Tensor]:
        """Places of future samples along each dimension, [S, K N] each."""
        times, *others = self.shape
        first = times - (times - 1) / 2.0
        time = first + torch.arange(steps, dtype=torch.float64)
        axes = [time, *map(_places, others)]
        grids = torch.meshgrid(*axes, indexing="ij")
        return [g.reshape(steps, -1) for g in grids]

    def _waves(self, steps: int) -> Tensor:
        """[B, P, S, K N]."""
        phase = sum(
            self.turn[..., d, None, None] * c for d, c in enumerate(self._coordinates(steps))
        )
        assert isinstance(phase, Tensor)
        return torch.exp(1j * phase)


def peak_of_noise(count: int) -> float:
    """Strongest peak that white noise of power 1 shows in ``count`` samples, seldom exceeded."""
    return log(count) - log(-log(1.0 - _FALSE_ALARM))


def _places(length: int) -> Tensor:
    """Sample numbers around their middle."""
    return torch.arange(length, dtype=torch.float64) - (length - 1) / 2.0


def find_paths(past: Tensor, array: Array, most: int, refinements: int) -> Paths:
    """Paths of past CSI [B, T, K, N].

    Args:
        most: paths of a sequence.
        refinements: steps on all parameters after each path.
    """
    shape = (past.shape[1], past.shape[2], array.columns, array.rows)
    grid = past.reshape(len(past), *shape).to(torch.complex128)
    fit = _Fit(grid, most)
    for index in range(most):
        if not fit.add(index):
            break
        fit.refine(index + 1, refinements)
    return fit.paths()


class _Fit:
    """Paths of a batch while they are being found."""

    def __init__(self, grid: Tensor, most: int) -> None:
        self._grid = grid
        _, times, delays, columns, rows = grid.shape
        self._shape = (times, delays, columns, rows)
        self._count = grid[0].numel()
        self._energy = grid.abs().square().sum((1, 2, 3, 4))
        self._gain = grid.new_zeros(len(grid), most)
        self._turn = torch.zeros(len(grid), most, _DIMS, dtype=torch.float64)
        self._open = torch.ones(len(grid), dtype=torch.bool)
        self._left = self._energy.clone()

    def add(self, index: int) -> bool:
        """Take the strongest peak of the residual of each open sequence; False when all closed."""
        padded = [_OVERSAMPLING * s if s > 1 else 1 for s in self._shape]
        seen = torch.fft.fftn(self._residual(), s=padded, dim=(1, 2, 3, 4))
        power = seen.flatten(1).abs().square() / self._count
        peak, place = power.max(1)
        self._open &= peak > peak_of_noise(self._count) * self._left / self._count
        turns = []
        for length in reversed(padded):
            turns.append(2.0 * torch.pi * (place % length).double() / length)
            place = place // length
        turn = torch.stack(turns[::-1], 1)
        # the transform's phases are those of sample 0; here, of the middle
        found = torch.gather(seen.flatten(1), 1, power.argmax(1, keepdim=True))[:, 0]
        shift = sum(turn[:, d] * (s - 1) / 2.0 for d, s in enumerate(self._shape))
        assert isinstance(shift, Tensor)
        gain = found / self._count * torch.exp(1j * shift)
        self._gain[:, index] = torch.where(self._open, gain, 0.0)
        self._turn[:, index] = torch.where(self._open[:, None], turn, 0.0)
        return bool(self._open.any())

    def refine(self, count: int, steps: int) -> None:
        """Levenberg-Marquardt on the first ``count`` paths; a step that does not help is undone.

        Closed sequences stay as they are, so that others in the batch make no difference.
        """
        damping = torch.full_like(self._energy, _FIRST_DAMPING)
        gain, turn = self._gain[:, :count], self._turn[:, :count]
        information, slope, left = self._normal(gain, turn)
        for _ in range(steps):
            level = information.diagonal(dim1=1, dim2=2)
            damped = information + torch.diag_embed(damping[:, None] * level)
            step = torch.linalg.solve(damped, slope)
            a, b, c = step[:, :count], step[:, count : 2 * count], step[:, 2 * count :]
            new_gain = gain + torch.complex(a, b) * (gain != 0)
            new_turn = turn + c.reshape(len(c), _DIMS, count).mT
            tried = self._normal(new_gain, new_turn)
            better = self._open & (tried[2] < left)
            gain = torch.where(better[:, None], new_gain, gain)
            turn = torch.where(better[:, None, None], new_turn, turn)
            information = torch.where(better[:, None, None], tried[0], information)
            slope = torch.where(better[:, None], tried[1], slope)
            left = torch.where(better, tried[2], left)
            damping = torch.where(better, 0.1 * damping, 10.0 * damping)
            damping = damping.clamp(_LEAST_DAMPING, _MOST_DAMPING)
        self._gain[:, :count], self._turn[:, :count], self._left = gain, turn, left

    def paths(self) -> Paths:
        """What was found."""
        information, _, left = self._normal(self._gain, self._turn)
        return Paths(self._gain, self._turn, left / self._count, information, self._shape)

    def _residual(self) -> Tensor:
        t, k, c, r = self._waves(self._turn)
        modelled = torch.einsum("bp,bpt,bpk,bpc,bpr->btkcr", self._gain, t, k, c, r)
        return self._grid - modelled

    def _waves(self, turn: Tensor) -> list[Tensor]:
        """[B, P, length] for each dimension."""
        return [torch.exp(1j * turn[..., d, None] * _places(s)) for d, s in enumerate(self._shape)]

    def _normal(self, gain: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gram matrix of the derivatives, their products with the residual, and its energy."""
        waves = self._waves(turn)
        places = [_places(s) for s in self._shape]
        # sums over samples factor into sums along each dimension
        moments = [
            [(w.conj() * x**j) @ w.mT for j in range(3)] for w, x in zip(waves, places, strict=True)
        ]
        plain = _product([m[0] for m in moments])
        once = [_product([m[int(e == d)] for e, m in enumerate(moments)]) for d in range(_DIMS)]
        seen = _contracted(self._grid, [w.conj() for w in waves])
        seen_once = [
            _contracted(
                self._grid,
                [w.conj() * x if e == d else w.conj() for e, (w, x) in enumerate(pairs)],
            )
            for d, pairs in enumerate([list(zip(waves, places, strict=True))] * _DIMS)
        ]
        modelled = (plain @ gain[..., None])[..., 0]
        left = self._energy - (gain.conj() * (2.0 * seen - modelled)).sum(1).real
        off = seen - modelled
        slopes = [off.real, off.imag]
        one, many = plain, gain[:, None, :]
        with_turn = [1j * o * many for o in once]
        top = [one, 1j * one, *with_turn]
        second = [-1j * v for v in top]
        rows = [top, second]
        for d in range(_DIMS):
            mine = -1j * gain.conj()[..., None]
            row = [mine * once[d], mine * 1j * once[d]]
            for e in range(_DIMS):
                twice = _product([m[int(f == d) + int(f == e)] for f, m in enumerate(moments)])
                row.append(mine * 1j * twice * many)
            rows.append(row)
            slopes.append(
                (mine[..., 0] * (seen_once[d] - (once[d] @ gain[..., None])[..., 0])).real
            )
        information = torch.cat([torch.cat(row, 2) for row in rows], 1).real
        # absent paths, and dimensions of one sample, move nothing
        missing = information.diagonal(dim1=1, dim2=2) <= _TINY * self._energy[:, None]
        absent = (gain == 0).repeat(1, 2 + _DIMS) | missing
        kept = (~absent).double()
        information = information * kept[:, :, None] * kept[:, None, :] + torch.diag_embed(
            absent.double()
        )
        return information, torch.cat(slopes, 1) * kept, left


def _product(factors: list[Tensor]) -> Tensor:
    found = factors[0]
    for factor in factors[1:]:
        found = found * factor
    return found


def _contracted(grid: Tensor, waves: list[Tensor]) -> Tensor:
    """Sums [B, P] of a grid [B, T, K, C, R] over waves [B, P, length]."""
    t, k, c, r = waves
    found = torch.einsum("btkcr,bpk->bptcr", grid, k)
    found = torch.einsum("bptcr,bpt->bpcr", found, t)
    return torch.einsum("bpcr,bpc,bpr->bp", found, c, r)


@dataclass(frozen=True)
class Specular:
    """Prediction by the paths that a sequence shows.

    Args:
        most: paths of a sequence.
        refinements: of all paths after each.
    """

    most: int = 16
    refinements: int = 4

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        return as_csi(find_paths(past, array, self.most, self.refinements).ahead(steps), past)
