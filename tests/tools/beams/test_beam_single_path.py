"""The single-path setting: its patterns, the straight line, and what a frozen model keeps."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from knowledge import minilm
from tools.beams import reprogramming
from tools.beams.reprogramming import Backbone, Reprogrammed, fit
from tools.beams.single_path import (
    FUTURE,
    PAST,
    drives,
    normalised_gain,
    pattern,
    straight_line,
)


@given(st.integers(-999, 999))
def test_a_dft_pattern_is_that_of_the_array(thousandths):
    sine = thousandths / 1000
    elements = np.arange(16)
    centre = (np.arange(16) + 0.5) / 8 - 1
    weights = np.exp(1j * np.pi * elements * centre[:, None]) / 16
    field = weights.conj() @ np.exp(1j * np.pi * elements * sine)
    assert np.allclose(pattern(np.array(sine), 16), np.abs(field) ** 2, atol=1e-6)


def test_drives_follow_from_the_seed_and_the_best_beam_gains_one():
    one, again = drives(20, 4), drives(20, 4)
    assert np.array_equal(one.past, again.past)
    assert one.past.shape == (20, PAST)
    assert np.allclose(normalised_gain(one, one.future), 1.0)
    assert not np.array_equal(one.past, drives(20, 5).past)


def test_the_straight_line_beats_holding():
    some = drives(200, 7)
    line = normalised_gain(some, straight_line(some.past)).mean(0)
    held = normalised_gain(some, some.past[:, -1:].repeat(FUTURE, 1)).mean(0)
    assert (line > held).all()
    assert line[-1] > 0.8


def test_torch_layers_compute_what_the_encoder_does():
    encoder = minilm.load()
    hidden = np.random.default_rng(0).normal(size=(2, 5, minilm.DIMENSIONS)).astype(np.float32)
    expected = encoder._layer("encoder.layer.0", hidden, np.zeros((2, 1, 1, 5), np.float32))
    (layer,) = reprogramming._layers(Backbone.LANGUAGE, 1)
    with torch.no_grad():
        assert np.allclose(layer(torch.from_numpy(hidden)).numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("backbone", list(Backbone))
def test_only_the_ends_learn(backbone):
    some = drives(64, 3)
    past, future = (torch.from_numpy(x).float() for x in (some.past, some.future))
    model = Reprogrammed(backbone, PAST, FUTURE, layers=1)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    fit(model, past, future, 3, 0)
    changed = {k for k, v in model.state_dict().items() if not torch.equal(before[k], v)}
    assert changed
    assert not any(k.startswith(("frozen", "_words")) for k in changed)
    assert model(past).shape == (64, FUTURE)
