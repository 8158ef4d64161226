"""Trust the prediction, sweep a few beams, or sweep all: whichever holds the promise at least cost.

The promise is a share of samples in which the beam used is within 1 dB of the best. Its price is
the number of beams measured a sample: none where a prediction is trusted.
"""

from dataclasses import dataclass

import numpy as np

from tools.beams.answers import NEAR_DB, Forecast
from tools.beams.trackers import Array

_LEVELS = 60
_FEW = (3, 4, 5, 6, 8)


@dataclass(frozen=True)
class Policy:
    """Confidence decides; equal thresholds leave the middle way out.

    Attributes:
        trust: confidence from which the first beam is used unseen.
        few: confidence from which a few beams are swept; below, all are.
        count: how many a few are.
    """

    trust: float
    few: float
    count: int = 3

    def beams(self, confidence: float, sweep: Array, every: Array) -> Array:
        """What is measured in one case: none, the first few of ``sweep``, or ``every`` beam."""
        if confidence >= self.trust:
            return sweep[:0]
        return sweep[: self.count] if confidence >= self.few else every


@dataclass(frozen=True)
class Played:
    """What a policy came to, [N, H] each.

    Attributes:
        near: whether the beam used is within 1 dB of the best.
        measured: beams that were measured.
    """

    near: Array
    measured: Array


def play(policy: Policy, said: Forecast, future: Array) -> Played:
    """Carry a policy out on what then happened, power [N, H, beams].

    Raises:
        ValueError: the forecast has no confidence.
    """
    if said.confidence is None:
        raise ValueError("a policy needs a forecast with confidence")
    first = swept_near(said.ranked[..., :1], future)
    swept = swept_near(said.sweep[..., : policy.count], future)
    trusted = said.confidence >= policy.trust
    some = ~trusted & (said.confidence >= policy.few)
    near = np.where(trusted, first, np.where(some, swept, True))
    measured = np.where(trusted, 0, np.where(some, policy.count, future.shape[-1]))
    return Played(near, measured)


def cheapest(promise: float, said: Forecast, future: Array) -> Policy:
    """The policy that measures least among those that keep the promise on validation windows.

    Sweeping all always keeps it, so there is one.
    """
    options = [_cheapest(promise, said, future, k) for k in _FEW if k <= said.sweep.shape[-1]]
    return min(options, key=lambda o: o[0])[1]


def _cheapest(promise: float, said: Forecast, future: Array, few: int) -> tuple[float, Policy]:
    """Beams measured in all, and the policy, when a few are so many."""
    assert said.confidence is not None
    first = swept_near(said.ranked[..., :1], future).ravel()
    swept = swept_near(said.sweep[..., :few], future).ravel()
    order = np.argsort(-said.confidence.ravel(), kind="stable")
    confidence = said.confidence.ravel()[order]
    count = len(order)
    # running numbers of right answers: the first t trusted, up to f swept, the rest certain
    right_first = np.concatenate([[0], np.cumsum(first[order])])
    right_swept = np.concatenate([[0], np.cumsum(swept[order])])
    cuts = np.unique(np.linspace(0, count, _LEVELS).astype(int))
    t, f = np.meshgrid(cuts, cuts, indexing="ij")
    right = right_first[t] + right_swept[f] - right_swept[t] + (count - f)
    cost = few * (f - t) + future.shape[-1] * (count - f)
    kept = (f >= t) & (right >= promise * count)
    best = np.argmin(np.where(kept, cost, np.inf))
    edges = np.concatenate([confidence, [-np.inf]])
    # the threshold lies at the last confidence that counts; none counts at cut 0
    at_t, at_f = (np.inf if c.flat[best] == 0 else edges[c.flat[best] - 1] for c in (t, f))
    return float(cost.flat[best]), Policy(float(at_t), float(at_f), few)


def hierarchical(future: Array, group: int = 8) -> tuple[Array, int]:
    """Two-stage sweep: [N, H] whether its beam is within 1 dB, and how many beams it measures.

    First wide beams, whose power is taken as the mean of the ``group`` beams that they span; then
    the narrow ones inside the strongest.
    """
    beams = future.shape[-1]
    wide = future.reshape(*future.shape[:-1], beams // group, group)
    inside = np.take_along_axis(wide, wide.mean(-1).argmax(-1)[..., None, None], -2)[..., 0, :]
    near = inside.max(-1) >= future.max(-1) * 10 ** (-NEAR_DB / 10)
    return near, beams // group + group


def neighbours(position: Array, count: int, beams: int) -> Array:
    """[N, H, count] the beams nearest to a tracked position, to be swept without confidence."""
    distance = np.abs(np.arange(beams) - position[..., None])
    return np.argsort(distance, -1, kind="stable")[..., :count]


def swept_near(chosen: Array, future: Array) -> Array:
    """[N, H] whether one of the chosen beams is within 1 dB."""
    found = np.take_along_axis(future, chosen, -1).max(-1)
    return np.asarray(found >= future.max(-1) * 10 ** (-NEAR_DB / 10))
