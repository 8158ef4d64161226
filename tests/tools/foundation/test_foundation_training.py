"""Training runs: what they learn, how they go on, what they leave behind."""

import json
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import RanwrightError
from tools.learning.run import Cadence
from tools.power.foundation.checkpoint import (
    describe,
    load_familiarity,
    load_model,
    save_model,
)
from tools.power.foundation.losses import utility_loss
from tools.power.foundation.model import GraphFoundationModel, ModelSize
from tools.power.foundation.recipe import RECIPES, Recipe, recipe
from tools.power.foundation.training import train
from tools.power.graphs.families import ADHOC, GAUSSIAN
from tools.power.graphs.objectives import OBJECTIVES, objective
from tools.power.graphs.stream import graphs

SMALL = ModelSize(width=16, heads=2, blocks=2, starts=4, rounds=4, edge_width=6, edge_channels=3)
QUICK = Recipe(seed=3, pretraining_steps=4, training_steps=16, sizes=(6, 8), warm_up=4, size=SMALL)


def weights_of(path):
    return load_model(path).state_dict()


class Cut(Exception):
    """Stands for a power cut."""


def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(tmp_path):
    often = Cadence(log=5, save=5)
    whole = train(QUICK, tmp_path / "whole", lambda *_: None, often)

    def cut(done: int, _words: str) -> None:
        if done == 13:
            raise Cut

    with pytest.raises(Cut):
        train(QUICK, tmp_path / "cut", cut, often)
    resumed_at: list[int] = []
    again = train(QUICK, tmp_path / "cut", lambda done, _: resumed_at.append(done), often)
    assert resumed_at[0] == 10
    one, other = weights_of(whole), weights_of(again)
    assert all(torch.equal(one[k], other[k]) for k in one)
    logs = [
        [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]
        for folder in (tmp_path / "whole", tmp_path / "cut")
    ]
    assert len(logs[0]) == 4
    assert logs[0] == logs[1]


def test_a_folder_belongs_to_one_recipe(tmp_path):
    brief = replace(QUICK, training_steps=1, pretraining_steps=0)
    train(brief, tmp_path, lambda *_: None)
    with pytest.raises(RanwrightError) as caught:
        train(replace(brief, seed=4), tmp_path, lambda *_: None)
    assert caught.value.code == "model.other_recipe"


def test_the_seed_decides_graphs_and_weights():
    first, again, other = QUICK.batch(7), QUICK.batch(7), replace(QUICK, seed=4).batch(7)
    assert torch.equal(first.gain, again.gain)
    assert first.gain.shape != other.gain.shape or not torch.equal(first.gain, other.gain)


def test_batches_stay_within_their_size_and_mix_weights():
    batches = [RECIPES["cpu"].batch(i) for i in range(60)]
    assert all(len(b) * b.links**2 <= 66_000 for b in batches)
    assert len({b.links for b in batches}) > 5
    uneven = [bool((b.weight != 1.0).any()) for b in batches]
    assert 3 < sum(uneven) < 30


def test_step_sizes_rise_once_and_fall_to_almost_nothing_in_each_stage():
    chosen = Recipe(pretraining_steps=1000, training_steps=2000, warm_up=100)
    rates = [chosen.rate_at(i) for i in range(chosen.steps)]
    assert max(rates) <= chosen.rate
    for first, last in ((0, 999), (1000, 2999)):
        stage = rates[first : last + 1]
        top = stage.index(max(stage))
        assert stage[: top + 1] == sorted(stage[: top + 1])
        assert stage[top:] == sorted(stage[top:], reverse=True)
        assert stage[-1] < 0.02 * chosen.rate


def test_some_batches_have_caps():
    caps = [Recipe(capped_share=0.3).cap_bits_per_hz(i) for i in range(200)]
    assert 110 < caps.count(None) < 170
    assert set(caps) == {None, 5.5547, 7.4063, 9.2578}


