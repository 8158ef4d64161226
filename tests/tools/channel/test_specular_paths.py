"""Plane waves found in a past: their number, their future, and how sure of it one may be."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.channel.baselines.autoregression import Pad
from tools.channel.choosing import Tried, fitted, gain_db
from tools.channel.data import rays, streets
from tools.channel.data.configuration import Array, Configuration
from tools.channel.data.sets import CHOOSING, TRAINING, UNSEEN
from tools.channel.data.store import normalised, sequences
from tools.channel.data.stream import with_noise
from tools.channel.metrics import nmse_db, squared_errors
from tools.channel.portfolio import FAR, Portfolio, bounded, doppler_spread, known
from tools.channel.shipped import trained
from tools.channel.specular import Specular, find_paths

ARRAY = Array(2, 4)
RAYS = Configuration("rays", ARRAY, 16, 16, 3.5e9, 180e3, 0.5e-3, (20.0, 60.0))


def noisy(clean: torch.Tensor, snr_db: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return with_noise(clean, torch.full((len(clean),), snr_db), generator)


def one_wave(array: Array, subcarriers: int) -> torch.Tensor:
    """[1, 16, K, N] with a turn in every dimension, off the transform's grid."""
    t, k = torch.arange(16.0)[:, None, None], torch.arange(float(subcarriers))[:, None]
    n = torch.arange(array.antennas)
    phase = 0.61 * t - 0.37 * k + 1.1 * (n // array.rows) + 0.83 * (n % array.rows)
    return torch.exp(1j * phase)[None].to(torch.complex64)


@pytest.mark.parametrize(
    ("array", "subcarriers"), [(ARRAY, 16), (Array(1, 8), 9), (Array(1, 1), 1)]
)
def test_one_wave_is_found_as_one_and_followed(array, subcarriers):
    clean = one_wave(array, subcarriers)
    past = noisy(clean, 30.0)[:, :8]
    paths = find_paths(past, array, 4, 6)
    assert paths.number.tolist() == [1]
    # 1/8 of the noise's power over the samples of one wave's past, times the reach of its Doppler
    ahead = paths.ahead(8).reshape(1, 8, subcarriers, array.antennas).to(clean.dtype)
    assert nmse_db(ahead, clean[:, 8:]) < -20.0


def test_noise_has_no_paths():
    noise = noisy(torch.zeros(16, 8, 16, 8, dtype=torch.complex64), 0.0)
    assert int(find_paths(noise, ARRAY, 8, 2).number.sum()) <= 1


def test_few_rays_are_followed_far_better_than_bin_by_bin():
    clean = normalised(rays.draw(RAYS, 12, 3))
    past = noisy(clean, 20.0)[:, :8]
    waves, pad = Specular()(past, 8, ARRAY), Pad(5, 1e-4, 3, 0.999)(past, 8, ARRAY)
    assert nmse_db(waves, clean[:, 8:]) < nmse_db(pad, clean[:, 8:]) - 6.0


def test_the_expected_error_is_the_error_of_one_wave():
    clean = one_wave(ARRAY, 16).expand(64, -1, -1, -1)
    past = noisy(clean, 10.0)[:, :8]
    paths = find_paths(past, ARRAY, 1, 6)
    expected = paths.variance(8, torch.full((64,), 0.1, dtype=torch.float64)).mean(0)
    ahead = paths.ahead(8).reshape(64, 8, 16, 8)
    met = (ahead - clean[:, 8:]).abs().square().mean((0, 2, 3))
    assert torch.allclose(met / expected, torch.ones(8, dtype=torch.float64), atol=0.5)


@given(st.sampled_from([0.01, 1.0, 100.0]), st.integers(0, 6), st.integers(0, 50))
@settings(max_examples=4, deadline=None)
def test_scale_and_phase_go_through_and_batches_do_not_matter(scale, phase, seed):
    past = noisy(normalised(rays.draw(RAYS, 3, seed)), 15.0)[:, :8].to(torch.complex128)
    factor = scale * torch.exp(torch.tensor(1j * phase))
    one, other = (Specular()(p, 4, ARRAY) for p in (past, past * factor))
    assert torch.allclose(one * factor, other, rtol=1e-3, atol=1e-3 * scale)
    assert torch.allclose(Specular()(past[1:2], 4, ARRAY), one[1:2], atol=1e-3)


def test_streets_are_of_few_paths_that_move_together():
    configuration = replace(RAYS, generator="streets", speed_kmh=(30.0, 30.0))
    drawn = streets.draw(configuration, 16, 5)
    assert drawn.shape == (16, 16, 16, 8)
    assert torch.equal(drawn, streets.draw(configuration, 16, 5))
    assert int(find_paths(noisy(normalised(drawn), 20.0), ARRAY, 16, 3).number.double().mean()) < 12
    still = streets.draw(replace(configuration, speed_kmh=(0.0, 0.0)), 4, 5)
    assert torch.allclose(still[:, :1], still, atol=1e-6)


def test_what_the_choice_is_fitted_on_is_neither_seen_by_the_model_nor_for_tests():
    assert not set(CHOOSING) & (set(TRAINING) | set(UNSEEN))
    assert {c.generator for c in CHOOSING.values()} == {"streets"}


def test_the_past_tells_few_paths_from_many():
    few = normalised(rays.draw(RAYS, 8, 4))
    many = sequences(TRAINING["umi-3.5"], "validation", 8)
    portfolio = Portfolio(trained().model)
    with torch.inference_mode():
        of_few = portfolio.answer(noisy(few, 20.0)[:, :8], 8, ARRAY)
        of_many = portfolio.answer(noisy(many, 20.0)[:, :8], 8, ARRAY)
    assert float(of_few.share.median()) > 0.9
    assert float(of_many.share.median()) < 0.2
    predictions = of_few.csi, of_few.forecast.csi(ARRAY)
    found, model = (squared_errors(p, few[:, 8:])[0].sum(1) for p in predictions)
    assert float((found / model).median()) < 0.25
    worse = nmse_db(of_many.csi, many[:, 8:]) - nmse_db(of_many.forecast.csi(ARRAY), many[:, 8:])
    assert worse < 0.3


def test_what_the_past_says_holds_no_scale():
    past = noisy(normalised(rays.draw(RAYS, 2, 6)), 20.0)[:, :8]
    model = trained().model
    with torch.inference_mode():
        one = known(past, 4, ARRAY, model(past, 4, ARRAY)).features
        other = known(8.0 * past, 4, ARRAY, model(8.0 * past, 4, ARRAY)).features
    assert torch.allclose(one, other, atol=0.05)


def test_far_ahead_of_many_paths_the_autoregression_answers_no_louder_than_the_last_sample():
    configuration = replace(
        TRAINING["umi-3.5"], time_step_s=1e-3, time_steps=28, speed_kmh=(100.0, 100.0)
    )
    clean = sequences(configuration, "validation", 4)
    past = noisy(clean, 20.0)[:, :8]
    with torch.inference_mode():
        answer = Portfolio(trained().model).answer(past, 20, ARRAY)
    turned = doppler_spread(past, ARRAY)[:, None] * torch.arange(1, 21)
    assert bool(answer.far.any())
    assert bool((turned[answer.far] > FAR).all())
    assert torch.equal(answer.csi[answer.far], bounded(past, 20, ARRAY)[answer.far])
    last = past[:, -1].abs().square().sum((1, 2))
    energy = bounded(past, 20, ARRAY).abs().square().sum((2, 3))
    assert bool((energy <= 1.001 * last[:, None]).all())


def test_the_fit_gives_the_waves_where_a_feature_says_they_are_better():
    generator = torch.Generator().manual_seed(2)
    says = torch.randn(200, dtype=torch.float64, generator=generator)
    better = says > 0.0
    low, high = torch.tensor(0.01, dtype=torch.float64), torch.tensor(0.5, dtype=torch.float64)
    some = Tried(
        "made",
        torch.stack([says, torch.ones_like(says)], 1),
        torch.where(better, high, low),
        torch.where(better, low, high),
        torch.zeros_like(says),
        torch.zeros_like(says),
    )
    weights = fitted([some])
    assert float(weights[0]) > 1.0
    assert gain_db([some], weights)["mean_gain_db"] > 5.0
