"""The posterior weighed by what each UE was seen to receive: importance resampling.

RSRP says how strong the links are. The SINR and the throughput that were measured say what RSRP
cannot: how the links fade, and which way the means of the readings err. So networks are drawn from
the RSRP posterior, the present window is simulated on each, and each UE's links are drawn again
in proportion to the likelihood of its own SINR and throughput (Gordon et al., "Novel approach
to nonlinear/non-Gaussian Bayesian state estimation", IEE Proc. F 140, 1993). What was measured
leaves the links of different UEs all but independent, so each UE picks its particle on its own.

Few particles have no tails, and handovers hang on them. So a drawn gain is shrunk towards its mean
and moved by the difference of two other draws, which keeps means, variances and correlations
(kernel smoothing after Liu and West, in "Sequential Monte Carlo Methods in Practice", 2001).
"""

from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor

from contracts.network import NetworkSnapshot
from twins.conditioning import Draw
from twins.flow import FlowResult
from twins.reports import SINR_RANGE_DB, SINR_STEP_DB

_LEAST_DEVIATION = (0.02, 0.002)
"""Of SINR in dB and of the logarithm of throughput: nothing is believed closer than this."""
_LEAST_EFFECTIVE = 16.0
"""Particles that must count for a UE; else its log-likelihood is halved until they do."""
_HALVINGS = 20
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
        surprise: [U] how badly all networks together explain a UE: the negative logarithm of the
            mean likelihood, 0 where they are certain of what was measured.
        bias: [U, 2] measured SINR in dB and log throughput, less their means over the networks
            before weighing; nan where not measured.
    """

    draw: Draw
    cumulative: Tensor
    mean_gain_db: Tensor
    reported: Tensor
    surprise: Tensor
    bias: Tensor

    @classmethod
    def weigh(
        cls,
        draw: Draw,
        first: FlowResult,
        second: FlowResult,
        window_ms: int,
        snapshot: NetworkSnapshot,
    ) -> "Particles":
        """Weigh networks by two windows simulated on each at the snapshot's powers.

        The difference of the two shows how much windows of one network differ.

        Args:
            draw: P networks.
            first, second: one window of length ``window_ms`` each.
        """
        observed, simulated = _observed(snapshot), _features(_pooled(first, second))
        noise = _covariance(_features(first) - _features(second)) / 2.0
        windows = 0.5 + window_ms / snapshot.window_ms
        spread = noise * windows + torch.diag(torch.tensor(_LEAST_DEVIATION).double().square())
        report_ms = snapshot.window_ms / snapshot.reports
        spread[:, 0, 0] += _rounding_variance(noise[:, 0, 0] * window_ms / report_ms)
        # what is not known must not speak through its correlation with what is
        known = observed.isfinite()
        alone = ~(known.unsqueeze(1) & known.unsqueeze(2)) & ~torch.eye(2, dtype=torch.bool)
        spread = spread.masked_fill(alone, 0.0)
        off = _known(observed.unsqueeze(1) - simulated)
        distance = (off * torch.linalg.solve(spread, off.mT).mT).sum(-1)
        weights = _flattened(-0.5 * distance)
        mean_gain_db = torch.einsum("up,puc->uc", weights.float(), draw.gain_db)
        reported = torch.tensor(
            [[c in ue.rsrp_dbm for c in snapshot.cell_ids] for ue in snapshot.ues]
        )
        return cls(
            draw=draw,
            cumulative=weights.cumsum(-1),
            mean_gain_db=mean_gain_db,
            reported=reported,
            surprise=log(distance.shape[1]) - torch.logsumexp(-0.5 * distance, -1),
            bias=observed - simulated.mean(1),
        )

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Gains [n, U, C] in dB and Nakagami m of ``n`` networks."""
        ues, particles = self.cumulative.shape
        uniform = torch.rand(ues, 3 * n, generator=generator, dtype=torch.float64)
        index = torch.searchsorted(self.cumulative, uniform, right=True).clamp(max=particles - 1)
        each = torch.arange(ues)
        drawn, plus, minus = self.draw.gain_db[index.T, each].chunk(3)
        kernel = (_KERNEL_SHARE / 2.0) ** 0.5 * (plus - minus)
        smoothed = torch.lerp(self.mean_gain_db, drawn, (1.0 - _KERNEL_SHARE) ** 0.5) + kernel
        return torch.where(self.reported, smoothed, drawn), self.draw.fading_m[index.T[:n], each]


def _observed(snapshot: NetworkSnapshot) -> Tensor:
    """[U, 2]: what was measured of each UE, as :func:`_features` orders it."""
    throughput_mbps = [ue.throughput_mbps for ue in snapshot.ues]
    rate = torch.tensor([float("nan") if t is None else t for t in throughput_mbps]).double()
    sinr_db = torch.tensor([ue.sinr_db for ue in snapshot.ues]).double()
    return torch.stack([sinr_db, rate.log()], -1)


def _features(window: FlowResult) -> Tensor:
    """[U, P, 2]: SINR in dB as reports limit it, logarithm of the throughput.

    The latter is not finite for a UE never active.
    """
    sinr_db = window.sinr_db.clamp(*SINR_RANGE_DB)
    features = torch.stack([sinr_db, window.throughput_mbps().log()], -1)
    return features.double().transpose(0, 1)


def _pooled(first: FlowResult, second: FlowResult) -> FlowResult:
    """Two windows of equal length as one."""
    return FlowResult(
        volume_mbit=first.volume_mbit + second.volume_mbit,
        active_ms=first.active_ms + second.active_ms,
        sinr_db=(first.sinr_db + second.sinr_db) / 2.0,
        prb_usage=(first.prb_usage + second.prb_usage) / 2.0,
    )


def _rounding_variance(report_variance: Tensor) -> Tensor:
    """Variance of the error that rounding leaves in the mean of many reported SINRs.

    Their own scatter dithers it: of a normal variate rounded to steps q the mean errs by up to
    ``q / pi exp(-2 pi^2 variance / q^2)`` (first harmonic; Widrow, Kollar, "Quantization Noise",
    2008, chapter 4), here as a sine of unknown phase.
    """
    amplitude = SINR_STEP_DB / pi * torch.exp(-2.0 * (pi / SINR_STEP_DB) ** 2 * report_variance)
    return amplitude.square() / 2.0


def _known(features: Tensor) -> Tensor:
    """What says nothing agrees with everything."""
    return torch.where(features.isfinite(), features, 0.0)


def _covariance(features: Tensor) -> Tensor:
    """[U, 2, 2] about zero, from those of [U, P, 2] that are known."""
    whole = features.isfinite().all(-1, keepdim=True)
    known = torch.where(whole, features, 0.0)
    return known.mT @ known / whole.sum(1, keepdim=True).clamp(min=1)


def _flattened(log_weight: Tensor) -> Tensor:
    """Weights [U, P] of log-likelihoods, flattened until enough of them count."""
    power = torch.ones(log_weight.shape[0], 1, dtype=log_weight.dtype)
    for _ in range(_HALVINGS):
        weights = torch.softmax(power * log_weight, -1)
        few = weights.square().sum(-1, keepdim=True).reciprocal() < _LEAST_EFFECTIVE
        power = torch.where(few, power / 2.0, power)
    return torch.softmax(power * log_weight, -1)
