"""Vectors in PostgreSQL with the extension pgvector: a table for each length, exact scan.

No approximate index is made: it would lose neighbours, and a scan of 35 000 vectors takes some ten
milliseconds.
"""

from collections.abc import Collection, Sequence
from typing import LiteralString

import numpy as np

from contracts.errors import ExitCode, RanwrightError
from knowledge.minilm import DIMENSIONS, Array

try:
    import psycopg
    from pgvector.psycopg import register_vector
    from psycopg import sql
except ModuleNotFoundError as error:
    raise RanwrightError(
        "knowledge.vectors_extra",
        f"The package {error.name}, which PostgreSQL needs, is not installed.",
        "Install it with pip install 'ranwright[postgres]'.",
        ExitCode.USAGE,
    ) from error

_WAIT_SECONDS = 10
_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
    "group" text, id text, vector vector({dimensions}) NOT NULL, PRIMARY KEY ("group", id));
"""


class PostgresVectors:
    """A :class:`knowledge.vector_store.VectorStore` in a table of a database.

    Args:
        uri: ``postgresql://user:password@host/database``; never logged, never in an error.
        dimensions: numbers of a vector; each length has a table of its own.

    Raises:
        RanwrightError: ``knowledge.vectors_unreachable``.
    """

    def __init__(self, uri: str, dimensions: int = DIMENSIONS) -> None:
        own = "ranwright_vectors"
        table = own if dimensions == DIMENSIONS else f"{own}_{dimensions}"
        self._table = sql.Identifier(table)
        try:
            self._db = psycopg.connect(uri, autocommit=True, connect_timeout=_WAIT_SECONDS)
            with self._db.transaction():
                # One builder at a time: CREATE IF NOT EXISTS alone fails when two run at once.
                self._db.execute("SELECT pg_advisory_xact_lock(hashtext('ranwright_vectors'))")
                self._db.execute("CREATE EXTENSION IF NOT EXISTS vector")
                self._db.execute(
                    sql.SQL(_SCHEMA).format(table=self._table, dimensions=sql.Literal(dimensions))
                )
            register_vector(self._db)
        except psycopg.Error as error:
            # The driver's message may repeat the address, so only its kind is told.
            raise RanwrightError(
                "knowledge.vectors_unreachable",
                f"The vector database cannot be used: {type(error).__name__}.",
                "Check RANWRIGHT_VECTORS, the server, and that it has the extension vector.",
                ExitCode.DEFECT,
            ) from None

    def ids(self, group: str) -> frozenset[str]:
        """Ids of a group."""
        rows = self._db.execute(self._on('SELECT id FROM {} WHERE "group" = %s'), (group,))
        return frozenset(str(row[0]) for row in rows)

    def groups(self) -> frozenset[str]:
        """Names of all groups."""
        rows = self._db.execute(self._on('SELECT DISTINCT "group" FROM {}'))
        return frozenset(str(row[0]) for row in rows)

    def add(self, group: str, ids: Sequence[str], vectors: Array) -> None:
        """Add vectors of a group, all or none."""
        rows = [(group, name, np.asarray(one)) for name, one in zip(ids, vectors, strict=True)]
        with self._db.transaction(), self._db.cursor() as cursor:
            cursor.executemany(
                self._on(
                    "INSERT INTO {} VALUES (%s, %s, %s) ON CONFLICT"
                    ' ("group", id) DO UPDATE SET vector = EXCLUDED.vector'
                ),
                rows,
            )

    def nearest(self, groups: Collection[str], vector: Array, k: int) -> list[tuple[str, float]]:
        """Nearest ids by exact scan."""
        rows = self._db.execute(
            self._on(
                "SELECT id, 1 - (vector <=> %(query)s) AS cosine FROM {}"
                ' WHERE "group" = ANY(%(groups)s) ORDER BY vector <=> %(query)s, id LIMIT %(k)s'
            ),
            {"query": np.asarray(vector), "groups": sorted(groups), "k": max(k, 0)},
        )
        return [(str(name), float(cosine)) for name, cosine in rows]

    def remove(self, group: str) -> None:
        """Forget a group."""
        self._db.execute(self._on('DELETE FROM {} WHERE "group" = %s'), (group,))

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _on(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(self._table)
