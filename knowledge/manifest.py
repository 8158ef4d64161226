"""A snapshot's manifest: what knowledge a decision could draw on, and by which model."""

from functools import cache
from importlib.resources import files

from contracts.canonical import Contract, Digest, canonical_bytes, digest_bytes
from contracts.dictionary.store import dictionary_digest
from knowledge import plugin
from knowledge.encoder_pin import encoder_digest
from knowledge.ingest.store import Store, default_path

RANKING = (
    "phrases.jsonl",
    "thesaurus.txt",
    "search.py",
    "card_search.py",
    "cards.py",
    "concepts.py",
    "clause_search.py",
    "clause_index.py",
    "chunks.py",
    "fusion.py",
    "lexical.py",
    "tokens.py",
)
"""Files of this package that decide what is found first: words that were written, and weights."""


class KnownDocument(Contract):
    """One document of the store."""

    spec: str
    version: str
    part: str
    tier: str
    source_digest: Digest


class Manifest(Contract):
    """Dictionary, specifications, models and ranking; its digest names the whole.

    ``ranking`` covers the files of :data:`RANKING`; it is missing in records of releases before it.
    """

    dictionary: Digest
    encoder: Digest
    reranker: Digest | None = None
    ranking: Digest | None = None
    documents: tuple[KnownDocument, ...]


def manifest(store: Store | None = None) -> Manifest:
    """What is known now: equal knowledge has equal manifests.

    Args:
        store: the specifications; by default the user's, which is not made where it is not there.

    Raises:
        RanwrightError: as :class:`knowledge.ingest.store.Store`, :func:`knowledge.plugin.encoder`
            and :func:`knowledge.plugin.reranker`.
    """
    if store is None:
        if not default_path().is_file():
            return _of(())
        with Store(default_path()) as opened:
            return manifest(opened)
    return _of(
        tuple(
            KnownDocument(
                spec=entry.spec,
                version=entry.version,
                part=entry.part,
                tier=entry.tier,
                source_digest=entry.source_digest,
            )
            for entry in store.entries()
        )
    )


def _of(documents: tuple[KnownDocument, ...]) -> Manifest:
    configured = plugin.reranker()
    return Manifest(
        dictionary=dictionary_digest(),
        encoder=encoder_digest(),
        reranker=None if configured is None else configured.digest,
        ranking=_ranking_digest(),
        documents=documents,
    )


@cache
def _ranking_digest() -> Digest:
    folder = files("knowledge")
    return digest_bytes(
        canonical_bytes([[n, digest_bytes(folder.joinpath(n).read_bytes())] for n in RANKING])
    )
