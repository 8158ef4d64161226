"""Trackers: exact where their motion is, mirrored where the world is; and what scores count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.beams.answers import Forecast, around
from tools.beams.scores import interval, scores, totals
from tools.beams.trackers import AlphaBeta, AngleEkf, Hold, measured

TRACKERS = [Hold(), AlphaBeta(), AlphaBeta(centroid=True), AngleEkf()]


def thousandths(low, high):
    """Real numbers that need no denormals, which are flushed here."""
    return st.integers(low, high).map(lambda n: n / 1000)


def lobes(position, width=3.0):
    """Power [..., 64] of a main lobe at fractional beams over a floor."""
    beams = np.arange(64)
    return 0.1 + np.exp(-0.5 * ((beams - position[..., None]) / width) ** 2)


@given(thousandths(10_000, 50_000))
def test_the_centre_of_a_lobe_is_found_between_beams(position):
    power = lobes(np.array([position]))
    assert abs(measured(power, True)[0] - position) < 0.1
    assert abs(measured(power, False)[0] - position) <= 0.5


@given(st.integers(28, 36), st.integers(-2, 2))
@settings(max_examples=30)
def test_alpha_beta_follows_an_even_rate(start, rate):
    tracker = AlphaBeta(1.0, 1.0)
    past = np.eye(64)[[[start + rate * t for t in range(8)]]]
    ahead = tracker.positions(past, 5)[0]
    assert np.allclose(ahead, start + rate * np.arange(8, 13))


@given(thousandths(-600, 0), thousandths(20, 80))
@settings(max_examples=30)
def test_the_ekf_follows_a_straight_drive(start, rate):
    time = np.arange(13)
    beam = np.arctan(start + rate * time) * 64 / (np.pi / 2) + 31.5
    found = AngleEkf().positions(lobes(beam[None, :8]), 5)[0]
    held = beam[8:] - found
    assert np.abs(held).max() < 1.0
    # even rates in beams would be off by more where the angle's rate changes
    assert np.abs(held).max() <= np.abs(beam[8:] - beam[7]).max()


@pytest.mark.parametrize("tracker", TRACKERS, ids=repr)
def test_a_mirrored_world_has_the_mirrored_answer(tracker, made):
    there = tracker.positions(made.past, 5)
    back = tracker.positions(made.past[..., ::-1], 5)
    assert np.allclose(there, 63.0 - back, atol=1e-4)
    assert (there >= 0).all()
    assert (there <= 63).all()


def test_scores_of_the_best_and_of_the_worst_choice():
    future = 10 ** (-np.arange(4) * 0.06)[None, None]  # 0.6 dB from beam to beam
    best = scores(around(np.zeros((1, 1)), 4, spacing=1), future)
    assert (best.near, best.loss_db, best.top_1, best.gain) == (1, 0, 1, 1)
    worst = scores(Forecast(np.array([[[3, 2, 2]]]), np.array([[[3, 2, 2]]])), future)
    assert (worst.near, worst.top_1, worst.top_3, worst.sweep_near) == (0, 0, 0, 0)
    assert np.isclose(worst.loss_db, 1.8)
    second = scores(around(np.full((1, 1), 1.2), 4, spacing=1), future)
    assert (second.near, second.top_1, second.top_3, second.sweep_near) == (1, 0, 1, 1)


def test_intervals_are_over_sequences():
    sequence = np.repeat(np.arange(20), 50)
    value = (np.arange(20) % 2).astype(float)[sequence]
    total, count = totals(value, sequence)
    mean, low, high = interval(total, count, 1)
    assert mean == 0.5
    # twenty independent draws, not a thousand
    assert high - low > 0.3
    assert interval(total, count, 1) == (mean, low, high)
