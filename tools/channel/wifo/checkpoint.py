"""Checkpoints of channel models."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from tools.channel.wifo.model import ChannelModel, ChannelSize
from tools.learning.checkpoint import header, malformed, save
from tools.learning.familiarity import Ellipsoid

FORMAT = "ranwright-channel-2"
_FAMILIARITY = "familiarity/"


def save_model(
    model: ChannelModel, path: Path, about: dict[str, Any], familiar: Ellipsoid | None = None
) -> None:
    """Write a model, what its training sequences looked like, and ``about`` its making."""
    weights = dict(model.state_dict())
    if familiar is not None:
        weights |= {f"{_FAMILIARITY}{k}": v for k, v in vars(familiar).items()}
    save(weights, path, FORMAT, model.size.to_json(), about)


def load_model(path: Path) -> ChannelModel:
    """The model of a file, ready to predict.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    size = json.loads(header(path, FORMAT)["size"])
    try:
        model = ChannelModel(ChannelSize.from_json(size))
        tensors = load_file(path)
        model.load_state_dict({k: v for k, v in tensors.items() if not k.startswith(_FAMILIARITY)})
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        raise malformed(path, FORMAT, str(error)) from error
    return model.eval().requires_grad_(False)


def load_familiarity(path: Path) -> Ellipsoid:
    """What the training sequences of a model's file looked like.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    header(path, FORMAT)
    found = {
        k.removeprefix(_FAMILIARITY): v
        for k, v in load_file(path).items()
        if k.startswith(_FAMILIARITY)
    }
    try:
        return Ellipsoid(**found)
    except TypeError as error:
        raise malformed(path, FORMAT, "it does not say what it was trained on") from error


def describe(path: Path) -> dict[str, Any]:
    """What a model's file says of its size and its making.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    found = header(path, FORMAT)
    about: dict[str, Any] = json.loads(found["about"])
    return {**about, "size": json.loads(found["size"])}
