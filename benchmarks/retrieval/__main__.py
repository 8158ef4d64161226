"""How well and how fast parameters and clauses are found.

    python -m benchmarks.retrieval [--part tune]
    python -m benchmarks.retrieval --store specifications.sqlite --questions mine.jsonl

Prints tables and writes ``benchmarks/results/retrieval.json``. ``--part tune`` leaves the test part
alone and writes nothing. Questions: ``queries/README.md``. Clauses: a generated set (seed 2; the
judgement was fitted on seed 1). Intervals: bootstrap, 95 %, seed 1.
"""

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from benchmarks.retrieval import clauses, parameters, speed
from benchmarks.retrieval.measures import Row, load
from knowledge.card_search import built_in

RESULTS = Path(__file__).parent.parent / "results" / "retrieval.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("tune", "all"), default="all")
    parser.add_argument("--store", type=Path, help="of your own: clauses alone, nothing is written")
    parser.add_argument("--questions", type=Path, help="on it: JSON lines of text, spec, number")
    given = parser.parse_args()
    if given.store is not None:
        show_clauses(clauses.on_store(given.store, given.questions, load("negatives_test")))
        return
    parts = ("tune",) if given.part == "tune" else ("tune", "test")
    document: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
    }
    whole = built_in()
    rankers = parameters.Rankers(whole).all()
    rows: list[Row] = []
    judged: list[Row] = []
    for part in parts:
        rows += parameters.measured(rankers, part, load(part))
        judged.append(parameters.judged(whole, part, load(part), load(f"negatives_{part}")))
    show("Parameters", rows)
    plain_table("Answered and abstained", judged)
    with tempfile.TemporaryDirectory() as folder:
        found = clauses.measured(Path(folder), load(f"negatives_{parts[-1]}"))
    show_clauses(found)
    asked = load("tune")
    times = [speed.queries(asked), *speed.fresh(), *speed.encoders(asked)]
    plain_table("Speed", times)
    document |= {"parameters": rows, "judged": judged, "clauses": found, "speed": times}
    if len(parts) > 1:
        RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def show_clauses(found: list[Row]) -> None:
    show("Clauses", [row for row in found if "r1" in row])
    plain_table("Clauses: abstention", [row for row in found if "r1" not in row])


def show(title: str, rows: list[Row]) -> None:
    table = Table(title=title, title_justify="left")
    for column in ("part", "method", "n", "R@1", "R@5", "R@10", "MRR"):
        table.add_column(column)
    for row in rows:
        measures = [_interval(row[name]) for name in ("r1", "r5", "r10", "mrr")]
        table.add_row(str(row.get("part", "")), str(row["method"]), str(row["n"]), *measures)
    Console(width=140).print(table)


def plain_table(title: str, rows: list[Row]) -> None:
    table = Table(title, show_header=True)
    for row in rows:
        table.add_row("  ".join(f"{name} {value}" for name, value in row.items()))
    Console(width=200).print(table)


def _interval(value: object) -> str:
    mean, low, high = value if isinstance(value, list) else (0.0, 0.0, 0.0)
    return f"{mean:.3f} ({low:.3f}-{high:.3f})"


if __name__ == "__main__":
    main()
