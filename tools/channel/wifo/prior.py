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
        joint: [B, P, T + S, T + S] complex, of past and future together.
        own: [B, Q, T, T] complex, outer products of each bin's past.
        shared: the same averaged with the neighbouring bins'.
        weights: [B, Q, P] to start from.
        scale: [B] root of the noise power, in the units of the CSI.
    """

    bins: Tensor
    inside: Tensor
    ahead: Tensor
    joint: Tensor
    own: Tensor
    shared: Tensor
    weights: Tensor
    scale: Tensor


@torch.no_grad()
def prior(past: Tensor, steps: int, array: Array) -> Prior:
    """Prior of past CSI [B, T, K, N] for ``steps`` of future."""
    found = spectrum(past, array)
    scale = found.noise.clamp(min=_TINY).sqrt().to(past.real.dtype)
    times = past.shape[1]
    joint = _covariances(found.power, times, steps, past.dtype)
    inside = joint[:, :, :times, :times].contiguous()
    ahead = joint[:, :, times:, :times].contiguous()
    bins = to_angle_delay(past, array).flatten(2).mT / scale[:, None, None]
    own = bins[..., :, None] * bins[..., None, :].conj()
    shared = pooled(own, past.shape[2], array, 1)
    power = shared.diagonal(dim1=2, dim2=3).real.mean(-1)
    signal = (power - 1.0).clamp(min=_LEAST_SIGNAL)
    first = signal[..., None].expand(-1, -1, PARTS) / PARTS
    last = _UNPREDICTABLE * torch.ones_like(signal[..., None])
    weights = torch.cat([first, last], -1)
    return Prior(bins, inside, ahead, joint, own, shared, weights, scale)


def _covariances(power: Tensor, times: int, steps: int, dtype: torch.dtype) -> Tensor:
    """Covariances [B, P, T + S, T + S] of the parts of spectra [B, GRID], each of power 1."""
    share = power / power.sum(1, keepdim=True)
    above = share.cumsum(1)
    edge = torch.arange(PARTS, dtype=power.dtype, device=power.device)[:, None] / PARTS
    low, high = (above - share)[:, None], above[:, None]
    # overlap of every frequency's energy with every part's
    member = torch.minimum(high, edge + 1.0 / PARTS) - torch.maximum(low, edge)
    member = PARTS * member.clamp(min=0.0)
    columns = exponentials(1 - times, steps + 1).to(power.device)
    covariance = ((columns * member[:, :, None]) @ columns.mH).to(dtype)
    eye = torch.eye(times + steps, dtype=dtype, device=power.device)
    return torch.cat([covariance, eye.expand(len(power), 1, -1, -1)], 1)


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
    inverse = precision(given, weights)
    shared = inverse @ given.shared @ inverse
    whitened = inverse @ given.bins[..., None]
    parts = given.inside
    return Evidence(
        _traces(shared, parts),
        _traces(inverse, parts),
        _traces(whitened * whitened.mH, parts),
    )


def _traces(matrices: Tensor, parts: Tensor) -> Tensor:
    """Traces [B, Q, P] of the products of Hermitian matrices [B, Q, T, T] and parts."""
    left = torch.view_as_real(matrices).flatten(2)
    right = torch.view_as_real(parts.resolve_conj()).flatten(2)
    return (left @ right.mT).clamp(min=_TINY)


def weighted(weights: Tensor, parts: Tensor) -> Tensor:
    """Sums [B, Q, ...] of parts [B, P, ...] complex by real weights [B, Q, P]."""
    plain = torch.view_as_real(parts)
    summed = (weights @ plain.flatten(2)).reshape(*weights.shape[:2], *plain.shape[2:])
    return torch.view_as_complex(summed)


def precision(given: Prior, weights: Tensor) -> Tensor:
    """Inverse covariances [B, Q, T, T] of noisy bins."""
    signal = weighted(weights, given.inside)
    eye = torch.eye(signal.shape[-1], dtype=signal.dtype, device=signal.device)
    inverse: Tensor = torch.linalg.inv(signal + eye)
    return inverse


def conditional(given: Prior, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [B, S, Q] complex and variance [B, S, Q] of future bins without noise, noise power 1."""
    ahead = weighted(weights, given.ahead)
    gains = ahead @ precision(given, weights)
    mean = (gains @ given.bins[..., None])[..., 0]
    explained = (gains * ahead.conj()).sum(-1).real
    variance = (weights.sum(-1, keepdim=True) - explained).clamp(min=_TINY)
    return mean.mT, variance.mT
