"""Noise power of past CSI, from the past alone."""

import numpy as np
import torch
from scipy.stats import gamma
from torch import Tensor

from tools.channel.baselines.autoregression import gram_in_time
from tools.channel.baselines.transform import to_angle_delay
from tools.channel.data.configuration import Array

_QUIET = 0.25
"""Share of the angle-delay bins that are taken to hold noise alone."""


def noise_power(past: Tensor, array: Array) -> Tensor:
    """Power [B] of the noise in a sample of past CSI [B, T, K, N].

    The smaller of two estimates that both err upwards: the quietest angle-delay bins, where paths
    leak in when the band is narrow, and the smallest eigenvalue of the covariance in time, which
    holds signal too when the UE is fast.
    """
    times = past.shape[1]
    power = to_angle_delay(past, array).abs().square().mean(1).flatten(1).double()
    quiet = max(1, round(_QUIET * power.shape[1]))
    from_bins = power.sort(1).values[:, :quiet].mean(1) / _quiet_mean(times)
    series = past.flatten(2)
    count = series.shape[2]
    smallest = torch.linalg.eigvalsh(gram_in_time(series) / count)[:, 0].real.clamp(min=0.0)
    # the smallest eigenvalue of white noise's sample covariance (Marchenko-Pastur's edge)
    edge = max(0.1, 1.0 - (times / count) ** 0.5) ** 2
    return torch.minimum(from_bins, smallest / edge).to(past.real.dtype)


def _quiet_mean(times: int) -> float:
    """Mean of the lowest share of averages of ``times`` exponential variables of mean 1."""
    bound = gamma.ppf(_QUIET, times)
    return float(np.asarray(gamma.cdf(bound, times + 1)) / _QUIET)
