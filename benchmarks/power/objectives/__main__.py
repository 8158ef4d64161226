"""Objectives of the power model: zero-shot, adapted with few graphs, and what pre-training pays.

    python -m benchmarks.power.objectives --folder runs/objectives

Ratios are to the best classical answer on the same graph (:mod:`tools.power.graphs.reference`):
WMMSE with marginals from 100 random and from special starts, single switches, gradient ascent from
the best ten; max-min is exact, energy efficiency is Dinkelbach's inside WMMSE. Families mix, cui
and adhoc, which no training sees; 10, 20 and 50 links. Adaptation sees graphs of mix with 20 links.

Each run works for ``--minutes`` and goes on where the last one stopped; the run that finds all
pieces made writes the results and the figure. ``--part pretraining`` trains many small models.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces
from benchmarks.power.objectives.adaptation import COUNTS, WAYS, adapted, zero_shot
from benchmarks.power.objectives.figure import draw
from benchmarks.power.objectives.pretraining import Budget, ablation
from benchmarks.power.objectives.sets import Judge
from benchmarks.power.objectives.summary import ALL, rows_of
from contracts.canonical import digest_bytes
from tools.power.foundation.checkpoint import describe, load_model
from tools.power.foundation.shipped import SHIPPED
from tools.power.runtime import numerics

RESULTS = Path("benchmarks/results")
Rows = list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["adaptation", "pretraining"], default="adaptation")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="trained on the sum rate")
    parser.add_argument("--folder", type=Path, required=True, help="where pieces are kept")
    parser.add_argument("--out", type=Path, help="JSON file for the results")
    parser.add_argument("--figure", type=Path, default=Path("docs/images/power-objectives.png"))
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--graphs", type=int, default=64, help="of each test set")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200, help="of each adaptation")
    parser.add_argument("--pretraining-steps", type=int, default=600)
    parser.add_argument("--training-steps", type=int, default=1500)
    given = parser.parse_args()
    with numerics():
        try:
            if given.part == "adaptation":
                _adaptation(given)
            else:
                _pretraining(given)
        except OutOfTimeError as error:
            print(f"the time is used up before {error}; run it again to go on")


def _adaptation(given: argparse.Namespace) -> None:
    about = {
        "model": digest_bytes(given.model.read_bytes()),
        "graphs": given.graphs,
        "steps": given.steps,
    }
    pieces = Pieces(given.folder / "adaptation", about, given.minutes)
    judge, model, seeds = Judge(pieces, given.graphs), load_model(given.model), range(given.seeds)
    zero = rows_of(
        ((name, method), seed, found["sets"])
        for name, method, seed, found in zero_shot(pieces, judge, model, seeds)
    )
    _print_zero(zero)
    few = rows_of(
        ((name, way, str(count)), seed, found["sets"])
        for name, way, count, seed, found in adapted(pieces, judge, model, seeds, given.steps)
    )
    _print_adapted(few)
    about |= {"seeds": given.seeds, "checkpoint": describe(given.model)}
    _write(given.out or RESULTS / "power_objectives.json", about, {"zero": zero, "adapted": few})
    draw(zero, few, given.figure)


def _pretraining(given: argparse.Namespace) -> None:
    budget = Budget(given.pretraining_steps, given.training_steps, given.steps)
    about = {"graphs": given.graphs, "budget": asdict(budget)}
    pieces = Pieces(given.folder / "pretraining", about, given.minutes)
    rows = rows_of(
        ((name, stage), seed, sets)
        for name, stage, seed, sets in ablation(pieces, given.graphs, range(given.seeds), budget)
    )
    table = Table("pre-training", "then", "mean ratio", "95 % interval", "by seed")
    for row in rows:
        if row["set"] == ALL:
            means = " ".join(f"{m:.4f}" for m in row.get("seed_means", []))
            table.add_row(*row["key"], f"{row['ratio']:.4f}", _interval(row), means)
    Console(width=110).print(table)
    about |= {"seeds": given.seeds}
    _write(given.out or RESULTS / "power_pretraining.json", about, {"rows": rows})


def _print_zero(rows: Rows) -> None:
    table = Table(
        "objective", "method", "set", "ratio", "95 % interval", "p5", "held", "ms a graph"
    )
    for row in rows:
        if row["set"] != ALL and row["key"][1] not in ("model", "portfolio"):
            continue
        held = f"{row['held']:.3f}" if "held" in row else ""
        time_ms = f"{row['batched_ms']:.2f}" if "batched_ms" in row else ""
        if "ratio" not in row:
            table.add_row(*row["key"], row["set"], "no graph counts", "", "", "", time_ms)
            continue
        fifth = f"{row['fifth_percentile']:.3f}"
        mean = f"{row['ratio']:.4f}"
        table.add_row(*row["key"], row["set"], mean, _interval(row), fifth, held, time_ms)
    Console(width=120).print(table)


def _print_adapted(rows: Rows) -> None:
    table = Table("objective", "graphs", *WAYS)
    cells = {tuple(row["key"]): row for row in rows if row["set"] == ALL}
    for objective in dict.fromkeys(key[0] for key in cells):
        for count in COUNTS:
            found = [cells[objective, way, str(count)] for way in WAYS]
            texts = [f"{row['ratio']:.4f} {_interval(row)}" for row in found]
            table.add_row(objective, str(count), *texts)
    Console(width=140).print(table)


def _interval(row: dict[str, Any]) -> str:
    return f"{row['low']:.4f}-{row['high']:.4f}"


def _write(path: Path, about: dict[str, Any], rows: dict[str, Rows]) -> None:
    document = {"about": about, "code": code(), "machine": machine(), **rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
