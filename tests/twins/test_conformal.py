"""Conformal figures hold for exchangeable draws, whatever they are drawn from."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.conformal import p_value, reach, scores_needed, strangeness

scores = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@given(scores, st.floats(0.005, 0.5))
def test_reach_leaves_out_no_more_of_the_scores_than_it_may(found, probability):
    limit = reach(found, probability)
    beyond = sum(score > limit for score in found)
    assert beyond <= probability * (len(found) + 1)
    assert (limit == math.inf) == (len(found) < scores_needed(probability))


@pytest.mark.parametrize("draw", ["lognormal", "standard_cauchy", "exponential"])
def test_the_next_score_exceeds_reach_as_often_as_stated(draw):
    rng = np.random.default_rng(7)
    probability, n, trials = 0.1, 49, 4000
    misses = sum(
        (s := np.abs(getattr(rng, draw)(size=n + 1)))[-1] > reach(list(s[:-1]), probability)
        for _ in range(trials)
    )
    # with 49 scores the rate is exactly 10 %; four standard errors
    assert abs(misses / trials - probability) < 4 * math.sqrt(0.09 / trials)


def test_p_values_of_exchangeable_snapshots_are_uniform():
    rng = np.random.default_rng(8)
    found = []
    for _ in range(1500):
        rows = [dict(zip("ab", row, strict=True)) for row in rng.lognormal(size=(40, 2))]
        figure, others = strangeness(rows[0], rows[1:])
        found.append(p_value(figure, others))
    for level in (0.05, 0.25, 0.5):
        share = np.mean(np.array(found) <= level + 1e-9)
        assert abs(share - level) < 4 * math.sqrt(level * (1 - level) / 1500)


def test_what_is_stranger_in_one_figure_alone_is_noticed():
    rng = np.random.default_rng(9)
    others = [{"a": x, "b": y} for x, y in rng.normal(size=(199, 2))]
    figure, rest = strangeness({"a": 0.0, "b": 8.0}, others)
    assert p_value(figure, rest) == 1 / 200
    figure, rest = strangeness({"a": -8.0, "b": 0.0}, others)
    assert p_value(figure, rest) > 0.1  # nearer than usual is not strange
