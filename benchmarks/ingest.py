"""How long specifications take to read and to store.

    python -m benchmarks.ingest [--repeats 15]

Prints a table and writes ``benchmarks/results/ingest.json``. The documents are made up
(``benchmarks/specimen``, seed 1): running text, lists, tables, ASN.1, changes, hidden text and
formulae in the proportions given there. Times are medians of single calls with a bootstrap
interval of 95 % (seed 1). "read" is bytes to document, terms and links included; "pandoc" is the
same file to Markdown where the program is installed.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from benchmarks.specimen.specification import archive, specification
from knowledge.ingest.number import Identity
from knowledge.ingest.run import ingest
from knowledge.ingest.sources import read_source
from knowledge.ingest.store import Store

RESULTS = Path(__file__).parent / "results" / "ingest.json"
IDENTITY = Identity("38.999", "18.6.0")
PARAGRAPHS = (500, 2_000, 20_000)
DRAWS = 2_000

Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    rows = [row for count in PARAGRAPHS for row in measure(count, repeats)]
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "repeats": repeats,
        "seed": 1,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(rows)


def measure(paragraphs: int, repeats: int) -> list[Row]:
    """Rows of one length: read, ingest anew, ingest again, and pandoc where it is there."""
    name, data = archive(IDENTITY, paragraphs)
    (document,) = read_source(name, data)
    about = {
        "paragraphs": paragraphs,
        "archive_bytes": len(data),
        "pieces": sum(len(clause.pieces) for clause in document.clauses),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        numbers = iter(range(10**6))

        def anew() -> None:
            with Store(Path(folder) / f"{next(numbers)}.sqlite") as store:
                run(store, "ingested")

        def run(store: Store, outcome: str) -> None:
            (report,) = ingest([file], store)
            assert report.outcome == outcome

        kept = Store(Path(folder) / "kept.sqlite")
        run(kept, "ingested")
        works: dict[str, Callable[[], object]] = {
            "read": lambda: read_source(name, data),
            "ingest": anew,
            "ingest again": lambda: run(kept, "unchanged"),
        }
        pandoc = shutil.which("pandoc")
        if pandoc:
            word = Path(folder) / "word.docx"
            word.write_bytes(specification(IDENTITY, paragraphs))
            command = [pandoc, "-t", "gfm", "-o", str(Path(folder) / "out.md"), str(word)]
            works["pandoc"] = lambda: subprocess.run(command, check=True)
        rows = [{"work": work, **about, **timed(call, repeats)} for work, call in works.items()]
        with kept:
            return rows


def timed(call: Callable[[], object], repeats: int) -> Row:
    """Median seconds with its interval."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    draws = np.random.default_rng(1).choice(seconds, size=(DRAWS, repeats))
    low, high = np.quantile(np.median(draws, axis=1), (0.025, 0.975))
    return {
        "median_s": round(float(np.median(seconds)), 5),
        "low_s": round(float(low), 5),
        "high_s": round(float(high), 5),
        "smallest_s": round(min(seconds), 5),
    }


def show(rows: list[Row]) -> None:
    table = Table(title="Reading specifications", title_justify="left")
    for column in ("work", "paragraphs", "pieces", "median s", "95 %", "smallest s"):
        table.add_column(column, justify="right")
    for row in rows:
        interval = f"{row['low_s']}-{row['high_s']}"
        cells = (row["work"], row["paragraphs"], row["pieces"], row["median_s"], interval)
        table.add_row(*map(str, cells), str(row["smallest_s"]))
    Console().print(table)


if __name__ == "__main__":
    main()
