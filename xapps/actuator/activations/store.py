"""Activations and their moves in the actuator's journal: durable before anything is sent.

A move is written before its control and again after its answer. What the ledger hears of moves goes
there in batches, by the journal's outbox; a move leaves this table in the transaction that puts it
there.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.action import ParameterChange
from contracts.activation import Activation, ActivationStatus, EndStatus
from contracts.canonical import Contract, Digest
from contracts.clock import Instant
from contracts.dsse import SignedEnvelope
from contracts.record import Record
from xapps.actuator.journal import Journal, Statement

Status = Literal["received", ActivationStatus]
"""``received``: not live yet; a crash then makes it ``refused``."""

_OPEN = ("received", "live", "suspended", "ending")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS activation (
    activation_id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, certificate_id TEXT NOT NULL,
    envelope BLOB NOT NULL, digest TEXT NOT NULL, expires_at TEXT NOT NULL, status TEXT NOT NULL,
    end_status TEXT, code TEXT, reason TEXT NOT NULL DEFAULT '',
    sequence INTEGER NOT NULL DEFAULT -1, moves INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS activation_status ON activation (status);
CREATE TABLE IF NOT EXISTS move (
    number INTEGER PRIMARY KEY AUTOINCREMENT, activation_id TEXT NOT NULL, data TEXT NOT NULL,
    code TEXT, resource_version TEXT);
"""
_COLUMNS = (
    "activation_id, trace_id, certificate_id, envelope, digest, expires_at, status, end_status,"
    " code, reason, sequence, moves"
)


@dataclass(frozen=True)
class Row:
    """An activation in the journal."""

    activation_id: str
    trace_id: str
    certificate_id: str
    envelope: bytes
    digest: Digest
    expires_at: str
    status: Status
    end_status: EndStatus | None
    code: str | None
    reason: str
    sequence: int
    moves: int

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self.status not in _OPEN


class SentMove(Contract):
    """A move as it was written before its control; the ledger holds lists of these."""

    activation_id: str
    sequence: int
    at: Instant
    expected_version: int
    changes: tuple[ParameterChange, ...]


class MoveOutcome(Contract):
    """A move and what became of it."""

    move: SentMove
    code: str
    resource_version: int | None


class ActivationStore:
    """Tables of activations and moves in a journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        journal.add_tables(_SCHEMA)

    def claim(
        self, activation: Activation, envelope: SignedEnvelope, records: Sequence[Record]
    ) -> bool:
        """Take an activation, for once and for all; false where its name was taken before."""
        data = envelope.canonical()
        insert = (
            "INSERT INTO activation (activation_id, trace_id, certificate_id, envelope, digest,"
            " expires_at, status) VALUES (?, ?, ?, ?, ?, ?, 'received')"
        )
        values = (
            activation.activation_id,
            activation.trace_id,
            activation.plan.certificate_id,
            data,
            envelope.digest,
            activation.expires_at.isoformat(),
        )
        try:
            self.journal.keep([(insert, values)], records, (data,))
        except sqlite3.IntegrityError:
            return False
        return True

    def set_status(
        self,
        activation_id: str,
        status: Status,
        code: str | None,
        reason: str,
        end_status: EndStatus | None = None,
        records: Sequence[Record] = (),
        objects: Sequence[bytes] = (),
        also: Sequence[Statement] = (),
    ) -> None:
        """Write how an activation stands, and what belongs to that."""
        update = (
            "UPDATE activation SET status = ?, code = ?, reason = ?, end_status = ?"
            " WHERE activation_id = ?"
        )
        values = (status, code, reason, end_status, activation_id)
        self.journal.keep([(update, values), *also], records, objects)

    def begin_move(self, move: SentMove) -> None:
        """Write a move whose control is about to be sent; an earlier one whose answer could not be
        written stays without it.

        Raises:
            RanwrightError: ``journal.unwritable``.
        """
        close = "UPDATE move SET code = ? WHERE activation_id = ? AND code IS NULL"
        insert = "INSERT INTO move (activation_id, data) VALUES (?, ?)"
        count = "UPDATE activation SET sequence = ?, moves = moves + 1 WHERE activation_id = ?"
        self.journal.keep(
            [
                (close, ("move.unwritten", move.activation_id)),
                (insert, (move.activation_id, move.model_dump_json())),
                (count, (move.sequence, move.activation_id)),
            ]
        )

    def end_move(self, activation_id: str, code: str, resource_version: int | None) -> None:
        """Write what became of the move under way; there is at most one."""
        version = None if resource_version is None else str(resource_version)
        update = (
            "UPDATE move SET code = ?, resource_version = ? WHERE activation_id = ?"
            " AND code IS NULL"
        )
        self.journal.keep([(update, (code, version, activation_id))])

    def outcomes(self, most: int) -> list[tuple[int, MoveOutcome]]:
        """Oldest moves of one activation that the ledger has not heard of, with their numbers."""
        rows = self.journal.rows(
            "SELECT number, data, code, resource_version FROM move WHERE code IS NOT NULL AND"
            " activation_id = (SELECT activation_id FROM move WHERE code IS NOT NULL"
            " ORDER BY number LIMIT 1) ORDER BY number LIMIT CAST(? AS INTEGER)",
            str(most),
        )
        return [
            (
                number,
                MoveOutcome(
                    move=SentMove.parse(data),
                    code=code,
                    resource_version=None if version is None else int(version),
                ),
            )
            for number, data, code, version in rows
        ]

    def forget_moves(self, activation_id: str, up_to: int, record: Record, data: bytes) -> None:
        """Put a batch of moves into the outbox and strike it out here."""
        delete = "DELETE FROM move WHERE activation_id = ? AND code IS NOT NULL AND number <= ?"
        self.journal.keep([(delete, (activation_id, up_to))], (record,), (data,))

    def find(self, activation_id: str) -> Row | None:
        """An activation."""
        found = self._rows("WHERE activation_id = ?", activation_id)
        return found[0] if found else None

    def open(self) -> list[Row]:
        """Activations that have not come to their end, oldest first."""
        marks = ", ".join("?" for _ in _OPEN)
        return self._rows(f"WHERE status IN ({marks}) ORDER BY rowid", *_OPEN)

    def newest(self, most: int) -> list[Row]:
        """Activations, newest first."""
        return self._rows(f"ORDER BY rowid DESC LIMIT {most:d}")

    def _rows(self, where: str, *values: str) -> list[Row]:
        query = f"SELECT {_COLUMNS} FROM activation {where}"  # noqa: S608
        return [Row(*row) for row in self.journal.rows(query, *values)]
