"""Parsed specifications in Parquet: a row a clause, its body in Markdown.

Columns: ``spec_id``, ``clause``, ``section_title`` and ``body``; ``version``, ``release`` and
``depth`` where they are there. Other columns are not read.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import pyarrow
import pyarrow.parquet

from knowledge.ingest.archive import Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import damaged, too_large
from knowledge.ingest.number import Identity, normal_spec
from knowledge.ingest.outline import Outline, depth
from knowledge.ingest.readers.draft import Draft
from knowledge.ingest.readers.markdown import fill, hidden_text

_NEEDED = ("spec_id", "clause", "section_title", "body")
_OPTIONAL = ("version", "release", "depth")
_BATCH_ROWS = 1024

Row = dict[str, object]


def read(data: bytes, budget: Budget) -> list[Draft]:
    """One draft for each specification and version in the file, in the file's order.

    Raises:
        RanwrightError: ``ingest.damaged`` when it is no Parquet file or lacks a column,
            ``ingest.too_large``.
    """
    drafts: dict[Identity, _Draft] = {}
    for row in _rows(data, budget):
        screen = Screen()
        row = {k: screen.clean(v) if isinstance(v, str) else v for k, v in row.items()}
        identity = Identity(normal_spec(_text(row, "spec_id")), _version(row))
        if identity not in drafts:
            drafts[identity] = _Draft(identity, budget)
        drafts[identity].add(row, screen)
    return [draft.finish() for draft in drafts.values()]


class _Draft:
    def __init__(self, identity: Identity, budget: Budget) -> None:
        self._identity = identity
        self._limits = budget.limits
        self._outline = Outline(budget.limits)
        self._screen = Screen()
        self._hidden: list[str] = []

    def add(self, row: Row, screen: Screen) -> None:
        """A clause, and the screen that its row went through."""
        self._screen.join(screen)
        number, title = _text(row, "clause").strip(), _text(row, "section_title")
        level = row.get("depth")
        if not isinstance(level, int):
            level = depth(number)
        self._outline.heading(max(level, 1), title, number)
        self._hidden += fill(_text(row, "body"), self._outline, self._screen, self._limits)

    def finish(self) -> Draft:
        findings = [*self._screen.findings(), *hidden_text(self._hidden)]
        return Draft(self._outline.clauses(), tuple(findings), self._identity)


def _rows(data: bytes, budget: Budget) -> Iterator[Row]:
    try:
        names = pyarrow.parquet.read_schema(io.BytesIO(data)).names
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise damaged(f"the Parquet file lacks the columns {', '.join(missing)}")
        columns = [*_NEEDED, *(name for name in _OPTIONAL if name in names)]
        # Values that repeat stay one value: rows of a batch may refer to a long one many times.
        texts = [name for name in (*_NEEDED, *_OPTIONAL[:2]) if name in names]
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data), read_dictionary=texts)
        _refuse_large(file.metadata, budget)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
            for at in range(batch.num_rows):
                row = {name: batch.column(name)[at].as_py() for name in columns}
                budget.take(sum(len(v) for v in row.values() if isinstance(v, str)))
                yield row
    except (pyarrow.ArrowException, OSError) as error:
        raise damaged(f"Parquet: {error}") from error


def _refuse_large(metadata: Any, budget: Budget) -> None:
    """Pages that unpack to more than they state are damaged, so that the statement holds."""
    groups = (metadata.row_group(n) for n in range(metadata.num_row_groups))
    size = sum(g.column(n).total_uncompressed_size for g in groups for n in range(g.num_columns))
    if size > budget.limits.member_bytes:
        raise too_large(f"its columns unpack to {size} bytes")


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _version(row: Row) -> str:
    if _text(row, "version"):
        return _text(row, "version").removeprefix("v").removeprefix("V")
    release = re.search(r"\d{1,2}", _text(row, "release"))
    return release[0] if release else ""
