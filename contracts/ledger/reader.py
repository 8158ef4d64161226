"""Reading the ledger without its process: traces, records, checkpoints, objects."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from contracts.canonical import Digest
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.ledger.objects import ObjectStore
from contracts.record import Record
from contracts.site import Site


class Leaf(NamedTuple):
    """A row of the log as it lies on disk; nothing in it is verified."""

    seq: int
    key: str
    trace_id: str
    record: bytes
    leaf_hash: bytes


class Entry(NamedTuple):
    """A record and its place in the log."""

    seq: int
    record: Record


class TraceSummary(NamedTuple):
    """A trace at a glance."""

    trace_id: str
    records: int
    first_seq: int
    last_seq: int


class LedgerReader:
    """Read-only view of a log file and its objects; every call sees the present state.

    It believes what it reads. Use :func:`contracts.ledger.audit.verify_ledger` to check it.
    """

    def __init__(self, ledger: Path, objects: Path) -> None:
        self._path = ledger
        self.objects = ObjectStore(objects)

    @classmethod
    def of(cls, site: Site) -> "LedgerReader":
        """The reader of a site's ledger."""
        return cls(site.ledger, site.objects)

    def traces(self) -> list[TraceSummary]:
        """All traces, in order of their first record."""
        rows = self._rows(
            "SELECT trace_id, COUNT(*), MIN(seq), MAX(seq) FROM leaf GROUP BY trace_id"
            " ORDER BY MIN(seq)"
        )
        return [TraceSummary(*row) for row in rows]

    def records(self, trace_id: str) -> list[Entry]:
        """Records of a trace in order; empty when there is none.

        Raises:
            RanwrightError: ``ledger.unreadable``.
        """
        rows = self._rows("SELECT seq, record FROM leaf WHERE trace_id = ? ORDER BY seq", trace_id)
        return [Entry(seq, self._record(data)) for seq, data in rows]

    def find(self, key: str) -> Entry | None:
        """The record under a key."""
        rows = list(self._rows("SELECT seq, record FROM leaf WHERE key = ?", key))
        return Entry(rows[0][0], self._record(rows[0][1])) if rows else None

    def get_object(self, digest: Digest) -> bytes:
        """An object's bytes, checked against its address (see :class:`ObjectStore`)."""
        return self.objects.get(digest)

    def leaves(self) -> Iterator[Leaf]:
        """All rows in order of their sequence number."""
        for row in self._rows(
            "SELECT seq, key, trace_id, record, leaf_hash FROM leaf ORDER BY seq"
        ):
            yield Leaf(*row)

    def checkpoints(self) -> list[SignedEnvelope]:
        """All checkpoints in order of the size they are filed under.

        Raises:
            RanwrightError: ``ledger.unreadable``.
        """
        rows = self._rows("SELECT envelope FROM checkpoint ORDER BY tree_size")
        try:
            return [SignedEnvelope.parse(row[0]) for row in rows]
        except ValidationError as error:
            raise _unreadable(f"a checkpoint is malformed: {error}") from error

    def _rows(self, query: str, *parameters: str) -> Iterator[tuple[Any, ...]]:
        try:
            uri = f"{self._path.resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True)) as db:
                yield from db.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise _unreadable(str(error)) from error

    def _record(self, data: bytes) -> Record:
        try:
            return Record.parse(data)
        except ValidationError as error:
            raise _unreadable(f"a record is malformed: {error}") from error


def _unreadable(detail: str) -> RanwrightError:
    return RanwrightError(
        "ledger.unreadable",
        f"The ledger cannot be read: {detail}.",
        "Check the file, or restore it from a copy.",
    )
