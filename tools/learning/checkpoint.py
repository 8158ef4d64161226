"""Checkpoints: weights as safetensors, with size, recipe and steps in the file's own header."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from contracts.errors import RanwrightError


def save(
    weights: dict[str, Tensor],
    path: Path,
    kind: str,
    size: dict[str, Any],
    about: dict[str, Any],
) -> None:
    """Write weights, the ``size`` that makes their model, and ``about`` its making.

    Args:
        kind: of the file, and its version.
    """
    document = {
        "format": kind,
        "size": json.dumps(size),
        "about": json.dumps(about, sort_keys=True),
    }
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(plain, partial, document)
    partial.replace(path)


def header(path: Path, kind: str | None = None) -> dict[str, str]:
    """What a file says of itself.

    Args:
        kind: that it must be of; any by default.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    wanted = kind or "ranwright-"
    if not path.is_file():
        raise RanwrightError("model.missing", f"There is no model at {path}.", "Train one.")
    try:
        with safe_open(path, framework="pt") as file:
            found: dict[str, str] = file.metadata() or {}
    except SafetensorError as error:
        raise malformed(path, wanted, str(error)) from error
    if not found.get("format", "").startswith(wanted) or not {"size", "about"} <= set(found):
        raise malformed(path, wanted, f"its format is {found.get('format')!r}, not {wanted!r}")
    return found


def malformed(path: Path, kind: str, fault: str) -> RanwrightError:
    """The refusal of a file."""
    about = kind.removeprefix("ranwright-").partition("-")[0]
    named = f"{about} model" if about else "model"
    return RanwrightError(
        "model.malformed", f"{path} holds no {named}: {fault}.", "Restore or train it."
    )
