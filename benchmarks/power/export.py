"""The graph model for the near-RT loop: latency of the export, and what its starts are worth there.

Latency is of one graph on one thread, from gains to shares, p50 and p99 of CPU and of wall time;
``difference`` is the largest in any share between the export and the trained model. What starts are
worth is measured on reports of the plant: the near-RT solver solves as it does, from present powers
or its last answer, and once more from present powers or what the model makes of the same network.
Beside it, two rounds of the solver's own more, which cost less: another start has to beat them.

    python -m benchmarks.power.export
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.machine import code, machine
from benchmarks.near_rt.papers import activation_of, envelope_around
from benchmarks.power_control import _node, _settings, readings_of
from contracts.keys import init_keys
from contracts.network import REPORT_PERIOD_MS
from contracts.problem import Objective
from contracts.site import Site
from tools.near_rt.link_model import Graph, LinkModel
from tools.near_rt.model import Array, Links, Network
from tools.near_rt.objective import Goal
from tools.power.foundation.checkpoint import load_model
from tools.power.foundation.portfolio import Portfolio
from tools.power.foundation.shipped import SHIPPED
from tools.power.graphs.families import MIX
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.stream import graphs
from tools.power.runtime import numerics
from twins.plant import Plant
from twins.scenario import load_scenario
from xapps.power_control.mover import Mover
from xapps.power_control.state import NetworkState

RESULTS = Path(__file__).parents[1] / "results" / "power_export.json"
_SEED = 20_260
_FIRST_PLANT = 6_000
_ROUNDS = 20
_OBJECTIVES = (
    Objective.LOW_PERCENTILE,
    Objective.MEAN_THROUGHPUT,
    Objective.PROPORTIONAL_FAIRNESS,
)
_HALF_WIDTHS = (6, 12)
_DRAWS = 4
_SOLVED_ON = 2
_BETTER = 1e-4

Row = dict[str, Any]
Solve = tuple[float, float, float, float]
"""Gains as it solves, from the model's start, and solving on; milliseconds of the model."""


def latencies(path: Path, sizes: list[int], repeats: int) -> list[Row]:
    """Times of all ways to an answer, by number of links."""
    trained, exported, rows = load_model(path), LinkModel.load(path), []
    portfolio = Portfolio(trained)
    for links in sizes:
        some = graphs(MIX, links, _SEED, 1)
        gain, weight = some.gain[0].numpy(), some.weight[0].numpy()

        def fresh(some: LinkGraphs = some) -> LinkGraphs:
            return LinkGraphs(some.gain, some.weight, some.limit)

        def graph(gain: Array = gain, weight: Array = weight) -> Graph:
            return Graph(gain, weight)

        ways: dict[str, Callable[[], object]] = {
            "torch": lambda fresh=fresh: trained.answer(fresh()),  # type: ignore[misc]
            "NumPy": lambda graph=graph: exported.answer(graph()),  # type: ignore[misc]
            f"NumPy, {_ROUNDS} rounds more": lambda graph=graph: exported.answer(graph(), _ROUNDS),  # type: ignore[misc]
            "portfolio, torch": lambda fresh=fresh: portfolio.choose(fresh()),  # type: ignore[misc]
        }
        with torch.no_grad():
            apart = np.abs(exported.starts(graph()) - trained(some).power[0].numpy()).max()
        for name, way in ways.items():
            rows.append({"links": links, "way": name, **_timed(way, repeats)})
            rows[-1]["difference"] = float(apart) if name == "NumPy" else None
    return rows


def _timed(way: Callable[[], object], repeats: int) -> Row:
    way()
    cpu, wall = [], []
    for _ in range(repeats):
        started, began = time.process_time(), time.perf_counter()
        way()
        cpu.append(1e3 * (time.process_time() - started))
        wall.append(1e3 * (time.perf_counter() - began))
    return {
        f"{kind}_p{percent}_ms": round(float(np.percentile(times, percent)), 3)
        for kind, times in (("cpu", cpu), ("wall", wall))
        for percent in (50, 99)
    }


def starts(path: Path, scenario_name: str, plants: int, reports: int) -> list[Row]:
    """How often, and by how much, the model's start lifts the near-RT solver's answer."""
    exported, rows = LinkModel.load(path), []
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        init_keys(site)
        for half_width in _HALF_WIDTHS:
            for objective in _OBJECTIVES:
                solves: list[Solve] = []
                for seed in range(_FIRST_PLANT, _FIRST_PLANT + plants):
                    solves += _solves(
                        exported, scenario_name, seed, objective, half_width, reports, site
                    )
                rows.append(_row(objective, half_width, np.array(solves)))
    return rows


