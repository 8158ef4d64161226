"""The whole road over 50 plants: what is fulfilled, what is violated, how well it was predicted.

    python -m benchmarks.road [--seeds 101-150] [--workers 2]

Every plant has its own UEs and hidden perturbations. On each, the same intent is tried by

* ``no_action``: nothing is changed; noise alone decides;
* ``act_without_verification``: the tools' best candidate on their model is carried out as it is;
* ``ranwright``: rehearsed, verified by 299 roll-outs, carried out, measured, rolled back if missed;
* ``oracle``: searches on the plant's hidden truth and acts when its search says that it holds.

Production has no route without verification: this file drives in-process plants instead. Finished
seeds are kept in ``--partial`` and not run again. The road's stage times come from real runs of the
command (``--command-runs``), processes and all.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from agents.formulate import formulate, reserve_after
from agents.nodes import HOPELESS_MARGIN
from agents.reader import GrammarReader
from agents.solve import solve
from agents.verifier.gap import load_gap
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from benchmarks.machine import code
from benchmarks.oracle import TruthSearch
from contracts.action import Candidate
from contracts.clock import Clock
from contracts.dictionary import required_evidence
from contracts.intent import Intent
from contracts.kpi import Kpi
from contracts.measure import margin_of, measure_kpi
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from contracts.policy import Policy, load_policy
from contracts.problem import Problem
from contracts.tool import ToolUnavailableError
from contracts.verdict import Verdict
from tools.power import power_tools
from twins.calibration.certificate import load_certificate
from twins.plant import Plant
from twins.runtime import configure_thread, fingerprint
from twins.scenario import Scenario, load_scenario

SENTENCE = (
    "Lift the 5th-percentile downlink throughput of cells 1-3 by 20 % without raising total power"
)
METHODS = ("no_action", "act_without_verification", "ranwright", "oracle")
RESULTS = Path(__file__).parent / "results" / "road.json"

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--seeds", default="101-150")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--partial", type=Path, default=Path("build/road.jsonl"))
    parser.add_argument("--command-runs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    rows = run_seeds(
        arguments.scenario, range(first, last + 1), arguments.workers, arguments.partial
    )
    document = {
        "sentence": SENTENCE,
        "scenario": arguments.scenario,
        "scenario_digest": load_scenario(arguments.scenario).digest,
        "policy_digest": policy_of(arguments.scenario).digest,
        "seeds": [first, last],
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), **fingerprint()},
        "code": code(),
        "summary": summarise(rows),
        "command": command_runs(arguments.scenario, arguments.command_runs),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    report(document)


def run_seeds(scenario: str, seeds: Iterable[int], workers: int, partial: Path) -> list[Row]:
    """One row a seed, in order; those that this code finished before are read back."""
    partial.parent.mkdir(parents=True, exist_ok=True)
    done: dict[int, Row] = {}
    made_from = [code(), load_scenario(scenario).digest, policy_of(scenario).digest]
    if partial.exists():
        for line in partial.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["made_from"] == made_from:
                done[row["seed"]] = row
    missing = [s for s in seeds if s not in done]
    with (
        ProcessPoolExecutor(workers, initializer=configure_thread) as pool,
        partial.open("a") as out,
    ):
        for row in pool.map(run_seed, [scenario] * len(missing), missing):
            row["made_from"] = made_from
            out.write(json.dumps(row) + "\n")
            out.flush()
            done[row["seed"]] = row
            print(f"seed {row['seed']}: {_short(row)}", file=sys.stderr, flush=True)
    return [done[s] for s in seeds]


def run_seed(scenario_name: str, seed: int) -> Row:
    """All methods on one plant."""
    os.environ["RANWRIGHT_WORKERS"] = "1"
    scenario, policy = load_scenario(scenario_name), policy_of(scenario_name)
    reading = GrammarReader().read(SENTENCE, scenario.cell_ids)
    assert isinstance(reading, Intent)
    plant = Plant(scenario, seed)
    snapshot = observe(plant, scenario, policy)
    problem = formulate(reading, snapshot, policy, scenario.equipment)
    row: Row = {"seed": seed, "ues": len(snapshot.ues)}
    row["no_action"] = carry_out({}, scenario, seed, problem, policy, snapshot)
    row["act_without_verification"] = _unverified(problem, snapshot, scenario, seed, policy)
    row["ranwright"], pool = _ranwright(reading, snapshot, scenario, seed, policy)
    row["oracle"] = _oracle(problem, snapshot, scenario, seed, policy, pool)
    return row


def observe(plant: Plant, scenario: Scenario, policy: Policy) -> NetworkSnapshot:
    """A snapshot over the policy's window."""
    reports = plant.observe(
        policy.certificate.watch_window_ms // REPORT_PERIOD_MS, REPORT_PERIOD_MS
    )
    clock = Clock()
    clock.observe(reports[-1].kpm_time_ms)
    return NetworkSnapshot.from_reports(
        scenario.name, scenario.digest, plant.cells, reports, clock.now()
    )


