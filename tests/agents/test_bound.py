"""Finite-sample bounds: Clopper and Pearson's, and honest about several attempts."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from agents.verifier import bound
from agents.verifier.bound import attempt_confidence, miss_probability_bound, rollout_bound
from contracts.policy import VerificationLimits

COUNTS = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LIMITS = VerificationLimits(
    max_miss_probability=0.05, confidence=0.95, rollouts=299, max_attempts=3
)


def test_documented_examples_run():
    results = doctest.testmod(bound)
    assert results.attempted >= 2
    assert results.failed == 0


def test_no_miss_in_299_gives_one_percent():
    assert miss_probability_bound(0, 299, 0.95) == pytest.approx(0.01, abs=5e-5)


@given(COUNTS, st.sampled_from([0.9, 0.95, 0.983, 0.99]))
def test_it_is_the_interval_of_clopper_and_pearson(counts, confidence):
    misses, rollouts = counts
    exact = binomtest(misses, rollouts, alternative="less").proportion_ci(
        confidence, method="exact"
    )
    assert miss_probability_bound(misses, rollouts, confidence) == pytest.approx(
        exact.high, rel=1e-6
    )


@given(COUNTS)
def test_it_grows_with_misses_and_confidence_and_is_never_below_the_share(counts):
    misses, rollouts = counts
    value = miss_probability_bound(misses, rollouts, 0.95)
    assert misses / rollouts <= value <= 1
    assert value <= miss_probability_bound(misses, rollouts, 0.99)
    if misses < rollouts:
        assert value <= miss_probability_bound(misses + 1, rollouts, 0.95)


@given(st.floats(0.95, 0.999), st.integers(1, 10))
def test_several_attempts_together_keep_the_confidence(confidence, attempts):
    limits = LIMITS.model_copy(update={"confidence": confidence, "max_attempts": attempts})
    error_of_all = attempts * (1 - attempt_confidence(limits))
    assert error_of_all == pytest.approx(1 - confidence)


def test_a_bound_says_what_it_rests_on():
    found = rollout_bound(2, 299, LIMITS)
    assert (found.missed_rollouts, found.rollouts, found.allowed_probability) == (2, 299, 0.05)
    assert found.confidence == pytest.approx(1 - 0.05 / 3)
    assert found.probability_bound == miss_probability_bound(2, 299, found.confidence)
    assert "snapshot being true" in found.conditional_on
