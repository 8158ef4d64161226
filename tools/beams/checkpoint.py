"""Checkpoints of beam transformers: weights, their worth, and how they were made."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tools.beams.judgement import Judgement
from tools.beams.transformer import BeamTransformer, ModelSize
from tools.learning.checkpoint import header, malformed, save

FORMAT = "ranwright-beams-2"


def save_model(
    model: BeamTransformer, path: Path, about: dict[str, Any], judgement: Judgement | None = None
) -> None:
    """Write a model, what its answers are worth, and ``about`` its making."""
    weights = dict(model.state_dict())
    if judgement is not None:
        weights |= {k: torch.from_numpy(v) for k, v in judgement.arrays().items()}
    save(weights, path, FORMAT, model.size.to_json(), about)


def load_model(path: Path) -> BeamTransformer:
    """The model of a file, ready to answer.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    size = json.loads(header(path, FORMAT)["size"])
    try:
        model = BeamTransformer(ModelSize(**size))
        model.load_state_dict({k: v for k, v in load_file(path).items() if "/" not in k})
    except (SafetensorError, TypeError, RuntimeError) as error:
        raise malformed(path, FORMAT, str(error)) from error
    return model.eval().requires_grad_(False)


def describe(path: Path) -> dict[str, Any]:
    """What a model's file says of its size and its making.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    found = header(path, FORMAT)
    about: dict[str, Any] = json.loads(found["about"])
    return {**about, "size": json.loads(found["size"])}