def carry_out(
    tx_power_mw: Mapping[int, int],
    scenario: Scenario,
    seed: int,
    problem: Problem,
    policy: Policy,
    baseline: NetworkSnapshot,
) -> Row:
    """Set powers on the plant of a seed and measure every requirement as the watch would."""
    plant = Plant(scenario, seed)
    observe(plant, scenario, policy)
    if tx_power_mw:
        plant.configure(dict(tx_power_mw))
    plant.observe(max(1, policy.certificate.settle_ms // REPORT_PERIOD_MS), REPORT_PERIOD_MS)
    measured = observe(plant, scenario, policy)
    missed = {
        s.requirement.describe(): s.origin
        for s in problem.requirements
        if margin_of(s.requirement, baseline, measured, problem.thresholds) < 0
    }
    return {
        "acted": bool(tx_power_mw),
        "fulfilled": not missed,
        "guard_rail_violated": any(o.startswith("guard_rail") for o in missed.values()),
        "missed": sorted(missed),
        "measured": [
            measure_kpi(
                s.requirement.kpi, s.requirement.cells, baseline, measured, problem.thresholds
            )
            for s in problem.requirements
        ],
    }


def _unverified(
    problem: Problem, snapshot: NetworkSnapshot, scenario: Scenario, seed: int, policy: Policy
) -> Row:
    found: list[Candidate] = []
    for tool in power_tools(lambda _: scenario):
        with suppress(ToolUnavailableError):  # as the planner does without it
            found += tool.solve(problem, snapshot)
    best = max(found, key=lambda c: c.objective_value)
    return carry_out(best.tx_power_mw, scenario, seed, problem, policy, snapshot)


def _ranwright(
    intent: Intent, snapshot: NetworkSnapshot, scenario: Scenario, seed: int, policy: Policy
) -> tuple[Row, list[Mapping[int, int]]]:
    reserve: dict[str, float] = {}
    times_s = {"solve": 0.0, "verify": 0.0}
    pool: list[Mapping[int, int]] = []
    cited = required_evidence(intent, scenario.equipment)
    for attempt in range(1, policy.verification.max_attempts + 1):
        problem = formulate(intent, snapshot, policy, scenario.equipment, cited, reserve)
        started = time.perf_counter()
        solution = solve(problem, snapshot, scenario, power_tools(lambda _: scenario))
        times_s["solve"] += time.perf_counter() - started
        pool += [c.tx_power_mw for c in solution.candidates[:3]]
        idle: Row = {"acted": False, "fulfilled": False, "guard_rail_violated": False}
        idle |= {"attempts": attempt, "times_s": times_s, "best_margin": solution.best.worst_margin}
        if solution.plan is None or solution.best.worst_margin < HOPELESS_MARGIN:
            return idle | {"refused": "solve.infeasible"}, pool
        started = time.perf_counter()
        verdict = verify(
            Papers(
                intent,
                problem,
                solution.plan,
                snapshot,
                policy,
                scenario,
                load_certificate().digest,
                load_gap(scenario),
            ),
            attempt,
        )
        times_s["verify"] += time.perf_counter() - started
        if verdict.passed:
            outcome = carry_out(
                solution.best.tx_power_mw, scenario, seed, problem, policy, snapshot
            )
            return idle | outcome | _prediction(verdict, outcome), pool
        reserve = reserve_after(verdict, reserve)
    return idle | {"refused": "verify.not_proven"}, pool


def _prediction(verdict: Verdict, outcome: Row) -> Row:
    rows = []
    for interval, measured in zip(verdict.intervals, outcome["measured"], strict=True):
        if interval.kpi in (Kpi.UE_THP_DL_P5, Kpi.UE_THP_DL_MEAN):
            rows.append(
                {
                    "kpi": interval.kpi,
                    "cells": list(interval.cells),
                    "error_share": measured / interval.after_median - 1.0,
                    "inside_90": interval.after_low <= measured <= interval.after_high,
                }
            )
    return {
        "predictions": rows,
        "missed_rollouts": verdict.bound.missed_rollouts if verdict.bound else None,
    }


def _oracle(
    problem: Problem,
    snapshot: NetworkSnapshot,
    scenario: Scenario,
    seed: int,
    policy: Policy,
    pool: list[Mapping[int, int]],
) -> Row:
    truth = Plant(scenario, seed).truth
    search = TruthSearch(problem, snapshot, scenario, truth)
    powers, margin = search.best([dict(p) for p in pool])
    if margin < 0:
        return {
            "acted": False,
            "fulfilled": False,
            "guard_rail_violated": False,
            "best_margin": margin,
        }
    outcome = carry_out(powers, scenario, seed, problem, policy, snapshot)
    return outcome | {"best_margin": margin}


def policy_of(scenario: str) -> Policy:
    """The shipped policy."""
    return load_policy(Path(str(files("agents"))) / "service" / "policies" / f"{scenario}.yaml")


def summarise(rows: list[Row]) -> Row:
    """Counts with Clopper-Pearson intervals, and the prediction's error."""
    n = len(rows)
    methods = {}
    for m in METHODS:
        fulfilled = sum(r[m]["fulfilled"] and r[m]["acted"] for r in rows)
        acted = sum(r[m]["acted"] for r in rows)
        violated = sum(r[m]["acted"] and r[m]["guard_rail_violated"] for r in rows)
        missed = sum(r[m]["acted"] and not r[m]["fulfilled"] for r in rows)
        methods[m] = {
            "acted": acted,
            "fulfilled": fulfilled,
            "fulfilled_interval_95": _interval(fulfilled, n),
            "guard_rail_violated": violated,
            "acted_and_missed": missed,
            "acted_and_missed_interval_95": _interval(missed, acted) if acted else None,
        }
    oracle = [r for r in rows if r["oracle"]["fulfilled"] and r["oracle"]["acted"]]
    shared = sum(r["ranwright"]["fulfilled"] and r["ranwright"]["acted"] for r in oracle)
    predictions = [p for r in rows for p in r["ranwright"].get("predictions", [])]
    goal = [p for p in predictions if p["kpi"] == Kpi.UE_THP_DL_P5]
    return {
        "seeds": n,
        "methods": methods,
        "of_what_the_oracle_fulfils": {
            "ranwright": shared,
            "oracle": len(oracle),
            "share": shared / len(oracle) if oracle else None,
            "interval_95": _interval(shared, len(oracle)) if oracle else None,
        },
        "ranwright_over_oracle": (
            methods["ranwright"]["fulfilled"] / methods["oracle"]["fulfilled"]
            if methods["oracle"]["fulfilled"]
            else None
        ),
        "prediction": {
            "goal": _errors(goal),
            "all_throughputs": _errors(predictions),
        },
        "median_times_s": {
            stage: statistics.median(r["ranwright"]["times_s"][stage] for r in rows)
            for stage in ("solve", "verify")
        },
    }


def _errors(predictions: list[Row]) -> Row | None:
    if not predictions:
        return None
    errors = sorted(abs(p["error_share"]) for p in predictions)
    inside = sum(p["inside_90"] for p in predictions)
    return {
        "count": len(errors),
        "median_absolute_error_percent": 100 * statistics.median(errors),
        "p95_absolute_error_percent": 100 * errors[int(0.95 * (len(errors) - 1))],
        "mean_error_percent": 100 * statistics.fmean(p["error_share"] for p in predictions),
        "inside_90_percent_interval": inside / len(errors),
        "inside_interval_95": _interval(inside, len(errors)),
    }


def _interval(successes: int, trials: int) -> list[float]:
    found = binomtest(successes, trials).proportion_ci(0.95, "exact")
    return [float(found.low), float(found.high)]


def command_runs(scenario: str, runs: int) -> Row | None:
    """Wall time and stage times of the real command, each time on a new site."""
    if runs == 0:
        return None
    walls, stages = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            ended = subprocess.run(
                [
                    *(sys.executable, "-m", "agents.cli.main", "run", SENTENCE, "--json"),
                    *("--scenario", scenario, "--site", f"{folder}/site"),
                ],
                capture_output=True,
                check=True,
            )
            walls.append(time.perf_counter() - started)
            stages.append(json.loads(ended.stdout)["stage_times_ms"])
    return {
        "runs": runs,
        "wall_s": {"min": min(walls), "median": statistics.median(walls), "max": max(walls)},
        "median_stage_s": {
            stage: statistics.median(s[stage] for s in stages) / 1000 for stage in stages[0]
        },
    }


def report(document: Row) -> None:
    """The tables."""
    console, summary = Console(), document["summary"]
    table = Table(title=f"{document['sentence']} ({summary['seeds']} plants)", title_justify="left")
    for column in ("method", "acted", "fulfilled", "95 %", "guard-rail broken", "acted, missed"):
        table.add_column(column, justify="right")
    for name, m in summary["methods"].items():
        low, high = m["fulfilled_interval_95"]
        table.add_row(
            name,
            str(m["acted"]),
            str(m["fulfilled"]),
            f"{low:.0%}-{high:.0%}",
            str(m["guard_rail_violated"]),
            str(m["acted_and_missed"]),
        )
    console.print(table)
    share = summary["of_what_the_oracle_fulfils"]
    console.print(f"of what the oracle fulfils: {share['ranwright']} of {share['oracle']}")
    console.print(f"prediction: {json.dumps(summary['prediction'], indent=1)}")
    console.print(f"command: {json.dumps(document['command'], indent=1)}")


def _short(row: Row) -> str:
    return ", ".join(
        f"{m}: {'+' if row[m]['fulfilled'] else '-'}{'' if row[m]['acted'] else ' (no action)'}"
        for m in METHODS
    )


if __name__ == "__main__":
    main()
