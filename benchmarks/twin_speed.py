"""How fast the flow-level twin runs: single windows, batches, and the verifier's paired roll-outs.

    python -m benchmarks.twin_speed [--scenario munich] [--repeats 7]

Prints a table and writes ``benchmarks/results/twin_speed.json``: the median over the repeats with
the smallest and largest value, the machine and the versions.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from twins.channel import load_link_map
from twins.fit import observed
from twins.flow import STEP_MS, FlowModel
from twins.plant import Plant
from twins.rollout import Twin
from twins.runtime import RuntimeSettings, configure_thread
from twins.scenario import Scenario, load_scenario

WINDOW_STEPS = 100
BATCH = 32
ROLLOUTS = 299
RESULTS = Path(__file__).parent / "results" / "twin_speed.json"

Measurement = dict[str, float | str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    configure_thread()
    scenario = load_scenario(arguments.scenario)
    plant = Plant(scenario, 1, load_link_map(scenario))
    measurements = [
        _flow(plant, 1, arguments.repeats),
        _flow(plant, BATCH, arguments.repeats),
        *_rollouts(plant, arguments.repeats),
    ]
    document = {
        "scenario": scenario.name,
        "cells": len(scenario.cell_ids),
        "ues": scenario.ue_count,
        "step_ms": STEP_MS,
        "window_ms": WINDOW_STEPS * STEP_MS,
        "repeats": arguments.repeats,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "measurements": measurements,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(scenario, measurements)


def _flow(plant: Plant, batch: int, repeats: int) -> Measurement:
    model = FlowModel(plant.model.scenario)
    truth = plant.truth
    power = torch.tensor([plant.configuration.tx_power_mw], dtype=torch.float32)
    serving = torch.tensor([plant.configuration.serving])

    def run() -> None:
        model.run(
            gain_db=truth.gain_db.expand(batch, -1, -1),
            fading_m=truth.fading_m.unsqueeze(0),
            serving=serving,
            tx_power_mw=power,
            activity=truth.activity.unsqueeze(0),
            steps=WINDOW_STEPS,
            generator=torch.Generator().manual_seed(1),
        )

    twin_s = batch * WINDOW_STEPS * STEP_MS / 1000.0
    walls_s, _ = _timed(run, repeats)
    name = f"flow, batch of {batch}"
    return _summary(name, "twin-s per wall-s", [twin_s / wall_s for wall_s in walls_s])


def _rollouts(plant: Plant, repeats: int) -> list[Measurement]:
    scenario, taken = plant.model.scenario, observed(plant, 300)
    links = load_link_map(scenario)
    twin = Twin(scenario, taken, links)
    action = {scenario.cell_ids[-1]: scenario.equipment.grid_mw()[-6]}
    window_ms = WINDOW_STEPS * STEP_MS
    workers = RuntimeSettings().workers
    conditioned_s, _ = _timed(lambda: Twin(scenario, taken, links), repeats)
    seeds = itertools.count(1)  # a seed's particles and windows before are kept
    rolled_s, cpu_s = _timed(
        lambda: twin.roll_out(action, ROLLOUTS, next(seeds), window_ms), repeats
    )
    name = f"{ROLLOUTS} paired roll-outs"
    return [
        _summary("conditioning", "wall s", conditioned_s),
        _summary(f"{name}, {workers} workers", "wall s", rolled_s),
        _summary(f"{name}, all cores", "CPU s", cpu_s),
    ]


def _timed(run: Callable[[], object], repeats: int) -> tuple[list[float], list[float]]:
    """Wall and processor seconds; the latter say more on a machine that others use as well."""
    run()
    walls_s, cpu_s = [], []
    for _ in range(repeats):
        began, began_cpu = time.perf_counter(), time.process_time()
        run()
        walls_s.append(time.perf_counter() - began)
        cpu_s.append(time.process_time() - began_cpu)
    return walls_s, cpu_s


def _summary(name: str, unit: str, values: list[float]) -> Measurement:
    return {
        "name": name,
        "unit": unit,
        "median": round(statistics.median(values), 4),
        "smallest": round(min(values), 4),
        "largest": round(max(values), 4),
    }


def _print(scenario: Scenario, measurements: list[Measurement]) -> None:
    title = f"{scenario.name}: {len(scenario.cell_ids)} cells, {scenario.ue_count} UEs, 100 ms"
    table = Table("", "median", "smallest", "largest", "unit", title=title)
    for row in measurements:
        numbers = (f"{row[key]:.4g}" for key in ("median", "smallest", "largest"))
        table.add_row(str(row["name"]), *numbers, str(row["unit"]))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
