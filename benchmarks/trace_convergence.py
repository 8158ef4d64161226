"""How far the shipped tracing has converged: ``python -m benchmarks.trace_convergence``.

Sampled points of a scenario are traced from every site with more reflections, more rays and more
kept paths than are shipped. Compared are isotropic link gains (power sum over the paths, dB) of the
links whose gain in the finer tracing is above ``--least-gain-db``: quantiles of the absolute
difference, and the share of those links that the coarser tracing misses altogether.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from twins.runtime import derive_seed
from twins.scenario import RayTracedChannel, Scenario, load_scenario
from twins.sionna.llvm import require_llvm
from twins.sionna.paths import GAIN_STEP_DB, NO_PATH
from twins.sionna.trace import SAMPLES_PER_SITE, load_scene, outdoor_points, trace_site

KEPT = 64
FINE_RAYS = 400_000


class Setting(NamedTuple):
    """How finely paths are sought."""

    depth: int
    rays: int
    paths: int


def link_gains_db(
    scenario: Scenario, points: NDArray[np.float32], setting: Setting
) -> NDArray[np.float64]:
    """Isotropic gain of each link, ``[S, P]`` dB; ``-inf`` without any path."""
    channel = scenario.channel
    assert isinstance(channel, RayTracedChannel)
    scene = load_scene(channel.scene, scenario.carrier.frequency_hz)
    finer = channel.model_copy(update={"max_depth": setting.depth, "max_paths": setting.paths})
    rows = []
    for site in scenario.sites:
        gain = trace_site(scene, site.position_m, points, finer, setting.rays)[0]
        power = np.where(gain == NO_PATH, 0.0, 10.0 ** (gain * GAIN_STEP_DB / 10.0)).sum(-1)
        with np.errstate(divide="ignore"):
            rows.append(10.0 * np.log10(power))
    return np.stack(rows)


def difference(
    coarse: NDArray[np.float64], fine: NDArray[np.float64], least_gain_db: float
) -> dict[str, float]:
    """Quantiles of the absolute difference over links that both have, and the share missed."""
    strong = fine >= least_gain_db
    both = strong & np.isfinite(coarse)
    off = np.abs(coarse[both] - fine[both])
    return {
        "links": int(strong.sum()),
        "median_db": float(np.median(off)),
        "p95_db": float(np.quantile(off, 0.95)),
        "missed_percent": float(100.0 * (1.0 - both.sum() / strong.sum())),
    }


def sample_points(scenario: Scenario, count: int) -> NDArray[np.float32]:
    channel = scenario.channel
    assert isinstance(channel, RayTracedChannel)
    scene = load_scene(channel.scene, scenario.carrier.frequency_hz)
    points = outdoor_points(scene.mi_scene, channel)
    rng = np.random.default_rng(derive_seed("trace_convergence", scenario.name) % 2**32)
    return points[np.sort(rng.choice(len(points), count, replace=False))]


def study(scenario: Scenario, count: int, least_gain_db: float) -> dict[str, Any]:
    points = sample_points(scenario, count)
    known: dict[Setting, NDArray[np.float64]] = {}
    start = time.perf_counter()

    def compared(coarse: Setting, fine: Setting) -> dict[str, Any]:
        for setting in (coarse, fine):
            if setting not in known:
                known[setting] = link_gains_db(scenario, points, setting)
                print(f"traced {setting} after {time.perf_counter() - start:.0f} s", flush=True)
        row = difference(known[coarse], known[fine], least_gain_db)
        return {"coarse": coarse._asdict(), "fine": fine._asdict(), **row}

    channel = scenario.channel
    assert isinstance(channel, RayTracedChannel)
    depth, shipped = channel.max_depth, channel.max_paths
    rays = SAMPLES_PER_SITE
    return {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "points": count,
        "bounces": [
            compared(Setting(d, rays, KEPT), Setting(d + 1, rays, KEPT)) for d in range(depth + 2)
        ],
        "rays": [
            compared(Setting(depth, few, KEPT), Setting(depth, many, KEPT))
            for few, many in ((10_000, FINE_RAYS), (rays, FINE_RAYS))
        ],
        "kept_paths": [compared(Setting(depth, rays, shipped), Setting(depth, rays, KEPT))],
        "shipped_against_finest": [
            compared(Setting(depth, rays, shipped), Setting(depth + 1, FINE_RAYS, KEPT))
        ],
    }


def report(result: dict[str, Any]) -> None:
    table = Table(title=f"{result['scenario']}, {result['points']} points", title_justify="left")
    columns = ("", "depth", "rays", "paths", "links", "median dB", "95 % dB", "missed %")
    for column in columns:
        table.add_column(column, justify="right")
    for part in ("bounces", "rays", "kept_paths", "shipped_against_finest"):
        for row in result[part]:
            pairs = (f"{row['coarse'][k]:g} → {row['fine'][k]:g}" for k in Setting._fields)
            numbers = (f"{row[k]:.2f}" for k in ("median_db", "p95_db", "missed_percent"))
            table.add_row(part, *pairs, str(row["links"]), *numbers)
    Console(width=120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", nargs="+", default=["munich"])
    parser.add_argument("--points", type=int, default=64)
    parser.add_argument("--least-gain-db", type=float, default=-130.0)
    default = Path(__file__).parent / "results" / "trace_convergence.json"
    parser.add_argument("--output", type=Path, default=default)
    arguments = parser.parse_args()
    require_llvm()
    start = time.perf_counter()
    results = []
    for name in arguments.scenarios:
        results.append(study(load_scenario(name), arguments.points, arguments.least_gain_db))
        report(results[-1])
    document = {
        "benchmark": "trace_convergence",
        "commit": code(),
        "least_gain_db": arguments.least_gain_db,
        "machine": machine(),
        "wall_s": time.perf_counter() - start,
        "results": results,
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
