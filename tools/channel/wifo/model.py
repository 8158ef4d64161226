"""The channel model: WiFo over a Bayesian predictor in the angle-delay domain.

1. The prior: one Doppler spectrum for the sequence, cut into parts (:mod:`prior`).
2. WiFo sees the past bins and decodes features and a residual for every future bin.
3. Evidence maximisation, plain and then learned (:mod:`steps`), gives every bin a spectrum of its
   own; its conditional mean is the first expert, that of a covariance which need not be stationary
   (:mod:`covariance`) the second. PAD, an autoregression and a Kalman filter, as tuned on the
   training part, are the others: they follow few, pure tones better, out of fades too.
4. Each bin and step mixes the experts, knowing their disagreements and how they did on the last
   samples of the past (:mod:`hindsight`), and adds a share of the residual; a variance comes too.
5. A gate for each sequence scales what is learned in 3 and the residual; at 0 the first expert is
   plain evidence maximisation.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from tools.channel.baselines.autoregression import Autoregression, Pad
from tools.channel.baselines.kalman import Kalman
from tools.channel.baselines.predictor import Predictor
from tools.channel.baselines.transform import from_angle_delay, to_angle_delay
from tools.channel.data.configuration import Array
from tools.channel.wifo.autoencoder import Grid, Wifo, WifoSize, join_patches
from tools.channel.wifo.bayes import maximised
from tools.channel.wifo.covariance import unstationary
from tools.channel.wifo.hindsight import hindsight
from tools.channel.wifo.prior import Prior, conditional, prior
from tools.channel.wifo.steps import EvidenceStep

EXPERTS: tuple[Predictor, ...] = (
    Pad(5, 1e-4, 3, 1.0),
    Autoregression(7, 1e-5),
    Kalman(7, 3e-3, 0.6),
)
"""Classical predictors beside the Bayesian ones."""

_BAYESIAN = 2
_OF_SEQUENCE = 3 + len(EXPERTS) + 1
_LOCAL = 2 * (len(EXPERTS) + _BAYESIAN) + 3 + _OF_SEQUENCE
_PLAIN_ROUNDS = 3
_FIRST_LOGIT = 1.5
_LEAST_RESIDUAL = -3.0
_OPEN = 2.0
_LARGEST_LOG = 5.0


@dataclass(frozen=True)
class ChannelSize:
    """Sizes of the model's parts.

    Attributes:
        wifo: of the masked autoencoder.
        context: features of a bin that it decodes.
        rounds: learned steps.
        hidden: width of the small networks.
    """

    wifo: WifoSize = field(default_factory=WifoSize)
    context: int = 6
    rounds: int = 3
    hidden: int = 24

    def to_json(self) -> dict[str, Any]:
        """As it stands in a checkpoint."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ChannelSize":
        """The inverse of :meth:`to_json`."""
        wifo = {**values["wifo"], "patch": tuple(values["wifo"]["patch"])}
        return cls(**{**values, "wifo": WifoSize(**wifo)})


@dataclass(frozen=True)
class Forecast:
    """Future bins.

    Attributes:
        mean: [B, S, Q] complex angle-delay bins, in the units of the CSI.
        variance: [B, S, Q] of the error of the real and imaginary parts together.
        gate: [B] how much of what is learned went in, 0..1.
        description: [B, D] of the past, by which strange ones are told.
    """

    mean: Tensor
    variance: Tensor
    gate: Tensor
    description: Tensor

    def csi(self, array: Array) -> Tensor:
        """[B, S, K, N] complex."""
        return from_angle_delay(self.mean.reshape(*self.mean.shape[:2], -1, array.antennas), array)

    @property
    def nmse_db(self) -> Tensor:
        """[B, S] expected error over expected energy."""
        error = self.variance.sum(2)
        return 10.0 * torch.log10(error / (self.mean.abs().square().sum(2) + error))


