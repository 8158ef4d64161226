"""Finite-sample bounds on the probability of a miss, valid at whatever roll-out one stops.

Misses are independent draws with an unknown probability. Against "at least x", the likelihood of
the misses under a mixture of smaller probabilities, divided by their likelihood under x, is a
non-negative supermartingale: by Ville's inequality it exceeds 1 / alpha with probability alpha at
most, over all roll-outs together (Robbins, "Statistical methods related to the law of the iterated
logarithm", 1970). So verification may look as often as it likes and stop as soon as it knows. The
values of x that are not refuted form a confidence sequence; its upper end is the bound.
"""

import math

from scipy.optimize import brentq
from scipy.special import betainc, betaln

from contracts.policy import VerificationLimits
from contracts.verdict import RolloutBound

CONDITION = (
    "the plant differing from the twin only as the scenario's uncertainty model says, "
    "the snapshot being true, the twin's particles standing for all networks that fit it, "
    "and users staying where they are until the watch ends"
)

_PRIOR = 0.5
"""Beta(1/2, 1) over the smaller probabilities: weight near none, where proven plans lie."""


def log_evidence(misses: int, rollouts: int, probability: float) -> float:
    """Logarithm of the evidence against a miss probability of at least ``probability``.

    >>> log_evidence(0, 98, 0.05) > math.log(60) > log_evidence(0, 97, 0.05)
    True
    """
    a, b = misses + _PRIOR, rollouts - misses + 1.0
    mixture = betaln(a, b) - betaln(_PRIOR, 1.0)
    # betainc underflows where the misses speak for far more than the probability
    below, prior_below = betainc(a, b, probability), betainc(_PRIOR, 1.0, probability)
    if below == 0.0:
        return -math.inf
    under = misses * math.log(probability) + (rollouts - misses) * math.log1p(-probability)
    return float(mixture + math.log(below) - math.log(prior_below) - under)


def miss_probability_bound(misses: int, rollouts: int, confidence: float) -> float:
    """One-sided upper confidence bound on a probability after ``misses`` in ``rollouts``.

    >>> round(miss_probability_bound(0, 299, 0.95), 4)
    0.0126
    """
    needed = -math.log1p(-confidence)
    low, high = 1e-12, 1.0 - 1e-12
    if misses == rollouts or log_evidence(misses, rollouts, high) < needed:
        return 1.0
    return float(brentq(lambda p: log_evidence(misses, rollouts, p) - needed, low, high))


def attempt_confidence(limits: VerificationLimits) -> float:
    """Confidence of a single attempt so that all attempts together keep the policy's (Bonferroni).

    Attempts are chosen by what the earlier ones showed and end with the first success, so neither
    a fixed sequence nor a step-down procedure may spend less.

    >>> attempt_confidence(VerificationLimits(max_miss_probability=0.05, confidence=0.95,
    ...                                       rollouts=299, max_attempts=5))
    0.99
    """
    return 1.0 - (1.0 - limits.confidence) / limits.max_attempts


def hopeless(misses: int, rollouts: int, limits: VerificationLimits) -> bool:
    """Whether not even roll-outs without a miss, up to the limit, could prove it any more."""
    needed, x = -math.log1p(-attempt_confidence(limits)), limits.max_miss_probability
    return log_evidence(misses, max(rollouts, limits.rollouts), x) < needed


def undecided(misses: int, rollouts: int, limits: VerificationLimits) -> bool:
    """Whether more roll-outs could still prove what these do not prove."""
    needed, x = -math.log1p(-attempt_confidence(limits)), limits.max_miss_probability
    if log_evidence(misses, rollouts, x) >= needed:
        return False
    return rollouts < limits.rollouts and not hopeless(misses, rollouts, limits)


def rollout_bound(misses: int, rollouts: int, limits: VerificationLimits) -> RolloutBound:
    """The bound with everything a reader needs to judge it."""
    confidence = attempt_confidence(limits)
    return RolloutBound(
        rollouts=rollouts,
        missed_rollouts=misses,
        confidence=confidence,
        probability_bound=miss_probability_bound(misses, rollouts, confidence),
        allowed_probability=limits.max_miss_probability,
        conditional_on=CONDITION,
    )
