"""Models that the user configures in place of, or beside, the bundled encoder; light.

Each is a folder with a graph, a tokenizer and a small description; its digest is that of all its
files, so that whatever was made with one model is never read as if another had made it. The setting
is read once a process: digest, model and index cannot part.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, Literal, TypeVar

from pydantic import Field, ValidationError

from contracts.canonical import Contract, Digest, canonical_bytes, digest_bytes
from contracts.errors import ExitCode, RanwrightError

ENCODER = "RANWRIGHT_ENCODER"
"""Folder of an embedding model with ``model.onnx``, ``tokenizer.json``, ``encoder.json``."""

RERANKER = "RANWRIGHT_RERANKER"
"""Folder of a cross-encoder with ``model.onnx``, ``tokenizer.json``, ``reranker.json``."""

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"

_RECIPE = "onnx runtime, one text a run, unit length, 1"
_MAX_TOKENS = 32_768
_MAX_DIMENSIONS = 16_000  # most that pgvector keeps


class EncoderDescription(Contract):
    """``encoder.json``: what graph and tokenizer do not say of an embedding model."""

    pooling: Literal["mean", "cls", "none"] = Field(
        description="mean of the tokens' vectors or the first one; none: the graph pools"
    )
    dimensions: int = Field(ge=1, le=_MAX_DIMENSIONS, description="numbers of a vector")
    max_tokens: int = Field(ge=3, le=_MAX_TOKENS, description="longer texts are cut")
    query_prefix: str = Field(default="", description="put before every question")
    passage_prefix: str = Field(default="", description="put before every text that is searched")


class RerankerDescription(Contract):
    """``reranker.json``: what graph and tokenizer do not say of a cross-encoder."""

    max_tokens: int = Field(ge=4, le=_MAX_TOKENS, description="longer pairs are cut")


Described = TypeVar("Described", EncoderDescription, RerankerDescription)


@dataclass(frozen=True)
class Plugin(Generic[Described]):
    """A configured model: its folder, what it says of itself, and the digest of all of it."""

    setting: str
    folder: Path
    description: Described
    digest: Digest

    def check_unchanged(self) -> None:
        """Refuse files that are no longer those of the digest.

        Raises:
            RanwrightError: ``knowledge.plugin_changed``.
        """
        if _digest(self.folder) != self.digest:
            raise RanwrightError(
                "knowledge.plugin_changed",
                f"Files in {self.folder} changed while they were read.",
                "Start again when the folder is complete.",
                ExitCode.REFUSED,
            )


@cache
def encoder() -> Plugin[EncoderDescription] | None:
    """The configured embedding model; none where the bundled one is used.

    Raises:
        RanwrightError: ``knowledge.plugin_missing``, ``knowledge.plugin_description``.
    """
    return _configured(ENCODER, "encoder.json", EncoderDescription)


@cache
def reranker() -> Plugin[RerankerDescription] | None:
    """The configured cross-encoder, if any.

    Raises:
        RanwrightError: ``knowledge.plugin_missing``, ``knowledge.plugin_description``.
    """
    return _configured(RERANKER, "reranker.json", RerankerDescription)


def _configured(setting: str, name: str, kind: type[Described]) -> Plugin[Described] | None:
    value = os.environ.get(setting, "")
    if not value:
        return None
    folder = Path(value).expanduser().resolve()
    for needed in (MODEL, TOKENIZER, name):
        if not (folder / needed).is_file():
            raise RanwrightError(
                "knowledge.plugin_missing",
                f"{setting}: {folder / needed} is not there.",
                f"Name a folder with {MODEL}, {TOKENIZER} and {name}, or unset {setting}.",
                ExitCode.USAGE,
            )
    try:
        description = kind.parse((folder / name).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise RanwrightError(
            "knowledge.plugin_description",
            f"{folder / name}: {where}: {first['msg']}.",
            f"It holds {', '.join(kind.model_fields)}; see docs/guide/knowledge.md.",
            ExitCode.USAGE,
        ) from error
    return Plugin(setting, folder, description, _digest(folder))


def _digest(folder: Path) -> Digest:
    # All files: a graph may keep its weights beside it under any name.
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            with path.open("rb") as stream:
                found[name.as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return digest_bytes(canonical_bytes([found, _RECIPE]))
