"""BM-Case 2 of TR 38.843: from reports of some beams in the past to the best of all beams later.

Reports are L1-RSRP in dB, [N, past, measured] of Set B; answers are scores [N, H, beams] of Set A,
-inf for beams of which a method knows nothing. Beams of a planar panel have no single order, so the
trackers here follow the power of each beam and not where the best one stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Protocol, Self

import numpy as np
import torch
from torch import Tensor, nn

from tools.beams.spatial import SOFTNESS_DB
from tools.beams.trackers import Array
from tools.learning.fitting import fit
from twins.runtime import derive_seed, seeded

_LEVEL_DB = 10.0
_WIDTH = 256
_BATCH = 256


class PowerTracker(Protocol):
    """Anything that says how the power of each measured beam goes on."""

    def powers_db(self, seen_db: Array, horizons: int) -> Array:
        """[N, H, measured] expected powers after reports [N, past, measured]."""
        ...


@dataclass(frozen=True)
class HoldPower:
    """The mean of the last reports stays.

    Attributes:
        samples: of which the mean is taken.
    """

    samples: int = 1

    def powers_db(self, seen_db: Array, horizons: int) -> Array:
        """As :class:`PowerTracker`."""
        return np.repeat(seen_db[:, -self.samples :].mean(1)[:, None], horizons, 1)


@dataclass(frozen=True)
class AlphaBetaPower:
    """The g-h filter on the power of each beam, see :class:`tools.beams.trackers.AlphaBeta`."""

    alpha: float
    beta: float

    def powers_db(self, seen_db: Array, horizons: int) -> Array:
        """As :class:`PowerTracker`."""
        level, rate = seen_db[:, 0], np.zeros_like(seen_db[:, 0])
        for z in seen_db[:, 1:].swapaxes(0, 1):
            expected = level + rate
            level = expected + self.alpha * (z - expected)
            rate = rate + self.beta * (z - expected)
        return _ahead(level, rate, horizons)


@dataclass(frozen=True)
class KalmanPower:
    """Kalman filter of each beam's power and its rate, driven by white acceleration.

    Attributes:
        drift_db: standard deviation of the rate's change a step.
        rate_db: standard deviation of the rate before anything was measured, a step.
        error_db: of a report.
    """

    drift_db: float
    rate_db: float
    error_db: float

    def powers_db(self, seen_db: Array, horizons: int) -> Array:
        """As :class:`PowerTracker`; gains follow from the time alone."""
        level, rate = seen_db[:, 0], np.zeros_like(seen_db[:, 0])
        step = np.array([[1.0, 1.0], [0.0, 1.0]])
        push = self.drift_db**2 * np.array([[0.25, 0.5], [0.5, 1.0]])
        spread = np.diag([self.error_db**2, self.rate_db**2])
        for z in seen_db[:, 1:].swapaxes(0, 1):
            spread = step @ spread @ step.T + push
            gain = spread[:, 0] / (spread[0, 0] + self.error_db**2)
            spread = spread - np.outer(gain, spread[0])
            surprise = z - level - rate
            level, rate = level + rate + gain[0] * surprise, rate + gain[1] * surprise
        return _ahead(level, rate, horizons)


def alpha_beta_powers() -> Iterator[AlphaBetaPower]:
    """Candidates for tuning."""
    for alpha, beta in product((0.2, 0.3, 0.4, 0.6, 0.8), (0.0, 0.02, 0.05, 0.1, 0.2)):
        yield AlphaBetaPower(alpha, beta)


def kalman_powers(error_db: float) -> Iterator[KalmanPower]:
    """Candidates for tuning."""
    for drift, rate in product((0.01, 0.03, 0.1, 0.3), (0.03, 0.1, 0.3, 1.0)):
        yield KalmanPower(drift, rate, error_db)


def spread(powers_db: Array, measured: Array, beams: int) -> Array:
    """[N, H, beams] scores from powers of the measured beams; the others are never taken."""
    score = np.full((*powers_db.shape[:-1], beams), -np.inf)
    score[..., measured] = powers_db
    return score


@dataclass(frozen=True)
class Regression:
    """Ridge regression from all reports of the past to all beams at each horizon, in dB."""

    weights: Array
    horizons: int

    @classmethod
    def fitted(cls, seen_db: Array, future_db: Array, ridge: float = 1.0) -> Self:
        """From reports [N, past, measured] and true powers [N, H, beams]."""
        inputs = _flat(seen_db)
        aims = (future_db - seen_db.mean((1, 2))[:, None, None]).reshape(len(seen_db), -1)
        square = inputs.T @ inputs + ridge * np.eye(inputs.shape[1])
        return cls(np.linalg.solve(square, inputs.T @ aims), future_db.shape[1])

    def __call__(self, seen_db: Array) -> Array:
        """[N, H, beams] score."""
        found = _flat(seen_db) @ self.weights
        return np.asarray(found.reshape(len(seen_db), self.horizons, -1))


class TemporalNetwork(nn.Module):
    """Two hidden layers that correct a regression, from all reports to the best beam later."""

    def __init__(self, base: Regression, inputs: int, beams: int, seed: int) -> None:
        super().__init__()
        self._base = base
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("beams", "temporal", seed))
            first, second = nn.Linear(inputs, _WIDTH), nn.Linear(_WIDTH, _WIDTH)
            last = nn.Linear(_WIDTH, base.horizons * beams)
        with torch.no_grad():
            last.weight.mul_(0.1)
        self._layers = nn.Sequential(first, nn.GELU(), second, nn.GELU(), last)
        self._trust = nn.Parameter(torch.full((base.horizons, 1), 1.0 / SOFTNESS_DB))

    def forward(self, seen_db: Tensor, expected_db: Tensor) -> Tensor:
        """[N, H, beams] logits of reports [N, past, measured] and the regression's powers."""
        level = (seen_db - seen_db.amax((1, 2), keepdim=True)).flatten(1) / _LEVEL_DB
        corrected: Tensor = self._trust * expected_db + self._layers(level).view_as(expected_db)
        return corrected

    @torch.no_grad()
    def score(self, seen_db: Array) -> Array:
        """[N, H, beams] of NumPy reports."""
        seen, expected = (torch.from_numpy(v).float() for v in (seen_db, self._base(seen_db)))
        return np.asarray(self(seen, expected).numpy())


