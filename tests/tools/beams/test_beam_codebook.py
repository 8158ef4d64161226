"""Overlap of beams from measured powers, and beliefs seen through it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.beams.answers import Outlook
from tools.beams.codebook import around_tracked, overlap, through, together


def sigmoid(logit):
    return np.exp(-np.logaddexp(0.0, -logit))


def outlooks(seed, beams=16):
    rng = np.random.default_rng(seed)
    best = rng.dirichlet(np.ones(beams), (3, 2))
    return Outlook(best, rng.normal(size=best.shape))


def test_overlap_counts_by_hand():
    power = np.array([[1.0, 0.9, 0.1], [1.0, 0.2, 0.1], [0.1, 1.0, 0.9]])
    found = overlap(power, prior_samples=0.001)
    assert found[0] == pytest.approx([1.0, 0.5, 0.0], abs=1e-2)
    assert found[1] == pytest.approx([0.0, 1.0, 1.0], abs=1e-2)


def test_beams_never_seen_best_have_the_mean_of_pairs_as_far_apart():
    power = np.array([[1.0, 0.9, 0.1, 0.1], [0.1, 1.0, 0.9, 0.1]])
    found = overlap(power)
    # neighbours: of three pairs beside a best beam, two were near
    assert found[3, 2] == pytest.approx(2 / 3)
    assert found[3, 3] == 1.0


@given(st.integers(0, 1000), st.floats(0.1, 1e4))
def test_overlap_is_a_share_and_certain_of_the_best_itself(seed, prior_samples):
    power = np.random.default_rng(seed).exponential(size=(40, 8))
    found = overlap(power, prior_samples)
    assert (found >= 0.0).all()
    assert (found <= 1.0 + 1e-12).all()
    assert np.allclose(np.diagonal(found), 1.0)


@given(st.integers(0, 1000))
def test_without_overlap_the_likeliest_best_beam_stays_first(seed):
    said = outlooks(seed)
    seen = through(said, np.eye(16))
    assert (seen.near.argmax(-1) == said.best.argmax(-1)).all()
    assert np.allclose(sigmoid(seen.near), said.best, atol=1e-6)


def test_a_beam_between_two_likely_ones_is_taken_when_it_is_near_both():
    best = np.array([[[0.0, 0.45, 0.1, 0.45, 0.0]]])
    apart = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    seen = through(Outlook(best, np.zeros_like(best)), np.where(apart <= 1, 1.0, 0.0))
    assert seen.near.argmax(-1) == 2


def test_together_is_the_mean_and_does_not_depend_on_the_order():
    one, other = outlooks(1), outlooks(2)
    both, turned = together([one, other]), together([other, one])
    assert np.allclose(both.best, (one.best + other.best) / 2)
    assert np.allclose(sigmoid(both.near), (sigmoid(one.near) + sigmoid(other.near)) / 2)
    assert np.allclose(both.near, turned.near)


def test_together_keeps_beams_out_that_no_model_sees():
    hidden = Outlook(np.array([[[1.0, 0.0]]]), np.array([[[0.0, -np.inf]]]))
    assert together([hidden, hidden]).near[0, 0, 1] == -np.inf


def test_a_trackers_belief_is_its_errors_around_where_it_stands():
    said = around_tracked(np.array([[3.2, 0.1]]), np.array([[0.0, 0.0], [1.0, -4.0]]), 8)
    assert said.best[0, 0] == pytest.approx([0, 0, 0, 0.5, 0.5, 0, 0, 0])
    assert said.best[0, 1, 0] == 1.0  # held inside the codebook
