"""Covariances that need not be stationary: for channels seen in a fade.

Under a stationary prior the amplitudes of paths are independent, and a fade of the whole array,
out of which the channel grows, is next to impossible: the conditional mean shrinks it. Here the
covariance of a bin over past and future follows its neighbourhood's past (expectation
maximisation), drawn back to the stationary one as by an inverse Wishart prior. Where past samples
say nothing, the regression of the future on the past stays the stationary one.
"""

import torch
from torch import Tensor

from tools.channel.baselines.autoregression import pooled
from tools.channel.data.configuration import Array
from tools.channel.wifo.prior import Prior, weighted

_ROUNDS = 4
_REACH = 3
_CAUTION = 0.05
"""Weight of the stationary covariance. Chosen on validation sequences."""


@torch.no_grad()
def unstationary(given: Prior, weights: Tensor, delays: int, array: Array) -> Tensor:
    """Mean [B, S, Q] of future bins in units of noise.

    Args:
        weights: [B, Q, P] of the stationary covariance.
        delays: that the bins span.
    """
    times = given.bins.shape[2]
    stationary = weighted(weights, given.joint)
    seen = pooled(given.own, delays, array, _REACH)
    eye = torch.eye(times, dtype=seen.dtype, device=seen.device)
    covariance = stationary
    for _ in range(_ROUNDS):
        with_past = covariance[..., :times]
        gains = with_past @ torch.linalg.inv(with_past[..., :times, :] + eye)
        expected = gains @ seen @ gains.mH + covariance - gains @ with_past.mH
        covariance = torch.lerp(stationary, 0.5 * (expected + expected.mH), 1.0 - _CAUTION)
    with_past = covariance[..., :times]
    ahead = with_past[..., times:, :]
    found = ahead @ torch.linalg.solve(with_past[..., :times, :] + eye, given.bins[..., None])
    mean: Tensor = found[..., 0].mT
    return mean
