"""The weights by which the share of found paths follows from what the past says.

``python -m tools.channel.choosing`` fits what :mod:`tools.channel.portfolio` holds: a logistic
function fitted to sequences of the training part of every training configuration, and of streets,
at 5, 10 and 20 dB. What is lowered is, for each set, what training lowers (half the mean logarithm
of the sequences' errors, half the logarithm of their mean), and what a sequence loses against the
model. How well it does on sets that were left out of a fit is told too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
import torch
from torch import Tensor

from tools.channel.data.sets import CHOOSING, TRAINING
from tools.channel.data.store import sequences
from tools.channel.data.stream import with_noise
from tools.channel.portfolio import known
from tools.channel.shipped import trained
from tools.power.runtime import numerics

SNRS_DB = (20.0, 10.0, 5.0)
PAST, FUTURE = 8, 8
_SEQUENCES = 10
_FOLDS = 4
_FIRST_SEED = 100
_FLOOR = 1e-4
_RIDGE = 1e-4
_REGRET = 1.0
_ROUNDS = 300
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Tried:
    """Both predictions of the sequences of one set at one SNR.

    Attributes:
        features: [B, F].
        of_model: [B] error over the energy of the future; so the others.
        of_waves: [B].
        together: [B] real part of the product of both errors.
        beyond: [B] logarithm of the waves' error over the one that is expected.
    """

    name: str
    features: Tensor
    of_model: Tensor
    of_waves: Tensor
    together: Tensor
    beyond: Tensor

    def mixed(self, share: Tensor) -> Tensor:
        """[B] of the mixture."""
        rest = 1.0 - share
        apart = 2.0 * share * rest * self.together
        return share.square() * self.of_waves + rest.square() * self.of_model + apart


def tried(name: str, snr_db: float) -> Tried:
    """On the training part of a set."""
    configuration = {**CHOOSING, **TRAINING}[name]
    clean = sequences(configuration, "training", _SEQUENCES)
    generator = torch.Generator().manual_seed(_FIRST_SEED + round(snr_db))
    past = with_noise(clean, torch.full((len(clean),), snr_db), generator)[:, :PAST]
    future = clean[:, PAST : PAST + FUTURE]
    with torch.inference_mode():
        forecast = trained().model(past, FUTURE, configuration.array)
        found = known(past, FUTURE, configuration.array, forecast)
    model, waves = forecast.csi(configuration.array) - future, found.waves - future
    energy = future.abs().square().sum((1, 2, 3)).double()

    def product(a: Tensor, b: Tensor) -> Tensor:
        return (a * b.conj()).real.sum((1, 2, 3)).double() / energy

    met = waves.abs().square().mean((1, 2, 3)).double()
    beyond = torch.log(met / found.error.mean(1))
    errors = product(model, model), product(waves, waves), product(waves, model)
    return Tried(name, found.features, *errors, beyond)


def fitted(sets: Sequence[Tried]) -> Tensor:
    """Weights [F]."""
    features = torch.cat([s.features for s in sets])
    middle, spread = features.mean(0), features.std(0)
    middle[-1], spread[-1] = 0.0, 1.0
    weights = torch.zeros_like(middle, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=_ROUNDS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        losses = []
        for s in sets:
            error = s.mixed(torch.sigmoid((s.features - middle) / spread @ weights))
            each = torch.log(error + _FLOOR).mean()
            pooled = torch.log(error.mean() + _FLOOR)
            regret = torch.relu(torch.log(error / s.of_model)).mean()
            losses.append(0.5 * (each + pooled) + _REGRET * regret)
        loss = torch.stack(losses).mean() + _RIDGE * weights[:-1].square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    plain = weights.detach() / spread
    plain[-1] -= (plain[:-1] * middle[:-1]).sum()
    return plain


def gain_db(sets: Sequence[Tried], weights: Tensor) -> dict[str, float]:
    """Mean over sets of the gain over the model, and the least of them."""
    gains = []
    for s in sets:
        error = s.mixed(torch.sigmoid(s.features @ weights))
        gains.append(10.0 * torch.log10(s.of_model.mean() / error.mean()))
    all_of_them = torch.stack(gains)
    return {
        "mean_gain_db": round(float(all_of_them.mean()), 2),
        "least_gain_db": round(float(all_of_them.min()), 2),
    }


def main() -> None:
    """Fit, judge on sets that were left out, and print."""
    with numerics():
        names = [*CHOOSING, *TRAINING]
        sets = [tried(name, snr_db) for name in names for snr_db in SNRS_DB]
        for fold in range(_FOLDS):
            out = sorted(names)[fold::_FOLDS]
            weights = fitted([s for s in sets if s.name not in out])
            _log.info("left out", **gain_db([s for s in sets if s.name in out], weights))
        weights = fitted(sets)
        share = torch.cat([torch.sigmoid(s.features @ weights) for s in sets])
        beyond = torch.cat([s.beyond for s in sets])[share > 0.5]
        _log.info(
            "fitted",
            share=[round(w, 3) for w in weights.tolist()],
            more_error=round(float(beyond.mean().exp()), 2),
            **gain_db(sets, weights),
        )


if __name__ == "__main__":
    main()
