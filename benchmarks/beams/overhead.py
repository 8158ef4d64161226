"""What a promise costs in measured beams: chosen on validation, counted on the test."""

from itertools import product
from typing import Any

import numpy as np

from tools.beams.answers import Forecast
from tools.beams.policy import cheapest, neighbours, play, swept_near
from tools.beams.trackers import Array, Tracker
from tools.beams.windows import Windows

PROMISES = (0.95, 0.98, 0.99)
_COUNTS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 24, 32, 64)
_SPACINGS = (1, 2, 3)


def by_confidence(
    validation: tuple[Forecast, Windows], test: tuple[Forecast, Windows]
) -> list[dict[str, Any]]:
    """For each promise and horizon: trust, a few beams or all, as confidence says."""
    (said, before), (now, after) = validation, test
    rows = []
    for promise, h in product(PROMISES, range(after.future.shape[1])):
        part = slice(h, h + 1)
        policy = cheapest(promise, said.at(part), before.future[:, part])
        played = play(policy, now.at(part), after.future[:, part])
        near, beams = float(played.near.mean()), float(played.measured.mean())
        rows.append(row(promise, h, near, beams))
    return rows


def by_tracker(tracker: Tracker, validation: Windows, test: Windows) -> list[dict[str, Any]]:
    """For each promise and horizon: always as many beams around the tracked one, the fewest."""
    horizons, beams = test.future.shape[1:]
    before, after = (tracker.positions(w.past, horizons) for w in (validation, test))
    rows = []
    for promise, h in product(PROMISES, range(horizons)):

        def near(position: Array, some: Windows, sweep: tuple[int, int], h: int = h) -> float:
            chosen = spread_around(position[:, h], *sweep, beams)
            return float(swept_near(chosen, some.future[:, h]).mean())

        sweeps = [(k, s) for k in _COUNTS for s in _SPACINGS if (k - 1) * s < beams]
        kept = next(s for s in sweeps if near(before, validation, s) >= promise)
        cost = 0 if kept[0] == 1 else kept[0]
        rows.append(row(promise, h, near(after, test, kept), cost))
    return rows


def spread_around(position: Array, count: int, spacing: int, beams: int) -> Array:
    """[N, count] beams ``spacing`` apart around a position [N], moved inside the codebook."""
    if spacing == 1:
        return neighbours(position, count, beams)
    reach = (count - 1) * spacing
    first = (position - reach / 2).round().clip(0, beams - 1 - reach).astype(int)
    chosen: Array = first[:, None] + spacing * np.arange(count)
    return chosen


def row(promise: float, h: int, near: float, beams: float) -> dict[str, Any]:
    """Share within 1 dB and beams measured a sample, of one promise and horizon."""
    return {
        "promise": promise,
        "horizon": h + 1,
        "near": round(near, 4),
        "beams": round(beams, 3),
    }
