"""What training lowers: NMSE in dB of each sequence, error of its variance, masked patches."""

import torch
from torch import Tensor

from tools.channel.wifo.autoencoder import Wifo, padded, split_patches
from tools.channel.wifo.model import Forecast

_CALIBRATION = 0.05
_POOLED = 0.5
_FLOOR = 1e-4
_TINY = 1e-12


def forecast_loss(forecast: Forecast, clean: Tensor) -> Tensor:
    """Logarithm of the NMSE, and how wrong the forecast is about it.

    Half of it is the mean over sequences, so that a slow UE, whose errors are small, counts as much
    as a fast one; half is the logarithm of the mean NMSE, which the few worst make. The last part
    is the squared error of the logarithm of the expected error energy of every step, and
    changes the variance alone.

    Args:
        clean: [B, S, Q] complex angle-delay bins.
    """
    squared = (forecast.mean - clean).abs().square()
    ratio = squared.sum((1, 2)) / clean.abs().square().sum((1, 2))
    expected = torch.log(forecast.variance.sum(2) + _TINY)
    met = torch.log(squared.detach().sum(2) + _TINY)
    calibration = (expected - met).square().mean()
    each, pooled = torch.log(ratio + _FLOOR).mean(), torch.log(ratio.mean() + _FLOOR)
    loss: Tensor = _POOLED * pooled + (1.0 - _POOLED) * each + _CALIBRATION * calibration
    return loss


def masked_loss(wifo: Wifo, grid: Tensor, visible: Tensor) -> Tensor:
    """Mean squared error of hidden patches over the mean square of the grid [B, 2, T, K, N].

    Args:
        visible: [L] bool over patches.
    """
    patch = wifo.size.patch
    filled = wifo.predict(wifo.tokens(grid, visible)[:, ~visible])
    wanted = split_patches(padded(grid, patch), patch)[:, ~visible]
    loss: Tensor = (filled - wanted).square().mean() / grid.square().mean()
    return loss
