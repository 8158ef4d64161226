"""Checkpoints: weights as safetensors, with size, recipe and steps in the file's own header."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from tools.learning.checkpoint import header, malformed, save
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.model import GraphFoundationModel, ModelSize

_FORMAT = "ranwright-power-2"
_FAMILIARITY = "familiarity/"


def save_model(
    model: GraphFoundationModel,
    path: Path,
    about: dict[str, Any],
    familiarity: Familiarity | None = None,
) -> None:
    """Write a model, what its training graphs looked like, and ``about`` its making."""
    weights = dict(model.state_dict())
    if familiarity is not None:
        weights |= {f"{_FAMILIARITY}{k}": v for k, v in vars(familiarity).items()}
    save(weights, path, _FORMAT, model.size.to_json(), about)


def load_model(path: Path) -> GraphFoundationModel:
    """The model of a file, ready to answer.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    size = json.loads(header(path, _FORMAT)["size"])
    try:
        model = GraphFoundationModel(ModelSize(**size))
        tensors = load_file(path)
        model.load_state_dict({k: v for k, v in tensors.items() if not k.startswith(_FAMILIARITY)})
    except (SafetensorError, TypeError, RuntimeError) as error:
        raise malformed(path, _FORMAT, str(error)) from error
    return model.eval().requires_grad_(False)


def load_familiarity(path: Path) -> Familiarity:
    """What the training graphs of a model's file looked like.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    header(path, _FORMAT)
    found = {
        k.removeprefix(_FAMILIARITY): v
        for k, v in load_file(path).items()
        if k.startswith(_FAMILIARITY)
    }
    try:
        return Familiarity(**found)
    except TypeError as error:
        raise malformed(path, _FORMAT, "it does not say what it was trained on") from error


def describe(path: Path) -> dict[str, Any]:
    """What a model's file says of its size and its making.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    found = header(path, _FORMAT)
    about: dict[str, Any] = json.loads(found["about"])
    return {**about, "size": json.loads(found["size"])}
