"""Clause search and the opening of clauses: what the planner and other agents ask for."""

from collections.abc import Callable, Sequence

from contracts.errors import ExitCode, RanwrightError
from contracts.passage import LONGEST_TITLE_CHARS, Passage
from knowledge.chunks import split
from knowledge.clause_cache import key, place_of
from knowledge.clause_index import ClauseIndex
from knowledge.clause_search import named_versions, search
from knowledge.ingest.model import Clause
from knowledge.ingest.number import version_order
from knowledge.ingest.store import Entry, Store, default_path
from knowledge.rerank import RERANKED, reranked
from knowledge.tokens import readable
from knowledge.vector_store import open_vectors

_MAX_QUERY_CHARS = 2000


def passages(
    query: str,
    k: int = 5,
    store: Store | None = None,
    spec: str | None = None,
    version: str | None = None,
    told: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> tuple[Passage, ...]:
    """At most ``k`` passages for a question, best first; none is an honest answer.

    Args:
        query: words; a specification or version named in it is preferred, not required.
        k: most passages.
        store: where to look; by default the user's store.
        spec: look in this specification alone.
        version: look in this version alone; by default the newest official one of each
            specification, the newest of any tier where none is official.
        told: called while documents that were not searched before are indexed, with a document's
            name and how many of its chunks are done and there.

    Raises:
        RanwrightError: ``knowledge.unknown_specification``, ``knowledge.unknown_version``,
            ``knowledge.cache``, or as :func:`knowledge.encoder.load` and
            :func:`knowledge.plugin_model.load_reranker`.
    """
    if store is None:
        with Store(default_path()) as opened:
            return passages(query, k, opened, spec, version, told)
    query = readable(query[:_MAX_QUERY_CHARS])
    index = clause_index(store, _searched(store, query, spec, version), told)
    answer = search(index, query, max(k, RERANKED))
    if answer.abstains:
        return ()
    versions = named_versions(query)
    hits = reranked(
        query,
        answer.hits,
        lambda hit: index.text(store, hit.place),
        # Headings do not name versions, so that no reranker sees them.
        lambda hit: int(hit.place.entry.version not in versions),
    )
    found = []
    for hit in hits[:k]:
        clause = index.clause(store, hit.place)
        text = split(clause)[hit.place.part]
        found.append(_passage(hit.place.entry, clause, text, round(min(hit.cosine, 1.0), 3)))
    return tuple(found)


def clause_index(
    store: Store,
    entries: list[Entry],
    told: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> ClauseIndex:
    """The index of these documents: what is missing of it is made; see :class:`ClauseIndex`."""
    wanted = tuple((entry.id, key(entry)) for entry in entries)
    # Another process may have taken a document out, and its vectors with it.
    if wanted not in _indexes or not all(place_of(entry).is_file() for entry in entries):
        _indexes.clear()
        _indexes[wanted] = ClauseIndex(store, entries, open_vectors(), told)
    return _indexes[wanted]


_indexes: dict[tuple[tuple[int, str], ...], ClauseIndex] = {}


def _searched(store: Store, query: str, spec: str | None, version: str | None) -> list[Entry]:
    entries = chosen(store, spec, version)
    if version is None:
        named = named_versions(query)
        there = {entry.id for entry in entries}
        others = store.entries(spec or "")
        entries += [e for e in others if e.version in named and e.id not in there]
    return entries


def open_clause(
    spec: str, clause: str, version: str | None = None, store: Store | None = None
) -> tuple[Passage, ...]:
    """The whole text of the clauses of a number or title, in reading order, without a score.

    Several where unnumbered headings share the number, or modules of one specification the title.

    Raises:
        RanwrightError: ``knowledge.unknown_specification``, ``knowledge.unknown_version`` or
            ``knowledge.unknown_clause``.
    """
    if store is None:
        with Store(default_path()) as opened:
            return open_clause(spec, clause, version, opened)
    found = tuple(
        whole(entry, one)
        for entry in chosen(store, spec, version)
        for one in store.document(entry).clauses
        if clause in (one.number, one.title)
    )
    if not found:
        raise RanwrightError(
            "knowledge.unknown_clause",
            f"{spec} has no clause {clause[:100]!r}.",
            "Name its number or its whole title.",
            ExitCode.USAGE,
        )
    return found


def whole(entry: Entry, clause: Clause) -> Passage:
    """A clause in one passage; long titles are cut."""
    return _passage(entry, clause, "\n".join(split(clause)))


def stands(passage: Passage, store: Store) -> bool:
    """Whether the store holds this text at this place: what a citation is checked with."""
    entries = [e for e in store.entries(passage.spec) if e.version == passage.version]
    return any(
        passage.id == _passage(entry, clause, text).id
        for entry in entries
        if entry.part == passage.part and entry.tier == passage.tier
        for clause in store.document(entry).clauses
        if clause.number == passage.number
        for text in (*split(clause), "\n".join(split(clause)))
    )


def chosen(store: Store, spec: str | None = None, version: str | None = None) -> list[Entry]:
    """The documents that are searched: see :func:`passages`."""
    if spec:
        store.versions(spec, version or "")  # tells what is not there
    entries = [e for e in store.entries(spec or "") if not version or e.version == version]
    if version and not entries:
        raise RanwrightError(
            "knowledge.unknown_version",
            f"Nothing was ingested in version {version}.",
            "ranwright knowledge list shows what was.",
            ExitCode.USAGE,
        )
    newest: dict[tuple[str, str], Entry] = {}
    for entry in sorted(entries, key=_preference):
        newest[entry.spec, entry.part] = entry
    return list(newest.values())


def _preference(entry: Entry) -> tuple[bool, Sequence[int], str]:
    return (entry.tier == "official", version_order(entry.version), entry.version)


def _passage(entry: Entry, clause: Clause, text: str, score: float | None = None) -> Passage:
    place = (entry.spec, entry.version, entry.part)
    path = tuple(title[:LONGEST_TITLE_CHARS] for title in clause.path)
    heading = (clause.number, clause.title[:LONGEST_TITLE_CHARS], path)
    return Passage.of(place, heading, text, entry.tier, score)
