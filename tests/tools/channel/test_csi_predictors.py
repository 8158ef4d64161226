"""Classical predictors: exact where they must be, and laws that hold for all of them."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.channel.baselines.autoregression import Autoregression, Pad, PronyVector
from tools.channel.baselines.frequency import LeastSquares, Lmmse, along_frequency
from tools.channel.baselines.noise import noise_power
from tools.channel.baselines.predictor import Hold, Linear
from tools.channel.baselines.spectrum import CommonSpectrum
from tools.channel.baselines.transform import from_angle_delay, to_angle_delay
from tools.channel.baselines.tuned import classical, classical_above
from tools.channel.baselines.tuning import descend, score_above_db
from tools.channel.data import beats, rays
from tools.channel.data.configuration import Array, Configuration
from tools.channel.data.store import normalised, sequences
from tools.channel.data.stream import Batch, with_noise
from tools.channel.metrics import nmse_db
from tools.channel.wifo.bayes import BinSpectra, maximised
from tools.channel.wifo.covariance import unstationary
from tools.channel.wifo.hindsight import hindsight
from tools.channel.wifo.prior import conditional, prior

ARRAY = Array(2, 4)
RAYS = Configuration("rays", ARRAY, 16, 16, 3.5e9, 180e3, 0.5e-3, (5.0, 60.0))
ALL = {**classical(20.0), "bin spectra": BinSpectra()}
names = st.sampled_from(sorted(ALL))


def few_rays(count: int, seed: int = 0, **changes: object) -> torch.Tensor:
    return normalised(rays.draw(replace(RAYS, **changes), count, seed))


def noisy(clean: torch.Tensor, snr_db: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return with_noise(clean, torch.full((len(clean),), snr_db), generator)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6), st.integers(0, 99))
@settings(max_examples=20)
def test_the_angle_delay_domain_keeps_energy_and_comes_back(rows, columns, subcarriers, seed):
    generator = torch.Generator().manual_seed(seed)
    array = Array(rows, columns)
    shape = (2, 3, subcarriers, array.antennas)
    csi = torch.randn(shape, dtype=torch.complex64, generator=generator)
    bins = to_angle_delay(csi, array)
    assert torch.allclose(bins.abs().square().sum(), csi.abs().square().sum(), rtol=1e-4)
    assert torch.allclose(from_angle_delay(bins, array), csi, atol=1e-5)


def test_a_path_on_the_grid_is_one_bin():
    k, row, column = torch.arange(8), torch.arange(2), torch.arange(4)
    turns = 3 * k[:, None, None] / -8 + column[:, None] / 4 + row / 2
    csi = torch.exp(2j * torch.pi * turns).reshape(1, 1, 8, 8)
    found = to_angle_delay(csi, ARRAY).abs().flatten().sort().values
    assert found[-1] == pytest.approx(8.0, abs=1e-4)
    assert found[-2] < 1e-4


@given(names, st.sampled_from([0.01, 1.0, 100.0]), st.integers(0, 6), st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_scale_and_phase_of_the_past_are_those_of_the_future(name, scale, phase, seed):
    past = noisy(few_rays(2, seed), 15.0)[:, :8].to(torch.complex128)
    factor = scale * torch.exp(torch.tensor(1j * phase))
    one, other = (ALL[name](p, 4, ARRAY) for p in (past, past * factor))
    assert torch.allclose(one * factor, other, rtol=1e-3, atol=1e-4 * scale)


@given(names, st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_a_sequence_is_predicted_alike_in_any_batch(name, seed):
    past = noisy(few_rays(3, seed), 15.0)[:, :8].to(torch.complex128)
    together, alone = ALL[name](past, 5, ARRAY), ALL[name](past[1:2], 5, ARRAY)
    assert together.shape == (3, 5, 16, 8)
    assert torch.allclose(together[1:2], alone, atol=1e-6)


@pytest.mark.parametrize("predictor", [PronyVector(4, 0.0), Autoregression(4, 0.0)])
def test_pure_tones_are_continued_exactly(predictor):
    generator = torch.Generator().manual_seed(1)
    time = torch.arange(16, dtype=torch.float64)
    tones = torch.exp(2j * torch.pi * torch.tensor([0.05, -0.11, 0.21, 0.3])[:, None] * time)
    levels = torch.randn(1, 6, 4, 4, dtype=torch.complex128, generator=generator)
    csi = torch.einsum("bknl,lt->btkn", levels, tones)
    found = predictor(csi[:, :8], 8, Array(1, 4))
    assert nmse_db(found, csi[:, 8:]) < -60.0


def test_pad_continues_one_tone_a_bin():
    csi = few_rays(4, 3, speed_kmh=(30.0, 30.0))
    assert nmse_db(Pad(5, 1e-6, 1, 1.0)(csi[:, :8], 2, ARRAY), csi[:, 8:10]) < -15.0


def test_hold_and_line():
    past = torch.tensor([1.0, 2.0, 4.0])[None, :, None, None].to(torch.complex128)
    one = Array(1, 1)
    assert Hold()(past, 2, one).flatten().tolist() == [4.0, 4.0]
    assert Linear(2, 1.0)(past, 2, one).flatten().real.tolist() == [6.0, 8.0]
    assert Linear(2, 0.0)(past, 2, one).flatten().real.tolist() == [4.0, 4.0]


@pytest.mark.parametrize("snr_db", [5.0, 20.0])
def test_the_noise_is_found(snr_db):
    found_db = 10.0 * noise_power(noisy(few_rays(32), snr_db)[:, :8], ARRAY).log10()
    assert float(found_db.median()) == pytest.approx(-snr_db, abs=1.0)


@pytest.mark.parametrize("name", ["prony", "ar", "pad", "wiener", "kalman", "common spectrum"])
def test_on_moving_ues_every_real_predictor_beats_the_last_sample(name):
    clean = few_rays(48, 5, speed_kmh=(20.0, 40.0))
    past = noisy(clean, 20.0)[:, :8]
    held = nmse_db(Hold()(past, 4, ARRAY), clean[:, 8:12])
    assert nmse_db(ALL[name](past, 4, ARRAY), clean[:, 8:12]) < held - 1.0


def test_a_spectrum_for_each_bin_beats_one_for_all():
    clean = few_rays(48, 7)
    past = noisy(clean, 10.0)[:, :8]
    one, each = (nmse_db(p(past, 8, ARRAY), clean[:, 8:]) for p in (CommonSpectrum(), BinSpectra()))
    assert each < one - 1.0


def test_extrapolation_over_the_band():
    clean = few_rays(16, 2, subcarriers=32, delay_spread_s=200e-9)
    known = noisy(clean, 20.0)[:, :4, :16]
    wanted = clean[:, :4, 16:]
    assert nmse_db(Lmmse(0.5)(known, 16, ARRAY), wanted) < -6.0
    simple = LeastSquares(0.15, 0.03)(known, 16, ARRAY)
    assert simple.shape == wanted.shape
    assert nmse_db(Lmmse(0.5)(known, 16, ARRAY), wanted) < nmse_db(simple, wanted)


def test_a_predictor_in_time_works_along_frequency():
    clean = few_rays(8, 4, subcarriers=32, delay_spread_s=200e-9)
    known, wanted = noisy(clean, 20.0)[:, :6, :16], clean[:, :6, 16:]
    above = along_frequency(BinSpectra())(known, 16, ARRAY)
    assert above.shape == wanted.shape
    assert nmse_db(above, wanted) < nmse_db(Lmmse(0.75)(known, 16, ARRAY), wanted)
    turned = BinSpectra()(known.transpose(1, 2), 16, ARRAY)
    assert torch.equal(above, turned.transpose(1, 2))


@pytest.mark.parametrize("snr_db", [3.0, 12.0, 30.0])
def test_classical_extrapolators_find_the_upper_half(snr_db):
    clean = few_rays(8, 5, subcarriers=32, delay_spread_s=50e-9)
    known, wanted = noisy(clean, snr_db)[:, :8, :16], clean[:, :8, 16:]
    found = {n: nmse_db(m(known, 16, ARRAY), wanted) for n, m in classical_above(snr_db).items()}
    assert min(found.values()) < -3.0
    assert min(found, key=lambda name: found[name]) != "least squares"


def test_tuning_finds_the_better_value(tmp_path):
    clean = sequences(RAYS, "training", 16, folder=tmp_path)
    batch = Batch(noisy(clean, 20.0), clean, torch.full((16,), 20.0), ARRAY)
    best, _ = descend(PronyVector, {"order": (1, 4), "ridge": (1e-3, 10.0)}, [batch])
    assert best == {"order": 4, "ridge": 1e-3}
    best, _ = descend(LeastSquares, {"share": (0.2, 1.0), "ridge": (0.1,)}, [batch], score_above_db)
    assert best["share"] == 0.2


def fades(count: int, seed: int = 0) -> torch.Tensor:
    configuration = replace(RAYS, generator="beats", delay_spread_s=100e-9)
    return normalised(beats.draw(configuration, count, seed))


def test_beats_grow_after_they_were_watched():
    power = fades(24).abs().square().mean((2, 3))
    growth_db = 10.0 * torch.log10(power[:, 8:].mean(1) / power[:, :8].mean(1))
    assert len(power) == 24
    assert float(growth_db.min()) > 3.0
    assert float(growth_db.max()) < 10.0
    assert torch.equal(fades(8, 3), fades(8, 3))


def test_out_of_a_fade_an_unstationary_covariance_predicts_better():
    clean = fades(48, 2)
    past = noisy(clean, 20.0)[:, :8]
    given = prior(past, 8, ARRAY)
    weights = maximised(given)
    wanted = to_angle_delay(clean[:, 8:], ARRAY).flatten(2) / given.scale[:, None, None]
    stationary, _ = conditional(given, weights)
    followed = unstationary(given, weights, past.shape[2], ARRAY)
    errors = [float((f - wanted).abs().square().sum().log10()) for f in (stationary, followed)]
    assert errors[1] < errors[0] - 0.03


def test_hindsight_tells_who_was_right_and_whether_it_grows():
    clean = few_rays(8, 9, speed_kmh=(30.0, 30.0))
    growing = clean * torch.linspace(0.2, 2.0, 16)[:, None, None]
    steady, grown = (
        hindsight(c[:, :8], ARRAY, [Pad(3, 1e-6, 3, 1.0), Hold()]) for c in (clean, growing)
    )
    assert (steady[:, 0] < steady[:, 1]).all()
    assert (grown[:, 2] > steady[:, 2]).all()
