"""What field calibration is worth: ``python -m benchmarks.field_calibration [--plants 10]``.

On every plant of each site scenario, a minute of KPM reports is averaged into a snapshot; nothing
else of the plant is read before the action. Written are

* per kind of perturbation: coverage of the 90 % intervals, root mean square error before (the
  scenario's own value) and after (posterior mean), over all cells of all plants;
* the error of predictions for a minute AFTER an action (every third cell 6 dB down), measured in
  the plant's reports, by three twins that place UEs alike and roll out alike:
  ``nominal`` knows the maps only, ``cells`` adds the estimated clutter, tilt and activity of each
  cell, ``links`` is the twin conditioned on every link, which decisions are verified on.

Intervals are 95 % bootstrap intervals that resample whole plants.
"""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from contracts.network import NetworkSnapshot
from twins.channel import LinkMap, load_link_map, rsrp_dbm
from twins.conditioning import Posterior
from twins.field import draw_perturbations, estimate_cells
from twins.fit import cell_truth, observed
from twins.flow import STEP_MS, FlowModel, serving_cells
from twins.plant.plant import Plant
from twins.plant.truth import nominal_tilt_deg
from twins.runtime import configure_thread, derive_seed, seeded
from twins.scenario import Scenario, load_scenario

SCENARIOS = ("munich", "florence", "etoile")
FIRST_SEED = 3001
KINDS = ("clutter_loss_db", "tilt_error_deg", "activity")
TWINS = ("nominal", "cells", "links")
ERRORS = ("ue_rsrp_rmse_db", "ue_throughput_median_error_percent", "p5_throughput_error_percent")
ACTION_DB = -6.0
DRAWS = 16
RESAMPLES = 2000

Row = dict[str, Any]


