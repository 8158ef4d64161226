"""Vectors in an embedded Chroma collection.

Only the embedded client is used; Chroma's HTTP server is never started
(docs/decisions/0004-embedded-search.md). Vectors are always given, so that Chroma never looks for
an encoder of its own.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.config import Settings
from chromadb.errors import ChromaError

from knowledge.cache import told, unusable
from knowledge.minilm import Array

_COLLECTION = "ranwright"
_BATCH = 500
_SPARE = 2
_BORDER = "\x1f"  # parts group and id: reading metadata costs more than finding


class ChromaVectors:
    """A :class:`knowledge.vector_store.VectorStore` in a folder of its own.

    Raises:
        RanwrightError: ``knowledge.cache``, also from every method.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._told():
            self._open(folder)

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False, is_persistent=True)
        self._client = cast(Client, chromadb.PersistentClient(path=str(folder), settings=settings))
        self._vectors = self._client.get_or_create_collection(
            _COLLECTION,
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": 400,
                    "ef_search": 400,
                    "max_neighbors": 32,
                }
            },
        )

    def ids(self, group: str) -> frozenset[str]:
        """Ids of a group."""
        with self._told():
            found = self._vectors.get(where={"group": group}, include=[])["ids"]
        return frozenset(name.split(_BORDER, 1)[1] for name in found)

    def groups(self) -> frozenset[str]:
        """Names of all groups."""
        with self._told():
            found = self._vectors.get(include=["metadatas"])["metadatas"] or []
        return frozenset(str(one["group"]) for one in found)

    def add(self, group: str, ids: Sequence[str], vectors: Array) -> None:
        """Add vectors of a group."""
        for start in range(0, len(ids), _BATCH):
            batch = [f"{group}{_BORDER}{name}" for name in ids[start : start + _BATCH]]
            with self._told():
                self._vectors.upsert(
                    ids=batch,
                    embeddings=np.asarray(vectors[start : start + _BATCH]),
                    metadatas=[{"group": group}] * len(batch),
                )

    def nearest(self, groups: Collection[str], vector: Array, k: int) -> list[tuple[str, float]]:
        """Nearest ids; filtered by Chroma, which is slow, only where the others crowd them out."""
        with self._told():
            total = self._vectors.count()
        if not groups or k < 1 or total == 0:
            return []
        fetched = min(total, _SPARE * k)
        found = self._query(vector, fetched)
        kept = [(name, cosine) for name, group, cosine in found if group in groups]
        if len(kept) < k and fetched < total:
            among = {"group": {"$in": sorted(groups)}}
            kept = [(name, cosine) for name, _, cosine in self._query(vector, k, among)]
        return kept[:k]

    def remove(self, group: str) -> None:
        """Forget a group."""
        if self.ids(group):
            with self._told():
                self._vectors.delete(where={"group": group})

    def close(self) -> None:
        """Let the folder go."""
        self._client.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with told(self._folder):
                yield
        except ChromaError as error:
            raise unusable(self._folder, error) from error

    def _query(
        self, vector: Array, k: int, among: dict[str, dict[str, list[str]]] | None = None
    ) -> list[tuple[str, str, float]]:
        with self._told():
            answer = self._vectors.query(
                query_embeddings=[vector.tolist()],
                n_results=k,
                where=among,  # type: ignore[arg-type]
                include=["distances"],
            )
        distances = answer["distances"]
        assert distances is not None
        found = [name.split(_BORDER, 1) for name in answer["ids"][0]]
        rows = zip(found, distances[0], strict=True)
        return [(name, group, 1.0 - float(far)) for (group, name), far in rows]
