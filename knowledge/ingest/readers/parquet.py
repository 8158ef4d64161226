"""Parsed specifications in Parquet: a row a clause, its body in Markdown.

Columns: ``spec_id``, ``clause``, ``section_title`` and ``body``; ``version``, ``release`` and
``depth`` where they are there. Other columns are not read.
"""

import io
import re
from collections.abc import Iterator

import pyarrow
import pyarrow.parquet

from knowledge.ingest.archive import Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import damaged
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
        identity = Identity(normal_spec(_text(row, "spec_id")), _version(row))
        if identity not in drafts:
            drafts[identity] = _Draft(identity, budget)
        drafts[identity].add(row)
    return [draft.finish() for draft in drafts.values()]


class _Draft:
    def __init__(self, identity: Identity, budget: Budget) -> None:
        self._identity = identity
        self._limits = budget.limits
        self._outline = Outline(budget.limits)
        self._screen = Screen()
        self._hidden: list[str] = []

    def add(self, row: Row) -> None:
        number = _text(row, "clause").strip()
        title = self._screen.clean(_text(row, "section_title"))
        level = row.get("depth")
        if not isinstance(level, int):
            level = depth(number)
        self._outline.heading(max(level, 1), title, number)
        body = self._screen.clean(_text(row, "body"))
        self._hidden += fill(body, self._outline, self._screen, self._limits)

    def finish(self) -> Draft:
        findings = [*self._screen.findings(), *hidden_text(self._hidden)]
        return Draft(self._outline.clauses(), tuple(findings), self._identity)


def _rows(data: bytes, budget: Budget) -> Iterator[Row]:
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        names = file.schema_arrow.names
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise damaged(f"the Parquet file lacks the columns {', '.join(missing)}")
        columns = [*_NEEDED, *(name for name in _OPTIONAL if name in names)]
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
            budget.take(batch.nbytes)
            yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise damaged(f"Parquet: {error}") from error


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _version(row: Row) -> str:
    if _text(row, "version"):
        return _text(row, "version").removeprefix("v").removeprefix("V")
    release = re.search(r"\d{1,2}", _text(row, "release"))
    return release[0] if release else ""
