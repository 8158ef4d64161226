"""The index over ingested clauses: tokens and vectors of each document, made once for its content.

What is kept is keyed by what a document was read from and by the encoder, so that adding a document
costs its own chunks alone, and a run that was cut off goes on where it was.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from knowledge import clause_cache, encoder
from knowledge.chunks import Chunk, chunks, header, split
from knowledge.clause_cache import Kept, chunk_name, key
from knowledge.ingest.model import Clause, Document, TermKind
from knowledge.ingest.store import Entry, Store
from knowledge.lexical import Lexical
from knowledge.tokens import plain
from knowledge.vector_store import VectorStore

_BATCH = 32
_LONGEST_EXPANSION_CHARS = 80


class Place(NamedTuple):
    """Where a chunk stands: its document, the place of its clause in it, its part of the clause."""

    entry: Entry
    clause: int
    part: int


class ClauseIndex:
    """Lexical index and vectors of the chunks of some documents.

    Args:
        store: the specifications; not kept.
        entries: which of them are searched.
        vectors: where vectors lie or are put.
        told: called for each batch of chunks that is encoded, with the document's name and how
            many of its chunks are done and there.
    """

    def __init__(
        self,
        store: Store,
        entries: list[Entry],
        vectors: VectorStore,
        told: Callable[[str, int, int], None] = lambda name, done, total: None,
    ) -> None:
        self.places: list[Place] = []
        self.groups: list[str] = []
        self.tokens: list[list[str]] = []
        self.vectors = vectors
        self._glossary: dict[str, str] = {}
        self._by_name: dict[str, int] = {}
        for entry in entries:
            name = key(entry)
            kept = _kept(store, entry, vectors, told)
            self.groups.append(name)
            for clause, part, words in kept.chunks:
                self._by_name[chunk_name(name, clause, part)] = len(self.places)
                self.places.append(Place(entry, clause, part))
                self.tokens.append(list(words))
            for short, long in kept.glossary:
                self._glossary.setdefault(short, long)
        self._documents: dict[int, Document] = {}

    @cached_property
    def lexical(self) -> Lexical:
        """BM25 over the chunks, by place."""
        return Lexical(self.tokens)

    def expanded(self, query: str) -> str:
        """The query, with what its abbreviations stand for in these documents."""
        words = dict.fromkeys(query.replace("?", " ").replace(",", " ").split())
        known = [self._glossary[word] for word in words if word in self._glossary]
        return " ".join((query, *known))

    def nearest(self, query: str, k: int) -> list[tuple[int, float]]:
        """Places and cosines of the chunks that mean most nearly the same."""
        vector = encoder.load().query(query)
        found = self.vectors.nearest(self.groups, vector, k)
        return [(self._by_name[name], cosine) for name, cosine in found if name in self._by_name]

    def clause(self, store: Store, place: Place) -> Clause:
        """The clause of a chunk, read from the store."""
        return self._document(store, place).clauses[place.clause]

    def text(self, store: Store, place: Place) -> str:
        """What of a chunk is searched, read from the store."""
        text = split(self.clause(store, place))[place.part]
        return searched(self._document(store, place), Chunk(place.clause, place.part, text))

    def _document(self, store: Store, place: Place) -> Document:
        if place.entry.id not in self._documents:
            self._documents[place.entry.id] = store.document(place.entry)
        return self._documents[place.entry.id]


def _kept(
    store: Store,
    entry: Entry,
    vectors: VectorStore,
    told: Callable[[str, int, int], None],
) -> Kept:
    name = key(entry)
    kept = clause_cache.read(entry)
    if kept is None or not vectors.ids(name).issuperset(kept.names(name)):
        document = store.document(entry)
        found = chunks(document)
        _encode(name, document, found, vectors, told)
        kept = _of(document, found)
        clause_cache.write(entry, kept)
    return kept


def _encode(
    name: str,
    document: Document,
    found: list[Chunk],
    vectors: VectorStore,
    told: Callable[[str, int, int], None],
) -> None:
    there = vectors.ids(name)
    missing = [one for one in found if chunk_name(name, one.clause, one.part) not in there]
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        texts = [searched(document, one) for one in batch]
        names = [chunk_name(name, one.clause, one.part) for one in batch]
        vectors.add(name, names, encoder.load().encode(texts))
        told(document.name, len(there) + start + len(batch), len(found))


def searched(document: Document, chunk: Chunk) -> str:
    """What of a chunk is searched: its heading and its text."""
    heading = header(document.spec, document.title, document.clauses[chunk.clause])
    return f"{heading}\n{chunk.text}"


def _of(document: Document, found: list[Chunk]) -> Kept:
    words = ((one.clause, one.part, plain(searched(document, one))) for one in found)
    return Kept(
        chunks=tuple((clause, part, tuple(tokens)) for clause, part, tokens in words),
        glossary=tuple(_glossary(document)),
    )


def _glossary(document: Document) -> Iterator[tuple[str, str]]:
    for term in document.terms:
        if term.kind is TermKind.ABBREVIATION and len(term.meaning) <= _LONGEST_EXPANSION_CHARS:
            yield term.term, term.meaning
