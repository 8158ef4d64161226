"""What is kept of an ingested document for search: its tokens in a file, its vectors in a group.

Light to import, since the store of specifications does.
"""

import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from contracts.canonical import Contract, canonical_bytes, digest_bytes
from knowledge.cache import cache_folder, told
from knowledge.encoder_pin import encoder_digest

if TYPE_CHECKING:
    from knowledge.ingest.store import Entry

_FORMAT = 2


class Kept(Contract):
    """Tokens of each chunk (place of the clause, part of it, words), and the abbreviations."""

    chunks: tuple[tuple[int, int, tuple[str, ...]], ...]
    glossary: tuple[tuple[str, str], ...]

    def names(self, group: str) -> list[str]:
        """Ids of the chunks' vectors."""
        return [chunk_name(group, clause, part) for clause, part, _ in self.chunks]


def key(entry: "Entry") -> str:
    """Names what is kept of one document: where it came from, its readers, and the encoder."""
    from knowledge.ingest.sources import READERS  # heavy

    content = [_FORMAT, READERS, entry.spec, entry.version, entry.part, entry.source_digest]
    return digest_bytes(canonical_bytes([*content, encoder_digest()]))[7:31]


def place_of(entry: "Entry") -> Path:
    """The file of a document's tokens."""
    return cache_folder() / "clauses" / f"{key(entry)}.json"


def chunk_name(group: str, clause: int, part: int) -> str:
    """Id of a chunk's vector."""
    return f"{group}:{clause}:{part}"


def read(entry: "Entry") -> Kept | None:
    """What is kept of a document; None where nothing is, or where it is damaged.

    Raises:
        RanwrightError: ``knowledge.cache``.
    """
    place = place_of(entry)
    with told(place):
        if not place.is_file():
            return None
        about = place.stat()
        try:
            return _parsed(place, about.st_ino, about.st_mtime_ns, about.st_size)
        except ValidationError:
            return None


@lru_cache(maxsize=4096)
def _parsed(place: Path, _inode: int, _changed_ns: int, _bytes: int) -> Kept:
    return Kept.model_validate_json(place.read_bytes())


def write(entry: "Entry", kept: Kept) -> None:
    """Keep tokens.

    Raises:
        RanwrightError: ``knowledge.cache``.
    """
    place = place_of(entry)
    with told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place: whoever reads beside us sees all of it or nothing.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=place.parent, prefix="draft-", delete=False
        ) as draft:
            draft.write(kept.model_dump_json())
        Path(draft.name).replace(place)


def forget(entries: Iterable["Entry"]) -> None:
    """Drop tokens and vectors of documents; a store that still holds them makes them again.

    Raises:
        RanwrightError: ``knowledge.cache``, and as :func:`knowledge.vector_store.open_vectors`.
    """
    for entry in entries:
        with told(place_of(entry)):
            place_of(entry).unlink(missing_ok=True)
        from knowledge.vector_store import open_vectors  # heavy

        open_vectors().remove(key(entry))
