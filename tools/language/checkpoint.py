"""Checkpoints of markers: corrections and heads alone; the encoder comes with its package."""

import json
from pathlib import Path
from typing import Any

from tools.language.model import Marker
from tools.language.tagger import FORMAT
from tools.learning.checkpoint import header, save


def save_model(model: Marker, path: Path, about: dict[str, Any]) -> None:
    """Write a model and ``about`` its making."""
    save(dict(model.state_dict()), path, FORMAT, model.size.to_json(), about)


def describe(path: Path) -> dict[str, Any]:
    """What a model's file says of its size and its making.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    found = header(path, FORMAT)
    about: dict[str, Any] = json.loads(found["about"])
    return {**about, "size": json.loads(found["size"])}
