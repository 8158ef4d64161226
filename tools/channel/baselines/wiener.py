"""Wiener prediction from an estimated Doppler spread: 3GPP RAN1's benchmark 2."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.autoregression import gram_in_time
from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.transform import as_csi
from tools.channel.data.configuration import Array

_TINY = 1e-9


@dataclass(frozen=True)
class Wiener:
    """Linear minimum mean square error under Clarke's model, all series together.

    The correlation over ``t`` samples is ``J0(2 pi f t)``; Doppler spread ``f`` is the one of a
    grid, in cycles a sample, under which the past is most likely; noise power is estimated.

    Args:
        spreads: number of Doppler spreads, evenly spaced in their logarithm.
        largest: the largest, in cycles a sample.
        loading: added to the noise, over the power of the past: for what the model misses.
    """

    spreads: int = 32
    largest: float = 0.5
    loading: float = 0.0

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        series = past.flatten(2)
        times, count = past.shape[1], series.shape[2]
        gram = gram_in_time(series) / count
        power = gram.diagonal(dim1=1, dim2=2).real.mean(1)
        noise = noise_power(past, array).double() + self.loading * power
        signal = (power - noise).clamp(min=1e-3 * power)
        correlation = self._correlations(times + steps, past.device)
        inside = signal[:, None, None, None] * correlation[:, :times, :times]
        eye = torch.eye(times, dtype=torch.float64, device=past.device)
        covariance = inside + noise[:, None, None, None] * eye
        inverse = torch.linalg.inv(covariance)
        misfit = torch.einsum("bftu,but->bf", inverse.to(gram.dtype), gram).real
        chosen = (misfit + torch.logdet(covariance)).argmin(1)
        place = torch.arange(len(past), device=past.device)
        ahead = signal[:, None, None] * correlation[chosen, times:, :times]
        weights = ahead @ inverse[place, chosen]
        return as_csi(weights.to(past.dtype) @ series, past)

    def _correlations(self, times: int, device: torch.device) -> Tensor:
        """[spreads, times, times]."""
        spread = torch.logspace(-3, 0, self.spreads, dtype=torch.float64, device=device)
        lag = torch.arange(times, dtype=torch.float64, device=device)
        apart = (lag[:, None] - lag[None, :]).abs()
        turns = self.largest * spread[:, None, None] * apart
        found: Tensor = torch.special.bessel_j0(2.0 * torch.pi * turns)
        return found
