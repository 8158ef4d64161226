"""Small example networks, shared because making one simulates a plant."""

from functools import partial
from pathlib import Path

import pytest
import torch

from tools.power.examples import Example, example
from tools.power.foundation.card import card_of
from tools.power.foundation.checkpoint import save_model
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.model import GraphFoundationModel
from tools.power.foundation.recipe import recipe
from tools.power.foundation.shipped import trained
from tools.power.graph_model import Source
from tools.power.runtime import numerics


@pytest.fixture(scope="session")
def small() -> Example:
    return example(seed=4, sites=1, ues=14, window_s=5)


@pytest.fixture(scope="session")
def city() -> Example:
    return example(seed=4, sites=2, ues=40, window_s=10)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learnt nothing, with its card: what holds with it holds with any."""
    path = tmp_path_factory.mktemp("weights") / "power.safetensors"
    trial = recipe("trial", 0, steps=1)
    with numerics(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = GraphFoundationModel().eval()
        familiarity = Familiarity.learn(model, trial, batches=4)
    about = {
        "recipe": trial.to_json(),
        "steps": 0,
        "machine": {"torch": torch.__version__},
        "validation": {"mix-10": 0.5},
    }
    save_model(model, path, about, familiarity)
    path.with_suffix(".md").write_text(card_of(path), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model(weights: Path) -> Source:
    """The same as tools take it."""
    return partial(trained, weights)
