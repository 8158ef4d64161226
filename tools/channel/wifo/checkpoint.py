"""Checkpoints of channel models."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from tools.channel.wifo.model import ChannelModel, ChannelSize
from tools.learning.checkpoint import header, malformed, save

FORMAT = "ranwright-channel-1"


def save_model(model: ChannelModel, path: Path, about: dict[str, Any]) -> None:
    """Write a model and ``about`` its making."""
    save(model.state_dict(), path, FORMAT, model.size.to_json(), about)


def load_model(path: Path) -> ChannelModel:
    """The model of a file, ready to predict.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    size = json.loads(header(path, FORMAT)["size"])
    try:
        model = ChannelModel(ChannelSize.from_json(size))
        model.load_state_dict(load_file(path))
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
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
