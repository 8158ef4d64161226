"""The channel model and the paths of a sequence, mixed by what the past says about both.

A channel of few paths is a sum of few plane waves, and whoever finds them
(:mod:`tools.channel.specular`) predicts it far better than a model that expects many. A channel of
many paths is not, and the waves found are then worse than nothing. The past tells which it is:
how many waves it takes, whether the waves of its first samples foretell the last ones down to the
noise, how far the two predictions are apart. Each sequence's share follows from these by a
logistic function, fitted on the training part (:mod:`tools.channel.choosing`).

Far ahead nothing predicts a channel of many paths well, and a conditional mean shrinks. There the
answer is an autoregression's, no louder than the last sample: of the thresholds on Doppler spread
times horizon, and of what follows beyond them, this gave the largest sum rate on validation
sequences (``python -m benchmarks.channel.far``).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.channel.baselines.autoregression import Autoregression
from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.spectrum import GRID, spectrum
from tools.channel.baselines.transform import as_csi
from tools.channel.data.configuration import Array
from tools.channel.specular import Paths, find_paths, peak_of_noise
from tools.channel.wifo.model import ChannelModel, Forecast

FAR = 0.75
"""Doppler spread (standard deviation, in cycles a sample) times samples ahead."""

MOST_PATHS = 16
HIDDEN = 2
"""Last samples that the paths of those before are tried on."""

SHARE = (-6.626, -1.166, 0.382, 0.505, 0.146, -6.589, -2.022, -1.641)
"""Weights of the features of :class:`Known`, fitted as :mod:`tools.channel.choosing` does.

What is measured in the guide was measured with these. They were fitted before sequences whose paths
are all found were left alone while others in the batch went on; fitted since, they come out as
-7.78, -1.06, 0.49, 0.46, 0.26, -5.65, -1.94 and -1.07.
"""

MORE_ERROR = 2.51
"""Error of the waves over what the delta method expects, geometric mean where their share is above
a half; of the same fit (2.77 since)."""

_REFINEMENTS = 4
_FAR_AHEAD = Autoregression(7, 1e-5)
_HOPELESS_DB = -6.0
"""Expected NMSE above which a far step is left to the autoregression."""
_TINY = 1e-12
_PEAKS_OF_NOISE = 3.0
"""Paths that hold less of the past than so many peaks of noise are taken to be noise. Of 660 pasts
of white noise 63 had paths, and these held up to 1.6 peaks."""


@dataclass(frozen=True)
class Answer:
    """A prediction.

    Attributes:
        csi: [B, S, K, N].
        expected_nmse_db: [B, S] of the mixture.
        share: [B] of the paths in the mixture, 0..1; 0 where they may be noise.
        far: [B, S] bool, steps that the autoregression answers.
        forecast: the model's own.
    """

    csi: Tensor
    expected_nmse_db: Tensor
    share: Tensor
    far: Tensor
    forecast: Forecast


@dataclass(frozen=True)
class Known:
    """What the past says about both predictions.

    Attributes:
        paths: of the whole past.
        waves: [B, S, K, N] that they foretell.
        error: [B, S] double, expected mean square error of a sample of them.
        features: [B, F] double.
        there: [B] bool, whether the paths hold more of the past than noise would.
    """

    paths: Paths
    waves: Tensor
    error: Tensor
    features: Tensor
    there: Tensor


def known(past: Tensor, steps: int, array: Array, forecast: Forecast) -> Known:
    """Of past CSI [B, T, K, N], T > HIDDEN + 1."""
    paths = find_paths(past, array, MOST_PATHS, _REFINEMENTS)
    earlier = find_paths(past[:, :-HIDDEN], array, MOST_PATHS, _REFINEMENTS)
    energy = past.abs().square().mean((1, 2, 3)).double()
    least = _TINY * energy
    residual = torch.maximum(paths.residual, least)
    missed = (earlier.ahead(HIDDEN) - past[:, -HIDDEN:].flatten(2)).abs().square().mean((1, 2))
    noise = torch.maximum(noise_power(past, array).double(), least)
    waves = as_csi(paths.ahead(steps), past)
    apart = (waves - forecast.csi(array)).abs().square().mean((1, 2, 3)).double()
    error = paths.variance(steps, torch.maximum(residual, noise))
    of_model = forecast.variance.mean((1, 2)).double()
    ratios = [missed / residual, error.mean(1) / energy, of_model / energy, apart / energy]
    ratios += [energy / noise, residual / noise]
    logs = [torch.log(r.clamp(min=_TINY)) for r in ratios]
    number = paths.number.double() / MOST_PATHS
    features = torch.stack([*logs, number, torch.ones_like(number)], 1)
    count = past[0].numel()
    held = energy - paths.residual
    there = held > _PEAKS_OF_NOISE * peak_of_noise(count) / count * energy
    return Known(paths, waves, error, features, there)


@dataclass(frozen=True)
class Portfolio:
    """Mixture of a channel model and the paths of a sequence, with a fall-back far ahead.

    Args:
        model: the trained model.
    """

    model: ChannelModel

    def answer(self, past: Tensor, steps: int, array: Array) -> Answer:
        """Prediction from past CSI [B, T, K, N], T >= 4."""
        forecast = self.model(past, steps, array)
        found = known(past, steps, array, forecast)
        share = torch.sigmoid(found.features @ torch.tensor(SHARE, dtype=torch.float64))
        share = torch.where(found.there, share, 0.0)
        of_waves, of_model = share[:, None], 1.0 - share[:, None]
        weight = share.to(past.real.dtype)[:, None, None, None]
        csi = torch.lerp(forecast.csi(array), found.waves, weight.to(past.dtype))
        # the square is convex: no more than the errors' own mixture
        error = of_waves * MORE_ERROR * found.error + of_model * forecast.variance.mean(2)
        energy = csi.abs().square().mean((2, 3)).double()
        error = torch.maximum(error, _TINY * past.abs().square().mean((1, 2, 3))[:, None])
        expected_db = 10.0 * torch.log10(error / (energy + error))
        turned = doppler_spread(past, array)[:, None] * torch.arange(1, steps + 1)
        far = (turned > FAR) & (expected_db > _HOPELESS_DB)
        csi = torch.where(far[..., None, None], bounded(past, steps, array), csi)
        return Answer(csi, expected_db.to(past.real.dtype), share, far, forecast)

    def predict(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """Future CSI: a :class:`tools.channel.baselines.predictor.Predictor`."""
        with torch.inference_mode():
            return self.answer(past, steps, array).csi


def doppler_spread(past: Tensor, array: Array) -> Tensor:
    """Standard deviation [B] of the Doppler spectrum, cycles a sample, double precision."""
    found = spectrum(past, array)
    frequency = (torch.arange(GRID, dtype=torch.float64) - GRID // 2) / GRID
    share = found.power / found.power.sum(1, keepdim=True)
    mean = (share * frequency).sum(1, keepdim=True)
    return (share * (frequency - mean).square()).sum(1).sqrt()


def bounded(past: Tensor, steps: int, array: Array) -> Tensor:
    """The autoregression's CSI [B, S, K, N], every step scaled down to the last sample's energy."""
    found = torch.nan_to_num(_FAR_AHEAD(past, steps, array))
    energy = found.abs().square().sum((2, 3), keepdim=True).clamp(min=_TINY)
    last = past[:, -1:].abs().square().sum((2, 3), keepdim=True)
    return found * (last / energy).sqrt().clamp(max=1.0)
