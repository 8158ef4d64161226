"""The search index: an embedded Chroma collection, built once per content into a cache folder.

Only the embedded client is used; Chroma's HTTP server is never started
(docs/decisions/0004-embedded-search.md).
"""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, cast

import chromadb
from chromadb.api.client import Client
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings
from chromadb.config import Settings
from chromadb.utils.embedding_functions import register_embedding_function

from knowledge import minilm, vectors
from knowledge.cache import cache_folder
from knowledge.cards import Card, cards

_COLLECTION = "parameters"
_BATCH = 500


@register_embedding_function
class BundledMiniLm(EmbeddingFunction[Documents]):
    """Chroma's view of the bundled encoder; without one of its own Chroma would download one."""

    def __init__(self) -> None:
        """Load nothing yet."""

    def __call__(self, input: Documents) -> Embeddings:
        """Vectors of the texts."""
        return list(minilm.load().encode(input))

    @staticmethod
    def name() -> str:
        """Name under which collections remember the function."""
        return "ranwright-minilm"

    def get_config(self) -> dict[str, Any]:
        """Nothing to configure."""
        return {}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> "BundledMiniLm":
        """Rebuild from :meth:`get_config`."""
        return BundledMiniLm()


@cache
def open_collection() -> chromadb.Collection:
    """The collection of the shipped dictionary; builds it at the first use.

    Raises:
        RanwrightError: as :func:`knowledge.minilm.load`.
    """
    return open_index(cards(), cache_folder())


def open_index(texts: tuple[Card, ...], folder: Path) -> chromadb.Collection:
    """Open the index of ``texts`` below ``folder``; build it when it is not there.

    Builders beside each other do no harm: each builds in a folder of its own, the first to rename
    it into place wins, and the others use that one.
    """
    place = folder / vectors.content_key(texts)
    if not place.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=folder))
        try:
            _build(texts, draft)
            draft.rename(place)
        except OSError:
            if not place.is_dir():
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return _client(place).get_collection(_COLLECTION, embedding_function=_function())


def _client(place: Path) -> Client:
    settings = Settings(anonymized_telemetry=False, is_persistent=True)
    return cast(Client, chromadb.PersistentClient(path=str(place), settings=settings))


def _function() -> Any:
    # Any: Chroma's signatures ask for functions that also embed images.
    return BundledMiniLm()


def _build(texts: tuple[Card, ...], place: Path) -> None:
    client = _client(place)
    collection = client.create_collection(
        _COLLECTION,
        embedding_function=_function(),
        configuration={
            "hnsw": {
                "space": "cosine",
                "ef_construction": 400,
                "ef_search": 400,
                "max_neighbors": 32,
            }
        },
    )
    known = vectors.shipped(texts)
    found = vectors.encoded(texts) if known is None else known
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        collection.add(
            ids=[c.card_id for c in batch],
            embeddings=found[start : start + _BATCH],
            documents=[c.text for c in batch],
            metadatas=[{"parameter_id": c.parameter_id} for c in batch],
        )
    client.close()
