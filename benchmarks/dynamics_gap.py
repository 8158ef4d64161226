"""The gap between the two levels of a network in motion: ``python -m benchmarks.dynamics_gap``.

Both levels get the same UEs, ways, handovers and packets. Printed and written are, for each kind of
traffic, the ratios slot / flow of KPIs per seed, the difference of the share in time, the block
error rate of the slot level, and how much of a knob's effect (digitalTilt to 12 degrees) each level
sees. Intervals are 95 % bootstrap intervals that resample whole seeds.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import code, machine
from benchmarks.twin_gap import bootstrap
from twins.channel import LinkMap, load_link_map
from twins.dynamics import measures
from twins.dynamics.knobs import apply, parse_turn
from twins.dynamics.measures import measure
from twins.dynamics.profile import (
    FileTransfer,
    FullBuffer,
    Group,
    Mobility,
    Profile,
    Slice,
    Sporadic,
    Traffic,
    Video,
)
from twins.dynamics.settings import start_settings
from twins.dynamics.simulate import simulate
from twins.dynamics.stage import Stage, set_stage
from twins.runtime import configure_thread
from twins.scenario import Scenario, load_scenario

PEDESTRIAN = Mobility(kind="pedestrian", speed_kmh=(3.0, 3.0))
VEHICLE = Mobility(kind="vehicle", speed_kmh=(30.0, 50.0))
KINDS: dict[str, tuple[Mobility, Traffic]] = {
    "full buffer, pedestrians": (PEDESTRIAN, FullBuffer()),
    "full buffer, vehicles": (VEHICLE, FullBuffer()),
    "FTP model 3": (PEDESTRIAN, FileTransfer(file_mbyte=0.5, files_per_s=2.0)),
    "video": (PEDESTRIAN, Video(rate_mbps=30.0, frames_per_s=60.0, delay_budget_ms=15.0)),
    "sporadic": (PEDESTRIAN, Sporadic(packet_byte=200, packets_per_s=5.0, delay_budget_ms=10.0)),
}
RATIOS = {
    "throughput, mean": measures.THROUGHPUT,
    "throughput, 5th percentile": measures.THROUGHPUT_P5,
    "delay, mean": measures.DELAY,
    "delay, 95th percentile": measures.DELAY_P95,
    "PRB usage": measures.PRB_USAGE,
}
TURN = "CommonBeamformingFunction.digitalTilt=120"


def profile_of(kind: str, ues: int) -> Profile:
    mobility, traffic = KINDS[kind]
    group = Group(name="ues", share=1.0, slice="all", mobility=mobility, traffic=traffic)
    return Profile(
        name="gap", description=kind, ue_count=ues, slices=(Slice(name="all"),), groups=(group,)
    )


def figures(stage: Stage, turns: tuple[str, ...], slot_level: bool) -> dict[str, float]:
    """Network-wide figures of one run, and the wall time it took."""
    parsed = tuple(parse_turn(text, stage.scenario) for text in turns)
    start = start_settings(stage.scenario, stage.profile)
    settings = apply(parsed, start, stage.scenario, stage.profile)
    begin = time.perf_counter()
    record = simulate(stage, settings, slot_level)
    wall_s = time.perf_counter() - begin
    measured = {
        m.name: m.value for m in measure(record) if m.scope == "network" and m.value is not None
    }
    return measured | {"wall_s": wall_s}


def runs(
    scenario: Scenario, links: LinkMap, kind: str, options: argparse.Namespace
) -> list[dict[str, dict[str, float]]]:
    """Both levels for each seed; full buffers also with the knob turned."""
    rows = []
    for seed in range(1, options.seeds + 1):
        stage = set_stage(scenario, profile_of(kind, options.ues), options.seconds, seed, links)
        row = {"flow": figures(stage, (), False), "slot": figures(stage, (), True)}
        if kind == "full buffer, pedestrians":
            row["flow turned"] = figures(stage, (TURN,), False)
            row["slot turned"] = figures(stage, (TURN,), True)
        rows.append(row)
        print(f"{kind}, seed {seed} of {options.seeds}")
    return rows


def gap(rows: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Ratios and differences of one kind of traffic."""
    result: dict[str, Any] = {}
    for label, name in RATIOS.items():
        pairs = [(r["slot"][name], r["flow"][name]) for r in rows if name in r["flow"]]
        ratios = [slot / flow for slot, flow in pairs if flow > 0]
        if len(ratios) == len(rows):
            result[f"{label}, slot / flow"] = bootstrap(ratios, np.mean)
    if measures.IN_TIME in rows[0]["flow"]:
        differences = [r["slot"][measures.IN_TIME] - r["flow"][measures.IN_TIME] for r in rows]
        result["in time, slot - flow, percentage points"] = bootstrap(differences, np.mean)
    errors = [r["slot"][measures.BLOCK_ERRORS] for r in rows]
    result["block errors at slot level, %"] = bootstrap(errors, np.mean)
    if "flow turned" in rows[0]:
        for level in ("flow", "slot"):
            name = measures.THROUGHPUT
            effect = [100.0 * (r[f"{level} turned"][name] / r[level][name] - 1.0) for r in rows]
            result[f"effect of {TURN} on mean throughput at {level} level, %"] = bootstrap(
                effect, np.mean
            )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--ues", type=int, default=36)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/dynamics_gap.json"))
    options = parser.parse_args()
    configure_thread()
    scenario = load_scenario(options.scenario)
    links = load_link_map(scenario)
    rows = {kind: runs(scenario, links, kind, options) for kind in KINDS}
    every = [row for kind in rows.values() for row in kind]
    result = {
        "benchmark": "dynamics_gap",
        "code": code(),
        "scenario": scenario.name,
        "scenario_digest": scenario.digest,
        "seeds": list(range(1, options.seeds + 1)),
        "ues": options.ues,
        "seconds": options.seconds,
        "gap": {kind: gap(of_kind) for kind, of_kind in rows.items()},
        "wall_s_per_network_second": {
            level: float(np.median([row[level]["wall_s"] for row in every])) / options.seconds
            for level in ("flow", "slot")
        },
        "machine": machine(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for kind, values in result["gap"].items():
        print(kind)
        for label, row in values.items():
            print(f"  {label:<78}{row['value']:>8.3f}{row['low']:>10.3f}..{row['high']:.3f}")
    print("wall time per network-second", result["wall_s_per_network_second"])


if __name__ == "__main__":
    main()
