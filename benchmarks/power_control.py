"""Whether the power-control xApp lifts what it is to lift: the plant with it, and without.

    python -m benchmarks.power_control [--plants 10] [--seconds 30]

The xApp's own state, solver and decisions run on reports of the plant, every 200 ms of KPM time;
its moves are carried out at once. The same plant runs beside it at the base powers. What is
compared is measured: volume over active time of each UE, in the second half of the run. Interval:
of the mean of paired differences over plants (Student). Prints a table and writes
``benchmarks/results/power_control.json``.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import t as student

from benchmarks.machine import code, machine
from benchmarks.near_rt.papers import activation_of, envelope_around
from contracts.keys import init_keys
from contracts.measure import percentile
from contracts.network import REPORT_PERIOD_MS, KpmReport
from contracts.plant_link import NodeInfo
from contracts.problem import Objective
from contracts.site import Site
from twins.plant import Plant
from twins.scenario import Scenario, load_scenario
from xapps import power_control
from xapps.power_control.mover import Mover
from xapps.power_control.readings import Readings
from xapps.power_control.settings import Settings
from xapps.power_control.state import NetworkState

RESULTS = Path(__file__).parent / "results" / "power_control.json"
LEAST_INTERVAL_MS = 1_000
HALF_WIDTH_STEPS = 6
_FIRST_SEED = 5_000
_OBJECTIVES = (
    Objective.LOW_PERCENTILE,
    Objective.MEAN_THROUGHPUT,
    Objective.PROPORTIONAL_FAIRNESS,
)
Rates = dict[int, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    scenario = load_scenario(arguments.scenario)
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        init_keys(site)
        rows = _rows(scenario, site, arguments.plants, arguments.seconds)
    document = {
        "scenario": scenario.name,
        "first_seed": _FIRST_SEED,
        "plants": arguments.plants,
        "seconds": arguments.seconds,
        "half_width_db": HALF_WIDTH_STEPS * scenario.equipment.configured_max_tx_power.step_db,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(rows)


def _rows(scenario: Scenario, site: Site, plants: int, seconds: int) -> list[dict[str, object]]:
    changes: dict[Objective, list[float]] = {o: [] for o in _OBJECTIVES}
    moves: dict[Objective, int] = dict.fromkeys(_OBJECTIVES, 0)
    for seed in range(_FIRST_SEED, _FIRST_SEED + plants):
        without, _ = _run(None, scenario, seed, seconds, site)
        for objective in _OBJECTIVES:
            with_it, count = _run(objective, scenario, seed, seconds, site)
            moves[objective] += count
            ratio = _measured(objective, with_it) / _measured(objective, without)
            changes[objective].append(100.0 * (ratio - 1.0))
    minutes = plants * seconds / 60.0
    return [_row(o, changes[o], moves[o] / minutes) for o in _OBJECTIVES]


def _row(objective: Objective, changes: Sequence[float], moves: float) -> dict[str, object]:
    mean, spread = float(np.mean(changes)), float(np.std(changes, ddof=1))
    half = float(student.ppf(0.975, len(changes) - 1)) * spread / len(changes) ** 0.5
    return {
        "objective": objective.value,
        "change_percent": round(mean, 2),
        "low_percent": round(mean - half, 2),
        "high_percent": round(mean + half, 2),
        "worst_percent": round(min(changes), 2),
        "better_share": round(float(np.mean([c > 0 for c in changes])), 2),
        "moves_per_minute": round(moves, 1),
        "changes_percent": [round(c, 2) for c in changes],
    }


def _run(
    objective: Objective | None, scenario: Scenario, seed: int, seconds: int, site: Site
) -> tuple[list[KpmReport], int]:
    """Reports of the second half, and how many moves were made; without an objective none."""
    plant = Plant(scenario, seed)
    settings, cells = _settings(scenario), scenario.cell_ids
    power_range = scenario.equipment.configured_max_tx_power
    node = _node(plant)
    envelope = envelope_around(
        node, cells, power_range.grid_mw(), HALF_WIDTH_STEPS, power_range.step_db
    )
    activation = activation_of(
        node,
        envelope,
        site,
        objective or Objective.LOW_PERCENTILE,
        least_interval_ms=LEAST_INTERVAL_MS,
    )
    mover = Mover(activation, cells, settings)
    state = NetworkState(cells, REPORT_PERIOD_MS, settings.memory_ms, settings.radio.noise_dbm)
    moves, kept = 0, []
    for number in range(1000 * seconds // REPORT_PERIOD_MS):
        power = {c.cell_id: c.configured_max_tx_power_mw for c in plant.cells}
        (report,) = plant.observe(1, REPORT_PERIOD_MS)
        if 2 * number * REPORT_PERIOD_MS >= 1000 * seconds:
            kept.append(report)
        if objective is None:
            continue
        state.take(readings_of(report, cells), power)
        wanted = mover.decide(state.network(), power, report.kpm_time_ms) if state.steady() else {}
        if wanted:
            plant.configure(wanted)
            mover.asked(report.kpm_time_ms)
            moves += 1
    return kept, moves


def readings_of(report: KpmReport, cells: Sequence[int]) -> Readings:
    """A report as the xApp reads it off E2."""
    rsrp = np.full((len(report.ues), len(cells)), np.nan)
    place = {cell: number for number, cell in enumerate(cells)}
    for row, ue in enumerate(report.ues):
        for cell, value in ue.rsrp_dbm.items():
            rsrp[row, place[cell]] = value
    return Readings(
        kpm_time_ms=report.kpm_time_ms,
        resource_version=report.resource_version,
        ue_ids=np.array([u.ue_id for u in report.ues], np.int64),
        serving_cell=np.array([u.serving_cell for u in report.ues], np.int64),
        active_ms=np.array([u.dl_active_time_ms for u in report.ues]),
        rsrp_dbm=rsrp,
    )


def _measured(objective: Objective, reports: Sequence[KpmReport]) -> float:
    volume: Rates = {}
    active: Rates = {}
    for ue in (u for r in reports for u in r.ues):
        volume[ue.ue_id] = volume.get(ue.ue_id, 0.0) + ue.dl_volume_mbit
        active[ue.ue_id] = active.get(ue.ue_id, 0.0) + ue.dl_active_time_ms / 1000.0
    rates = [volume[i] / active[i] for i in volume if active[i] > 0.0]
    match objective:
        case Objective.LOW_PERCENTILE:
            return percentile(rates, 5.0)
        case Objective.PROPORTIONAL_FAIRNESS:
            return float(np.exp(np.mean(np.log(rates))))
        case _:
            return float(np.mean(rates))


def _settings(scenario: Scenario) -> Settings:
    """The descriptor's controls, with the scenario's radio."""
    file = Path(power_control.__file__).parent / "config-file.json"
    controls = json.loads(file.read_text(encoding="utf-8"))["controls"]
    controls |= {
        "subcarrier_spacing_khz": scenario.carrier.subcarrier_spacing_khz,
        "noise_figure_db": scenario.radio.noise_figure_db,
        "implementation_loss_db": scenario.radio.implementation_loss_db,
        "max_spectral_efficiency": scenario.radio.max_spectral_efficiency,
        "overhead_share": scenario.carrier.overhead_share,
        "handover_offset_db": scenario.radio.handover_offset_db,
    }
    return Settings.of(controls)


def _node(plant: Plant) -> NodeInfo:
    scenario = plant.model.scenario
    return NodeInfo(
        node_name=f"gnb-{scenario.name}-00000001",
        scenario=scenario.name,
        scenario_digest=scenario.digest,
        kpm_time_ms=0,
        pace_factor=1.0,
        resource_version=0,
        cells=plant.cells,
    )


def _print(rows: Sequence[dict[str, object]]) -> None:
    table = Table("objective", "change %", "95 % interval", "worst %", "better", "moves / min")
    for row in rows:
        interval = f"{row['low_percent']} .. {row['high_percent']}"
        values = (row["objective"], row["change_percent"], interval, row["worst_percent"])
        table.add_row(*map(str, (*values, row["better_share"], row["moves_per_minute"])))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