def one_plant(scenario: Scenario, links: LinkMap, seed: int, window_ms: int = 60_000) -> Row:
    """Estimates against truth, and prediction errors of the three twins, on one plant."""
    plant = Plant(scenario, seed, links)
    before = observed(plant, window_ms // 1000, 1000)
    truth = cell_truth(plant)
    estimates = estimate_cells(scenario, before, links)
    action = turned_down(scenario)
    plant.configure(action)
    after = observed(plant, window_ms // 1000, 1000)
    return {
        "seed": seed,
        "cells": [
            {
                "kind": kind,
                "prior": scenario.traffic.activity if kind == "activity" else 0.0,
                "truth": getattr(hidden, kind),
                **getattr(estimate, kind).model_dump(),
            }
            for estimate, hidden in zip(estimates, truth, strict=True)
            for kind in KINDS
            if getattr(hidden, kind) is not None
        ],
        "errors": prediction_errors(scenario, links, before, after, seed),
    }


def turned_down(scenario: Scenario) -> dict[int, int]:
    """Every third cell at the power on the grid that is nearest to 6 dB less."""
    grid = scenario.equipment.grid_mw()
    chosen = scenario.sectors[::3]
    goal = {s.cell_id: s.configured_max_tx_power_mw * 10 ** (ACTION_DB / 10) for s in chosen}
    return {c: min(grid, key=lambda p, mw=mw: abs(p - mw)) for c, mw in goal.items()}  # type: ignore[misc]


def prediction_errors(
    scenario: Scenario,
    links: LinkMap,
    before: NetworkSnapshot,
    after: NetworkSnapshot,
    seed: int,
) -> dict[str, dict[str, float]]:
    """Errors of each twin against what was measured after the action."""
    posterior = Posterior(scenario, links, before)
    conditioned = posterior.sample(DRAWS, seeded("field_calibration", "links", seed))
    drawn = draw_perturbations(scenario, posterior, DRAWS, 1, seed)
    serving = torch.tensor([scenario.cell_ids.index(ue.serving_cell) for ue in before.ues])
    tilt, here = nominal_tilt_deg(scenario), [links.select(at) for at in drawn.points]
    loads = posterior.activity.sample(DRAWS, seeded("field_calibration", "activity", seed))
    usual = torch.full_like(loads, scenario.traffic.activity)
    fading = torch.stack([at.fading_severity() for at in here])
    cells = torch.stack(
        [
            at.gain_db(tilt + error) + clutter
            for at, error, clutter in zip(here, drawn.tilt_error_deg, drawn.clutter_db, strict=True)
        ]
    )
    networks = {
        "nominal": (torch.stack([at.gain_db() for at in here]), fading, usual),
        "cells": (cells, fading, loads),
        "links": (conditioned.gain_db, conditioned.fading_m, conditioned.activity),
    }
    power = torch.tensor([float(after.tx_power_mw[c]) for c in scenario.cell_ids])
    results = {}
    for name, (gain, severity, activity) in networks.items():
        rsrp = rsrp_dbm(scenario, gain, power)
        moved = serving_cells(rsrp, serving, scenario.radio.handover_offset_db)
        window = FlowModel(scenario).run(
            gain_db=gain,
            fading_m=severity,
            serving=moved,
            tx_power_mw=power[None],
            activity=activity,
            steps=after.window_ms // STEP_MS // 2,
            generator=seeded("field_calibration", "flow", seed),
        )
        results[name] = errors(
            rsrp.gather(-1, moved.unsqueeze(-1))[..., 0].numpy(),
            window.throughput_mbps().numpy(),
            after,
        )
    return results


def errors(
    rsrp: NDArray[np.float32], throughput_mbps: NDArray[np.float32], after: NetworkSnapshot
) -> dict[str, float]:
    """Predictions are means over the draws; the 5th percentile is taken in every draw first."""
    measured_dbm = np.array([ue.serving_rsrp_dbm for ue in after.ues])
    measured = np.array([np.nan if (t := ue.throughput_mbps) is None else t for ue in after.ues])
    active = ~np.isnan(measured)
    relative = np.nanmean(throughput_mbps, 0)[active] / measured[active] - 1.0
    p5 = np.nanpercentile(throughput_mbps, 5, axis=1).mean() / np.nanpercentile(measured, 5)
    return {
        "ue_rsrp_rmse_db": float(np.sqrt(np.mean((rsrp.mean(0) - measured_dbm) ** 2))),
        "ue_throughput_median_error_percent": float(100.0 * np.median(np.abs(relative))),
        "p5_throughput_error_percent": float(100.0 * abs(p5 - 1.0)),
    }


def summary(rows: list[Row]) -> Row:
    """Perturbations and predictions of one scenario, with intervals over its plants."""
    return {
        "perturbations": {kind: perturbation(rows, kind) for kind in KINDS},
        "predictions": {
            error: {
                **{twin: bootstrap(rows, partial(_mean_error, twin, error)) for twin in TWINS},
                "nominal_less_cells": bootstrap(
                    rows,
                    partial(_less, "cells", error),
                ),
                "nominal_less_links": bootstrap(
                    rows,
                    partial(_less, "links", error),
                ),
            }
            for error in ERRORS
        },
    }


def perturbation(rows: list[Row], kind: str) -> Row:
    def of(chosen: list[Row]) -> list[Row]:
        return [c for row in chosen for c in row["cells"] if c["kind"] == kind]

    def rmse(key: str, chosen: list[Row]) -> float:
        return float(np.sqrt(np.mean([(c[key] - c["truth"]) ** 2 for c in of(chosen)])))

    def covered(chosen: list[Row]) -> float:
        return float(np.mean([c["low"] <= c["truth"] <= c["high"] for c in of(chosen)]))

    return {
        "cells": len(of(rows)),
        "coverage_of_90_percent": bootstrap(rows, covered),
        "rmse_prior": bootstrap(rows, partial(rmse, "prior")),
        "rmse_posterior": bootstrap(rows, partial(rmse, "mean")),
    }


def _less(twin: str, error: str, rows: list[Row]) -> float:
    return _mean_error("nominal", error, rows) - _mean_error(twin, error, rows)


def _mean_error(twin: str, error: str, rows: list[Row]) -> float:
    return float(np.mean([row["errors"][twin][error] for row in rows]))


def bootstrap(rows: list[Row], statistic: Callable[[list[Row]], float]) -> dict[str, float]:
    """A statistic of the plants with its 95 % interval."""
    rng = np.random.default_rng(derive_seed("field_calibration", "bootstrap") % 2**32)
    drawn = [
        statistic([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": statistic(rows), "low": float(low), "high": float(high)}


def _run(name: str, seed: int) -> Row:
    configure_thread()
    scenario = load_scenario(name)
    return one_plant(scenario, load_link_map(scenario), seed)


def report(document: Row) -> None:
    console = Console(width=120)
    for name, result in document["scenarios"].items():
        table = Table(title=f"{name}: perturbations [95 %]", title_justify="left")
        for column in ("", "covered by 90 %", "error before", "error after"):
            table.add_column(column)
        for kind, row in result["perturbations"].items():
            keys = ("coverage_of_90_percent", "rmse_prior", "rmse_posterior")
            table.add_row(kind, *(_interval(row[key], 3) for key in keys))
        console.print(table)
        table = Table(title=f"{name}: errors after an action [95 %]", title_justify="left")
        for column in ("", *TWINS):
            table.add_column(column)
        for error, row in result["predictions"].items():
            table.add_row(error, *(_interval(row[twin], 2) for twin in TWINS))
        console.print(table)


def _interval(row: dict[str, float], digits: int) -> str:
    return f"{row['value']:.{digits}f} [{row['low']:.{digits}f}, {row['high']:.{digits}f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, default=10, help="for each scenario")
    parser.add_argument("--workers", type=int, default=2)
    default = Path(__file__).parent / "results" / "field_calibration.json"
    parser.add_argument("--output", type=Path, default=default)
    arguments = parser.parse_args()
    seeds = list(range(FIRST_SEED, FIRST_SEED + arguments.plants))
    with ProcessPoolExecutor(arguments.workers) as pool:
        rows = {name: list(pool.map(partial(_run, name), seeds)) for name in SCENARIOS}
    document = {
        "benchmark": "field_calibration",
        "commit": code(),
        "seeds": seeds,
        "draws": DRAWS,
        "window_s": 60,
        "machine": machine(),
        "scenarios": {
            name: {
                "digest": load_scenario(name).digest,
                **summary(rows[name]),
                "plants": rows[name],
            }
            for name in SCENARIOS
        },
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    report(document)


if __name__ == "__main__":
    main()
