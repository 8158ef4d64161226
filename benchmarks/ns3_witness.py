"""Actions verified on the twin, carried out on ns-3: predicted against measured.

    python -m benchmarks.ns3_witness [--seeds 201-204] [--workers 2]

Each seed is an LTE network in ns-3 with hidden perturbations. It is observed for a window. Then
each sentence below goes down the road as far as the verdict: the twin is conditioned on the latest
snapshot, a plan is solved for and verified (policy ``munich_lte``: 299 roll-outs). A plan that is
proven is carried out on ns-3, and after the settling time another window is measured, which is
also what the next sentence begins with. What is not proven is not carried out.

Compared are KPIs over all cells, mean throughput over each cell with UEs and throughput of each
UE: the values before and after the action (the flow level's bias against LTE included) and their
change, after over before. The values before are those that the twin is conditioned on.
``inside_90`` counts measurements inside the twin's 5 % to 95 % quantiles. Intervals of counts are
exact 95 % ones; cells, UEs and actions of one network are not independent, so theirs are narrow.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from agents.formulate import formulate
from agents.reader import GrammarReader
from agents.solve import solve
from agents.verifier.papers import Papers
from agents.verifier.verify import verify
from benchmarks.machine import code
from contracts.clock import Clock
from contracts.dictionary import required_evidence
from contracts.errors import RanwrightError
from contracts.intent import Intent
from contracts.kpi import Kpi
from contracts.measure import measure_kpi
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from contracts.policy import Policy, load_policy
from contracts.verdict import Verdict
from tools.power import power_tools
from twins.calibration.certificate import load_certificate
from twins.kpis import kpi_samples
from twins.ns3 import Ns3Plant, Ns3Settings, build
from twins.ns3.build import find_wheel
from twins.ns3.commands import uses_tcp
from twins.rollout import Twin
from twins.runtime import configure_thread, fingerprint
from twins.scenario import Scenario, load_scenario

SCENARIO = "munich_lte"
SENTENCES = (
    "Lift the 5th-percentile downlink throughput of cells 1-3 by 10 % without raising total power",
    "Cut energy use of all cells by 10 %",
)
KPIS = (Kpi.UE_THP_DL_MEAN, Kpi.UE_THP_DL_P5, Kpi.PEE_AVG_POWER, Kpi.TX_POWER_TOTAL)
ROLLOUTS = 400
RESULTS = Path(__file__).parent / "results" / "ns3_witness.json"

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="201-204")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    settings, made_from = Ns3Settings(), code()  # before anybody commits under a long run
    build(settings)
    rows = run_seeds(range(first, last + 1), arguments.workers)
    document = {
        "benchmark": "ns3_witness",
        "sentences": list(SENTENCES),
        "scenario": SCENARIO,
        "scenario_digest": load_scenario(SCENARIO).digest,
        "policy_digest": policy().digest,
        "seeds": [first, last],
        "rollouts": ROLLOUTS,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "ns3": find_wheel(settings).version,
            **fingerprint(),
        },
        "code": made_from,
        "summary": summarise(rows),
        "rows": rows,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    report(document)


def run_seeds(seeds: Iterable[int], workers: int) -> list[Row]:
    """The actions of all networks, in order."""
    rows = []
    with ProcessPoolExecutor(workers, initializer=configure_thread) as pool:
        for actions in pool.map(run_seed, seeds):
            for row in actions:
                state = "carried out" if row["verified"] else f"not proven, {row['reasons']}"
                print(f"{row['seed']}: {row['sentence']}: {state}", file=sys.stderr, flush=True)
            rows += actions
    return rows


def run_seed(seed: int) -> list[Row]:
    """One network: what each sentence came to."""
    os.environ["RANWRIGHT_WORKERS"] = "1"
    scenario, rules = load_scenario(SCENARIO), policy()
    rows = []
    with Ns3Plant(scenario, seed) as plant:
        present = observe(plant, rules)
        for sentence in SENTENCES:
            powers, verdict = plan(sentence, present, scenario, rules)
            proven = verdict is not None and verdict.passed
            row: Row = {"seed": seed, "sentence": sentence, "verified": proven}
            rows.append(row)
            if verdict is None or not verdict.passed:
                checks = verdict.checks if verdict else ()
                row["reasons"] = [c.reason for c in checks if not c.passed] or ["no plan"]
                continue
            started = time.perf_counter()
            handovers = len(plant.handovers)
            plant.configure(powers)
            plant.observe(rules.certificate.settle_ms // REPORT_PERIOD_MS)
            after = observe(plant, rules)
            wall_s = time.perf_counter() - started
            row |= {
                "changed_cells": sum(powers[c] != present.tx_power_mw[c] for c in powers),
                "handovers": len(plant.handovers) - handovers,
                "kept": kept(verdict, present, after, rules),
                "kpis": compare(present, after, powers, scenario, rules, seed),
                "ns3_wall_s": wall_s,
            }
            present = after
    return rows


def observe(plant: Ns3Plant, rules: Policy) -> NetworkSnapshot:
    """A snapshot over the policy's window."""
    reports = plant.observe(rules.certificate.watch_window_ms // REPORT_PERIOD_MS)
    clock = Clock()
    clock.observe(reports[-1].kpm_time_ms)
    return NetworkSnapshot.from_reports(
        plant.scenario.name, plant.scenario.digest, plant.cells, reports, clock.now()
    )


def plan(
    sentence: str, snapshot: NetworkSnapshot, scenario: Scenario, rules: Policy
) -> tuple[dict[int, int], Verdict | None]:
    """Powers of the best plan for a sentence, and its verdict; ``None`` without any plan."""
    intent = GrammarReader().read(sentence, scenario.cell_ids)
    assert isinstance(intent, Intent)
    cited = required_evidence(intent, scenario.equipment)
    problem = formulate(intent, snapshot, rules, scenario.equipment, cited)
    solution = solve(problem, snapshot, scenario, power_tools(lambda _: scenario))
    if solution.plan is None:
        return {}, None
    calibration = load_certificate().digest
    papers = Papers(intent, problem, solution.plan, snapshot, rules, scenario, calibration)
    powers = snapshot.tx_power_mw | {c.cell_id: c.to_mw for c in solution.plan.changes}
    return powers, verify(papers, attempt=1)


def kept(
    verdict: Verdict, before: NetworkSnapshot, after: NetworkSnapshot, rules: Policy
) -> dict[str, bool]:
    """Whether each verified requirement was measured to hold."""
    held = {}
    for evidence in verdict.evidence:
        sourced = evidence.requirement
        r = sourced.requirement
        values = [measure_kpi(r.kpi, r.cells, before, s, rules.thresholds) for s in (before, after)]
        held[f"{r.describe()} ({sourced.origin})"] = bool(r.margin(*values) >= 0)
    return held


def compare(
    before: NetworkSnapshot,
    after: NetworkSnapshot,
    powers: dict[int, int],
    scenario: Scenario,
    rules: Policy,
    seed: int,
) -> list[Row]:
    """KPIs over all cells, mean throughput over each cell, and of each UE, against the twin."""
    window_ms = rules.certificate.watch_window_ms
    paired = Twin(scenario, before).roll_out(powers, ROLLOUTS, seed, window_ms)
    scopes: list[tuple[str, Kpi, tuple[int, ...]]] = [
        (f"{kpi}, all cells", kpi, before.cell_ids) for kpi in KPIS
    ]
    scopes += [
        (f"{Kpi.UE_THP_DL_MEAN}, each cell", Kpi.UE_THP_DL_MEAN, (c,))
        for c in before.cell_ids
        if before.cohort((c,))
    ]
    rows = []
    for group, kpi, cells in scopes:
        was, will = kpi_samples(kpi, cells, before, paired, rules.thresholds)
        measured = [measure_kpi(kpi, cells, before, s, rules.thresholds) for s in (before, after)]
        rows.append(comparison(group, list(cells), was, will, *measured))
    for u, (old, new) in enumerate(zip(before.ues, after.ues, strict=True)):
        kind = "TCP" if uses_tcp(old.ue_id) else "UDP"
        if old.throughput_mbps and new.throughput_mbps is not None:
            was, will = (w.throughput_mbps[:, u] for w in (paired.before, paired.after))
            measured = [old.throughput_mbps, new.throughput_mbps]
            rows.append(comparison(f"DRB.UEThpDl, {kind} UEs", [old.ue_id], was, will, *measured))
    return rows


def comparison(
    group: str,
    of: list[int],
    was: torch.Tensor,
    will: torch.Tensor,
    measured_before: float,
    measured_after: float,
) -> Row:
    """Samples of a KPI in both windows against what was measured in them."""
    return {
        "group": group,
        "of": of,
        "before": against(was, measured_before),
        "after": against(will, measured_after),
        "change": against(will / was, measured_after / measured_before),
    }


def against(samples: torch.Tensor, measured: float) -> Row:
    """A prediction's quantiles, and where the measurement lies."""
    quantiles = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
    low, median, high = samples.double().nanquantile(quantiles).tolist()
    slack = 1e-6 * abs(median)  # of arithmetic, where nothing is random
    return {
        "measured": measured,
        "low": low,
        "median": median,
        "high": high,
        "error_share": measured / median - 1.0,
        "inside_90": low - slack <= measured <= high + slack,
    }


def policy() -> Policy:
    """The shipped policy."""
    return load_policy(Path(str(files("agents"))) / "service" / "policies" / f"{SCENARIO}.yaml")


def summarise(rows: Sequence[Row]) -> Row:
    """What became of the actions, and the error of the predictions by KPI and scope."""
    acted = [r for r in rows if r["verified"]]
    held = [all(r["kept"].values()) for r in acted]
    return {
        "networks": len({r["seed"] for r in rows}),
        "asked": len(rows),
        "carried_out": len(acted),
        "measured_to_keep_all": sum(held),
        "measured_to_keep_all_interval_95": _interval(sum(held), len(held)) if held else None,
        "handovers": sum(r["handovers"] for r in acted),
        "prediction": by_group(acted),
    }


def by_group(rows: Sequence[Row]) -> Row:
    """Errors of each group of predictions."""
    all_of = [k for r in rows for k in r["kpis"]]
    return {
        group: {
            what: _errors([k[what] for k in all_of if k["group"] == group])
            for what in ("before", "after", "change")
        }
        for group in dict.fromkeys(k["group"] for k in all_of)
    }


def _errors(predictions: Sequence[Row]) -> Row:
    shares = [p["error_share"] for p in predictions]
    inside = sum(p["inside_90"] for p in predictions)
    return {
        "count": len(shares),
        "mean_error_percent": 100.0 * statistics.fmean(shares),
        "median_absolute_error_percent": 100.0 * statistics.median(map(abs, shares)),
        "worst_absolute_error_percent": 100.0 * max(map(abs, shares)),
        "inside_90": inside,
        "inside_90_share_interval_95": _interval(inside, len(predictions)),
    }


def _interval(successes: int, trials: int) -> list[float]:
    found = binomtest(successes, trials).proportion_ci(0.95, "exact")
    return [float(found.low), float(found.high)]


def report(document: Row) -> None:
    """The table."""
    console, summary = Console(width=110), document["summary"]
    console.print(
        f"{summary['networks']} networks; of {summary['asked']} sentences {summary['carried_out']} "
        f"proven and carried out, {summary['measured_to_keep_all']} of them measured to keep all "
        f"requirements; {summary['handovers']} handovers"
    )
    table = Table(title="ns-3 measured against the twin's prediction", title_justify="left")
    for column in ("KPI", "what", "n", "mean error", "median |error|", "worst", "inside 90 %"):
        table.add_column(column)
    for name, kinds in summary["prediction"].items():
        for what, e in kinds.items():
            table.add_row(
                name,
                what,
                str(e["count"]),
                f"{e['mean_error_percent']:+.1f} %",
                f"{e['median_absolute_error_percent']:.1f} %",
                f"{e['worst_absolute_error_percent']:.1f} %",
                f"{e['inside_90']} of {e['count']}",
            )
    console.print(table)


if __name__ == "__main__":
    try:
        main()
    except RanwrightError as error:
        raise SystemExit(f"{error}") from error