def learned(
    base: Regression, seen_db: Array, future_db: Array, seed: int, steps: int, rate: float = 1e-3
) -> TemporalNetwork:
    """A network fitted to soft labels of the best beam.

    Args:
        base: fitted to the same examples.
        seen_db: [N, past, measured] reports.
        future_db: [N, H, beams] true powers.
    """
    inputs, beams = seen_db[0].size, future_db.shape[2]
    network = TemporalNetwork(base, inputs, beams, seed)
    seen, expected, true = (
        torch.from_numpy(v).float() for v in (seen_db, base(seen_db), future_db)
    )
    label = torch.softmax(true / SOFTNESS_DB, -1)
    generator = seeded("beams", "temporal-order", seed)

    def loss(_step: int) -> Tensor:
        chosen = torch.randint(len(seen), (_BATCH,), generator=generator)
        said = torch.log_softmax(network(seen[chosen], expected[chosen]), -1)
        return -(label[chosen] * said).sum(-1).mean()

    fit(network.parameters(), loss, steps, rate)
    return network


def _ahead(level: Array, rate: Array, horizons: int) -> Array:
    steps = np.arange(1, horizons + 1)[:, None]
    return np.asarray(level[:, None] + steps * rate[:, None])


def _flat(seen_db: Array) -> Array:
    centred = seen_db - seen_db.mean((1, 2), keepdims=True)
    return np.concatenate([centred.reshape(len(seen_db), -1), np.ones((len(seen_db), 1))], 1)
