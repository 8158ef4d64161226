"""Clause search and the opening of clauses: what the planner and other agents ask for."""

from collections.abc import Sequence

from contracts.errors import ExitCode, RanwrightError
from contracts.passage import Passage
from knowledge.chunks import header, split
from knowledge.ingest.model import Clause
from knowledge.ingest.number import version_order
from knowledge.ingest.store import Entry, Store, default_path
from knowledge.lexical import Lexical
from knowledge.tokens import plain


def passages(
    query: str,
    k: int = 5,
    store: Store | None = None,
    spec: str | None = None,
    version: str | None = None,
) -> tuple[Passage, ...]:
    """At most ``k`` passages for a question, best first; none is an honest answer.

    Args:
        query: words; a specification or version named in it is preferred, not required.
        k: most passages.
        store: where to look; by default the user's store.
        spec: look in this specification alone.
        version: look in this version alone; by default the newest official one of each
            specification, the newest of any tier where none is official.

    Raises:
        RanwrightError: ``knowledge.unknown_specification``, ``knowledge.unknown_version``.
    """
    if store is None:
        with Store(default_path()) as opened:
            return passages(query, k, opened, spec, version)
    found = [
        (entry, clause, text)
        for entry in chosen(store, spec, version)
        for clause in store.document(entry).clauses
        for text in split(clause)
    ]
    ranked = Lexical(
        [plain(f"{header(entry.spec, clause)}\n{text}") for entry, clause, text in found]
    ).best(plain(query), k)
    return tuple(_passage(*found[place]) for place, _ in ranked)


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
        _passage(entry, one, "\n".join(split(one)))
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
    newest: dict[tuple[str, str], Entry] = {}
    for entry in sorted(entries, key=_preference):
        newest[entry.spec, entry.part] = entry
    return list(newest.values())


def _preference(entry: Entry) -> tuple[bool, Sequence[int], str]:
    return (entry.tier == "official", version_order(entry.version), entry.version)


def _passage(entry: Entry, clause: Clause, text: str) -> Passage:
    heading = (clause.number, clause.title, clause.path)
    return Passage.of((entry.spec, entry.version, entry.part), heading, text, entry.tier.value)
