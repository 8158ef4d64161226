"""Angle-delay domain: unitary discrete Fourier transforms over array and subcarriers.

A planar array of half-wavelength spacing sees a direction as one spatial frequency a dimension, a
path as one delay, so paths are few bins here (Yin et al., IEEE J. Sel. Areas Commun. 38, 2020).
"""

import torch
from torch import Tensor

from tools.channel.data.configuration import Array


def to_angle_delay(csi: Tensor, array: Array) -> Tensor:
    """CSI [B, T, K, N] to bins [B, T, K delays, N angles] of equal energy."""
    delays: Tensor = torch.fft.ifft(csi, dim=2, norm="ortho")
    bins: Tensor = torch.fft.fft2(_planar(delays, array), norm="ortho")
    return bins.flatten(-2)


def from_angle_delay(bins: Tensor, array: Array) -> Tensor:
    """The inverse of :func:`to_angle_delay`."""
    antennas: Tensor = torch.fft.ifft2(_planar(bins, array), norm="ortho")
    csi: Tensor = torch.fft.fft(antennas.flatten(-2), dim=2, norm="ortho")
    return csi


def _planar(csi: Tensor, array: Array) -> Tensor:
    return csi.reshape(*csi.shape[:-1], array.columns, array.rows)


def as_csi(series: Tensor, like: Tensor) -> Tensor:
    """Series [B, S, K * N] as CSI [B, S, K, N] of the same band and array, in its precision."""
    return series.to(like.dtype).reshape(*series.shape[:2], *like.shape[2:])
