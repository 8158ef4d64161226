"""Ingested specifications on SQLite: a file goes in whole, in one transaction, or not at all."""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from platformdirs import user_data_path

from contracts.canonical import Contract, Digest
from contracts.errors import ExitCode, RanwrightError
from contracts.evidence import Tier
from knowledge.clause_cache import forget, key
from knowledge.ingest.model import Clause, Document, Finding, Link, Piece, Term
from knowledge.ingest.number import normal_spec, version_order

_FORMAT = 1
_WAIT_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS source (
    digest TEXT NOT NULL, path TEXT NOT NULL, readers INTEGER NOT NULL, report TEXT NOT NULL,
    PRIMARY KEY (digest, path));
CREATE TABLE IF NOT EXISTS document (
    id INTEGER PRIMARY KEY, spec TEXT NOT NULL, version TEXT NOT NULL, part TEXT NOT NULL,
    release TEXT NOT NULL, title TEXT NOT NULL, tier TEXT NOT NULL, content_digest TEXT NOT NULL,
    source_digest TEXT NOT NULL, source_path TEXT NOT NULL, findings TEXT NOT NULL,
    UNIQUE (spec, version, part));
CREATE TABLE IF NOT EXISTS clause (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, position INTEGER NOT NULL,
    number TEXT NOT NULL, title TEXT NOT NULL, path TEXT NOT NULL, level INTEGER NOT NULL,
    PRIMARY KEY (document, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS piece (
    document INTEGER NOT NULL, clause INTEGER NOT NULL, position INTEGER NOT NULL,
    kind TEXT NOT NULL, level INTEGER NOT NULL, caption TEXT NOT NULL, text TEXT NOT NULL,
    rows TEXT NOT NULL, text_digest TEXT NOT NULL, PRIMARY KEY (document, clause, position),
    FOREIGN KEY (document, clause) REFERENCES clause ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS piece_digest ON piece (text_digest);
CREATE TABLE IF NOT EXISTS term (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, clause INTEGER NOT NULL,
    kind TEXT NOT NULL, term TEXT NOT NULL, meaning TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS term_name ON term (term);
CREATE INDEX IF NOT EXISTS term_document ON term (document);
CREATE TABLE IF NOT EXISTS link (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, clause INTEGER NOT NULL,
    spec TEXT NOT NULL, number TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS link_document ON link (document);
"""
Rows = tuple[tuple[str, ...], ...]
_RANK = (Tier.OTHER, Tier.OFFICIAL)


def default_path() -> Path:
    """``RANWRIGHT_SPECIFICATIONS``, else a file in the user's data folder."""
    named = os.environ.get("RANWRIGHT_SPECIFICATIONS")
    return Path(named) if named else user_data_path("ranwright") / "specifications.sqlite"


class Entry(Contract):
    """What is in the store, without its text."""

    id: int
    spec: str
    version: str
    part: str
    release: str
    title: str
    tier: Tier
    source_digest: Digest
    source_path: str
    clauses: int
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """As :attr:`Document.name`."""
        return " ".join(word for word in (self.spec, self.part, self.version) if word)


class Store:
    """The ingested specifications.

    Args:
        path: the SQLite file; it and its folder are made if they are not there.
        wait_seconds: for another run that has locked it.
        read_only: nothing is written, and nothing made.

    Raises:
        RanwrightError: ``knowledge.no_store`` when there is none to read,
            ``knowledge.store_format`` when another version of Ranwright wrote it
            or it is another program's, ``knowledge.store_damaged`` when it is no database,
            ``knowledge.store_busy`` when it is locked or cannot be written.
    """

    def __init__(
        self, path: Path, wait_seconds: float = _WAIT_SECONDS, *, read_only: bool = False
    ) -> None:
        self._path = path
        with self._told():
            if read_only and not path.is_file():
                raise self._none_there()
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
            self._db = sqlite3.connect(
                address, timeout=wait_seconds, isolation_level=None, uri=True
            )
            try:
                self._open(read_only)
            except BaseException:
                self._db.close()
                raise

    def _open(self, read_only: bool) -> None:
        self._db.execute("PRAGMA foreign_keys=ON")
        # One statement, so that another process that makes the store now is seen whole or not.
        found, tables = self._db.execute(
            "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if found == _FORMAT:
            return
        if found != 0 or tables:
            raise RanwrightError(
                "knowledge.store_format",
                f"{self._path} has format {found}, this version reads {_FORMAT}."
                if found
                else f"{self._path} is a database of another program.",
                "Move it away or name another file, and ingest the files again.",
                ExitCode.USAGE,
            )
        if read_only:
            raise self._none_there()
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_FORMAT}; COMMIT;")

    def _none_there(self) -> RanwrightError:
        return RanwrightError(
            "knowledge.no_store",
            f"{self._path} holds no specifications.",
            "Ingest some first: ranwright knowledge ingest.",
            ExitCode.USAGE,
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise RanwrightError(
                "knowledge.store_busy",
                f"{self._path} cannot be opened or written: {error}.",
                "Wait until no other run uses it, or check permissions and free space.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise RanwrightError(
                "knowledge.store_damaged",
                f"{self._path} cannot be read: {error}.",
                "Move it away and ingest the files again.",
                ExitCode.DEFECT,
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._db.close()

    def report(self, digest: Digest, path: str, readers: int) -> str | None:
        """What was noted when these bytes at this path were ingested by these readers."""
        with self._told():
            row = self._db.execute(
                "SELECT report FROM source WHERE digest = ? AND path = ? AND readers = ?",
                (digest, path, readers),
            ).fetchone()
        return None if row is None else str(row[0])

    def add(
        self, digest: Digest, path: str, readers: int, report: str, documents: Iterable[Document]
    ) -> None:
        """Keep a file's documents and what was noted of them.

        A document replaces the one of the same specification, version and part when it comes from
        the same file or from a better tier; equal content stands as it is. Parts of the same
        version that the file at this path gave before and gives no more are removed; other versions
        that it gave stay. What search kept of documents that go is dropped.

        Raises:
            RanwrightError: ``ingest.conflict`` when another file gave another text for the same
                version: which of the two is right cannot be known. ``knowledge.store_busy``,
                ``knowledge.store_damaged``.
        """
        with self._told(), self._transaction():
            self._forget(digest, path)
            kept = list(documents)
            before = [e for spec in {d.spec for d in kept} for e in self.entries(spec)]
            for document in kept:
                self._place(document, digest, path)
            self._drop_parts(kept, path)
            after = {key(e) for spec in {d.spec for d in kept} for e in self.entries(spec)}
            forget(entry for entry in before if key(entry) not in after)
            self._db.execute(
                "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)", (digest, path, readers, report)
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _forget(self, digest: Digest, path: str) -> None:
        """Other bytes that stood at this path are read again, here or where they have a copy."""
        self._db.execute(
            "DELETE FROM source WHERE digest IN (SELECT digest FROM source WHERE path = ?)"
            " AND digest <> ?",
            (path, digest),
        )

    def _drop_parts(self, kept: list[Document], path: str) -> None:
        given = {(document.spec, document.version, document.part) for document in kept}
        for spec, version in {(document.spec, document.version) for document in kept}:
            for identifier, part in self._db.execute(
                "SELECT id, part FROM document WHERE (spec, version, source_path) = (?, ?, ?)",
                (spec, version, path),
            ).fetchall():
                if (spec, version, part) not in given:
                    self._db.execute("DELETE FROM document WHERE id = ?", (identifier,))

    def entries(self, spec: str = "") -> list[Entry]:
        """What is there, by specification, part and version; all, or of one specification."""
        rows = self._rows(
            "SELECT id, spec, version, part, release, title, tier, source_digest, source_path,"
            " (SELECT count(*) FROM clause WHERE document = id), findings FROM document"
            " WHERE ? IN ('', spec)",
            normal_spec(spec),
        )
        found = [
            Entry.model_validate(
                {**dict(zip(Entry.model_fields, row, strict=True)), "findings": json.loads(row[-1])}
            )
            for row in rows
        ]
        return sorted(found, key=lambda e: (e.spec, e.part, version_order(e.version), e.version))

    def versions(self, spec: str, version: str = "") -> list[Entry]:
        """All parts of one version of a specification; of the newest where none is named.

        Raises:
            RanwrightError: ``knowledge.unknown_specification`` or ``knowledge.unknown_version``.
        """
        found = self.entries(spec)
        if not found:
            raise RanwrightError(
                "knowledge.unknown_specification",
                f"{spec} was not ingested.",
                "ranwright knowledge list shows what was.",
                ExitCode.USAGE,
            )
        if version:
            chosen = [entry for entry in found if entry.version == version]
            if not chosen:
                there = ", ".join(sorted({e.version for e in found}, key=version_order))
                raise RanwrightError(
                    "knowledge.unknown_version",
                    f"{spec} was not ingested in version {version}.",
                    f"There is {there}.",
                    ExitCode.USAGE,
                )
            return chosen
        newest: dict[str, Entry] = {entry.part: entry for entry in found}
        return list(newest.values())

    def remove(self, spec: str, version: str = "") -> list[Entry]:
        """Take out all versions of a specification, or one with all its parts.

        Files that gave them are read again when they are ingested again. What search kept of them
        is dropped too.

        Raises:
            RanwrightError: ``knowledge.unknown_specification``, ``knowledge.unknown_version``,
                ``knowledge.store_busy`` or ``knowledge.store_damaged``.
        """
        with self._told(), self._transaction():
            self.versions(spec, version)
            gone = [e for e in self.entries(spec) if version in ("", e.version)]
            for entry in gone:
                self._db.execute("DELETE FROM document WHERE id = ?", (entry.id,))
                # also files that would have given the same text, and had nothing to add
                self._db.execute(
                    "DELETE FROM source WHERE digest = ? OR instr(report, ?)",
                    (entry.source_digest, json.dumps(entry.name, ensure_ascii=False)),
                )
            forget(gone)
        return gone

    def document(self, entry: Entry) -> Document:
        """A document with all its text."""
        pieces: dict[int, list[Piece]] = {}
        for clause, kind, level, caption, text, rows, digest in self._rows(
            "SELECT clause, kind, level, caption, text, rows, text_digest FROM piece"
            " WHERE document = ? ORDER BY clause, position",
            entry.id,
        ):
            cells = tuple(map(tuple, json.loads(rows)))
            pieces.setdefault(clause, []).append(
                Piece(
                    kind=kind,
                    text=text,
                    text_digest=digest,
                    rows=cells,
                    caption=caption,
                    level=level,
                )
            )
        clauses = tuple(
            Clause(
                number=number,
                title=title,
                path=tuple(json.loads(path)),
                level=level,
                pieces=tuple(pieces.get(position, ())),
            )
            for position, number, title, path, level in self._rows(
                "SELECT position, number, title, path, level FROM clause WHERE document = ?"
                " ORDER BY position",
                entry.id,
            )
        )
        terms = self._rows(
            "SELECT kind, term, meaning, clause FROM term WHERE document = ? ORDER BY rowid",
            entry.id,
        )
        links = self._rows(
            "SELECT clause, spec, number FROM link WHERE document = ? ORDER BY rowid", entry.id
        )
        return Document(
            spec=entry.spec,
            version=entry.version,
            part=entry.part,
            release=entry.release,
            title=entry.title,
            tier=entry.tier,
            clauses=clauses,
            terms=tuple(Term(kind=k, term=t, meaning=m, clause=c) for k, t, m, c in terms),
            links=tuple(Link(clause=c, spec=s, number=n) for c, s, n in links),
            findings=entry.findings,
        )

    def tables(self, header: Sequence[str]) -> list[tuple[int, str, Rows]]:
        """Every table under exactly this header: id of its :class:`Entry`, clause number, rows.

        The header is not among the rows.

        Raises:
            RanwrightError: ``knowledge.store_busy`` or ``knowledge.store_damaged``.
        """
        found = self._rows(
            "SELECT piece.document, clause.number, piece.rows FROM piece JOIN clause"
            " ON clause.document = piece.document AND clause.position = piece.clause"
            " WHERE piece.kind = 'table' AND instr(piece.rows, ?) = 1"
            " ORDER BY piece.document, piece.clause, piece.position",
            "[" + json.dumps(list(header)),
        )
        return [
            (document, number, tuple(map(tuple, json.loads(rows)[1:])))
            for document, number, rows in found
        ]

    def _rows(self, query: str, value: str | int) -> list[Any]:
        with self._told():
            return self._db.execute(query, (value,)).fetchall()

    def _place(self, document: Document, digest: Digest, path: str) -> None:
        row = self._db.execute(
            "SELECT id, tier, content_digest, source_path, source_digest FROM document"
            " WHERE (spec, version, part) = (?, ?, ?)",
            (document.spec, document.version, document.part),
        ).fetchone()
        if row is not None:
            identifier, tier, content, source, source_digest = row
            better = _RANK.index(document.tier) - _RANK.index(tier)
            if content == document.content_digest and better <= 0 and source != path:
                return
            same_file = source == path or source_digest == digest
            if better < 0 or (better == 0 and not same_file):
                raise RanwrightError(
                    "ingest.conflict",
                    f"{document.name} was ingested from {source} with another text.",
                    "Keep the one from the official archive.",
                )
            self._db.execute("DELETE FROM document WHERE id = ?", (identifier,))
        self._insert(document, digest, path)

    def _insert(self, document: Document, digest: Digest, path: str) -> None:
        findings = json.dumps([finding.model_dump() for finding in document.findings])
        identifier = self._db.execute(
            "INSERT INTO document (spec, version, part, release, title, tier, content_digest,"
            " source_digest, source_path, findings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document.spec,
                document.version,
                document.part,
                document.release,
                document.title,
                document.tier,
                document.content_digest,
                digest,
                path,
                findings,
            ),
        ).lastrowid
        self._db.executemany(
            "INSERT INTO clause VALUES (?, ?, ?, ?, ?, ?)",
            (
                (identifier, at, clause.number, clause.title, json.dumps(clause.path), clause.level)
                for at, clause in enumerate(document.clauses)
            ),
        )
        self._db.executemany(
            "INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    identifier,
                    at,
                    n,
                    p.kind,
                    p.level,
                    p.caption,
                    p.text,
                    json.dumps(p.rows),
                    p.text_digest,
                )
                for at, clause in enumerate(document.clauses)
                for n, p in enumerate(clause.pieces)
            ),
        )
        self._db.executemany(
            "INSERT INTO term VALUES (?, ?, ?, ?, ?)",
            ((identifier, t.clause, t.kind, t.term, t.meaning) for t in document.terms),
        )
        self._db.executemany(
            "INSERT INTO link VALUES (?, ?, ?, ?)",
            ((identifier, link.clause, link.spec, link.number) for link in document.links),
        )
