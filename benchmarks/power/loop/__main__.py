"""Cell powers in closed loop on a plant: model, classical solvers, rules and no control.

    python -m benchmarks.power.loop --folder runs/loop

The plant is the hidden truth of :mod:`twins.plant` at the flow level. Fading and traffic are drawn
anew in every 100 ms, so one power a cell and period is what can be controlled; powers for single
slots cannot be judged here. All methods see the same readings (noisy, incomplete, late), serve the
same objective and meet the same traffic and fading. Start powers lie in the upper 6 dB. Spectral
efficiency ends at the highest MCS, in the plant and in every model of it. The first quarter of a
run is left out, and the time until the first decision could act.

Differences are paired over plants: mean and 95 % bootstrap interval. Each run works for
``--minutes`` and goes on where the last one stopped; the one that finds all pieces made writes the
results and the figure. ``--long`` adds 57 cells and moving UEs under every condition.
"""

import argparse
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces, Values
from benchmarks.power.loop.figure import draw
from benchmarks.power.loop.runs import (
    CASES,
    CLASSICAL,
    METHODS,
    MODEL,
    PRESENT,
    WMMSE,
    case_called,
    run_all,
)
from benchmarks.power.loop.view import CONDITIONS
from contracts.canonical import digest_bytes
from contracts.problem import Objective
from tools.power.foundation.checkpoint import describe, load_model
from tools.power.foundation.shipped import SHIPPED
from tools.power.runtime import numerics
from twins.channel import load_link_map
from twins.runtime import derive_seed

PERIODS_MS = (100, 1000)
_FIRST_SEED = 7_000
_RESAMPLES = 2000
_METRICS = ("goodput_mbps", "p5_mbps", "geometric_mean_mbps", "consumed_w", "mbit_per_joule")
_OTHERS = ("moves_a_decision", "decision_p50_ms", "decision_p99_ms")
_AGAINST = {"to_present": PRESENT, "to_wmmse": WMMSE, "to_classical": CLASSICAL}
_SHORT = (*((case, "usual") for case in CASES), ("munich", "all of it"))
Group = tuple[str, int, str]
Rows = list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--folder", type=Path, required=True, help="where pieces are kept")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/power_loop.json"))
    parser.add_argument("--figure", type=Path, default=Path("docs/images/power-loop.png"))
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--plants", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the plant's time")
    parser.add_argument("--long", action="store_true")
    parser.add_argument(
        "--objective",
        choices=[o.value for o in _objectives()],
        default=Objective.PROPORTIONAL_FAIRNESS.value,
    )
    given = parser.parse_args()
    with numerics():
        try:
            _measure(given)
        except OutOfTimeError as error:
            print(f"the time is used up before {error}; run it again to go on")


def _objectives() -> tuple[Objective, ...]:
    return (
        Objective.PROPORTIONAL_FAIRNESS,
        Objective.MEAN_THROUGHPUT,
        Objective.LOW_PERCENTILE,
    )


def _measure(given: argparse.Namespace) -> None:
    about = {
        "model": digest_bytes(given.model.read_bytes()),
        "objective": given.objective,
        "seconds": given.seconds,
        "first_seed": _FIRST_SEED,
    }
    pieces = Pieces(given.folder, about, given.minutes)
    found = dict(_found(given, pieces))
    rows = [row for group, by_seed in found.items() for row in _rows(group, by_seed)]
    _print(rows)
    about |= {"plants": given.plants, "checkpoint": describe(given.model)}
    document = {"about": about, "code": code(), "machine": machine(), "rows": rows}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    draw([row for row in rows if "metric" in row], given.figure)


def _found(given: argparse.Namespace, pieces: Pieces) -> Iterator[tuple[Group, list[Values]]]:
    """Every group with what its plants delivered."""
    model, objective = load_model(given.model), Objective(given.objective)
    wanted = [(c, d) for c in CASES for d in CONDITIONS] if given.long else list(_SHORT)
    for name in dict.fromkeys(case for case, _ in wanted):
        case = case_called(name)
        links = load_link_map(case.scenario)
        for condition in [d for c, d in wanted if c == name]:
            for period_ms in PERIODS_MS:
                yield (
                    (name, period_ms, condition),
                    [
                        pieces.get(
                            f"{name}-{condition}-{period_ms}-{seed}",
                            partial(
                                run_all,
                                case,
                                links,
                                model,
                                objective,
                                CONDITIONS[condition],
                                period_ms,
                                given.seconds,
                                seed,
                            ),
                        )
                        for seed in range(_FIRST_SEED, _FIRST_SEED + given.plants)
                    ],
                )


def _rows(group: Group, by_seed: list[Values]) -> Iterator[dict[str, Any]]:
    case, period_ms, condition = group
    common = {"case": case, "period_ms": period_ms, "condition": condition}
    for method in METHODS:
        for metric in _METRICS:
            own = np.array([found[method][metric] for found in by_seed])
            row = {**common, "method": method, "metric": metric, "mean": float(own.mean())}
            for name, other in _AGAINST.items():
                base = np.array([found[other][metric] for found in by_seed])
                row |= _difference(name, 100.0 * (own / base - 1.0))
            yield row
        costs = {o: float(np.mean([found[method][o] for found in by_seed])) for o in _OTHERS}
        yield {**common, "method": method, "costs": costs}


def _difference(name: str, percent: NDArray[np.float64]) -> dict[str, float]:
    """Mean over plants of paired differences with its bootstrap interval."""
    rng = np.random.default_rng(derive_seed("power_loop", "bootstrap"))
    drawn = percent[rng.integers(0, len(percent), (_RESAMPLES, len(percent)))].mean(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        f"{name}_percent": float(percent.mean()),
        f"{name}_low": float(low),
        f"{name}_high": float(high),
    }


def _print(rows: Rows) -> None:
    cells: dict[tuple[Group, str], dict[str, dict[str, Any]]] = {}
    for row in rows:
        key = (row["case"], row["period_ms"], row["condition"]), row["method"]
        cells.setdefault(key, {})[row.get("metric", "costs")] = row
    titles = ("goodput Mbit/s", "p5", "geometric mean", "W", "Mbit/J")
    table = Table("case", "method", *titles, "ms p50", "moves", title="and % to WMMSE")
    last = None
    for (group, method), found in cells.items():
        label = f"{group[0]}, {group[1]} ms, {group[2]}" if group != last else ""
        last = group
        texts = [_cell(found[metric]) for metric in _METRICS]
        costs = found["costs"]["costs"]
        cost = f"{costs['decision_p50_ms']:.1f}", f"{costs['moves_a_decision']:.1f}"
        style = "bold" if method == MODEL else None
        table.add_row(label, method, *texts, *cost, style=style)
    Console(width=190).print(table)


def _cell(row: dict[str, Any]) -> str:
    return (
        f"{row['mean']:.4g} {row['to_wmmse_percent']:+.1f} "
        f"[{row['to_wmmse_low']:+.1f}, {row['to_wmmse_high']:+.1f}]"
    )


if __name__ == "__main__":
    main()
