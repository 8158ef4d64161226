"""Links that share transmit powers: the common ground of WMMSE and fractional programming.

Cell c sends ``p_c`` (``p_ck`` on sub-band k) and serves several UEs one after the other, so all its
UEs share that power variable:

    SINR_uk = direct_uk p_ck / (1 + sum_{b != c} leak_ubk p_bk),   c = serving_u
    utility = sum_u weight_u sum_k ln(1 + SINR_uk)
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.power.model import Association

_BISECTIONS = 50


@dataclass(frozen=True)
class Links:
    """Noise-normalised gains of U UEs and C cells on K sub-bands, for a batch of B problems.

    Attributes:
        direct: [B, U, K] gain of the serving link, SNR gap included, 1/mW.
        leak: [B, U, C, K] gain of the interfering links, 0 at the serving cell, 1/mW.
        serving: [B, U] index of the serving cell.
    """

    direct: Tensor
    leak: Tensor
    serving: Tensor

    @classmethod
    def of(cls, association: Association, snr_gap: float, sub_bands: int = 1) -> "Links":
        """Links of the first sample of an association, with a flat spectrum.

        Args:
            sub_bands: the noise of the carrier is split evenly over them.
        """
        direct = association.direct[:, 0, :, None].expand(-1, -1, sub_bands)
        leak = association.leak[:, 0, :, :, None].expand(-1, -1, -1, sub_bands)
        return cls(direct * sub_bands / snr_gap, leak * sub_bands, association.serving[:, 0])

    def own(self, per_cell: Tensor) -> Tensor:
        """[B, U, K] each UE's value of its serving cell, from [B, C, K]."""
        index = self.serving[..., None].expand(-1, -1, per_cell.shape[-1])
        return per_cell.gather(1, index)

    def sum_by_cell(self, per_ue: Tensor) -> Tensor:
        """[B, C, K] sums over the UEs of each cell, from [B, U, K]."""
        index = self.serving[..., None].expand_as(per_ue)
        cells = self.leak.shape[2]
        zeros = per_ue.new_zeros(per_ue.shape[0], cells, per_ue.shape[2])
        return zeros.scatter_add(1, index, per_ue)

    def signal(self, power: Tensor) -> Tensor:
        """[B, U, K] received signal over noise."""
        return self.direct * self.own(power)

    def interference(self, power: Tensor) -> Tensor:
        """[B, U, K] interference and noise over noise; from the other cells' sum, never T - S."""
        return 1.0 + torch.einsum("buck,bck->buk", self.leak, power)


@dataclass(frozen=True)
class SolverLimits:
    """Per-cell limits [C] and one optional limit on a sum of powers, mW.

    ``lower`` holds for flat spectra (K = 1) only; with sub-bands their sum is limited above.

    Attributes:
        total: [B] or scalar limit on the members' sum; None: no such limit.
        members: [C] 1 for the cells in the sum.
    """

    lower: Tensor
    upper: Tensor
    total: Tensor | None = None
    members: Tensor | None = None


def weighted_sum_rate(power: Tensor, links: Links, weights: Tensor) -> Tensor:
    """``sum_u weight_u sum_k ln(1 + SINR_uk)`` for powers [B, C, K] and weights [B, U]; [B]."""
    rates = torch.log1p(links.signal(power) / links.interference(power))
    return (weights[..., None] * rates).sum((1, 2))


def best_amplitudes(numerator: Tensor, curvature: Tensor, limits: SolverLimits) -> Tensor:
    """Minimise ``sum curvature v^2 - 2 numerator v`` over amplitudes [B, C, K] inside the limits.

    ``v = numerator / (curvature + mu)``; the multiplier ``mu >= 0`` of the total limit is found by
    bisection, those of the per-cell limits by clipping (K = 1) or bisection (K > 1).
    """
    free = _per_cell(numerator, curvature, limits)
    if limits.total is None:
        return free
    members = torch.ones_like(limits.upper) if limits.members is None else limits.members
    total = torch.as_tensor(limits.total, dtype=free.dtype).expand(free.shape[0])
    if bool((_used(free, members) <= total).all()):
        return free
    low = free.new_zeros(free.shape[0], 1, 1)
    smallest = (total / members.sum() / free.shape[2]).sqrt().clamp(min=1e-12)
    floor = torch.maximum(limits.lower.sqrt()[None, :, None], smallest[:, None, None])
    high = (numerator / floor).amax((1, 2), keepdim=True) + 1e-12
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        tried = _per_cell(numerator, curvature + middle * members[:, None], limits)
        fits = (_used(tried, members) <= total)[:, None, None]
        low, high = torch.where(fits, low, middle), torch.where(fits, middle, high)
    tight = _per_cell(numerator, curvature + high * members[:, None], limits)
    return torch.where((_used(free, members) <= total)[:, None, None], free, tight)


def _used(amplitude: Tensor, members: Tensor) -> Tensor:
    return ((amplitude**2).sum(-1) * members).sum(-1)


def _per_cell(numerator: Tensor, curvature: Tensor, limits: SolverLimits) -> Tensor:
    free = numerator / curvature.clamp(min=1e-300)
    if free.shape[-1] == 1:
        return free.clamp(limits.lower.sqrt()[:, None], limits.upper.sqrt()[:, None])
    over = (free**2).sum(-1, keepdim=True) > limits.upper[:, None]
    low = torch.zeros_like(free[..., :1])
    high = numerator.amax(-1, keepdim=True) / (limits.upper[:, None] / free.shape[-1]).sqrt()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        used = ((numerator / (curvature + middle).clamp(min=1e-300)) ** 2).sum(-1, keepdim=True)
        fits = used <= limits.upper[:, None]
        low, high = torch.where(fits, low, middle), torch.where(fits, middle, high)
    return torch.where(over, numerator / (curvature + high).clamp(min=1e-300), free)
