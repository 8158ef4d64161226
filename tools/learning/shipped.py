"""Trained models that come with the package, checked against the card beside them."""

import re
from pathlib import Path

from contracts.canonical import digest_bytes
from contracts.errors import ExitCode
from contracts.tool import ToolUnavailableError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def checked(path: Path, train: str) -> bytes:
    """A model's file, if it is the one that its card names.

    Args:
        train: command that makes such a model.

    Raises:
        ToolUnavailableError: ``model.missing`` without file or card, ``model.damaged`` when the
            file is not the card's.
    """
    card = path.with_suffix(".md")
    for part in (path, card):
        if not part.is_file():
            raise ToolUnavailableError(
                "model.missing",
                f"There is no {part.name} in {path.parent}.",
                f"Reinstall the package, or train the model: {train}.",
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
    return data
