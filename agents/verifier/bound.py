"""Finite-sample bounds on the probability of a miss (Clopper and Pearson, 1934)."""

from scipy.stats import beta

from contracts.policy import VerificationLimits
from contracts.verdict import RolloutBound

CONDITION = (
    "the plant differing from the twin only as the scenario's uncertainty model says, "
    "the snapshot being true, the twin's particles standing for all networks that fit it, "
    "and users staying where they are until the watch ends"
)


def miss_probability_bound(misses: int, rollouts: int, confidence: float) -> float:
    """One-sided upper confidence bound on a probability after ``misses`` in ``rollouts``.

    >>> round(miss_probability_bound(0, 299, 0.95), 4)
    0.01
    """
    if misses >= rollouts:
        return 1.0
    return float(beta.ppf(confidence, misses + 1, rollouts - misses))


def attempt_confidence(limits: VerificationLimits) -> float:
    """Confidence of a single attempt so that all attempts together keep the policy's (Bonferroni).

    >>> attempt_confidence(VerificationLimits(max_miss_probability=0.05, confidence=0.95,
    ...                                       rollouts=299, max_attempts=5))
    0.99
    """
    return 1.0 - (1.0 - limits.confidence) / limits.max_attempts


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
