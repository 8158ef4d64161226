"""Answers of a trained model, and their calibration."""

import numpy as np
import torch
from scipy.optimize import minimize

from tools.beams.answers import NEAR_DB, Calibration, Outlook
from tools.beams.examples import batch_of
from tools.beams.frames import frames
from tools.beams.trackers import Array
from tools.beams.transformer import BeamTransformer
from tools.beams.windows import Windows

_CHUNK = 1024


@torch.no_grad()
def outlook(model: BeamTransformer, past: Array) -> Outlook:
    """Of windows [N, past, beams] of linear power."""
    parts = [_outlook(model, past[i : i + _CHUNK]) for i in range(0, len(past), _CHUNK)]
    return Outlook(*(np.concatenate([getattr(p, k) for p in parts]) for k in ("best", "near")))


def _outlook(model: BeamTransformer, past: Array) -> Outlook:
    beams = past.shape[-1]
    shown = frames(past, model.size.horizons)
    there = torch.from_numpy(shown.beams >= 0)
    logits = model(batch_of(shown))
    best = torch.softmax(logits.best.masked_fill(~there, -torch.inf), -1)
    # one place more than the codebook takes what lies beyond it
    at = torch.from_numpy(np.where(shown.beams >= 0, shown.beams, beams))
    shape = (*at.shape[:2], beams + 1)
    return Outlook(
        torch.zeros(shape).scatter(-1, at, best)[..., :beams].numpy(),
        torch.full(shape, -torch.inf).scatter(-1, at, logits.near)[..., :beams].numpy(),
    )


def calibrate(said: Outlook, windows: Windows) -> Calibration:
    """From windows that the model was not fitted to."""
    level_db = 10.0 * np.log10(windows.future / windows.future.max(-1, keepdims=True))
    near = level_db >= -NEAR_DB
    first = said.near.argmax(-1)
    logit = np.take_along_axis(said.near, first[..., None], -1)[..., 0]
    right = np.take_along_axis(near, first[..., None], -1)[..., 0]
    fitted = np.array([_platt(z, y) for z, y in zip(logit.T, right.T, strict=True)])
    beams = level_db.shape[-1]
    away = np.abs(np.arange(beams) - level_db.argmax(-1)[..., None])
    reach = np.bincount(away.ravel(), near.ravel(), beams) / np.maximum(
        np.bincount(away.ravel(), minlength=beams), 1
    )
    return Calibration(fitted[:, 0], fitted[:, 1], reach)


def _platt(logit: Array, right: Array) -> tuple[float, float]:
    """Slope and offset of a logistic regression on one logit, held near 1 and 0."""

    def cost(x: Array) -> float:
        z = x[0] * logit + x[1]
        likelihood = np.logaddexp(0.0, -z)[right].sum() + np.logaddexp(0.0, z)[~right].sum()
        return float(likelihood + (x[0] - 1.0) ** 2 + x[1] ** 2)

    found = minimize(cost, np.array([1.0, 0.0]), method="BFGS").x
    return float(found[0]), float(found[1])
