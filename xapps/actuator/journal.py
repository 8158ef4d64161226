"""The actuator's write-ahead journal: what was begun, how far it came, what the ledger must hear.

A step and the ledger records that belong to it are one durable transaction; the records wait in an
outbox until the ledger has them. Single use of certificates and plans is kept here too.

A journal of an earlier release is brought up to this one's columns when it is opened; a certificate
in it that this release cannot read is refused where it is read (``journal.other_release``).
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from contracts.canonical import Digest
from contracts.dsse import SignedEnvelope
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.outbox import MOST_AT_ONCE, Waiting
from contracts.record import Record

Step = Literal[
    "received",
    "logged",
    "sending",
    "acknowledged",
    "watching",
    "rolling_back",
    "falling_back",
    "fulfilled",
    "rolled_back",
    "fallen_back",
    "not_applied",
    "failed",
]
"""``failed`` and ``fallen_back`` are reported like ends, but the way back is tried again."""

EndStatus = Literal["fulfilled", "rolled_back", "fallen_back", "not_applied", "failed"]
"""How an action that was begun is reported."""

_ENDED = ("fulfilled", "rolled_back", "not_applied")
_OPEN = tuple(step for step in get_args(Step) if step not in _ENDED)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS action (
    certificate_id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, plan_digest TEXT NOT NULL,
    envelope BLOB NOT NULL, step TEXT NOT NULL, applied_version INTEGER, code TEXT, receipt BLOB,
    stage INTEGER, sent_version INTEGER);
CREATE INDEX IF NOT EXISTS action_step ON action (step);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seen (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_COLUMNS = (  # the fields of an entry, in their order
    "certificate_id, trace_id, plan_digest, envelope, step, applied_version, code, receipt,"
    " stage, sent_version"
)
_ADDED_COLUMNS = ("stage", "sent_version")

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Entry:
    """An action in the journal.

    ``stage`` is the newest whose control may have been sent, and ``sent_version`` the version that
    control was made for: once the plant has passed it, no control of the action acts any more.
    """

    certificate_id: str
    trace_id: str
    plan_digest: Digest
    envelope: bytes
    step: Step
    applied_version: int | None = None
    code: str | None = None
    receipt: bytes | None = None
    stage: int | None = None
    sent_version: int | None = None


class Journal:
    """Durable state of the actuator; every write is one transaction on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._add_columns()

    def claim(self, entry: Entry, record: Record) -> None:
        """Take a certificate, for once and for all; its envelope goes to the ledger too.

        Raises:
            RanwrightError: ``certificate.used`` or ``journal.unwritable``.
        """
        insert = f"INSERT INTO action ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        try:
            self._write([(insert, astuple(entry)), *_outgoing((record,), (entry.envelope,))])
        except sqlite3.IntegrityError as error:
            raise used(entry.certificate_id) from error

    def advance(
        self,
        certificate_id: str,
        step: Step,
        records: Sequence[Record] = (),
        objects: Sequence[bytes] = (),
        applied_version: int | None = None,
        code: str | None = None,
        receipt: SignedEnvelope | None = None,
        stage: int | None = None,
        sent_version: int | None = None,
    ) -> None:
        """Write a step and what the ledger must hear of it; ``None`` keeps what is known.

        Raises:
            RanwrightError: ``journal.unwritable``.
        """
        update = (
            "UPDATE action SET step = ?, applied_version = COALESCE(?, applied_version),"
            " code = COALESCE(?, code), receipt = COALESCE(?, receipt), stage = COALESCE(?, stage),"
            " sent_version = COALESCE(?, sent_version) WHERE certificate_id = ?"
        )
        data = None if receipt is None else receipt.canonical()
        self._write(
            [
                (
                    update,
                    (step, applied_version, code, data, stage, sent_version, certificate_id),
                ),
                *_outgoing(records, objects),
            ]
        )

    def enqueue(self, record: Record) -> None:
        """Leave a record for the ledger without touching any action."""
        self._write(_outgoing((record,)))

    def add_tables(self, schema: str) -> None:
        """Make tables beside the actions', unless they are there."""
        with self._lock:
            self._db.executescript(schema)

    def keep(
        self,
        statements: Sequence[Statement],
        records: Sequence[Record] = (),
        objects: Sequence[bytes] = (),
    ) -> None:
        """Write to tables beside the actions', and what the ledger must hear, at once.

        Raises:
            RanwrightError: ``journal.unwritable``.
            sqlite3.IntegrityError: what a table holds already.
        """
        self._write([*statements, *_outgoing(records, objects)])

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Read from any table."""
        return self._read(query, *values)

    def find(self, certificate_id: str) -> Entry | None:
        """The action of a certificate."""
        found = self._entries("WHERE certificate_id = ?", certificate_id)
        return found[0] if found else None

    def unfinished(self) -> list[Entry]:
        """Actions that are live, were interrupted, or could not be taken back."""
        marks = ", ".join("?" for _ in _OPEN)
        return self._entries(f"WHERE step IN ({marks}) ORDER BY rowid", *_OPEN)

    def newest(self) -> Entry | None:
        """The action that reached the plant last."""
        found = self._entries("WHERE step != 'not_applied' ORDER BY rowid DESC LIMIT 1")
        return found[0] if found else None

    def acted_on(self, plan_digest: Digest) -> bool:
        """Whether a plan has reached the plant before, under any certificate."""
        return bool(self._entries("WHERE plan_digest = ? AND step != 'not_applied'", plan_digest))

    def outbox(self) -> list[Waiting]:
        """The oldest of what the ledger has not confirmed."""
        rows = self._read(f"SELECT id, kind, data FROM outbox ORDER BY id LIMIT {MOST_AT_ONCE:d}")  # noqa: S608
        return [Waiting(*row) for row in rows]

    def delivered(self, number: int) -> None:
        """Strike out what the ledger has."""
        self._write([("DELETE FROM outbox WHERE id = ?", (number,))])

    def see_trust_version(self, version: int) -> None:
        """Remember the newest trust store; an older one would bring revoked keys back.

        Raises:
            RanwrightError: ``trust.rolled_back``.
        """
        rows = self._read("SELECT value FROM seen WHERE name = 'trust_version'")
        newest = rows[0][0] if rows else 0
        if version < newest:
            raise RanwrightError(
                "trust.rolled_back",
                f"The trust store is version {version}, version {newest} was seen before.",
                "Restore the newest trust store.",
            )
        if version > newest:
            self._write([("REPLACE INTO seen VALUES ('trust_version', ?)", (version,))])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _entries(self, where: str, *values: str) -> list[Entry]:
        return [Entry(*r) for r in self._read(f"SELECT {_COLUMNS} FROM action {where}", *values)]  # noqa: S608

    def _read(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _write(self, statements: Sequence[Statement]) -> None:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for query, values in statements:
                    self._db.execute(query, values)
                self._db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise RanwrightError(
                    "journal.unwritable",
                    f"The journal cannot be written: {error}.",
                    "Make room on its disk.",
                    ExitCode.DEFECT,
                ) from error
            finally:
                if self._db.in_transaction:  # a full disk ends the transaction by itself
                    self._db.execute("ROLLBACK")

    def _add_columns(self) -> None:
        known = {row[1] for row in self._read("PRAGMA table_info(action)")}
        for name in _ADDED_COLUMNS:
            if name not in known:
                self._db.execute(f"ALTER TABLE action ADD COLUMN {name} INTEGER")


def used(certificate_id: str) -> RanwrightError:
    """The refusal of a certificate that was taken before."""
    return RanwrightError(
        "certificate.used",
        f"Certificate {certificate_id} was used before.",
        "Plan and certify again; a certificate acts once.",
    )


def _outgoing(records: Sequence[Record] = (), objects: Sequence[bytes] = ()) -> list[Statement]:
    insert = "INSERT INTO outbox (kind, data) VALUES (?, ?)"
    return [
        *((insert, ("object", data)) for data in objects),
        *((insert, ("record", record.canonical())) for record in records),
    ]
