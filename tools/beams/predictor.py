"""What makes a trained model's answers usable: calibration, and which beams to sweep."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit

from tools.beams.frames import frames
from tools.beams.scores import NEAR_DB, Forecast
from tools.beams.training import batch_of
from tools.beams.transformer import BeamTransformer
from tools.beams.windows import Array, Windows

_SWEPT = 8
_RANKED = 5
_CHUNK = 1024


@dataclass(frozen=True)
class Outlook:
    """What the model says of N windows, in the codebook's own numbering.

    Attributes:
        best: [N, H, beams] probability of being the best beam.
        near: [N, H, beams] logit of being within 1 dB of the best; -inf where the model sees none.
    """

    best: Array
    near: Array


@dataclass(frozen=True)
class Calibration:
    """What validation windows say about a model's answers.

    Attributes:
        slope, offset: [H] of the logit, so that probabilities are shares (Platt, 1999).
        reach: [beams] share of samples in which a beam so far from the best is within 1 dB of it.
    """

    slope: Array
    offset: Array
    reach: Array


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


def forecast(said: Outlook, calibration: Calibration) -> Forecast:
    """The beams to use and to sweep, with calibrated confidence."""
    order = np.argsort(-said.near, -1, kind="stable")[..., :_RANKED]
    logit = np.take_along_axis(said.near, order[..., :1], -1)[..., 0]
    confidence = expit(calibration.slope * logit + calibration.offset)
    return Forecast(order, cover(said.best, calibration.reach, order[..., 0]), confidence)


def cover(best: Array, reach: Array, first: Array, count: int = _SWEPT) -> Array:
    """[N, H, count] beams of which one is most likely within 1 dB of the best: greedily chosen.

    Args:
        best: [N, H, beams] probability of being the best.
        reach: [beams] as in :class:`Calibration`.
        first: [N, H] the one that is taken in any case.
    """
    beams = np.arange(best.shape[-1])
    near = reach[np.abs(beams[:, None] - beams)].astype(np.float32)  # [candidate, best beam]
    chosen = [first]
    covered = near[first]
    for _ in range(count - 1):
        value = np.stack([(best * np.maximum(covered, n)).sum(-1) for n in near], -1)
        chosen.append(value.argmax(-1))
        covered = np.maximum(covered, near[chosen[-1]])
    return np.stack(chosen, -1)


def _platt(logit: Array, right: Array) -> tuple[float, float]:
    """Slope and offset of a logistic regression on one logit, held near 1 and 0."""

    def cost(x: Array) -> float:
        z = x[0] * logit + x[1]
        likelihood = np.logaddexp(0.0, -z)[right].sum() + np.logaddexp(0.0, z)[~right].sum()
        return float(likelihood + (x[0] - 1.0) ** 2 + x[1] ** 2)

    found = minimize(cost, np.array([1.0, 0.0]), method="BFGS").x
    return float(found[0]), float(found[1])
