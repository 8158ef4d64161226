"""Prediction by recursion ``h(t) = sum_l c_l h(t - l)`` whose coefficients the past itself gives.

* :class:`PronyVector`: least squares over all antennas and subcarriers at once.
* :class:`Autoregression`: the same, forwards and backwards.
* :class:`Pad`: least squares for each angle-delay bin, the strongest bins only.

Prony vector and PAD after Yin, Wang, Liu, Tse, Haardt, "Addressing the curse of mobility in massive
MIMO with Prony-based angular-delay domain channel predictions", IEEE J. Sel. Areas Commun. 38
(2020), with a ridge for noise, which the papers leave out.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.transform import as_csi, from_angle_delay, to_angle_delay
from tools.channel.data.configuration import Array

_TINY = 1e-12


def recursion(past: Tensor, coefficients: Tensor, steps: int) -> Tensor:
    """Future [B, steps, Q] of series [B, T, Q] by coefficients [B, Q or 1, order], lag 1 first."""
    order = coefficients.shape[-1]
    lags = coefficients.movedim(-1, 0)
    known = list(past[:, -order:].unbind(1))
    for _ in range(steps):
        latest = known[-order:][::-1]
        known.append(sum((c * h for c, h in zip(lags, latest, strict=True)), 0 * latest[0]))
    return torch.stack(known[-steps:], 1)


def ridged(gram: Tensor, right: Tensor, ridge: float) -> Tensor:
    """Solve ``(gram + ridge * mean of its diagonal) x = right``."""
    level = gram.diagonal(dim1=-2, dim2=-1).real.mean(-1)[..., None, None]
    eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    found: Tensor = torch.linalg.solve(gram + (ridge * level + _TINY) * eye, right)
    return found


def gram_in_time(series: Tensor) -> Tensor:
    """``G[t, u] = sum_q h_q(t) h_q(u)*`` [B, T, T] of series [B, T, Q], double precision."""
    wide = series.to(torch.complex128)
    return wide @ wide.mH


@dataclass(frozen=True)
class PronyVector:
    """Linear prediction with one set of coefficients for all antennas and subcarriers.

    Args:
        order: number of lags.
        ridge: over the mean power of a lag.
    """

    order: int
    ridge: float

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        return _predicted(past, steps, self.order, self.ridge, backward=False)


@dataclass(frozen=True)
class Autoregression:
    """The same with the equations of the reversed series added (modified covariance method).

    A stationary series reversed and conjugated has the same model, which doubles the equations.

    Args:
        order: number of lags.
        ridge: over the mean power of a lag.
    """

    order: int
    ridge: float

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        return _predicted(past, steps, self.order, self.ridge, backward=True)


def _predicted(past: Tensor, steps: int, order: int, ridge: float, backward: bool) -> Tensor:
    series = past.flatten(2)
    coefficients = fitted(series, order, ridge, backward)
    found = recursion(series, coefficients[:, None].to(past.dtype), steps)
    return as_csi(found, past)


def fitted(
    series: Tensor, order: int, ridge: float, backward: bool, noise: Tensor | None = None
) -> Tensor:
    """Coefficients [B, order] of series [B, T, Q] by least squares, double precision.

    Args:
        backward: add the equations of the reversed series.
        noise: [B] power that white noise adds to a sample; taken off the powers of the lags.
    """
    times, order = series.shape[1], min(order, series.shape[1] - 1)
    gram = gram_in_time(series)
    if noise is not None:
        eye = torch.eye(times, dtype=gram.dtype, device=gram.device)
        gram = gram - series.shape[2] * noise.double()[:, None, None] * eye
    lags = torch.arange(order + 1, device=series.device)
    rows = torch.arange(order, times, device=series.device)[:, None] - lags
    # products of the lagged series, summed over the times that have all lags
    sums = gram[:, rows[:, :, None], rows[:, None, :]].sum(1)
    if backward:
        sums = sums + sums.flip(1, 2).conj()
    return ridged(sums[:, 1:, 1:].mT, sums[:, 0, 1:, None], ridge)[..., 0]


@dataclass(frozen=True)
class Pad:
    """Prony-based prediction in the angle-delay domain, each bin by itself.

    Args:
        order: number of lags.
        ridge: over the mean power of a lag.
        reach: bins on either side whose equations a bin takes too, in delay and angle; 0 in the
            paper, whose past is longer.
        share: of the energy, in the strongest bins, that is predicted; the rest is taken as 0.
    """

    order: int
    ridge: float
    reach: int
    share: float

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        bins = to_angle_delay(past, array)
        series = bins.flatten(2)
        order = min(self.order, past.shape[1] - 1)
        windows = series.unfold(1, order, 1)[:, :-1].flip(-1).permute(0, 2, 1, 3)
        targets = series[:, order:].mT
        gram = pooled(windows.mH @ windows, past.shape[2], array, self.reach)
        right = pooled(windows.mH @ targets[..., None], past.shape[2], array, self.reach)
        coefficients = ridged(gram, right, self.ridge)[..., 0]
        found = recursion(series, coefficients, steps) * strongest(series, self.share)[:, None]
        return from_angle_delay(as_csi(found, past), array)


def strongest(series: Tensor, share: float) -> Tensor:
    """Mask [B, Q] of the fewest series of [B, T, Q] that hold a share of the energy."""
    energy = series.abs().square().sum(1)
    ordered, order = energy.sort(1, descending=True)
    before = ordered.cumsum(1) - ordered
    kept = before < share * energy.sum(1, keepdim=True)
    return torch.zeros_like(kept).scatter(1, order, kept)


def pooled(values: Tensor, delays: int, array: Array, reach: int) -> Tensor:
    """Means of values [B, Q, ...] over neighbouring angle-delay bins, weights falling by half.

    Args:
        reach: number of times that values are averaged with both neighbours in each dimension.
    """
    grid = values.reshape(len(values), delays, array.columns, array.rows, *values.shape[2:])
    for _ in range(reach):
        for dim in (1, 2, 3):
            if grid.shape[dim] > 2:
                beside = grid.roll(1, dim) + grid.roll(-1, dim)
                grid = 0.5 * grid + 0.25 * beside
    return grid.flatten(1, 3)
