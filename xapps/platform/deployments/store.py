"""What a site's RIC was permitted, how far it came, and what runs for it; durable.

A certificate is claimed before anything is done, and its end is written after. The records that
belong to a step are in the same transaction and wait in an outbox until the ledger has them. The
identity of the RIC lies in the same file: without the memory of what was used it is another RIC.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from contracts.deployment import DeploymentCertificate
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.outbox import MOST_AT_ONCE, Waiting
from contracts.record import Record

Step = Literal["begun", "in_force", "done", "taken_back", "not_applied", "ended"]
"""``in_force``: a deployment that stands, until it is ``ended``; ``done``: the other operations."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ric (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deployment (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, deployment_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    envelope BLOB NOT NULL, step TEXT NOT NULL, code TEXT, controls TEXT);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seen (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_COLUMNS = "deployment_id, envelope, step, code, controls"
_UPDATE_STEP = "UPDATE deployment SET step = ?, code = ? WHERE deployment_id = ?"
_UPDATE_CONTROLS = "UPDATE deployment SET controls = ? WHERE deployment_id = ?"

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Entry:
    """A certificate that was claimed.

    Args:
        certificate: what was permitted.
        envelope: as it was signed.
        step: how far it came.
        code: stable reason of its end.
        controls: of a deployment in force; ``None``: the descriptor's.
    """

    certificate: DeploymentCertificate
    envelope: SignedEnvelope
    step: Step
    code: str | None = None
    controls: Any = None


class DeploymentStore:
    """The file; every write is one transaction on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        if not self._read("SELECT id FROM ric"):
            self._write([("INSERT INTO ric VALUES (?)", (secrets.token_hex(16),))])
        self.ric_id = str(self._read("SELECT id FROM ric")[0][0])

    def claim(
        self, certificate: DeploymentCertificate, envelope: SignedEnvelope, record: Record
    ) -> None:
        """Take a certificate, for once and for all; its envelope goes to the ledger too.

        Raises:
            RanwrightError: ``deployment.used`` or ``deployment.unwritable``.
        """
        insert = "INSERT INTO deployment (deployment_id, name, envelope, step) VALUES (?, ?, ?, ?)"
        name, data = certificate.plan.name, envelope.canonical()
        values = (certificate.deployment_id, name, data, "begun")
        try:
            self._write([(insert, values), _object(data), _record(record)])
        except sqlite3.IntegrityError as error:
            raise used(certificate.deployment_id) from error

    def end(self, deployment_id: str, step: Step, code: str, record: Record) -> None:
        """Write down how a certificate ended, or that its deployment is in force."""
        self._write([(_UPDATE_STEP, (step, code, deployment_id)), _record(record)])

    def put_in_force(self, entry: Entry, code: str, record: Record) -> None:
        """Write down that a deployment stands, with which controls."""
        plan, name = entry.certificate.plan, entry.certificate.deployment_id
        self._write(
            [
                (_UPDATE_STEP, ("in_force", code, name)),
                (_UPDATE_CONTROLS, (json.dumps(plan.controls), name)),
                _record(record),
            ]
        )

    def end_configure(self, entry: Entry, standing: Entry, code: str, record: Record) -> None:
        """Write down that other controls of a standing deployment are in force."""
        plan, name = entry.certificate.plan, entry.certificate.deployment_id
        self._write(
            [
                (_UPDATE_STEP, ("done", code, name)),
                (
                    _UPDATE_CONTROLS,
                    (json.dumps(plan.controls), standing.certificate.deployment_id),
                ),
                _record(record),
            ]
        )

    def find(self, deployment_id: str) -> Entry | None:
        """What was claimed under a certificate."""
        found = self._entries("WHERE deployment_id = ?", deployment_id)
        return found[0] if found else None

    def begun(self) -> list[Entry]:
        """What was begun and not ended, in order."""
        return self._entries("WHERE step = 'begun' ORDER BY seq")

    def standing(self) -> dict[str, Entry]:
        """The deployment in force of each xApp."""
        entries = self._entries("WHERE step = 'in_force' ORDER BY seq")
        return {entry.certificate.plan.name: entry for entry in entries}

    def enqueue(self, record: Record) -> None:
        """Have the ledger hear of something."""
        self._write([_record(record)])

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
        rows = self._read(f"SELECT {_COLUMNS} FROM deployment {where}", *values)  # noqa: S608
        return [_entry(*row[1:]) for row in rows]

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
                    "deployment.unwritable",
                    f"The file of deployments cannot be written: {error}.",
                    "Make room on its disk.",
                    ExitCode.DEFECT,
                ) from error
            finally:
                if self._db.in_transaction:  # a full disk ends the transaction by itself
                    self._db.execute("ROLLBACK")


def used(deployment_id: str) -> RanwrightError:
    """The refusal of a certificate that was taken before."""
    return RanwrightError(
        "deployment.used",
        f"Certificate {deployment_id} was used before.",
        "Ask again: a certificate acts once.",
    )


def _entry(data: bytes, step: Step, code: str | None, controls: str | None) -> Entry:
    try:
        envelope = SignedEnvelope.parse(data)
        certificate = DeploymentCertificate.parse(unverified_payload(envelope))
    except ValidationError as error:
        raise RanwrightError(
            "deployment.other_release",
            f"A deployment of another release cannot be read: {error}",
            "Start the RIC of that release, or remove its file of deployments and deploy anew.",
            ExitCode.DEFECT,
        ) from error
    kept = None if controls is None else json.loads(controls)
    return Entry(certificate, envelope, step, code, kept)


def _object(data: bytes) -> Statement:
    return "INSERT INTO outbox (kind, data) VALUES ('object', ?)", (data,)


def _record(record: Record) -> Statement:
    return "INSERT INTO outbox (kind, data) VALUES ('record', ?)", (record.canonical(),)
