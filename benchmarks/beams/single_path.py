"""BP-LLM's setting with an own generator: language model, random layers, none, straight line."""

import time
from itertools import product
from typing import Any

import numpy as np
import torch

from tools.beams.reprogramming import Backbone, Reprogrammed, fit
from tools.beams.scores import interval
from tools.beams.single_path import FUTURE, PAST, drives, normalised_gain, straight_line
from tools.beams.trackers import AlphaBeta, Array, Hold, Tracker

TRAINING, TEST, STEPS, SEEDS = 6000, 2000, 200, (0, 1)
_BEAMS = 64


def classical() -> dict[str, Any]:
    """Gain by step of hold, the tuned tracker, and the straight line."""
    training, test = drives(1000, 1), drives(TEST, 2)

    def answers(tracker: Tracker, past: Array) -> Array:
        return np.rint(tracker.positions(np.eye(_BEAMS)[past], FUTURE)).astype(int)

    grid = [AlphaBeta(a, b) for a, b in product((0.2, 0.3, 0.4, 0.6), (0.01, 0.03, 0.06, 0.1))]
    tuned = max(grid, key=lambda t: normalised_gain(training, answers(t, training.past)).mean())
    return {
        "hold": _row(normalised_gain(test, answers(Hold(), test.past))),
        "alpha-beta": _row(normalised_gain(test, answers(tuned, test.past))) | {"is": repr(tuned)},
        "straight line, least squares": _row(normalised_gain(test, straight_line(test.past))),
    }


def learned(backbone: Backbone, seed: int) -> dict[str, Any]:
    """The same of reprogramming with one backbone."""
    training, test = drives(TRAINING, 1), drives(TEST, 2)
    started = time.process_time()
    model = Reprogrammed(backbone, PAST, FUTURE, layers=2, seed=seed)
    past, future = (torch.from_numpy(x).float() for x in (training.past, training.future))
    fit(model, past, future, STEPS, seed)
    fitting_s = time.process_time() - started
    with torch.no_grad():
        found = torch.cat([model(p) for p in torch.split(torch.from_numpy(test.past).float(), 250)])
    beams = found.round().clamp(0, _BEAMS - 1).long().numpy()
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return _row(normalised_gain(test, beams)) | {
        "cpu_s": round(fitting_s, 1),
        "trained_parameters": trained,
        "frozen_parameters": sum(p.numel() for p in model.frozen.parameters()),
    }


def _row(gain: Array) -> dict[str, Any]:
    """Normalised gain [N, FUTURE] by step, with intervals over vehicles."""
    one = np.ones(len(gain))
    return {"gain": [[round(v, 4) for v in interval(g, one, "single-path")] for g in gain.T]}
