"""The channel model: laws of its forecasts, its training, its files, and its adaptation."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import RanwrightError
from tools.channel.data import rays
from tools.channel.data.configuration import Array, Configuration
from tools.channel.data.store import normalised
from tools.channel.data.stream import Batch, with_noise
from tools.channel.metrics import nmse_db
from tools.channel.rivals import RIVALS, load_rival, rival, save_rival
from tools.channel.wifo import training
from tools.channel.wifo.adaptation import Adaptation, Scope
from tools.channel.wifo.autoencoder import WifoSize
from tools.channel.wifo.bayes import BinSpectra
from tools.channel.wifo.card import card_of
from tools.channel.wifo.checkpoint import describe, load_model, save_model
from tools.channel.wifo.model import ChannelModel, ChannelSize
from tools.channel.wifo.recipe import Recipe, recipe
from tools.learning.run import Cadence

ARRAY = Array(2, 4)
RAYS = Configuration("rays", ARRAY, 16, 16, 3.5e9, 180e3, 0.5e-3, (5.0, 60.0))
SMALL = ChannelSize(WifoSize(width=24, encoder_blocks=1, decoder_blocks=1, heads=2), 3, 3, 8)
QUICK = Recipe(pretraining_steps=3, training_steps=5, sequences=8, batch=4, size=SMALL)


def few(count: int, seed: int = 0, configuration: Configuration = RAYS, snr_db=15.0) -> Batch:
    clean = normalised(rays.draw(configuration, count, seed))
    snr = torch.full((count,), snr_db)
    noisy = with_noise(clean, snr, torch.Generator().manual_seed(seed))
    return Batch(noisy, clean, snr, configuration.array)


def model(seed: int = 0, size: ChannelSize = SMALL) -> ChannelModel:
    torch.manual_seed(seed)
    return ChannelModel(size).eval()


@pytest.fixture
def quick_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training on rays alone, which are drawn in no time."""
    monkeypatch.setattr(
        training, "TRAINING", {"rays": RAYS, "ula": replace(RAYS, array=Array(1, 4))}
    )


@pytest.mark.parametrize(
    ("array", "subcarriers", "past", "steps"),
    [
        (Array(1, 1), 1, 2, 1),
        (Array(3, 3), 5, 7, 3),
        (Array(8, 8), 16, 8, 8),
        (Array(1, 2), 33, 13, 5),
    ],
)
def test_any_array_band_and_time(array, subcarriers, past, steps):
    wanted = replace(RAYS, array=array, subcarriers=subcarriers, time_steps=past)
    batch = few(2, 0, wanted)
    with torch.no_grad():
        forecast = model()(batch.noisy, steps, array)
    assert forecast.csi(array).shape == (2, steps, subcarriers, array.antennas)
    assert torch.isfinite(forecast.csi(array).abs()).all()
    assert (forecast.variance > 0.0).all()
    assert forecast.nmse_db.shape == (2, steps)


def test_scale_and_phase_do_not_matter():
    batch, one = few(3), model(1)
    factor = 37.0 * torch.exp(torch.tensor(0.7j))
    found, other = (one.predict(p[:, :8], 4, ARRAY) for p in (batch.noisy, factor * batch.noisy))
    # the angle of the past reaches the autoencoder, which has learnt nothing yet: scale alone
    scaled = one.predict(37.0 * batch.noisy[:, :8], 4, ARRAY)
    assert torch.allclose(37.0 * found, scaled, rtol=1e-3, atol=1e-2)
    assert nmse_db(other / factor, found) < -10.0


def test_a_sequence_is_predicted_alike_in_any_batch():
    batch, one = few(3), model()
    together = one.predict(batch.noisy[:, :8], 4, ARRAY)
    alone = one.predict(batch.noisy[1:2, :8], 4, ARRAY)
    assert torch.allclose(together[1:2], alone, atol=1e-4)


def test_untrained_it_is_about_the_bayesian_predictor():
    batch = few(48, 4)
    past, future = batch.noisy[:, :8], batch.clean[:, 8:]
    plain = nmse_db(BinSpectra()(past, 8, ARRAY), future)
    assert nmse_db(model().predict(past, 8, ARRAY), future) < plain + 0.5


def test_a_closed_gate_keeps_what_is_learnt_out():
    batch, one, other = few(4), model(0), model(0)
    with torch.no_grad():
        for step in other.steps:
            step.out.weight.normal_()
        for each in (one, other):
            each.gating[-1].bias.fill_(-1e3)
        pair = [m(batch.noisy[:, :8], 4, ARRAY) for m in (one, other)]
    assert (pair[0].gate == 0.0).all()
    assert torch.allclose(pair[0].mean, pair[1].mean, atol=1e-5)


def test_the_expected_error_grows_with_the_step_and_the_noise():
    quiet, loud = (few(32, 2, snr_db=snr).noisy[:, :8] for snr in (20.0, 0.0))
    with torch.no_grad():
        first, second = (model()(past, 8, ARRAY).nmse_db.mean(0) for past in (quiet, loud))
    assert first[-1] > first[0]
    assert (second > first).all()


def test_every_weight_that_a_forecast_uses_learns():
    one, batch = model(), few(4)
    task = training.ChannelTask(replace(QUICK, pretraining_steps=0))
    task.module = one
    forecast = one(batch.noisy[:, :8], 8, ARRAY)
    clean = training.to_angle_delay(batch.clean[:, 8:], ARRAY).flatten(2)
    training.forecast_loss(forecast, clean).backward()
    slopes = {n: p.grad for n, p in one.named_parameters() if not n.startswith("wifo.predict")}
    assert all(g is not None and torch.isfinite(g).all() for g in slopes.values())


