"""How fast decisions are verified, and how roll-outs scale over engines and workers.

    python -m benchmarks.twin_scaling [--repeats 3] [--large]

Prints a table and writes ``benchmarks/results/twin_scaling.json``. ``--large`` adds one on 57
cells and 570 UEs, which takes minutes. Every engine's result is compared bit by bit.
"""

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import ray
from ray.cluster_utils import Cluster
from rich.console import Console
from rich.table import Table

from benchmarks.hexagonal import hexagonal
from benchmarks.machine import machine
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from twins.channel import LinkMap, load_link_map
from twins.engine import engine_of, forget_engines
from twins.fit import observed
from twins.kpis import PairedRollouts
from twins.plant import Plant
from twins.rollout import Twin
from twins.runtime import RuntimeSettings, configure_thread
from twins.scenario import Scenario, load_scenario

RESULTS = Path(__file__).parent / "results" / "twin_scaling.json"
WINDOW_MS = 60_000
DECISION_ROLLOUTS = 299
SCALING_ROLLOUTS = 96

Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    configure_thread()
    munich = load_scenario("munich")
    links = load_link_map(munich)
    taken = _snapshot(munich, links)
    rows = [_decision(munich, links, taken, arguments.repeats)]
    rows += _scaling(munich, links, taken, arguments.repeats)
    if arguments.large:
        large = hexagonal()
        links = load_link_map(large)
        rows.append(_decision(large, links, _snapshot(large, links), 1))
    document = {
        "window_ms": WINDOW_MS,
        "repeats": arguments.repeats,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(rows)


def _decision(scenario: Scenario, links: LinkMap, taken: NetworkSnapshot, repeats: int) -> Row:
    """Condition the twin and roll all windows out, as a decision that does not stop early does."""

    def decide() -> PairedRollouts:
        twin = Twin(scenario, taken, links)
        return twin.roll_out(_action(scenario), DECISION_ROLLOUTS, 1, WINDOW_MS)

    name = f"decision, {len(scenario.cell_ids)} cells x {scenario.ue_count} UEs, n = 299"
    return _timed(name, decide, DECISION_ROLLOUTS, repeats)


def _scaling(
    scenario: Scenario, links: LinkMap, taken: NetworkSnapshot, repeats: int
) -> Iterator[Row]:
    for name, settings in (
        ("threads, 1 worker", RuntimeSettings(workers=1)),
        ("threads, 2 workers", RuntimeSettings(workers=2)),
        ("processes, 2 workers", RuntimeSettings(workers=2, engine="processes")),
        ("Ray, 1 worker", RuntimeSettings(workers=1, engine="ray")),
        ("Ray, 2 workers", RuntimeSettings(workers=2, engine="ray")),
    ):
        yield _rolled(name, settings, scenario, links, taken, repeats)
    with _simulated_cluster(nodes=2, cores=2) as address:
        settings = RuntimeSettings(workers=4, engine="ray", ray_address=address)
        name = "Ray, simulated cluster of 2 nodes x 2 workers"
        yield _rolled(name, settings, scenario, links, taken, repeats)


def _rolled(
    name: str,
    settings: RuntimeSettings,
    scenario: Scenario,
    links: LinkMap,
    taken: NetworkSnapshot,
    repeats: int,
) -> Row:
    forget_engines()
    list(engine_of(settings).map(abs, range(settings.workers)))  # workers are up
    twin = Twin(scenario, taken, links, settings)
    seeds = iter(range(1, 1_000))

    def roll() -> PairedRollouts:
        return twin.roll_out(_action(scenario), SCALING_ROLLOUTS, next(seeds), WINDOW_MS)

    return _timed(name, roll, SCALING_ROLLOUTS, repeats)


def _timed(name: str, run: Callable[[], PairedRollouts], rollouts: int, repeats: int) -> Row:
    walls_s = []
    for index in range(repeats):
        began = time.perf_counter()
        paired = run()
        walls_s.append(time.perf_counter() - began)
        if index == 0:
            digest = _digest(paired)
    wall_s = statistics.median(walls_s)
    return {
        "name": name,
        "wall_s": round(wall_s, 2),
        "smallest_s": round(min(walls_s), 2),
        "largest_s": round(max(walls_s), 2),
        "rollouts_per_minute": round(60.0 * rollouts / wall_s, 1),
        "twin_s_per_wall_s": round(2.0 * rollouts * WINDOW_MS / 1000.0 / wall_s, 1),
        "first_result_digest": digest,
    }


def _digest(paired: PairedRollouts) -> str:
    hashed = hashlib.sha256()
    for window in (paired.before, paired.after):
        hashed.update(window.throughput_mbps.numpy().tobytes())
        hashed.update(window.sinr_db.numpy().tobytes())
    return hashed.hexdigest()[:16]


@contextmanager
def _simulated_cluster(nodes: int, cores: int) -> Iterator[str]:
    forget_engines()
    ray.shutdown()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": cores})
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=cores)
    try:
        yield cluster.address
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]


def _action(scenario: Scenario) -> dict[int, int]:
    return {scenario.cell_ids[-1]: scenario.equipment.grid_mw()[-6]}


def _snapshot(scenario: Scenario, links: LinkMap) -> NetworkSnapshot:
    return observed(Plant(scenario, 1, links), WINDOW_MS // REPORT_PERIOD_MS)


def _print(rows: list[Row]) -> None:
    table = Table("", "wall s", "roll-outs / min", "twin-s / wall-s", "first bits")
    for row in rows:
        table.add_row(
            str(row["name"]),
            f"{row['wall_s']} ({row['smallest_s']}-{row['largest_s']})",
            str(row["rollouts_per_minute"]),
            str(row["twin_s_per_wall_s"]),
            str(row["first_result_digest"]),
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
