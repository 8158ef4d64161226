"""What a sequence says about its own Doppler: parts of one spectrum, shared by all its bins.

The spectrum of a sequence (:mod:`tools.channel.baselines.spectrum`) is cut into parts of equal
energy. An angle-delay bin is a Gaussian process whose covariance in time is a weighted sum of the
parts' covariances, one part that nothing predicts, and noise. The weights are the bin's own: a bin
holds few paths, hence few Doppler shifts. Given them, prediction is the conditional mean.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.autoregression import pooled
from tools.channel.baselines.spectrum import exponentials, spectrum
from tools.channel.baselines.transform import to_angle_delay
from tools.channel.data.configuration import Array

PARTS = 16
"""Of the spectrum, without the one that nothing predicts."""

_LEAST_SIGNAL = 0.01
_UNPREDICTABLE = 0.02
_TINY = 1e-12


@dataclass(frozen=True)
class Prior:
    """Bins of sequences, in units in which the noise has power 1.

    Attributes:
        bins: [B, Q, T] complex, past samples of Q = K N angle-delay bins.
        inside: [B, P, T, T] complex covariances of P = PARTS + 1 parts, past with past.
        ahead: [B, P, S, T] complex, future with past.
        own: [B, Q, T, T] complex, outer products of each bin's past.
        shared: the same averaged with the neighbouring bins'.
        weights: [B, Q, P] to start from.
        scale: [B] root of the noise power, in the units of the CSI.
    """

    bins: Tensor
    inside: Tensor
    ahead: Tensor
    own: Tensor
    shared: Tensor
    weights: Tensor
    scale: Tensor


@torch.no_grad()
def prior(past: Tensor, steps: int, array: Array) -> Prior:
    """Prior of past CSI [B, T, K, N] for ``steps`` of future."""
    found = spectrum(past, array)
    scale = found.noise.clamp(min=_TINY).sqrt().to(past.real.dtype)
    inside, ahead = _covariances(found.power, past.shape[1], steps, past.dtype)
    bins = to_angle_delay(past, array).flatten(2).mT / scale[:, None, None]
    own = bins[..., :, None] * bins[..., None, :].conj()
    shared = pooled(own, past.shape[2], array, 1)
    power = shared.diagonal(dim1=2, dim2=3).real.mean(-1)
    signal = (power - 1.0).clamp(min=_LEAST_SIGNAL)
    first = signal[..., None].expand(-1, -1, PARTS) / PARTS
    last = _UNPREDICTABLE * torch.ones_like(signal[..., None])
    weights = torch.cat([first, last], -1)
    return Prior(bins, inside, ahead, own, shared, weights, scale)


def _covariances(
    power: Tensor, times: int, steps: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Covariances of the parts of spectra [B, GRID], each of power 1."""
    share = power / power.sum(1, keepdim=True)
    above = share.cumsum(1)
    edge = torch.arange(PARTS, dtype=power.dtype, device=power.device)[:, None] / PARTS
    low, high = (above - share)[:, None], above[:, None]
    # overlap of every frequency's energy with every part's
    member = torch.minimum(high, edge + 1.0 / PARTS) - torch.maximum(low, edge)
    member = PARTS * member.clamp(min=0.0)
    columns = exponentials(1 - times, steps + 1).to(power.device)
    past = columns[:times]
    # one product over the frequencies: [B, P, T + S, T]
    weighted = columns * member[:, :, None]
    covariance = (weighted @ past.mH).to(dtype)
    eye = torch.eye(times, dtype=dtype, device=power.device).expand(len(power), 1, -1, -1)
    nothing = torch.zeros(len(power), 1, steps, times, dtype=dtype, device=power.device)
    inside = torch.cat([covariance[:, :, :times], eye], 1)
    return inside, torch.cat([covariance[:, :, times:], nothing], 1)


@dataclass(frozen=True)
class Evidence:
    """What the past says about weights: one step of evidence maximisation.

    Attributes:
        found: [B, Q, P] energy of a part in the whitened outer products.
        expected: [B, Q, P] the same as the weights expect it.
        own: [B, Q, P] as ``found`` from the bin's own products alone.
    """

    found: Tensor
    expected: Tensor
    own: Tensor


def evidence(given: Prior, weights: Tensor) -> Evidence:
    """Evidence about weights [B, Q, P]."""
    parts = given.inside.flatten(2).mH
    inverse = precision(given, weights)
    shared = inverse @ given.shared @ inverse
    whitened = inverse @ given.bins[..., None]
    own = whitened * whitened.mH
    found = (shared.flatten(2) @ parts).real.clamp(min=_TINY)
    expected = (inverse.flatten(2) @ parts).real.clamp(min=_TINY)
    return Evidence(found, expected, (own.flatten(2) @ parts).real.clamp(min=_TINY))


def precision(given: Prior, weights: Tensor) -> Tensor:
    """Inverse covariances [B, Q, T, T] of noisy bins."""
    times = given.bins.shape[2]
    signal = weights.to(given.bins.dtype) @ given.inside.flatten(2)
    signal = signal.reshape(*weights.shape[:2], times, times)
    inverse: Tensor = torch.linalg.inv(signal + torch.eye(times, dtype=signal.dtype))
    return inverse


def conditional(given: Prior, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [B, S, Q] complex and variance [B, S, Q] of future bins without noise, noise power 1."""
    steps, times = given.ahead.shape[2:]
    ahead = weights.to(given.bins.dtype) @ given.ahead.flatten(2)
    ahead = ahead.reshape(*weights.shape[:2], steps, times)
    gains = ahead @ precision(given, weights)
    mean = (gains @ given.bins[..., None])[..., 0]
    explained = (gains * ahead.conj()).sum(-1).real
    variance = (weights.sum(-1, keepdim=True) - explained).clamp(min=_TINY)
    return mean.mT, variance.mT