def test_a_short_training_learns():
    torch.manual_seed(0)
    model, some = GraphFoundationModel(SMALL), graphs(GAUSSIAN, 10, 9, 64)
    before = model.answer(some).value.mean()
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for i in range(60):
        loss = utility_loss(model, graphs(GAUSSIAN, 10, 1, 64, first=64 * i))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert model.answer(some).value.mean() > 1.01 * before


@pytest.mark.parametrize("wanted", sorted(OBJECTIVES))
def test_every_objective_has_a_gradient(wanted):
    torch.manual_seed(0)
    model = GraphFoundationModel(SMALL)
    utility_loss(model, graphs(ADHOC, 10, 0, 8), objective(wanted)).backward()
    slopes = [p.grad for n, p in model.named_parameters() if "heads" in n]
    assert all(torch.isfinite(s).all() for s in slopes)
    assert any(s.abs().sum() > 0 for s in slopes)


def test_a_checkpoint_gives_the_model_back(tmp_path):
    torch.manual_seed(5)
    model = GraphFoundationModel(SMALL)
    path = tmp_path / "deep" / "model.safetensors"
    save_model(model, path, {"steps": 3})
    some = graphs(GAUSSIAN, 7, 0, 4)
    assert torch.equal(load_model(path).answer(some).power, model.answer(some).power)
    assert describe(path)["steps"] == 3
    assert describe(path)["size"]["starts"] == 4
    with pytest.raises(RanwrightError, match="trained on"):
        load_familiarity(path)


def test_a_trained_model_knows_what_it_was_trained_on(tmp_path):
    brief = replace(QUICK, training_steps=1, pretraining_steps=0)
    path = train(brief, tmp_path, lambda *_: None)
    model, known = load_model(path), load_familiarity(path)
    assert 0.2 < known.score(model, brief.batch(99_999)).mean() < 0.8


def test_what_is_no_checkpoint_is_said_to_be_none(tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(RanwrightError) as caught:
        load_model(path)
    assert caught.value.code == "model.missing"
    save_model(GraphFoundationModel(SMALL), path, {})
    whole = path.read_bytes()
    for broken in (b"", whole[:100], whole.replace(b"ranwright-power-2", b"ranwright-power-0")):
        path.write_bytes(broken)
        with pytest.raises(RanwrightError) as caught:
            load_model(path)
        assert caught.value.code == "model.malformed"


def test_recipes_by_name():
    chosen = recipe("cpu", seed=2, steps=84)
    assert (chosen.seed, chosen.steps, chosen.pretraining_steps) == (2, 84, 4)
    with pytest.raises(RanwrightError, match="Choose one of") as caught:
        recipe("fast", 0)
    assert caught.value.code == "model.unknown_recipe"
    assert recipe("cpu", 0, pretraining="none").pretraining_steps == 0
    assert recipe("cpu", 0, pretraining="agreement").objectives == "agreement"
    with pytest.raises(RanwrightError, match="Choose one of") as caught:
        recipe("cpu", 0, pretraining="some")
    assert caught.value.code == "model.unknown_pretraining"


@pytest.mark.parametrize("pretext", ["masked_edges", "agreement"])
def test_each_pre_training_changes_the_model_on_its_own(tmp_path, pretext):
    brief = replace(QUICK, training_steps=0, pretraining_steps=2, objectives=pretext)
    trained = weights_of(train(brief, tmp_path / "one", lambda *_: None))
    untouched = replace(brief, pretraining_steps=0)
    start = weights_of(train(untouched, tmp_path / "none", lambda *_: None))
    assert any(not torch.equal(trained[k], start[k]) for k in start)


def test_an_accelerator_that_is_missing_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RanwrightError) as caught:
        recipe("gpu", 0)
    assert caught.value.code == "model.no_device"


def test_the_command_trains_and_says_how_good_the_model_is(tmp_path):
    arguments = ["model", "train", "power", str(tmp_path), "--recipe", "trial", "--steps", "2"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["steps"] == 2
    assert 0.5 < said["validation"]["mix-20"] < 1.2
    assert load_model(tmp_path / "model.safetensors").size == ModelSize()