def _row(objective: Objective, half_width: int, solves: Array) -> Row:
    own, learned, again, cost_ms = solves.T
    more, longer = np.maximum(learned - own, 0.0), np.maximum(again - own, 0.0)
    return {
        "objective": objective.value,
        "half_width_steps": half_width,
        "solves": len(own),
        "own_gain_percent": round(100.0 * float(own.mean()), 3),
        "gain_from_model_start_percent": round(100.0 * float(learned.mean()), 3),
        "better_with_model_share": round(float((more > _BETTER).mean()), 3),
        "more_with_model_percent": round(100.0 * float(more.mean()), 4),
        "better_solving_on_share": round(float((longer > _BETTER).mean()), 3),
        "more_solving_on_percent": round(100.0 * float(longer.mean()), 4),
        "model_cpu_ms": round(float(np.median(cost_ms)), 2),
    }


def _solves(
    model: LinkModel,
    scenario_name: str,
    seed: int,
    objective: Objective,
    half_width: int,
    reports: int,
    site: Site,
) -> list[Solve]:
    """All solves of one plant."""
    scenario = load_scenario(scenario_name)
    plant, settings, cells = Plant(scenario, seed), _settings(scenario), scenario.cell_ids
    node, power_range = _node(plant), scenario.equipment.configured_max_tx_power
    envelope = envelope_around(node, cells, power_range.grid_mw(), half_width, power_range.step_db)
    activation = activation_of(node, envelope, site, objective, least_interval_ms=1)
    mover = Mover(activation, cells, settings)
    state = NetworkState(cells, REPORT_PERIOD_MS, settings.memory_ms, settings.radio.noise_dbm)
    found = []
    for number in range(reports):
        power = {c.cell_id: c.configured_max_tx_power_mw for c in plant.cells}
        (report,) = plant.observe(1, REPORT_PERIOD_MS)
        state.take(readings_of(report, cells), power)
        if not state.steady():
            continue
        network, present = state.network(), np.array([float(power[c]) for c in cells])
        wanted = mover.decide(network, power, report.kpm_time_ms)
        if mover.proposal is None:
            continue
        found.append(_beside(model, mover, network, present, number))
        if wanted:
            plant.configure(wanted)
    return found


def _beside(model: LinkModel, mover: Mover, network: Network, present: Array, seed: int) -> Solve:
    """The same solve once more, from the model's start and nothing else but present powers."""
    assert mover.proposal is not None
    solver, limits = mover._solver, mover._limits
    links = Links.under(present, network, solver._radio)
    goal = mover._goal(network, links, present)
    assert goal is not None
    started = time.process_time()
    learned = learned_start(model, links, network, goal, present, limits.upper_mw, seed)
    cost_ms = 1e3 * (time.process_time() - started)
    kept, own = solver._warm_mw, mover.proposal
    solver._warm_mw = limits.project(learned[limits.movable])
    other = solver.solve(network, links, present, goal)
    solver._warm_mw = kept
    again = max(solver.solve(network, links, present, goal).gain for _ in range(_SOLVED_ON))
    solver._warm_mw = kept
    return own.gain, other.gain, again, cost_ms


def learned_start(
    model: LinkModel,
    links: Links,
    network: Network,
    goal: Goal,
    present: Array,
    upper_mw: Array,
    seed: int,
) -> Array:
    """Powers [C] on which the model agrees over a few draws of scheduled UEs."""
    rng = np.random.default_rng(seed)
    gap = 10.0 ** (links.radio.snr_gap_db / 10.0)
    worth = goal.weights(links.rates(present)) * links.share
    full = np.full(len(present), float(upper_mw.max()))
    shares = []
    for _ in range(_DRAWS):
        gain = np.zeros((len(present), len(present)), np.float32)
        weight = np.zeros(len(present), np.float32)
        for cell in range(len(present)):
            users = np.flatnonzero(links.serving == cell)
            if not len(users):
                continue
            chance = network.activity[users].clip(1e-3)
            user = rng.choice(users, p=chance / chance.sum())
            gain[cell] = links.leak[user] * full
            gain[cell, cell] = links.direct[user] * full[cell] / gap
            weight[cell] = worth[user] * chance.sum() / network.activity[user].clip(1e-3)
        if weight.any():
            graph = Graph(gain, weight / weight.mean())
            shares.append(model.answer(graph, 0, links.radio.most_bits_per_hz))
    if not shares:
        return present
    agreed: Array = np.exp(np.log(np.maximum(shares, 1e-3)).mean(0)) * full
    return agreed


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--links", type=int, nargs="+", default=[10, 20, 50, 100, 200])
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--plants", type=int, default=4)
    parser.add_argument("--reports", type=int, default=60)
    given = parser.parse_args()
    with numerics(), threadpool_limits(1):
        timed = latencies(given.model, given.links, given.repeats)
        worth = starts(given.model, given.scenario, given.plants, given.reports)
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "seed": _SEED,
        "first_plant": _FIRST_PLANT,
        "scenario": given.scenario,
        "latency": timed,
        "starts": worth,
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for row in (*timed, *worth):
        print("  ".join(f"{k} {v}" for k, v in row.items() if v is not None))


if __name__ == "__main__":
    main()
