"""The trained model that comes with the package, checked against the card beside it."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.canonical import Digest, digest_bytes
from contracts.errors import ExitCode, RanwrightError
from contracts.tool import ToolUnavailableError
from tools.power.foundation.checkpoint import load_familiarity, load_model
from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.model import GraphFoundationModel

SHIPPED = Path(__file__).parent / "weights" / "power.safetensors"
"""Where it lies; its card has the same name and ends in ``.md``."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


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
    card = path.with_suffix(".md")
    for part in (path, card):
        if not part.is_file():
            raise ToolUnavailableError(
                "model.missing",
                f"There is no {part.name} beside the code of the power model.",
                "Reinstall the package, or train the model: ranwright model train power.",
                ExitCode.DEFECT,
            )
    data = path.read_bytes()
    digest = digest_bytes(data)
    if digest not in _DIGEST.findall(card.read_text(encoding="utf-8")):
        raise ToolUnavailableError(
            "model.damaged",
            f"{path.name} has {digest}, which is not what {card.name} names.",
            "Reinstall the package.",
            ExitCode.DEFECT,
        )
    return trained_from(data)


@cache
def trained_from(data: bytes) -> Trained:
    """The model of a file's bytes.

    Raises:
        ToolUnavailableError: ``model.malformed``.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / SHIPPED.name
        path.write_bytes(data)
        try:
            return Trained(load_model(path), load_familiarity(path), digest_bytes(data), data)
        except RanwrightError as error:
            raise ToolUnavailableError(
                error.code, error.message, error.remedy, error.exit_code
            ) from error
