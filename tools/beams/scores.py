"""How good chosen beams are, window by window; means and intervals over whole sequences."""

from typing import NamedTuple

import numpy as np

from tools.beams.answers import NEAR_DB, Forecast
from tools.beams.trackers import Array
from twins.runtime import derive_seed

_RESAMPLES = 2000


class Scores(NamedTuple):
    """Of each window and horizon, all [N, H]."""

    near: Array
    loss_db: Array
    top_1: Array
    top_3: Array
    gain: Array
    sweep_near: Array


def scores(forecast: Forecast, future: Array) -> Scores:
    """Against future powers [N, H, beams].

    ``near``: the first beam is within 1 dB; ``loss_db``: how far below the best it is; ``top_1``,
    ``top_3``: the best beam is the first, or among the first three; ``gain``: its power over the
    best's; ``sweep_near``: one of the first three to be swept is within 1 dB.
    """
    best = future.max(-1)
    first = np.take_along_axis(future, forecast.ranked[..., :1], -1)[..., 0]
    swept = np.take_along_axis(future, forecast.sweep[..., :3], -1).max(-1)
    hit = forecast.ranked == future.argmax(-1)[..., None]
    gain = first / best
    least = 10 ** (-NEAR_DB / 10)
    return Scores(
        near=(gain >= least).astype(float),
        loss_db=-10.0 * np.log10(gain),
        top_1=hit[..., 0].astype(float),
        top_3=hit[..., :3].any(-1).astype(float),
        gain=gain,
        sweep_near=(swept / best >= least).astype(float),
    )


def totals(values: Array, sequence: Array) -> tuple[Array, Array]:
    """Sums [S, ...] of values [N, ...] over each sequence, and how many windows it has [S]."""
    _, at = np.unique(sequence, return_inverse=True)
    total = np.zeros((at.max() + 1, *values.shape[1:]))
    np.add.at(total, at, values)
    return total, np.bincount(at)


def interval(total: Array, count: Array, *seed: str | int) -> tuple[float, float, float]:
    """Mean over windows and a 95 % bootstrap interval over sequences, from their totals [S].

    Windows of one sequence overlap; drawn one by one they would look far more certain.
    """
    drawn = np.random.default_rng(derive_seed("beams", "bootstrap", *seed))
    chosen = drawn.integers(len(total), size=(_RESAMPLES, len(total)))
    means = total[chosen].sum(1) / count[chosen].sum(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(total.sum() / count.sum()), float(low), float(high)
