"""The tool as it is shipped, on measured windows: beams, kept promises, familiarity, latency."""

import time
from functools import cache
from typing import Any

import numpy as np

from benchmarks.beams.overhead import row
from contracts.beams import BeamWindow
from tools.beams.answers import Forecast, around, forecast
from tools.beams.frames import frames
from tools.beams.judgement import PROMISES
from tools.beams.policy import play
from tools.beams.trackers import Array
from tools.beams.windows import STEP_S, Windows
from tools.near_rt.beam_predictor import LEAST_FAMILIARITY, BeamPredictor

_ASKED = 1000
shipped = cache(BeamPredictor.load)


def answered(test: Windows) -> tuple[Forecast, Forecast, Array]:
    """What it says of all windows, what its network alone says, and how familiar they are [N]."""
    model = shipped().model
    horizons, beams = test.future.shape[1:]
    shown = frames(test.past, horizons)
    said = forecast(model.outlook(shown, beams), model.judgement.calibration)
    score = model.judgement.familiarity.score(shown)
    tracked = around(shown.answer, beams)
    own = (score >= LEAST_FAMILIARITY)[:, None, None]
    assert said.confidence is not None
    both = Forecast(
        np.where(own, said.ranked, tracked.ranked),
        np.where(own, said.sweep, tracked.sweep),
        # nothing is known of the tracker's beams: they are below every threshold
        np.where(own[..., 0], said.confidence, -1.0),
    )
    return both, said, score


def promises(said: Forecast, future: Array) -> list[dict[str, Any]]:
    """What each promise of the checkpoint comes to, by horizon."""
    rows = []
    for i, promise in enumerate(PROMISES):
        for h in range(future.shape[1]):
            part = slice(h, h + 1)
            policy = shipped().model.judgement.policy(i, h)
            played = play(policy, said.at(part), future[:, part])
            rows.append(row(promise, h, float(played.near.mean()), float(played.measured.mean())))
    return rows


def latency_ms(test: Windows) -> dict[str, float]:
    """CPU time of single answers, from a typed window to a typed answer."""
    level_dbm = 10.0 * np.log10(test.past[np.arange(_ASKED) % len(test)])
    tool, times = shipped(), []
    for one in level_dbm:
        window = BeamWindow(power_dbm=tuple(map(tuple, one.tolist())), step_s=STEP_S)
        started = time.process_time()
        tool.solve(window)
        times.append(1e3 * (time.process_time() - started))
    return {f"p{q}": round(float(np.percentile(times, q)), 3) for q in (50, 99)}
