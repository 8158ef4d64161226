"""Doppler spectrum of a sequence by sparse Bayesian learning, in closed steps.

Samples in time of every antenna and subcarrier are taken as draws of one Gaussian process, a sum
of independent complex exponentials on a grid of frequencies plus white noise. The powers of the
exponentials that explain the past best are found by fixed-point steps of evidence maximisation
(Tipping, J. Mach. Learn. Res. 1, 2001; many snapshots: Wipf, Rao, IEEE Trans. Signal Process. 55,
2007). Linear minimum mean square error prediction follows.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.autoregression import gram_in_time
from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.transform import as_csi
from tools.channel.data.configuration import Array

GRID = 256
"""Frequencies over one cycle a sample: over 16 samples a path between two of them turns by less
than 0.2 rad from either."""

ROUNDS = 40

_LEAST_SIGNAL = 0.01


@dataclass(frozen=True)
class Spectrum:
    """Powers at the grid's frequencies.

    Attributes:
        power: [B, GRID] double.
        noise: [B] double, power of the noise in a sample.
    """

    power: Tensor
    noise: Tensor


def exponentials(first: int, last: int) -> Tensor:
    """Columns ``exp(2 pi i f t)`` for times first to last - 1, [times, GRID] complex128."""
    frequency = (torch.arange(GRID, dtype=torch.float64) - GRID // 2) / GRID
    time = torch.arange(first, last, dtype=torch.float64)
    return torch.exp(2j * torch.pi * time[:, None] * frequency)


def spectrum(past: Tensor, array: Array, rounds: int = ROUNDS) -> Spectrum:
    """Spectrum of past CSI [B, T, K, N]."""
    series = past.flatten(2)
    noise = noise_power(past, array).double()
    covariance = gram_in_time(series) / series.shape[2]
    total = covariance.diagonal(dim1=1, dim2=2).real.mean(1)
    signal = torch.maximum(total - noise, _LEAST_SIGNAL * total)
    power = (signal / GRID)[:, None].expand(-1, GRID)
    columns = exponentials(1 - past.shape[1], 1).to(past.device)
    eye = torch.eye(past.shape[1], dtype=torch.complex128, device=past.device)
    floor = noise[:, None, None] * eye
    for _ in range(rounds):
        modelled = (columns * power[:, None]) @ columns.mH + floor
        whitened = torch.linalg.solve(modelled, columns.expand(len(past), -1, -1))
        found = (whitened.conj() * (covariance @ whitened)).sum(1).real.clamp(min=0.0)
        expected = (columns.conj() * whitened).sum(1).real
        power = power * found / expected
    return Spectrum(power, noise)


@dataclass(frozen=True)
class CommonSpectrum:
    """Wiener prediction with the estimated Doppler spectrum, one for all antennas and subcarriers.

    Between Clarke's model (:class:`tools.channel.baselines.wiener.Wiener`), whose spectrum has one
    parameter, and a spectrum for every path.
    """

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        times = past.shape[1]
        found = spectrum(past, array)
        columns = exponentials(1 - times, steps + 1).to(past.device)
        powered = columns * found.power[:, None]
        inside, ahead = powered[:, :times] @ columns[:times].mH, powered[:, times:]
        eye = torch.eye(times, dtype=columns.dtype, device=past.device)
        inverse = torch.linalg.inv(inside + found.noise[:, None, None] * eye)
        weights = ahead @ columns[:times].mH @ inverse
        return as_csi(weights.to(past.dtype) @ past.flatten(2), past)
