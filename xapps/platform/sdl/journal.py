"""What the store keeps on disk, so that it outlives the process.

SQLite in WAL mode, one transaction a command: a killed process loses nothing that was answered,
without a log to compact or a torn tail to repair, and the file can be read with any SQLite tool.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS strings (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
    key BLOB NOT NULL, member BLOB NOT NULL, PRIMARY KEY (key, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS expiries (
    key BLOB PRIMARY KEY, expires_at_s REAL NOT NULL
) WITHOUT ROWID;
"""


class Journal:
    """The tables of one store; calls are serialised by the store's lock."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # A crash of the machine may lose the last commands, a crash of the process none.
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside, or none."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def load(self) -> tuple[dict[bytes, bytes | set[bytes]], dict[bytes, float]]:
        """All keys with their values, and when some of them expire (seconds since the epoch)."""
        entries: dict[bytes, bytes | set[bytes]] = {}
        for key, value in self._database.execute("SELECT key, value FROM strings"):
            entries[key] = value
        sets: dict[bytes, set[bytes]] = {}
        for key, member in self._database.execute("SELECT key, member FROM members"):
            sets.setdefault(key, set()).add(member)
        expiries = dict(self._database.execute("SELECT key, expires_at_s FROM expiries"))
        return entries | sets, expiries

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a string."""
        self._database.execute("INSERT OR REPLACE INTO strings VALUES (?, ?)", (key, value))

    def add(self, key: bytes, members: Iterable[bytes]) -> None:
        """Keep members of a set."""
        rows = [(key, member) for member in members]
        self._database.executemany("INSERT OR IGNORE INTO members VALUES (?, ?)", rows)

    def take_out(self, key: bytes, members: Iterable[bytes]) -> None:
        """Forget members of a set."""
        rows = [(key, member) for member in members]
        self._database.executemany("DELETE FROM members WHERE key = ? AND member = ?", rows)

    def expire(self, key: bytes, expires_at_s: float | None) -> None:
        """Keep when a key expires; ``None``: never."""
        if expires_at_s is None:
            self._database.execute("DELETE FROM expiries WHERE key = ?", (key,))
        else:
            row = (key, expires_at_s)
            self._database.execute("INSERT OR REPLACE INTO expiries VALUES (?, ?)", row)

    def forget(self, key: bytes) -> None:
        """Drop all that is kept about a key."""
        for table in ("strings", "members", "expiries"):
            self._database.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608
