"""The log on SQLite: leaves and the checkpoints over them, appended together or not at all.

A leaf and its checkpoint are one transaction (WAL, ``synchronous=FULL``), so a crash leaves both or
neither. A log whose leaves are not all covered was edited, and is not signed over at the next start
(docs/decisions/0001-ledger.md).
"""

import secrets
import sqlite3
import threading
from pathlib import Path

from pydantic import ValidationError

from contracts.canonical import Contract
from contracts.dsse import SignedEnvelope, Signer
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.checkpoint import open_checkpoint, sign_checkpoint
from contracts.ledger.merkle import CompactRange, leaf_hash
from contracts.record import Record
from contracts.trust import TrustStore

_SCHEMA = """
CREATE TABLE IF NOT EXISTS leaf (
    seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, trace_id TEXT NOT NULL,
    record BLOB NOT NULL, leaf_hash BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS leaf_trace ON leaf (trace_id, seq);
CREATE TABLE IF NOT EXISTS checkpoint (
    tree_size INTEGER PRIMARY KEY, envelope BLOB NOT NULL);
"""


class Appended(Contract):
    """Where a record stands in the log.

    ``duplicate``: a record with this key stood there already, and stands.
    """

    seq: int
    leaf_hash: str
    tree_size: int
    root_hash: str
    duplicate: bool = False


class LedgerStore:
    """Appends to one log; there must be only one of it at a time (see the writer process).

    Args:
        path: the SQLite file, made if it is not there.
        trust: public keys; the last checkpoint is verified before anything is appended to it.

    Raises:
        RanwrightError: ``ledger.damaged`` when the leaves do not fit the last checkpoint.
    """

    def __init__(self, path: Path, trust: TrustStore) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._tree = CompactRange()
        self._origin = f"ranwright-{secrets.token_hex(16)}"
        try:
            self._load(trust)
        except BaseException:
            self._db.close()
            raise

    def append(self, record: Record, signer: Signer) -> Appended:
        """Append a record and a checkpoint over it; the first record under a key stands."""
        with self._lock:
            found = self._find(record.key)
            if found is not None:
                return found
            data = record.canonical()
            tree = self._tree.copy()
            tree.append(leaf_hash(data))
            checkpoint = sign_checkpoint(self._origin, tree, signer)
            self._write(tree, record, data, checkpoint)
            self._tree = tree
            return self._appended(tree.size - 1, leaf_hash(data), duplicate=False)

    def checkpoint(self, signer: Signer) -> SignedEnvelope:
        """The checkpoint over the present log."""
        with self._lock:
            row = self._db.execute(
                "SELECT envelope FROM checkpoint WHERE tree_size = ?", (self._tree.size,)
            ).fetchone()
            if row is not None:
                return SignedEnvelope.parse(row[0])
            envelope = sign_checkpoint(self._origin, self._tree, signer)
            self._db.execute(
                "INSERT INTO checkpoint VALUES (?, ?)", (self._tree.size, envelope.canonical())
            )
            return envelope

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _write(
        self, tree: CompactRange, record: Record, data: bytes, checkpoint: SignedEnvelope
    ) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute(
                "INSERT INTO leaf VALUES (?, ?, ?, ?, ?)",
                (tree.size - 1, record.key, record.trace_id, data, leaf_hash(data)),
            )
            self._db.execute(
                "INSERT INTO checkpoint VALUES (?, ?)", (tree.size, checkpoint.canonical())
            )
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk ends the transaction by itself
                self._db.execute("ROLLBACK")
            raise

    def _find(self, key: str) -> Appended | None:
        row = self._db.execute("SELECT seq, leaf_hash FROM leaf WHERE key = ?", (key,)).fetchone()
        return None if row is None else self._appended(row[0], row[1], duplicate=True)

    def _appended(self, seq: int, leaf: bytes, duplicate: bool) -> Appended:
        return Appended(
            seq=seq,
            leaf_hash=leaf.hex(),
            tree_size=self._tree.size,
            root_hash=self._tree.root().hex(),
            duplicate=duplicate,
        )

    def _load(self, trust: TrustStore) -> None:
        for seq, data in self._db.execute("SELECT seq, record FROM leaf ORDER BY seq"):
            if seq != self._tree.size:
                raise _damaged(f"leaf {self._tree.size} is missing")
            self._tree.append(leaf_hash(data))
        row = self._db.execute(
            "SELECT envelope FROM checkpoint ORDER BY tree_size DESC LIMIT 1"
        ).fetchone()
        if row is None:
            if self._tree.size:
                raise _damaged("it has leaves but no checkpoint")
            return
        try:
            last = open_checkpoint(SignedEnvelope.parse(row[0]), trust)
        except (ValidationError, RanwrightError) as error:
            raise _damaged(f"its last checkpoint is not signed: {error}") from error
        if (last.tree_size, last.root_hash) != (self._tree.size, self._tree.root().hex()):
            raise _damaged(f"{self._tree.size} leaves do not fit checkpoint {last.tree_size}")
        self._origin = last.origin


def _damaged(detail: str) -> RanwrightError:
    return RanwrightError(
        "ledger.damaged",
        f"The ledger was changed from outside: {detail}.",
        "Run ranwright trace verify, restore the ledger from a copy, and find out who wrote to it.",
        ExitCode.DEFECT,
    )
