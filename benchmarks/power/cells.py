"""Power tools against the present power and an expensive reference, on seeded networks.

    python -m benchmarks.power.cells [--networks 5] [--rollouts 48]

Each network: 3 sites x 3 cells, 100 UEs, TR 38.901 UMa, uncoordinated full power; the goal is the
5th percentile of cells 1-3 up by 20 % under the usual guard-rails. The reference is SciPy's
differential evolution on the same score with four times the evaluations and no grid. ``held`` is
the share of paired twin roll-outs in which every requirement holds. Seeds: 101 and up.
"""

import argparse
import json
import math
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import Bounds, differential_evolution

from contracts.tool import Tool
from tools.power import power_tools
from tools.power.examples import Example, example
from tools.power.foundation.shipped import SHIPPED, trained
from tools.power.rounding import scores_of
from tools.power.runtime import numerics
from tools.power.samples import posterior_sampler
from tools.power.workbench import Workbench
from twins.kpis import PairedRollouts, missed
from twins.rollout import Twin

FIRST_SEED = 101
RESULTS = Path(__file__).parents[1] / "results" / "power_cells.json"
REFERENCE = "scipy.differential_evolution"


def run(networks: int, rollouts: int, weights: Path) -> dict[str, object]:
    rows: list[dict[str, object]] = []
    for seed in track(range(FIRST_SEED, FIRST_SEED + networks), description="networks"):
        network = example(seed)
        twin = Twin(network.scenario, network.snapshot)
        for name, answer in answers(network, weights).items():
            power_mw, score, seconds = answer()
            paired = twin.roll_out(power_mw, rollouts, seed, network.snapshot.window_ms)
            held = held_share(network, paired)
            rows.append(
                {"seed": seed, "tool": name, "score": score, "held": held, "cpu_s": seconds}
            )
    return {
        "machine": {
            "cpu": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "scipy": scipy.__version__,
        },
        "seeds": [FIRST_SEED, FIRST_SEED + networks - 1],
        "rollouts": rollouts,
        "rows": rows,
        "summary": summary(rows),
    }


Answer = Callable[[], tuple[dict[int, int], float, float]]


def answers(network: Example, weights: Path) -> dict[str, Answer]:
    def of_tool(tool: Tool) -> Answer:
        def answer() -> tuple[dict[int, int], float, float]:
            started = time.process_time()
            best = tool.solve(network.problem, network.snapshot)[0]
            return best.tx_power_mw, best.objective_value, time.process_time() - started

        return answer

    tools = {
        tool.name: of_tool(tool)
        for tool in power_tools(network.load, model=partial(trained, weights))
    }
    return tools | {REFERENCE: lambda: reference(network)}


def reference(network: Example) -> tuple[dict[int, int], float, float]:
    started = time.process_time()
    with numerics():
        bench = Workbench.prepare(
            network.problem, network.snapshot, network.scenario, posterior_sampler
        )
        limits = bench.limits

        def loss(levels_db: np.ndarray, /) -> Any:
            power = limits.project(torch.tensor(10.0 ** (levels_db.T / 10.0)))
            return -scores_of(bench.robust, power).numpy()

        lower, upper = ((10 * bound.log10()).numpy() for bound in (limits.lower, limits.upper))
        found = differential_evolution(
            loss,
            Bounds(lower, upper),
            popsize=10,
            maxiter=110,
            vectorized=True,
            updating="deferred",
            rng=1,
            polish=False,
            tol=0.0,
        )
        power = limits.project(torch.tensor(10.0 ** (found.x / 10.0))[None])[0]
    powers = dict(zip(network.snapshot.cell_ids, power.int().tolist(), strict=True))
    return powers, -float(found.fun), time.process_time() - started


def held_share(network: Example, paired: PairedRollouts) -> float:
    thresholds = network.problem.thresholds
    misses = [
        missed(s.requirement, network.snapshot, paired, thresholds)
        for s in network.problem.requirements
    ]
    return 1.0 - float(torch.stack(misses).any(0).double().mean())


def summary(rows: list[dict[str, object]]) -> dict[str, dict[str, list[float]]]:
    names = list(dict.fromkeys(str(r["tool"]) for r in rows))
    return {
        name: {
            key: interval([float(r[key]) for r in rows if r["tool"] == name])  # type: ignore[arg-type]
            for key in ("score", "held", "cpu_s")
        }
        for name in names
    }


def interval(values: list[float]) -> list[float]:
    """Mean over networks and its 95 % bootstrap interval."""
    draws = np.random.default_rng(0).choice(values, (2000, len(values))).mean(1)
    return [float(np.mean(values)), *np.quantile(draws, [0.025, 0.975]).tolist()]


def show(results: dict) -> None:  # type: ignore[type-arg]
    table = Table("tool", "score", "model: all hold", "twin: all hold", "CPU s")
    for name, row in results["summary"].items():
        cells = {k: f"{m:.2f} [{a:.2f}, {b:.2f}]" for k, (m, a, b) in row.items()}
        chance = [min(1.0, math.exp(r["score"])) for r in results["rows"] if r["tool"] == name]
        table.add_row(name, cells["score"], f"{np.mean(chance):.2f}", cells["held"], cells["cpu_s"])
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=5)
    parser.add_argument("--rollouts", type=int, default=48)
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="of the graph model")
    arguments = parser.parse_args()
    results = run(arguments.networks, arguments.rollouts, arguments.weights)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    show(results)


if __name__ == "__main__":
    main()