class ChannelModel(nn.Module):
    """Predicts any number of steps for any array, band and past of at least two samples."""

    def __init__(self, size: ChannelSize) -> None:
        super().__init__()
        self.size = size
        self.wifo = Wifo(size.wifo)
        t, k, n = size.wifo.patch
        self.features = nn.Linear(size.wifo.width, (size.context + 2) * t * k * n)
        self.steps = nn.ModuleList(
            EvidenceStep(size.context, size.hidden) for _ in range(size.rounds)
        )
        self.mixing = nn.Sequential(
            nn.Linear(_LOCAL + size.context, size.hidden),
            nn.SiLU(),
            nn.Linear(size.hidden, size.hidden),
            nn.SiLU(),
            nn.Linear(size.hidden, _BAYESIAN + len(EXPERTS) + 2),
        )
        self.gating = nn.Sequential(nn.Linear(_OF_SEQUENCE, 8), nn.SiLU(), nn.Linear(8, 1))
        last, opening = self.mixing[-1], self.gating[-1]
        assert isinstance(last, nn.Linear)
        assert isinstance(opening, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        nn.init.zeros_(opening.weight)
        nn.init.constant_(opening.bias, _OPEN)
        with torch.no_grad():
            last.bias[:_BAYESIAN] = _FIRST_LOGIT
            last.bias[_BAYESIAN + len(EXPERTS)] = _LEAST_RESIDUAL

    def forward(self, past: Tensor, steps: int, array: Array) -> Forecast:
        """Forecast from past CSI [B, T, K, N] complex."""
        given = prior(past, steps, array)
        context, residual = self._decoded(given, past.shape[2:], steps)
        known = _known(given, past, array)
        gate = torch.sigmoid(self.gating(known))
        with torch.no_grad():
            weights = maximised(given, _PLAIN_ROUNDS)
        of_bin = context.mean(1)
        for step in self.steps:
            weights = step(given, weights, of_bin, gate[..., None])
        mean, variance = conditional(given, weights)
        second = unstationary(given, weights, past.shape[2], array)
        experts = torch.stack([mean, second, *_others(past, steps, array, given)], -1)
        local = _local(experts.detach(), variance.detach(), known)
        out = self.mixing(torch.cat([local, context], -1))
        mixed, log_factor = _mixed(out, experts, variance, residual, gate)
        scale = given.scale[:, None, None]
        error = variance.detach() * torch.exp(log_factor) * scale.square()
        return Forecast(mixed * scale, error, gate[:, 0], known)

    def predict(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """Future CSI [B, S, K, N]: a :class:`tools.channel.baselines.predictor.Predictor`."""
        with torch.inference_mode():
            return self(past, steps, array).csi(array)  # type: ignore[no-any-return]

    def _decoded(self, given: Prior, band: torch.Size, steps: int) -> tuple[Tensor, Tensor]:
        """Features [B, S, Q, F] and residual [B, S, Q, 2] of future bins."""
        times = given.bins.shape[2]
        period = self.size.wifo.patch[0]
        lead = -times % period  # the future begins with a patch
        grid = as_grid(given.bins.mT.reshape(len(given.bins), times, *band))
        grid = nn.functional.pad(grid, (0, 0, 0, 0, lead, steps))
        number = self.wifo.patches(grid)
        visible = visible_past(number, (times + lead) // period)
        states = self.wifo.tokens(grid, visible)[:, ~visible]
        ahead = (number[0] - (times + lead) // period, number[1], number[2])
        found = join_patches(self.features(states), self.size.wifo.patch, ahead)
        cut = found[:, :, :steps, : band[0], : band[1]].flatten(3).movedim(1, -1)
        return cut[..., :-2], cut[..., -2:]


def _mixed(
    out: Tensor, experts: Tensor, variance: Tensor, residual: Tensor, gate: Tensor
) -> tuple[Tensor, Tensor]:
    """Mixture [B, S, Q] of experts with a share of the residual, and log-factor on the variance."""
    count = experts.shape[-1]
    share = torch.softmax(out[..., :count], -1)
    mixed = (experts * share).sum(-1)
    spread = variance.detach().sqrt() * torch.sigmoid(out[..., count]) * gate[:, :, None]
    mixed = mixed + spread * torch.view_as_complex(torch.tanh(residual).contiguous())
    return mixed, out[..., count + 1].clamp(-_LARGEST_LOG, _LARGEST_LOG)


def as_grid(bins: Tensor) -> Tensor:
    """Complex bins [B, T, K, N] in units of noise as a real grid [B, 2, T, K, N], compressed."""
    size = bins.abs()
    squeezed = bins * (torch.log1p(size) / size.clamp(min=1e-6))
    return torch.stack([squeezed.real, squeezed.imag], 1)


def visible_past(number: Grid, past: int) -> Tensor:
    """[L] bool over patches: those of the first ``past`` along time."""
    t, k, n = number
    return (torch.arange(t) < past)[:, None, None].expand(t, k, n).flatten()


@torch.no_grad()
def _others(past: Tensor, steps: int, array: Array, given: Prior) -> list[Tensor]:
    """The other experts' bins [B, S, Q] in units of noise, no larger than the past was."""
    largest = given.bins.abs().amax((1, 2))[:, None, None]
    found = []
    for expert in EXPERTS:
        bins = to_angle_delay(expert(past, steps, array), array).flatten(2)
        bins = torch.nan_to_num(bins / given.scale[:, None, None])
        found.append(bins * (2.0 * largest / bins.abs().clamp(min=1e-9)).clamp(max=1.0))
    return found


def described(past: Tensor, array: Array) -> Tensor:
    """Descriptions [B, D] of pasts, double precision, without a forecast."""
    return _known(prior(past, 1, array), past, array).double()


def _known(given: Prior, past: Tensor, array: Array) -> Tensor:
    return torch.cat([_of_sequence(given), hindsight(past, array, EXPERTS)], -1)


def _of_sequence(given: Prior) -> Tensor:
    """[B, 3]: level over the noise, how much of it is in few bins, how few parts hold it."""
    power = given.bins.abs().square().mean(2)
    total = power.mean(1)
    few = power.square().mean(1).sqrt() / total
    columns = given.inside[:, :-1, -1, 0]  # coherence of each part over the past
    return torch.stack([torch.log(total), torch.log(few), columns.abs().mean(1)], -1)


def _local(experts: Tensor, variance: Tensor, known: Tensor) -> Tensor:
    """[B, S, Q, _LOCAL] of a bin and step: levels, disagreements, how both stand in the sequence.

    Args:
        known: [B, F] about the sequence.
    """
    first, others = experts[..., :1], experts[..., 1:]
    apart = (others - first).abs().square()
    level, unsure = first.abs().square(), variance[..., None]
    everywhere = torch.cat([apart, unsure], -1).mean(2, keepdim=True)
    everywhere = everywhere / level.mean(2, keepdim=True).clamp(min=1e-6)
    steps = experts.shape[1]
    ahead = torch.linspace(0.0, 1.0, steps, device=variance.device)[None, :, None, None]
    logs = torch.log(torch.cat([level, unsure, apart], -1) + 0.01) / 3.0
    ratio = torch.log(apart[..., :1] + 0.01) - torch.log(unsure + 0.01)
    shared = torch.cat(
        [
            torch.log(everywhere + 1e-4) / 3.0,
            known[:, None, None].expand(-1, steps, 1, -1),
        ],
        -1,
    ).expand(*level.shape[:3], -1)
    return torch.cat([logs, ratio / 3.0, shared, ahead.expand_as(level)], -1)
