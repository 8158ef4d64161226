"""The posterior weighed by what each UE was seen to receive: importance resampling.

RSRP says how strong the links are. The SINR and the throughput that were measured say what RSRP
cannot: how the links fade, and which way the means of the readings err. So networks are drawn from
the RSRP posterior, the present window is simulated on each, and each UE's links are drawn again
in proportion to the likelihood of its own SINR and throughput (Gordon et al., "Novel approach
to nonlinear/non-Gaussian Bayesian state estimation", IEE Proc. F 140, 1993). Given the cells, the
UEs' links are independent, so each UE picks its particle on its own.

Few particles have no tails, and handovers hang on them. So a drawn gain is shrunk towards its mean
and moved by the difference of two other draws, which keeps means, variances and correlations
(kernel smoothing after Liu and West, in "Sequential Monte Carlo Methods in Practice", 2001).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.network import NetworkSnapshot
from twins.conditioning import Draw
from twins.flow import FlowResult

_LEAST_DEVIATION = (0.02, 0.002)
"""Of SINR in dB and of the logarithm of throughput: nothing is believed closer than this."""
_LEAST_EFFECTIVE = 16.0
"""Particles that must count for a UE; else its likelihood is flattened until they do."""
_FLATTENINGS = 20
_KERNEL_SHARE = 0.25
"""Share of a gain's variance that smoothing puts between the particles."""


@dataclass(frozen=True)
class Particles:
    """P networks and how well they explain each UE.

    Attributes:
        draw: the networks.
        cumulative: [U, P] cumulative weights.
        mean_gain_db: [U, C] weighted mean of the gains.
        reported: [U, C] links that were measured: their gains scatter like a normal law; those of
            the others are cut off at the detection floor and are not smoothed.
    """

    draw: Draw
    cumulative: Tensor
    mean_gain_db: Tensor
    reported: Tensor

    @classmethod
    def weigh(
        cls,
        draw: Draw,
        first: FlowResult,
        second: FlowResult,
        half_ms: int,
        snapshot: NetworkSnapshot,
    ) -> "Particles":
        """Weigh networks by two windows simulated on each at the snapshot's powers.

        The difference of the two shows how much windows of one network differ.

        Args:
            draw: P networks.
            first, second: one window of length ``half_ms`` each.
        """
        one, other = _features(first), _features(second)
        noise = _covariance(one - other) / 2.0
        windows = 0.5 + half_ms / snapshot.window_ms
        spread = noise * windows + torch.diag(torch.tensor(_LEAST_DEVIATION).double().square())
        off = _known(_observed(snapshot).unsqueeze(1) - (one + other) / 2.0)
        distance = (off * torch.linalg.solve(spread, off.mT).mT).sum(-1)
        weights = _flattened(-0.5 * distance)
        mean_gain_db = torch.einsum("up,puc->uc", weights.float(), draw.gain_db)
        reported = torch.tensor(
            [[c in ue.rsrp_dbm for c in snapshot.cell_ids] for ue in snapshot.ues]
        )
        return cls(draw, weights.cumsum(-1), mean_gain_db, reported)

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Gains [n, U, C] in dB and Nakagami m of ``n`` networks."""
        ues, particles = self.cumulative.shape
        uniform = torch.rand(ues, 3 * n, generator=generator, dtype=torch.float64)
        index = torch.searchsorted(self.cumulative, uniform, right=True).clamp(max=particles - 1)
        at = index.T, torch.arange(ues)
        drawn, plus, minus = self.draw.gain_db[at].chunk(3)
        kernel = (_KERNEL_SHARE / 2.0) ** 0.5 * (plus - minus)
        smoothed = torch.lerp(self.mean_gain_db, drawn, (1.0 - _KERNEL_SHARE) ** 0.5) + kernel
        return torch.where(self.reported, smoothed, drawn), self.draw.fading_m[at][:n]


def _observed(snapshot: NetworkSnapshot) -> Tensor:
    """[U, 2]: what was measured of each UE, as :func:`_features` orders it."""
    throughput_mbps = [ue.throughput_mbps for ue in snapshot.ues]
    rate = torch.tensor([float("nan") if t is None else t for t in throughput_mbps]).double()
    sinr_db = torch.tensor([ue.sinr_db for ue in snapshot.ues]).double()
    return torch.stack([sinr_db, rate.log()], -1)


def _features(window: FlowResult) -> Tensor:
    """[U, P, 2]: SINR in dB, logarithm of the throughput; not finite for a UE never active."""
    features = torch.stack([window.sinr_db, window.throughput_mbps().log()], -1)
    return features.double().transpose(0, 1)


def _known(features: Tensor) -> Tensor:
    """What says nothing agrees with everything."""
    return torch.where(features.isfinite(), features, 0.0)


def _covariance(features: Tensor) -> Tensor:
    """[U, 2, 2] about zero, from [U, P, 2]."""
    known = _known(features)
    return known.mT @ known / features.shape[1]


def _flattened(log_weight: Tensor) -> Tensor:
    """Weights [U, P] of log-likelihoods, each raised to the largest power that leaves enough."""
    power = torch.ones(log_weight.shape[0], 1, dtype=log_weight.dtype)
    for _ in range(_FLATTENINGS):
        weights = torch.softmax(power * log_weight, -1)
        few = weights.square().sum(-1, keepdim=True).reciprocal() < _LEAST_EFFECTIVE
        power = torch.where(few, power / 2.0, power)
    return torch.softmax(power * log_weight, -1)
