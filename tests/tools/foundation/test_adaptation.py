"""Adaptation: another objective from few graphs, and only what the scope allows."""

import json

import pytest
import torch
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.errors import RanwrightError
from tools.power.foundation.adaptation import Adaptation, Scope, scope_called
from tools.power.foundation.checkpoint import describe, load_model, save_model
from tools.power.foundation.model import GraphFoundationModel, ModelSize
from tools.power.graphs.families import MIX, family_called
from tools.power.graphs.objectives import EnergyEfficiency
from tools.power.graphs.stream import graphs

SMALL = ModelSize(width=16, heads=2, blocks=2, starts=4, rounds=3, edge_width=6, edge_channels=3)
GOAL = EnergyEfficiency()


@pytest.fixture(scope="module")
def model() -> GraphFoundationModel:
    torch.manual_seed(0)
    return GraphFoundationModel(SMALL)


def check(model: GraphFoundationModel, scope: Scope) -> set[str]:
    """Adapts, and gives the names of the weights that changed."""
    before = {k: v.clone() for k, v in model.state_dict().items()}
    few, others = graphs(MIX, 8, 1, 16), graphs(MIX, 8, 2, 64)
    adapted = Adaptation(scope, steps=40).of(model, few, GOAL)
    value = adapted.answer(others, GOAL).value
    assert (value / model.answer(others, GOAL).value).mean() > 1.01
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert adapted.state_dict().keys() == before.keys()
    return {k for k, v in adapted.state_dict().items() if not torch.equal(before[k], v)}


def test_full_adaptation_changes_everything(model):
    changed = check(model, Scope.FULL)
    assert {"_edges._out.weight", "_read.weight", "_exponents"} <= changed


def test_adapting_heads_leaves_the_body_alone(model):
    changed = check(model, Scope.HEADS)
    assert changed
    assert all(name.startswith(("_heads", "_spread", "_exponents")) for name in changed)


@pytest.mark.slow
def test_low_rank_adaptation_ends_in_a_plain_model(model):
    changed = check(model, Scope.LORA)
    assert changed
    assert all(name.startswith(("_blocks", "_heads")) for name in changed)


def test_equal_seeds_adapt_alike(model):
    few = graphs(MIX, 6, 1, 4)
    one, other = (Adaptation(steps=3, seed=5).of(model, few, GOAL) for _ in range(2))
    assert all(torch.equal(v, other.state_dict()[k]) for k, v in one.state_dict().items())


@pytest.mark.parametrize(
    ("lookup", "code"),
    [(scope_called, "model.unknown_scope"), (family_called, "graph.unknown_family")],
)
def test_unknown_names_are_refused(lookup, code):
    with pytest.raises(RanwrightError, match="Choose one of") as caught:
        lookup("best")
    assert caught.value.code == code


def test_the_command_adapts_a_file(model, tmp_path):
    save_model(model, tmp_path / "one.safetensors", {"steps": 7})
    paths = [str(tmp_path / "one.safetensors"), str(tmp_path / "two.safetensors")]
    options = ["--objective", "energy_efficiency", "--graphs", "16", "--links", "8"]
    arguments = ["model", "adapt", "power", *paths, *options, "--steps", "20", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["value_after"] > said["value_before"]
    assert describe(tmp_path / "two.safetensors")["adapted"]["scope"] == "full"
    assert describe(tmp_path / "two.safetensors")["steps"] == 7
    load_model(tmp_path / "two.safetensors")
