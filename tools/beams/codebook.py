"""What measured powers say of the codebook itself: which beams do when another one is the best.

Beams overlap, and real ones unevenly: where a beam's neighbour is much alike, a mistake costs
nothing. How often beam j is within 1 dB while beam i is the best follows from any powers measured
with the codebook, without knowing where vehicles went. A belief about the best beam becomes, by the
rule of total probability, a belief about each beam being within 1 dB, and that is what counts.
"""

from collections.abc import Sequence

import numpy as np

from tools.beams.answers import NEAR_DB, Outlook
from tools.beams.trackers import Array

PRIOR_SAMPLES = 100.0
"""What is known of beams equally far apart counts like so many samples of each best beam."""
_LEAST = 1e-9


def overlap(power: Array, prior_samples: float = PRIOR_SAMPLES) -> Array:
    """[beams, beams] share of samples with beam i the best in which beam j is within 1 dB of it.

    Args:
        power: [..., beams] linear, as measured.
        prior_samples: weight of the mean over all pairs of beams as far apart.
    """
    beams = power.shape[-1]
    samples = power.reshape(-1, beams)
    near = samples >= samples.max(1, keepdims=True) * 10 ** (-NEAR_DB / 10)
    best = samples.argmax(1)
    found = np.zeros((beams, beams))
    np.add.at(found, best, near.astype(float))
    count = np.bincount(best, minlength=beams).astype(float)
    away = np.abs(np.arange(beams)[:, None] - np.arange(beams)).ravel()
    seen = np.bincount(away, np.repeat(count, beams), beams)
    reach = np.bincount(away, found.ravel(), beams) / np.maximum(seen, 1.0)
    prior = reach[away].reshape(beams, beams)
    return np.asarray((found + prior_samples * prior) / (count + prior_samples)[:, None])


def through(said: Outlook, overlapping: Array) -> Outlook:
    """The same belief about the best beam; which are near then follows from the codebook.

    Args:
        overlapping: [beams, beams] of :func:`overlap`.
    """
    share = np.clip(said.best @ overlapping, _LEAST, 1.0 - _LEAST)
    return Outlook(said.best, np.log(share) - np.log1p(-share))


def together(said: Sequence[Outlook]) -> Outlook:
    """Several models as one: the mean of their probabilities."""
    best = np.mean([one.best for one in said], 0)
    near = np.mean([np.exp(-np.logaddexp(0.0, -one.near)) for one in said], 0)
    with np.errstate(divide="ignore"):
        return Outlook(best, np.log(near) - np.log1p(-near))


def around_tracked(position: Array, errors: Array, beams: int) -> Outlook:
    """A tracker's belief: where it stands, give or take the errors that it made in training.

    Args:
        position: [N, H] fractional beams.
        errors: [K, H] best beam less tracked position, of K training windows or quantiles of them.
    """
    expected = np.rint(position[:, None] + errors[None]).clip(0, beams - 1).astype(int)
    best = np.zeros((*position.shape, beams))
    at = np.moveaxis(expected, 1, -1)
    n, h = np.ogrid[: len(position), : position.shape[1]]
    for k in range(at.shape[-1]):
        best[n, h, at[..., k]] += 1.0 / at.shape[-1]
    with np.errstate(divide="ignore"):
        return Outlook(best, np.log(best) - np.log1p(-best))
