"""The trained channel model that comes with the package, checked against the card beside it."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from contracts.canonical import Digest, digest_bytes
from tools.channel.wifo.checkpoint import load_familiarity, load_model
from tools.channel.wifo.model import ChannelModel
from tools.learning.familiarity import Ellipsoid
from tools.learning.shipped import checked, unpacked

SHIPPED = Path(__file__).parent / "weights" / "channel.safetensors"
"""Where it lies; its card has the same name and ends in ``.md``."""


@dataclass(frozen=True)
class TrainedChannel:
    """A model that can be relied on to be the one that its card describes.

    Attributes:
        familiar: what its training sequences looked like.
        digest: of its file.
        data: its file.
    """

    model: ChannelModel
    familiar: Ellipsoid
    digest: Digest
    data: bytes = field(repr=False)


def trained(path: Path = SHIPPED) -> TrainedChannel:
    """The model of a file, read once for each content.

    Raises:
        ToolUnavailableError: ``model.missing`` without file or card, ``model.damaged`` when the
            file is not the card's, or ``model.malformed``.
    """
    return _trained_from(checked(path, "channel"))


@cache
def _trained_from(data: bytes) -> TrainedChannel:
    with unpacked(data) as path:
        return TrainedChannel(load_model(path), load_familiarity(path), digest_bytes(data), data)
