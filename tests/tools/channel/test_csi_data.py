"""CSI data: what generators draw, what is kept, what is streamed, what training never sees."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.channel.data import rays, store, tr38901
from tools.channel.data.configuration import GENERATORS, Array, Configuration
from tools.channel.data.sets import CHOOSING, SOURCES, TRAINING, UNSEEN
from tools.channel.data.store import normalised, sequences
from tools.channel.data.stream import Stream, with_noise

SMALL = Configuration("rays", Array(2, 2), 8, 6, 3.5e9, 180e3, 0.5e-3, (0.0, 60.0))


@pytest.mark.parametrize("generator", ["cdl-a", "cdl-e", "umi", "uma"])
def test_the_standards_channels_are_drawn_again_from_the_same_seed(generator):
    wanted = replace(SMALL, generator=generator, subcarriers=4, time_steps=3)
    one, again, other = (tr38901.draw(wanted, 3, seed) for seed in (1, 1, 2))
    assert one.shape == (3, 3, 4, 4)
    assert one.dtype == torch.complex64
    assert torch.equal(one, again)
    assert not torch.allclose(one, other)


def test_drawing_leaves_the_generators_seed_alone():
    from sionna.phy import config

    config.seed = 77
    tr38901.draw(replace(SMALL, generator="cdl-a", subcarriers=2, time_steps=2), 1, 5)
    assert config.seed == 77


def test_who_stands_still_hears_the_same_for_ever():
    still = rays.draw(replace(SMALL, speed_kmh=(0.0, 0.0)), 8, 0)
    assert torch.allclose(still, still[:, :1].expand_as(still), atol=1e-5)


@given(st.integers(0, 1000), st.sampled_from([1.0, 30.0, 120.0]))
@settings(max_examples=20)
def test_rays_move_no_faster_than_the_ue(seed, speed_kmh):
    """A path turns by at most 2 pi v T / wavelength in a step."""
    wanted = replace(SMALL, speed_kmh=(speed_kmh, speed_kmh), time_steps=2, time_step_s=1e-4)
    drawn = rays.draw(wanted, 16, seed)
    turn = 2.0 * torch.pi * speed_kmh / 3.6 * 1e-4 * 3.5e9 / 3e8
    change = (drawn[:, 1] - drawn[:, 0]).flatten(1).abs().amax(1)
    assert (change <= 1.01 * 8.0 * turn).all()


def test_one_direction_is_one_plane_wave():
    array = Array(3, 4)
    steering = rays.steering_vectors(array, torch.tensor(0.4), torch.tensor(1.4))
    grid = steering.reshape(4, 3)
    for dim in (0, 1):
        ahead, behind = (grid.narrow(dim, i, grid.shape[dim] - 1) for i in (1, 0))
        ratio = ahead / behind
        assert torch.allclose(ratio, ratio.flatten()[0].expand_as(ratio), atol=1e-5)
    straight = rays.steering_vectors(array, torch.tensor(0.0), torch.tensor(torch.pi / 2))
    assert torch.allclose(straight, torch.ones(12, dtype=straight.dtype), atol=1e-5)


def test_sequences_are_made_once_and_kept(tmp_path, monkeypatch):
    made = sequences(SMALL, "training", 70, folder=tmp_path)
    assert made.shape == (70, 6, 8, 4)
    power = made.abs().square().mean((1, 2, 3))
    assert torch.allclose(power, torch.ones(70), atol=1e-4)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(store, "_drawer", None)  # nothing is drawn again
    assert torch.equal(sequences(SMALL, "training", 10, folder=tmp_path), made[:10])


def test_parts_and_seeds_share_no_sequence(tmp_path):
    parts = [sequences(SMALL, p, 4, folder=tmp_path) for p in ("training", "validation", "test")]
    parts.append(sequences(SMALL, "training", 4, seed=1, folder=tmp_path))
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            assert not torch.allclose(one, other)


@given(st.sampled_from([-5.0, 0.0, 12.0, 30.0]), st.integers(0, 100))
@settings(max_examples=15)
def test_noise_is_as_strong_as_said(snr_db, seed):
    generator = torch.Generator().manual_seed(seed)
    clean = normalised(torch.randn(4, 8, 16, 16, dtype=torch.complex64, generator=generator))
    noisy = with_noise(clean, torch.full((4,), snr_db), generator)
    power = (noisy - clean).abs().square().mean((1, 2, 3))
    assert torch.allclose(10.0 * power.log10(), torch.tensor(-snr_db), atol=0.4)


def test_batches_follow_from_their_step_and_cover_all_configurations(tmp_path):
    others = [replace(SMALL, array=Array(1, n)) for n in (1, 2, 3)]
    one, other = (Stream(others, "training", 8, 4, 3, folder=tmp_path) for _ in range(2))
    assert sorted(one.batch(i).array.antennas for i in range(3)) == [1, 2, 3]
    assert torch.equal(one.batch(7).noisy, other.batch(7).noisy)
    assert not torch.equal(one.batch(7).noisy, one.batch(8 + 2).noisy)


def test_what_is_unseen_is_not_trained_on():
    digests = {c.digest for c in TRAINING.values()}
    assert len(digests) == len(TRAINING)
    assert digests.isdisjoint(c.digest for c in UNSEEN.values())
    seen = {c.generator for c in TRAINING.values()}
    for name in (*SOURCES["unseen generator"], *SOURCES["site twins"]):
        assert UNSEEN[name].generator not in seen
    assert {n for names in SOURCES.values() for n in names} == set(UNSEEN)
    every = [*TRAINING.values(), *CHOOSING.values(), *UNSEEN.values()]
    assert {c.generator for c in every} == set(GENERATORS)


@pytest.mark.parametrize(
    "change", [{"generator": "tdl-a"}, {"subcarriers": 0}, {"speed_kmh": (5.0, 1.0)}]
)
def test_what_cannot_be_drawn_is_refused(change):
    with pytest.raises(RanwrightError) as caught:
        replace(SMALL, **change)
    assert caught.value.code == "csi.configuration"


@pytest.mark.slow
def test_traced_cities_give_sequences(tmp_path):
    wanted = replace(UNSEEN["site-etoile"], subcarriers=4, time_steps=4, array=Array(1, 2))
    drawn = sequences(wanted, "test", 2, folder=tmp_path)
    assert torch.isfinite(drawn.abs()).all()
    assert (drawn.abs().amax((1, 2, 3)) > 0.0).all()
