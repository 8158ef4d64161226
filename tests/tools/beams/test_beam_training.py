"""Training on made windows: follows from the seed, goes on where it stopped, writes its card."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import RanwrightError
from tools.beams import training
from tools.beams.adaptation import Adaptation, fit
from tools.beams.card import card_of
from tools.beams.checkpoint import describe, load_model
from tools.beams.examples import Examples
from tools.beams.familiarity import Familiarity
from tools.beams.familiarity import describe as described
from tools.beams.frames import frames
from tools.beams.judgement import PROMISES, Judgement
from tools.beams.recipe import RECIPES, Recipe, recipe
from tools.beams.synthetic import DriveBy
from tools.beams.transformer import ModelSize
from tools.beams.windows import Windows
from tools.learning.run import Cadence

QUICK = Recipe(
    steps=12,
    windows=300,
    batch=16,
    warm_up=2,
    size=ModelSize(width=16, heads=2, layers=1, read_out=32),
)


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(training, "_VALIDATION_WINDOWS", 400)


class CutOffError(Exception):
    pass


def test_a_run_that_was_cut_off_ends_with_the_same_weights(tmp_path):
    cadence = Cadence(log=4, validate=100, save=5)
    path = training.train(QUICK, tmp_path / "whole", lambda *_: None, cadence)

    def cut(step, _words):
        if step == 7:
            raise CutOffError

    with pytest.raises(CutOffError):
        training.train(QUICK, tmp_path / "cut", cut, cadence)
    again = training.train(QUICK, tmp_path / "cut", lambda *_: None, cadence)
    one, other = load_file(path), load_file(again)
    assert all(np.array_equal(v, other[k]) for k, v in one.items())
    with pytest.raises(RanwrightError) as caught:
        training.train(replace(QUICK, seed=1), tmp_path / "cut", lambda *_: None, cadence)
    assert caught.value.code == "model.other_recipe"


def test_a_run_is_a_plain_fit_to_made_windows(tmp_path):
    plain = replace(QUICK, warm_up=20)
    run = load_model(training.train(plain, tmp_path, lambda *_: None)).state_dict()
    made = Examples(DriveBy().windows(plain.windows, plain.seed))
    adaptation = Adaptation(plain.seed, plain.steps, plain.rate, plain.batch)
    fitted = fit(training.untrained(plain.seed, plain), made, adaptation).state_dict()
    assert all(torch.equal(v, fitted[k]) for k, v in run.items())


def test_training_helps_on_other_windows_and_the_average_is_what_is_kept(tmp_path):
    before = training.BeamTask(QUICK).validate()
    path = training.train(replace(QUICK, steps=60, rate=3e-3), tmp_path, lambda *_: None)
    after = describe(path)["validation"]
    assert np.mean(list(after.values())) > np.mean(list(before.values()))
    assert load_model(path).size == QUICK.size


def test_the_command_trains_and_writes_a_card(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "trial", QUICK)
    arguments = ["model", "train", "beams", str(tmp_path), "--recipe", "trial", "--steps", "2"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["steps"] == 2
    path = tmp_path / "model.safetensors"
    assert CliRunner().invoke(app, ["model", "card", str(path)]).exit_code == 0
    assert path.with_suffix(".md").read_text(encoding="utf-8") == card_of(path)
    assert "No measured power was seen" in card_of(path)


def test_recipes_have_names():
    assert recipe("cpu", 3, 40) == replace(RECIPES["cpu"], seed=3, steps=40)
    with pytest.raises(RanwrightError) as caught:
        recipe("gpu", 0)
    assert caught.value.code == "model.unknown_recipe"


def test_what_answers_are_worth_comes_back_as_it_was():
    found = training.BeamTask(QUICK).judgement()
    again = Judgement.of(found.arrays())
    assert all(np.array_equal(v, again.arrays()[k]) for k, v in found.arrays().items())
    assert found.policies.shape == (len(PROMISES), 5, 3)
    assert found.policy(0, 2).count in (3, 4, 5, 6, 8)
    with pytest.raises(KeyError):
        Judgement.of({k: v for k, v in found.arrays().items() if k != "fall-back/policies"})


def mirrored(some: Windows) -> Windows:
    return replace(some, past=some.past[..., ::-1], future=some.future[..., ::-1])


def test_made_windows_are_familiar_and_others_are_strange(made):
    known = Familiarity.learn(frames(DriveBy().windows(3000, 17).past, 5))
    score = known.score(frames(made.past, 5))
    assert 0.4 < score.mean() < 0.6
    assert (score < 0.02).mean() < 0.06
    shuffled = np.random.default_rng(2).permuted(made.past, axis=2)  # no codebook order
    flat = np.random.default_rng(3).exponential(size=made.past.shape)  # fading without a path
    for strange in (shuffled, flat):
        assert (known.score(frames(strange, 5)) < 0.02).mean() > 0.6


def test_a_mirrored_window_is_as_familiar(made):
    moving = np.abs(frames(made.past, 5).answer[:, -1] - 31.5) < 31.5
    some = made.where(moving)
    one, other = (described(frames(w.past, 5)) for w in (some, mirrored(some)))
    assert np.allclose(one, other, atol=1e-3)
