"""Bounds that hold at whatever roll-out verification stops, and over several attempts."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from agents.verifier import bound
from agents.verifier.bound import (
    attempt_confidence,
    log_evidence,
    miss_probability_bound,
    rollout_bound,
    undecided,
)
from contracts.policy import VerificationLimits

COUNTS = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LIMITS = VerificationLimits(
    max_miss_probability=0.05, confidence=0.95, rollouts=616, max_attempts=3
)


def chance_of_proof(probability: float, limits: VerificationLimits, every: int) -> float:
    """Exact: the distribution of the misses, looked at every so many roll-outs."""
    alive, proven = np.array([1.0]), 0.0
    for rollouts in range(every, limits.rollouts + 1, every):
        alive = np.convolve(alive, binom.pmf(np.arange(every + 1), every, probability))
        for misses in np.nonzero(alive)[0]:
            needed = -math.log(1 - attempt_confidence(limits))
            won = log_evidence(int(misses), rollouts, limits.max_miss_probability) >= needed
            if won:
                proven += alive[misses]
            if won or not undecided(int(misses), rollouts, limits):
                alive[misses] = 0.0
    return proven


def test_documented_examples_run():
    results = doctest.testmod(bound)
    assert results.attempted >= 3
    assert results.failed == 0


@pytest.mark.parametrize("every", [8, 56])
@pytest.mark.parametrize("probability", [0.05, 0.06, 0.1])
def test_a_plan_that_misses_too_often_is_seldom_proven_however_often_one_looks(probability, every):
    assert chance_of_proof(probability, LIMITS, every) <= 1 - attempt_confidence(LIMITS)


def test_a_plan_that_seldom_misses_is_proven():
    assert chance_of_proof(0.005, LIMITS, 56) > 0.999
    assert chance_of_proof(0.01, LIMITS, 56) > 0.998
    assert chance_of_proof(0.02, LIMITS, 56) > 0.78


@given(COUNTS, st.sampled_from([0.9, 0.95, 0.983, 0.99]))
def test_stopping_anywhere_costs_something(counts, confidence):
    """The bound is never below that of Clopper and Pearson, who look once."""
    misses, rollouts = counts
    once = 1.0 if misses == rollouts else beta.ppf(confidence, misses + 1, rollouts - misses)
    assert miss_probability_bound(misses, rollouts, confidence) >= once - 1e-9


@given(COUNTS)
def test_it_grows_with_misses_and_confidence_and_is_never_below_the_share(counts):
    misses, rollouts = counts
    value = miss_probability_bound(misses, rollouts, 0.95)
    assert misses / rollouts <= value <= 1
    assert value <= miss_probability_bound(misses, rollouts, 0.99)
    if misses < rollouts:
        assert value <= miss_probability_bound(misses + 1, rollouts, 0.95) + 1e-12


@given(COUNTS)
def test_the_bound_is_where_the_evidence_suffices(counts):
    misses, rollouts = counts
    needed = -math.log(1 - attempt_confidence(LIMITS))
    proven = log_evidence(misses, rollouts, LIMITS.max_miss_probability) >= needed
    found = rollout_bound(misses, rollouts, LIMITS)
    assert proven == (found.probability_bound <= LIMITS.max_miss_probability)


def test_it_stops_when_it_knows():
    assert undecided(0, 96, LIMITS)
    assert not undecided(0, 98, LIMITS)
    assert undecided(5, 144, LIMITS)
    assert not undecided(16, 144, LIMITS), "even without a further miss it could not be proven"
    assert not undecided(10, 616, LIMITS), "the policy allows no more"


@given(st.floats(0.95, 0.999), st.integers(1, 10))
def test_several_attempts_together_keep_the_confidence(confidence, attempts):
    limits = LIMITS.model_copy(update={"confidence": confidence, "max_attempts": attempts})
    error_of_all = attempts * (1 - attempt_confidence(limits))
    assert error_of_all == pytest.approx(1 - confidence)


def test_a_bound_says_what_it_rests_on():
    found = rollout_bound(2, 288, LIMITS)
    assert (found.missed_rollouts, found.rollouts, found.allowed_probability) == (2, 288, 0.05)
    assert found.confidence == pytest.approx(1 - 0.05 / 3)
    assert found.probability_bound == miss_probability_bound(2, 288, found.confidence)
    assert "snapshot being true" in found.conditional_on
