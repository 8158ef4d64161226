"""Kalman prediction with an autoregressive model of the channel estimated from the same past."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.autoregression import fitted, gram_in_time
from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.transform import as_csi
from tools.channel.data.configuration import Array

_LEAST_INNOVATION = 1e-6


@dataclass(frozen=True)
class Kalman:
    """State: the last ``order`` noise-free samples; all series of a sequence share the model.

    Args:
        order: of the autoregressive model.
        ridge: of its least squares.
        noise_share: of the estimated noise power, taken off when the model is fitted.
    """

    order: int
    ridge: float
    noise_share: float

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        series = past.flatten(2).to(torch.complex128)
        order = min(self.order, past.shape[1] - 1)
        noise = noise_power(past, array).double()
        coefficients = fitted(series, order, self.ridge, True, self.noise_share * noise)
        power = gram_in_time(series).diagonal(dim1=1, dim2=2).real.mean(1) / series.shape[2]
        transition = _companion(coefficients)
        innovation = self._innovation(series, coefficients, noise, power)
        state = series[:, :order].flip(1)
        covariance = noise[:, None, None] * torch.eye(order, dtype=series.dtype)
        for t in range(order, past.shape[1]):
            state = transition @ state
            covariance = transition @ covariance @ transition.mH
            covariance[:, 0, 0] += innovation
            gain = covariance[:, :, :1] / (covariance[:, :1, :1] + noise[:, None, None])
            state = state + gain * (series[:, t : t + 1] - state[:, :1])
            covariance = covariance - gain @ covariance[:, :1]
        ahead = []
        for _ in range(steps):
            state = transition @ state
            ahead.append(state[:, 0])
        return as_csi(torch.stack(ahead, 1), past)

    def _innovation(
        self, series: Tensor, coefficients: Tensor, noise: Tensor, power: Tensor
    ) -> Tensor:
        """Power [B] of what the model leaves unexplained, less the noise's share in it."""
        windows = series.unfold(1, coefficients.shape[1], 1)[:, :-1].flip(-1)
        explained = torch.einsum("btqp,bp->btq", windows, coefficients)
        left = (series[:, coefficients.shape[1] :] - explained).abs().square().mean((1, 2))
        of_noise = noise * (1.0 + coefficients.abs().square().sum(1))
        return torch.maximum(left - of_noise, _LEAST_INNOVATION * power)


def _companion(coefficients: Tensor) -> Tensor:
    """[B, order, order] from [B, order]."""
    order = coefficients.shape[1]
    below = torch.eye(order, dtype=coefficients.dtype)[:-1].expand(len(coefficients), -1, -1)
    return torch.cat([coefficients[:, None], below], 1)
