"""Errors of predicted CSI against the clean one."""

import torch
from torch import Tensor


def squared_errors(predicted: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
    """Energies of error and channel, each [B, S]: by sequence and step."""
    return (
        (predicted - clean).abs().square().sum((2, 3)),
        clean.abs().square().sum((2, 3)),
    )


def nmse_db(predicted: Tensor, clean: Tensor) -> float:
    """Energy of all errors over energy of all channels [B, S, K, N]."""
    error, energy = squared_errors(predicted, clean)
    return float(10.0 * torch.log10(error.sum() / energy.sum()))
