"""KPM indication leaving the node to control arriving there: p50 and p99, and stage by stage.

    python -m benchmarks.near_rt [--sizes 10x100 50x1000] [--controls 150] [--period-ms 200]

Real processes and sockets: an E2 node, the core of a RIC, the power-control xApp, this release's
actuator with its journal and its watch, a ledger. An action was carried out before, and the
activation follows it. The node stamps the moment before a report's last octets are handed to the
system, and the moment after a control was received; both are of one process, so that no clocks are
compared. Stages are measured in one process on the same messages
(:mod:`benchmarks.near_rt.stages`). Capacity is what reports of a twin cost the process that makes
them. Writes ``benchmarks/results/near_rt.json``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from benchmarks.near_rt.capacity import capacity_of
from benchmarks.near_rt.node import GRID_MW, STEP_DB, DrawnNetwork
from benchmarks.near_rt.papers import write_policy
from benchmarks.near_rt.ric import NearRtRic
from benchmarks.near_rt.stages import stages_of
from contracts.activation import Activation
from contracts.keys import init_keys
from contracts.problem import Objective
from contracts.site import Site

RESULTS = Path(__file__).parents[1] / "results" / "near_rt.json"
TARGET_MS = 10.0
SEED = 1
_WARM_UP = 10
_MOST_S = 300.0
_STEPS = 6
Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["10x100", "50x500", "50x1000", "100x1000"])
    parser.add_argument("--controls", type=int, default=150)
    parser.add_argument("--period-ms", type=int, default=200)
    parser.add_argument("--capacity-s", type=float, default=10.0)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    rows, stages = [], []
    for size in arguments.sizes:
        cells, ues = map(int, size.split("x"))
        rows.append(_loop(cells, ues, arguments.controls, arguments.period_ms))
        stages.append({"cells": cells, "ues": ues, "us": stages_of(cells, ues, SEED)})
        _print([rows[-1]], [stages[-1]])
    capacity = [capacity_of(50, 1000, period_ms, arguments.capacity_s) for period_ms in (100, 200)]
    document = {
        "seed": SEED,
        "period_ms": arguments.period_ms,
        "target_p99_ms": TARGET_MS,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "rows": rows,
        "stages": stages,
        "capacity": capacity,
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(rows, stages)
    _print_capacity(capacity)


def _loop(cells: int, ues: int, controls: int, period_ms: int) -> Row:
    """The loop of one size, for so many controls."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = Site(folder / "site")
        init_keys(site)
        write_policy(site, range(1, cells + 1))
        stamps = folder / "stamps.json"
        with NearRtRic(folder / "ric", site) as ric:
            ric.deploy(
                {
                    "period_ms": period_ms,
                    "memory_ms": 5 * period_ms,
                    "least_gain_percent": 0.0,
                }
            )
            node = _start_node(cells, ues, period_ms, site, ric.e2_address(), stamps)
            try:
                drawn = DrawnNetwork(cells, ues, SEED).info()
                objective = Objective.LOW_PERCENTILE  # its best powers change with every report
                moved = range(1, cells + 1)
                activation = ric.go_live(drawn, moved, GRID_MW, _STEPS, STEP_DB, objective)
                figures = _await_moves(ric, controls + _WARM_UP)
                _require_live(ric, activation)
            finally:
                node.terminate()
                node.wait(60)
        return _row(cells, ues, json.loads(stamps.read_text(encoding="utf-8")), figures)


def _start_node(
    cells: int, ues: int, period_ms: int, site: Site, address: str, stamps: Path
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.near_rt.node", "--site", str(site.root)]
    sizes = ["--cells", str(cells), "--ues", str(ues), "--seed", str(SEED)]
    sizes += ["--period-ms", str(period_ms)]
    return subprocess.Popen([*command, "--e2", address, *sizes, "--output", str(stamps)])


def _await_moves(ric: NearRtRic, wanted: int) -> dict[str, float]:
    until_s = time.monotonic() + _MOST_S
    while True:
        figures = ric.metrics("power-control")
        if figures["power_moves_carried_out_total"] >= wanted or time.monotonic() > until_s:
            return figures
        time.sleep(0.5)


def _require_live(ric: NearRtRic, activation: Activation) -> None:
    """What is measured is the loop under the watch, not what an end of the activation leaves."""
    found = ric.activation(activation.activation_id)
    if found["status"] != "live":
        raise RuntimeError(f"{found['status']}: {found['code']}: {found['reason']}")


def _row(cells: int, ues: int, stamps: dict[str, list[int]], figures: dict[str, float]) -> Row:
    """Each control belongs to the report before it; reports without a control are no part of it."""
    sent, arrived = np.array(stamps["sent_ns"]), np.array(stamps["control_ns"])
    before = np.searchsorted(sent, arrived) - 1
    _, first = np.unique(before, return_index=True)
    taken_ms = ((arrived - sent[before]) / 1e6)[first][_WARM_UP:]
    solves = figures["power_solve_seconds_count"]
    return {
        "cells": cells,
        "ues": ues,
        "report_octets": stamps["report_octets"],
        "controls": len(taken_ms),
        "reports": len(sent),
        "p50_ms": round(float(np.percentile(taken_ms, 50)), 2),
        "p90_ms": round(float(np.percentile(taken_ms, 90)), 2),
        "p99_ms": round(float(np.percentile(taken_ms, 99)), 2),
        "least_ms": round(float(taken_ms.min()), 2),
        "solve_mean_ms": round(1e3 * figures["power_solve_seconds_sum"] / max(solves, 1.0), 2),
        "refused": sum(v for n, v in figures.items() if n.startswith("power_moves_refused_total{")),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _print(rows: Sequence[Row], stages: Sequence[Row]) -> None:
    console = Console(width=110)
    table = Table("cells", "UEs", "report KB", "controls", "p50 ms", "p90", "p99", "least", "load")
    for row in rows:
        octets = f"{float(str(row['report_octets'])) / 1e3:.0f}"
        names = ("controls", "p50_ms", "p90_ms", "p99_ms", "least_ms", "load_average")
        table.add_row(str(row["cells"]), str(row["ues"]), octets, *(str(row[n]) for n in names))
    console.print(table)
    if not stages:
        return
    named = [row["us"] for row in stages]
    table = Table("stage, smallest us", *(f"{row['cells']} x {row['ues']}" for row in stages))
    for stage in named[0]:  # type: ignore[attr-defined]
        table.add_row(stage, *(str(row[stage]) for row in named))  # type: ignore[index]
    console.print(table)


def _print_capacity(rows: Sequence[Row]) -> None:
    table = Table("cells", "UEs", "period ms", "reports on time", "CPU share", "latest by ms")
    for row in rows:
        names = ("cells", "ues", "period_ms", "on_time_share", "cpu_share", "slowest_ms")
        table.add_row(*(str(row[n]) for n in names))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