@pytest.mark.usefixtures("quick_sets")
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(tmp_path):
    often = Cadence(log=2, validate=100, save=2)
    cache = tmp_path / "cache"
    whole = training.train(QUICK, tmp_path / "whole", lambda *_: None, cache, often)

    class CutError(Exception):
        pass

    def cut(done: int, _words: str) -> None:
        if done == 5:
            raise CutError

    with pytest.raises(CutError):
        training.train(QUICK, tmp_path / "cut", cut, cache, often)
    seen: list[int] = []
    again = training.train(QUICK, tmp_path / "cut", lambda i, _: seen.append(i), cache, often)
    assert seen[0] == 4
    one, other = (load_model(p).state_dict() for p in (whole, again))
    assert all(torch.equal(one[k], other[k]) for k in one)
    with pytest.raises(RanwrightError) as caught:
        training.train(replace(QUICK, seed=1), tmp_path / "cut", lambda *_: None, cache, often)
    assert caught.value.code == "model.other_recipe"


@pytest.mark.usefixtures("quick_sets")
def test_the_command_trains_and_writes_a_card(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(
        "tools.channel.wifo.recipe.RECIPES", {"trial": replace(QUICK, pretraining_steps=0)}
    )
    arguments = ["model", "train", "channel", str(tmp_path), "--recipe", "trial", "--steps", "2"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["steps"] == 2
    path = tmp_path / "model.safetensors"
    assert CliRunner().invoke(app, ["model", "card", str(path)]).exit_code == 0
    assert path.with_suffix(".md").read_text(encoding="utf-8") == card_of(path)
    assert "site-munich" in card_of(path)


def test_a_checkpoint_gives_the_model_back(tmp_path):
    path, batch = tmp_path / "deep" / "model.safetensors", few(2)
    one = model(5)
    save_model(one, path, {"steps": 3})
    past = batch.noisy[:, :8]
    assert torch.equal(load_model(path).predict(past, 3, ARRAY), one.predict(past, 3, ARRAY))
    assert describe(path)["steps"] == 3
    whole = path.read_bytes()
    for broken in (b"", whole[:99], whole.replace(b"ranwright-channel-2", b"ranwright-channel-0")):
        path.write_bytes(broken)
        with pytest.raises(RanwrightError) as caught:
            load_model(path)
        assert caught.value.code == "model.malformed"


def check_adaptation(scope: Scope) -> set[str]:
    """Adapts to one sequence set, and gives the names of the weights that changed."""
    one, batch = model(2), few(16, 3)
    before = {k: v.clone() for k, v in one.state_dict().items()}
    adapted = Adaptation(scope, steps=12).of(one, batch, 8)
    assert all(torch.equal(before[k], v) for k, v in one.state_dict().items())
    assert adapted.state_dict().keys() == before.keys()
    past, future = batch.noisy[:, :8], batch.clean[:, 8:]
    assert nmse_db(adapted.predict(past, 8, ARRAY), future) < nmse_db(
        one.predict(past, 8, ARRAY), future
    )
    return {k for k, v in adapted.state_dict().items() if not torch.equal(before[k], v)}


def test_full_adaptation_changes_heads_and_autoencoder():
    changed = check_adaptation(Scope.FULL)
    assert {"mixing.0.weight", "wifo.encoder.0.query.weight"} <= changed


@pytest.mark.slow
def test_low_rank_adaptation_ends_in_a_plain_model():
    changed = check_adaptation(Scope.LORA)
    assert changed
    assert "gating.0.weight" not in changed


@pytest.mark.parametrize("kind", sorted(RIVALS))
def test_rivals_have_the_models_size_and_come_back(kind, tmp_path):
    torch.manual_seed(0)
    one = rival(kind)
    parameters = sum(p.numel() for p in one.parameters())
    wanted = sum(p.numel() for p in ChannelModel(ChannelSize()).parameters())
    assert 0.7 < parameters / wanted < 1.3
    path, past = tmp_path / "rival.safetensors", few(2).noisy[:, :8]
    save_rival(one, path, 0)
    found = load_rival(path)(past, 5, ARRAY)
    assert found.shape == (2, 5, 16, 8)
    assert torch.allclose(found, one.eval().predict(past, 5, ARRAY), atol=1e-4)


def test_recipes_by_name(monkeypatch):
    chosen = recipe("cpu", seed=2, steps=64)
    assert (chosen.seed, chosen.steps, chosen.pretraining_steps) == (2, 64, 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert recipe("gpu", 0, 440).pretraining_steps == 40
    with pytest.raises(RanwrightError, match="Choose one of"):
        recipe("fast", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RanwrightError) as caught:
        recipe("gpu", 0)
    assert caught.value.code == "model.no_device"


def test_a_run_that_is_brought_to_an_end_begins_as_it_would_have():
    whole = Recipe(training_steps=100, warm_up=5)
    ended = replace(whole, training_steps=40, cosine_steps=100, cooling_from=20)
    assert [ended.rate_at(i) for i in range(20)] == [whole.rate_at(i) for i in range(20)]
    falling = [ended.rate_at(i) for i in range(20, 40)]
    assert falling == sorted(falling, reverse=True)
    assert 0.0 < falling[-1] < 0.06 * falling[0]


def test_paths_of_the_cache_are_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    from tools.channel.data.store import sequences

    sequences(replace(RAYS, subcarriers=1, time_steps=1), "test", 1)
    assert list((Path(tmp_path) / "ranwright" / "csi").iterdir())
