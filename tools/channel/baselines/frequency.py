"""Extrapolation in frequency: the upper part of a band from its lower part.

* :class:`LeastSquares`: a few delays fitted to the known subcarriers, ridged.
* :class:`Lmmse`: the covariance over subcarriers of a power delay profile learnt from the known
  part itself by evidence maximisation, as for Doppler in :mod:`tools.channel.baselines.spectrum`.
* :func:`along_frequency`: whatever predicts in time, with subcarriers in the place of samples. A
  path turns evenly along both.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.predictor import Predictor
from tools.channel.data.configuration import Array

_OVERSAMPLING = 4
_ROUNDS = 30


def along_frequency(predictor: Predictor) -> Predictor:
    """CSI [B, T, hidden, N] above known CSI [B, T, K, N], by a predictor of time series."""

    def above(known: Tensor, hidden: int, array: Array) -> Tensor:
        return predictor(known.transpose(1, 2), hidden, array).transpose(1, 2)

    return above


def _columns(known: int, hidden: int, delays: int, oversampling: int) -> Tensor:
    """Responses [known + hidden, delays] of delays, complex128."""
    place = torch.arange(known + hidden, dtype=torch.float64)
    delay = torch.arange(delays, dtype=torch.float64) / (oversampling * (known + hidden))
    return torch.exp(-2j * torch.pi * place[:, None] * delay)


@dataclass(frozen=True)
class LeastSquares:
    """Delays on the grid of the whole band, up to a share of its period.

    Args:
        share: of the delays, from 0 upwards.
        ridge: over the energy of a column.
    """

    share: float
    ridge: float

    def __call__(self, known: Tensor, hidden: int, array: Array) -> Tensor:
        """CSI [B, T, hidden, N] above known CSI [B, T, K, N]."""
        size = known.shape[2]
        delays = max(1, round(self.share * (size + hidden)))
        columns = _columns(size, hidden, delays, 1)
        low, high = columns[:size], columns[size:]
        eye = torch.eye(delays, dtype=columns.dtype)
        weights = high @ torch.linalg.solve(low.mH @ low + self.ridge * size * eye, low.mH)
        found: Tensor = weights.to(known.dtype) @ known
        return found


@dataclass(frozen=True)
class Lmmse:
    """Linear minimum mean square error under the estimated power delay profile.

    Args:
        share: of the delays, from 0 upwards, that may hold power.
    """

    share: float

    def __call__(self, known: Tensor, hidden: int, array: Array) -> Tensor:
        """CSI [B, T, hidden, N] above known CSI [B, T, K, N]."""
        size = known.shape[2]
        delays = max(1, round(self.share * _OVERSAMPLING * (size + hidden)))
        columns = _columns(size, hidden, delays, _OVERSAMPLING)
        low, high = columns[:size], columns[size:]
        wide = known.movedim(2, 1).flatten(2).to(torch.complex128)
        covariance = wide @ wide.mH / wide.shape[2]
        noise = noise_power(known, array).double()[:, None, None]
        floor = noise * torch.eye(size, dtype=torch.complex128)
        total = covariance.diagonal(dim1=1, dim2=2).real.mean(1, keepdim=True)
        power = (total / delays).expand(-1, delays)
        for _ in range(_ROUNDS):
            modelled = (low * power[:, None]) @ low.mH + floor
            whitened = torch.linalg.solve(modelled, low.expand(len(known), -1, -1))
            found = (whitened.conj() * (covariance @ whitened)).sum(1).real.clamp(min=0.0)
            power = power * (found / (low.conj() * whitened).sum(1).real).sqrt()
        modelled = (low * power[:, None]) @ low.mH + floor
        weights = (high * power[:, None]) @ low.mH @ torch.linalg.inv(modelled)
        found_above: Tensor = weights.to(known.dtype)[:, None] @ known
        return found_above
