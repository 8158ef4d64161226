"""BM-Case 2: powers of beams followed in time, and predictors that see more than a tracker."""

import numpy as np
import pytest

from tools.beams.temporal import (
    AlphaBetaPower,
    HoldPower,
    KalmanPower,
    Regression,
    learned,
    spread,
)


def lines(seed, count=400, past=8, future=3, beams=4):
    """Powers that grow evenly, [N, past + future, beams] dB."""
    rng = np.random.default_rng(seed)
    start, rate = rng.normal(0, 5, (2, count, 1, beams))
    return start + 0.2 * rate * np.arange(past + future)[:, None]


@pytest.mark.parametrize(
    "tracker", [AlphaBetaPower(0.8, 0.6), KalmanPower(0.01, 10.0, 0.01)], ids=str
)
def test_trackers_follow_powers_that_grow_evenly(tracker):
    power = lines(0)
    ahead = tracker.powers_db(power[:, :8], 3)
    assert np.abs(ahead - power[:, 8:]).mean() < 0.2


def test_holding_is_the_mean_of_the_last_reports():
    power = lines(1)
    assert np.array_equal(HoldPower().powers_db(power[:, :8], 2)[:, 1], power[:, 7])
    assert np.allclose(HoldPower(2).powers_db(power[:, :8], 1)[:, 0], power[:, 6:8].mean(1))


def test_a_kalman_filter_averages_a_beam_that_stays():
    rng = np.random.default_rng(2)
    seen = rng.normal(0, 1, (500, 8, 2))
    held, kept = (t.powers_db(seen, 1).std() for t in (HoldPower(), KalmanPower(0.001, 0.001, 1.0)))
    assert held == pytest.approx(1.0, abs=0.1)
    assert kept == pytest.approx(8**-0.5, abs=0.05)


def test_only_differences_of_powers_count():
    power = lines(3)
    base = Regression.fitted(power[:, :8, :2], power[:, 8:])
    one, other = base(power[:5, :8, :2]), base(power[:5, :8, :2] - 40.0)
    assert np.allclose(one, other, atol=1e-6)


def test_unmeasured_beams_are_never_taken_by_a_tracker():
    score = spread(np.zeros((2, 3, 2)), np.array([1, 3]), 5)
    assert np.isneginf(score[..., [0, 2, 4]]).all()
    assert set(np.unique(score.argmax(-1))) <= {1, 3}


def test_the_network_starts_from_the_regression_and_learns_what_is_no_line():
    rng = np.random.default_rng(4)
    seen = rng.normal(0, 4, (3000, 2, 2))
    # the best of three beams follows from a product, which no line holds
    score = seen[:, -1, 0] * seen[:, -1, 1]
    future = np.stack([score, -score, 0 * score], -1)[:, None].clip(-20, 20)
    base = Regression.fitted(seen, future)
    right = {
        steps: (learned(base, seen, future, 0, steps).score(seen).argmax(-1) == future.argmax(-1))
        for steps in (1, 250)
    }
    assert right[250].mean() > right[1].mean() + 0.15


def test_networks_follow_from_the_seed_of_the_temporal_one():
    power = lines(5)
    base = Regression.fitted(power[:, :8], power[:, 8:])
    one, again, other = (
        learned(base, power[:, :8], power[:, 8:], s, 3).score(power[:9, :8]) for s in (0, 0, 1)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
