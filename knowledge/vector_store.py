"""Where vectors are kept: one interface, embedded Chroma or PostgreSQL with pgvector behind it.

Vectors lie in groups: the cards of one dictionary, or the chunks of one document. A store only
finds ids; texts, numbers and citations are read where they stand.
"""

import os
from collections.abc import Collection, Sequence
from functools import cache
from typing import Protocol

from contracts.errors import ExitCode, RanwrightError
from knowledge import plugin
from knowledge.cache import cache_folder
from knowledge.minilm import DIMENSIONS, Array

SETTING = "RANWRIGHT_VECTORS"
"""``postgresql://...`` names the database; unset means Chroma in the cache folder."""


class VectorStore(Protocol):
    """Unit vectors of one length under ids, in groups; an id is unique in its group."""

    def ids(self, group: str) -> frozenset[str]:
        """Ids of a group; empty where there is no such group."""

    def groups(self) -> frozenset[str]:
        """Names of all groups."""

    def add(self, group: str, ids: Sequence[str], vectors: Array) -> None:
        """Add vectors ``[len(ids), D]``; an id that is there is replaced."""

    def nearest(self, groups: Collection[str], vector: Array, k: int) -> list[tuple[str, float]]:
        """At most ``k`` ids of these groups with their cosine, highest first, none left out."""

    def remove(self, group: str) -> None:
        """Forget a group, if it is there."""

    def close(self) -> None:
        """Let the engine go."""


@cache
def open_vectors() -> VectorStore:
    """The store that the setting names, for the encoder that is used, opened once a process.

    Raises:
        RanwrightError: ``knowledge.vectors_setting``, ``knowledge.vectors_unreachable``,
            ``knowledge.cache``, or as :func:`knowledge.plugin.encoder`.
    """
    encoder = plugin.encoder()
    setting = os.environ.get(SETTING, "")
    if not setting:
        from knowledge.chroma_vectors import ChromaVectors

        # A collection holds vectors of one length, and finds best among those of one model.
        name = "vectors" if encoder is None else f"vectors-{encoder.digest[7:31]}"
        return ChromaVectors(cache_folder() / name)
    if setting.startswith(("postgresql://", "postgres://")):
        from knowledge.postgres_vectors import PostgresVectors

        dimensions = DIMENSIONS if encoder is None else encoder.description.dimensions
        return PostgresVectors(setting, dimensions)
    raise RanwrightError(
        "knowledge.vectors_setting",
        f"{SETTING} does not begin with postgresql://.",  # its value may hold a password
        "Name a PostgreSQL database, or unset it for the embedded store.",
        ExitCode.USAGE,
    )
