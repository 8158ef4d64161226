"""Trained models that come with the package: a file, and a card beside it that names its digest."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from contracts.canonical import digest_bytes
from contracts.errors import ExitCode, RanwrightError
from contracts.tool import ToolUnavailableError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def checked(path: Path, kind: str) -> bytes:
    """A model's file, if it is the one that its card names.

    Args:
        path: of the file; its card has the same name and ends in ``.md``.
        kind: of the model, as ``ranwright model train`` calls it.

    Raises:
        ToolUnavailableError: ``model.missing`` without file or card, ``model.damaged`` when the
            file is not the card's.
    """
    card = path.with_suffix(".md")
    for part in (path, card):
        if not part.is_file():
            raise ToolUnavailableError(
                "model.missing",
                f"There is no {part.name} beside the code of the {kind} model.",
                f"Reinstall the package, or train the model: ranwright model train {kind}.",
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


@contextmanager
def unpacked(data: bytes) -> Iterator[Path]:
    """A file with the bytes of a model, while it is read.

    Raises:
        ToolUnavailableError: for every error of the reading.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(data)
        try:
            yield path
        except RanwrightError as error:
            raise ToolUnavailableError(
                error.code, error.message, error.remedy, error.exit_code
            ) from error
