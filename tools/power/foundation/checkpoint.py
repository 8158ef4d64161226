"""Checkpoints: weights as safetensors, with size, recipe and steps in the file's own header."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from contracts.errors import RanwrightError
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.model import GraphFoundationModel, ModelSize

_FORMAT = "ranwright-power-1"
_FAMILIARITY = "familiarity/"


def save_model(
    model: GraphFoundationModel,
    path: Path,
    about: dict[str, Any],
    familiarity: Familiarity | None = None,
) -> None:
    """Write a model, what its training graphs looked like, and ``about`` its making."""
    header = {
        "format": _FORMAT,
        "size": json.dumps(model.size.to_json()),
        "about": json.dumps(about, sort_keys=True),
    }
    weights = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    if familiarity is not None:
        weights |= {f"{_FAMILIARITY}{k}": v.contiguous() for k, v in vars(familiarity).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(weights, partial, header)
    partial.replace(path)


def load_model(path: Path) -> GraphFoundationModel:
    """The model of a file, ready to answer.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    size = json.loads(_header(path)["size"])
    try:
        model = GraphFoundationModel(ModelSize(**size))
        tensors = load_file(path)
        model.load_state_dict({k: v for k, v in tensors.items() if not k.startswith(_FAMILIARITY)})
    except (SafetensorError, TypeError, RuntimeError) as error:
        raise _malformed(path, str(error)) from error
    return model.eval().requires_grad_(False)


def load_familiarity(path: Path) -> Familiarity:
    """What the training graphs of a model's file looked like.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    _header(path)
    found = {
        k.removeprefix(_FAMILIARITY): v
        for k, v in load_file(path).items()
        if k.startswith(_FAMILIARITY)
    }
    try:
        return Familiarity(**found)
    except TypeError as error:
        raise _malformed(path, "it does not say what it was trained on") from error


def describe(path: Path) -> dict[str, Any]:
    """What a model's file says of its size and its making.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    header = _header(path)
    about: dict[str, Any] = json.loads(header["about"])
    return {**about, "size": json.loads(header["size"])}


def _header(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise RanwrightError("model.missing", f"There is no model at {path}.", "Train one.")
    try:
        with safe_open(path, framework="pt") as file:
            header: dict[str, str] = file.metadata() or {}
    except SafetensorError as error:
        raise _malformed(path, str(error)) from error
    if header.get("format") != _FORMAT or not {"size", "about"} <= set(header):
        raise _malformed(path, f"its format is {header.get('format')!r}, not {_FORMAT!r}")
    return header


def _malformed(path: Path, fault: str) -> RanwrightError:
    return RanwrightError(
        "model.malformed", f"{path} holds no power model: {fault}.", "Restore or train it."
    )
