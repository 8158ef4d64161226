"""Model-check the protocol, and show what each rule is for.

    python -m benchmarks.protocol [--bounds 1,1 1,2 1,3 2,1] [--trace] [--output FILE]

Explores the model completely within each bound (plans,faults), then hunts every mutant. Prints two
tables and writes ``benchmarks/results/protocol.json``; ``1,3`` takes a minute and more;
``2,2`` has not been tried since there are stages. ``--trace`` prints the counterexamples, the
shortest there are.
"""

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.protocol.checker import Exploration, explore
from benchmarks.protocol.mutants import MUTANTS

RESULTS = Path(__file__).parents[1] / "results" / "protocol.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--bounds", nargs="+", type=_bounds, default=[(1, 1), (1, 2), (1, 3), (2, 1)]
    )
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    console = Console(width=110)
    spaces = [_explored(plans, faults) for plans, faults in arguments.bounds]
    console.print(
        _table(
            "the protocol", ("plans", "faults", "states", "transitions", "depth", "cpu_s"), spaces
        )
    )
    hunts = [{"mutant": m.name, **_facts(m.hunt(), arguments.trace, console)} for m in MUTANTS]
    console.print(_table("without a rule", ("mutant", "broken_law", "steps", "states"), hunts))
    document = {
        "explored": spaces,
        "mutants": hunts,
        "mutants_caught": sum(h["broken_law"] is not None for h in hunts),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if any(s["broken_law"] for s in spaces) or not all(h["broken_law"] for h in hunts):
        sys.exit(1)


def _bounds(text: str) -> tuple[int, int]:
    plans, faults = map(int, text.split(","))
    return plans, faults


def _explored(plans: int, faults: int) -> dict[str, Any]:
    began = time.process_time()
    explored = explore(plans, faults)
    if explored.violation is not None:
        Console(stderr=True).print(str(explored.violation))
    return {
        "plans": plans,
        "faults": faults,
        "states": explored.states,
        "transitions": explored.transitions,
        "depth": explored.depth,
        "cpu_s": round(time.process_time() - began, 1),
        "broken_law": explored.violation and explored.violation.law,
    }


def _facts(explored: Exploration, show: bool, console: Console) -> dict[str, Any]:
    violation = explored.violation
    if violation is not None and show:
        console.print(str(violation))
    return {
        "plans": explored.plans,
        "faults": explored.faults,
        "states": explored.states,
        "broken_law": violation and violation.law,
        "steps": len(violation.trace) if violation else None,
    }


def _table(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(str(row[c]) for c in columns))
    return table


if __name__ == "__main__":
    main()
