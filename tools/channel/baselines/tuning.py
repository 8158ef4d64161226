"""Hyper-parameters of the classical predictors, in time and in frequency, from the training part.

``python -m tools.channel.baselines.tuning`` prints what :mod:`tools.channel.baselines.tuned` holds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
import torch

from tools.channel.baselines.autoregression import Autoregression, Pad, PronyVector
from tools.channel.baselines.frequency import LeastSquares, Lmmse, along_frequency
from tools.channel.baselines.kalman import Kalman
from tools.channel.baselines.predictor import Linear, Predictor
from tools.channel.baselines.wiener import Wiener
from tools.channel.data.sets import TRAINING
from tools.channel.data.store import sequences
from tools.channel.data.stream import Batch, with_noise
from tools.channel.metrics import nmse_db
from tools.power.runtime import numerics
from twins.runtime import seeded

SNRS_DB = (5.0, 10.0, 20.0)
PAST, FUTURE = 8, 8
_SEQUENCES = 8
_ORDERS = (1, 2, 3, 4, 5, 6, 7)
_RIDGES = (1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
_log = structlog.get_logger(__name__)

Choice = Mapping[str, Sequence[Any]]
GRIDS: Mapping[str, tuple[Callable[..., Predictor], Choice]] = {
    "linear": (Linear, {"points": (2, 3, 4, 6, 8), "damping": (0.0, 0.3, 0.5, 0.7, 0.9)}),
    "prony": (PronyVector, {"order": _ORDERS, "ridge": _RIDGES}),
    "ar": (Autoregression, {"order": _ORDERS, "ridge": _RIDGES}),
    "pad": (
        Pad,
        {
            "order": _ORDERS,
            "ridge": _RIDGES,
            "reach": (0, 1, 2, 3, 4, 6),
            "share": (0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0),
        },
    ),
    "wiener": (
        Wiener,
        {"spreads": (32,), "largest": (0.25, 0.35, 0.5), "loading": (0.0, 0.003, 0.01, 0.03)},
    ),
    "kalman": (
        Kalman,
        {"order": _ORDERS, "ridge": _RIDGES, "noise_share": (0.0, 0.3, 0.6, 0.9)},
    ),
}
SHARES = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
ABOVE: Mapping[str, tuple[Callable[..., Predictor], Choice]] = {
    "least squares": (LeastSquares, {"share": SHARES, "ridge": (*_RIDGES, 1.0)}),
    "lmmse": (Lmmse, {"share": SHARES}),
    "ar": (
        lambda order, ridge: along_frequency(Autoregression(order, ridge)),
        {"order": (3, 5, 7), "ridge": _RIDGES},
    ),
    "pad": (
        lambda order, ridge, reach: along_frequency(Pad(order, ridge, reach, 0.999)),
        {"order": (3, 5, 7), "ridge": (1e-5, 1e-3, 1e-2, 0.1), "reach": (1, 3)},
    ),
}
"""Of extrapolation in frequency."""

Score = Callable[[Predictor, Sequence[Batch]], float]


def examples(snr_db: float) -> list[Batch]:
    """Sequences of the training configurations of TR 38.901 at one SNR; no random rays."""
    generator = seeded("tuning", round(snr_db))
    found = []
    for configuration in (c for c in TRAINING.values() if c.generator != "rays"):
        clean = sequences(configuration, "training", _SEQUENCES)
        snr = torch.full((len(clean),), snr_db)
        noisy = with_noise(clean, snr, generator)
        found.append(Batch(noisy, clean, snr, configuration.array))
    return found


def score_db(predictor: Predictor, batches: Sequence[Batch]) -> float:
    """Mean over configurations of the NMSE against the clean future."""
    end = PAST + FUTURE
    values = [
        nmse_db(predictor(b.noisy[:, :PAST], FUTURE, b.array), b.clean[:, PAST:end])
        for b in batches
    ]
    return sum(values) / len(values)


def score_above_db(predictor: Predictor, batches: Sequence[Batch]) -> float:
    """Mean over configurations of the NMSE of the upper half of the band against the clean one."""
    values = []
    for b in batches:
        low = b.clean.shape[2] // 2
        known, wanted = b.noisy[:, :PAST, :low], b.clean[:, :PAST, low:]
        values.append(nmse_db(predictor(known, wanted.shape[2], b.array), wanted))
    return sum(values) / len(values)


def descend(
    make: Callable[..., Predictor],
    grid: Choice,
    batches: Sequence[Batch],
    score: Score = score_db,
) -> tuple[dict[str, Any], float]:
    """Best values, one parameter at a time until none gets better, and their score."""
    best = {name: values[len(values) // 2] for name, values in grid.items()}
    lowest, moved = score(make(**best), batches), True
    while moved:
        moved = False
        for name, values in grid.items():
            for value in values:
                if value == best[name]:
                    continue
                found = score(make(**{**best, name: value}), batches)
                if found < lowest:
                    best, lowest, moved = {**best, name: value}, found, True
    return best, lowest


def main() -> None:
    """Tune everything at every SNR."""
    with numerics():
        for snr_db in SNRS_DB:
            batches = examples(snr_db)
            for axis, grids, score in (("time", GRIDS, score_db), ("band", ABOVE, score_above_db)):
                for name, (make, grid) in grids.items():
                    best, found = descend(make, grid, batches, score)
                    found = round(found, 3)
                    _log.info("tuned", axis=axis, snr_db=snr_db, name=name, nmse_db=found, **best)


if __name__ == "__main__":
    main()
