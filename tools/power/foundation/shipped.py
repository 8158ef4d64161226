"""The trained model that comes with the package, checked against the card beside it."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from contracts.canonical import Digest, digest_bytes
from tools.learning.shipped import checked, unpacked
from tools.power.foundation.checkpoint import load_familiarity, load_model
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.model import GraphFoundationModel

SHIPPED = Path(__file__).parent / "weights" / "power.safetensors"
"""Where it lies; its card has the same name and ends in ``.md``."""


@dataclass(frozen=True)
class Trained:
    """A model that can be relied on to be the one that its card describes.

    Attributes:
        digest: of its file.
        data: its file.
    """

    model: GraphFoundationModel
    familiarity: Familiarity
    digest: Digest
    data: bytes = field(repr=False)


def trained(path: Path = SHIPPED) -> Trained:
    """The model of a file, read once for each content.

    Raises:
        ToolUnavailableError: ``model.missing`` without file or card, ``model.damaged`` when the
            file is not the card's, or ``model.malformed``.
    """
    return trained_from(checked(path, "power"))


@cache
def trained_from(data: bytes) -> Trained:
    """The model of a file's bytes.

    Raises:
        ToolUnavailableError: ``model.malformed``.
    """
    with unpacked(data) as path:
        return Trained(load_model(path), load_familiarity(path), digest_bytes(data), data)
