"""Checkpoints of beam transformers: safetensors, with size and making in the file's own header."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from contracts.errors import RanwrightError
from tools.beams.transformer import BeamTransformer, ModelSize

_FORMAT = "ranwright-beams-1"


def save_model(model: BeamTransformer, path: Path, about: dict[str, Any]) -> None:
    """Write a model and ``about`` its making."""
    header = {
        "format": _FORMAT,
        "size": json.dumps(model.size.to_json()),
        "about": json.dumps(about, sort_keys=True),
    }
    weights = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(weights, partial, header)
    partial.replace(path)


def load_model(path: Path) -> BeamTransformer:
    """The model of a file, ready to answer.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    if not path.is_file():
        raise RanwrightError("model.missing", f"There is no model at {path}.", "Train one.")
    try:
        with safe_open(path, framework="pt") as file:
            header: dict[str, str] = file.metadata() or {}
        if header.get("format") != _FORMAT:
            raise _malformed(path, f"its format is {header.get('format')!r}, not {_FORMAT!r}")
        model = BeamTransformer(ModelSize(**json.loads(header["size"])))
        model.load_state_dict(load_file(path))
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        raise _malformed(path, str(error)) from error
    return model.eval().requires_grad_(False)


def _malformed(path: Path, fault: str) -> RanwrightError:
    return RanwrightError(
        "model.malformed", f"{path} holds no beam model: {fault}.", "Restore or train it."
    )
