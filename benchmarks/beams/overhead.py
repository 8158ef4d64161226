"""What a promise costs in measured beams: chosen on validation, counted on the test."""

from typing import Any

import numpy as np

from tools.beams.policy import cheapest, neighbours, play, swept_near
from tools.beams.scores import Forecast
from tools.beams.trackers import Tracker
from tools.beams.windows import Windows

PROMISES = (0.95, 0.98, 0.99)
_COUNTS = (1, 2, 3, 4, 5, 7, 9, 12, 16, 24, 32, 48, 64)


def overhead(
    validation: tuple[Forecast, Windows], test: tuple[Forecast, Windows], tracker: Tracker
) -> list[dict[str, Any]]:
    """For each promise and horizon: the network's policy, and a tracker with a fixed sweep."""
    rows = []
    (said, before), (now, after) = validation, test
    horizons, beams = after.future.shape[1:]
    ahead = {w: tracker.positions(some.past, horizons) for w, some in ((0, before), (1, after))}
    for promise in PROMISES:
        for h in range(horizons):
            policy = cheapest(promise, _at(said, h), before.future[:, h : h + 1])
            played = play(policy, _at(now, h), after.future[:, h : h + 1])
            count = next(
                k
                for k in _COUNTS
                if swept_near(neighbours(ahead[0][:, h], k, beams), before.future[:, h]).mean()
                >= promise
            )
            swept = swept_near(neighbours(ahead[1][:, h], count, beams), after.future[:, h])
            rows.append(
                {
                    "promise": promise,
                    "horizon": h + 1,
                    "near": round(float(played.near.mean()), 4),
                    "beams": round(float(played.measured.mean()), 3),
                    "trusted": round(float((played.measured == 0).mean()), 4),
                    "tracker_near": round(float(swept.mean()), 4),
                    "tracker_beams": 0 if count == 1 else count,
                }
            )
    return rows


def _at(said: Forecast, h: int) -> Forecast:
    assert said.confidence is not None
    part = slice(h, h + 1)
    return Forecast(said.ranked[:, part], said.sweep[:, part], np.asarray(said.confidence[:, part]))
