"""Run IntentBench.

    python -m benchmarks.intents

Prints a table by slice and by split, and writes ``benchmarks/results/intents.json``.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.intents.embedded import Grammar
from benchmarks.intents.gold import Item
from benchmarks.intents.items import DIGEST, digest, items
from benchmarks.intents.score import Given, summary
from benchmarks.machine import code, machine

RESULTS = Path(__file__).parents[1] / "results" / "intents.json"
SYSTEMS = (Grammar(),)

Pairs = list[tuple[Item, Given]]


def main() -> None:
    """Ask every system every sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    out = parser.parse_args().out
    if digest() != DIGEST:
        raise SystemExit(f"The items are not those that were frozen: {digest()}.")
    document: dict[str, Any] = {
        "items": DIGEST,
        "machine": machine(),
        "code": code(),
        "systems": {},
    }
    for system in SYSTEMS:
        pairs = [(item, system.answer(item)) for item in items()]
        found = {
            "all": summary(pairs),
            "by_slice": _by(pairs, lambda item: item.slice),
            "by_split": _by(pairs, lambda item: item.split),
            "milliseconds": _times(pairs),
        }
        document["systems"][system.name] = found
        _show(system.name, found)
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _by(pairs: Pairs, key: Callable[[Item], str]) -> dict[str, Any]:
    names = sorted({key(item) for item, _ in pairs})
    return {name: summary([p for p in pairs if key(p[0]) == name]) for name in names}


def _times(pairs: Pairs) -> dict[str, float]:
    cuts = quantiles((given.milliseconds for _, given in pairs), n=100)
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2)}


def _show(name: str, found: dict[str, Any]) -> None:
    columns = ("exact", "polarity", "clarification_recall", "unsafe_accepts", "wrong_accepts")
    heads = (column.replace("_", " ") for column in columns)
    table = Table("", "items", *heads, title=f"{name}, ms: {found['milliseconds']}")
    for row, values in {"all": found["all"], **found["by_split"], **found["by_slice"]}.items():
        table.add_row(row, str(values["items"]), *(_cell(values[c]) for c in columns))
    Console().print(table)


def _cell(value: dict[str, Any] | None) -> str:
    return "-" if value is None else f"{value['share']:.3f} of {value['of']}"


if __name__ == "__main__":
    main()
