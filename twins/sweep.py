"""Sweeps: a scenario over seeds and power offsets, resumable, into one Parquet file.

Every finished point is a file of its own beside the result, so a sweep that was cut off goes on
where it stopped. The parts become one file when all are there.
"""

import itertools
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from pydantic import Field, model_validator

from contracts.canonical import Contract, Digest
from contracts.errors import ExitCode, RanwrightError
from twins.channel import LinkMap, load_link_map
from twins.engine import engine_of
from twins.plant import Plant
from twins.runtime import RuntimeSettings, fingerprint
from twins.scenario import Scenario

Progress = Callable[[int, int], None]
"""Called with the points done and their number."""

_PLAN = "plan.json"

ROWS = pa.schema(
    {
        "seed": pa.int64(),
        "power_offset_db": pa.float64(),
        "cell_id": pa.int32(),
        "tx_power_mw": pa.int64(),
        "connected_ues": pa.int32(),
        "ue_throughput_mean_mbps": pa.float64(),
        "ue_throughput_p5_mbps": pa.float64(),
        "prb_usage_percent": pa.float64(),
        "average_power_w": pa.float64(),
    }
)
"""Columns of the result: a row a cell and point; throughput is null where no UE was active."""


class SweepPlan(Contract):
    """What a sweep covers, every seed with every offset, and on what it runs."""

    scenario_digest: Digest
    runtime: dict[str, str | int] = Field(default_factory=fingerprint)
    seeds: tuple[int, ...] = Field(min_length=1)
    power_offsets_db: tuple[float, ...] = Field(min_length=1)
    seconds: float = Field(gt=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.points)) < len(self.points):
            raise ValueError("a seed or an offset stands twice")
        if not all(map(math.isfinite, self.power_offsets_db)):
            raise ValueError("offsets must be finite")
        return self

    @property
    def points(self) -> list[tuple[int, float]]:
        """Seed and offset of each point."""
        return list(itertools.product(self.seeds, self.power_offsets_db))


def sweep(
    scenario: Scenario,
    plan: SweepPlan,
    out: Path,
    settings: RuntimeSettings | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Run the points that are not there yet, and write the result.

    Args:
        scenario: the network; each seed is a plant of it.
        plan: what to cover.
        out: Parquet file to write; parts lie in a folder beside it until it is whole.
        settings: numerical runtime; results do not depend on it.
        on_progress: called after each point.

    Returns:
        Number of points that had been done before.

    Raises:
        RanwrightError: ``sweep.exists``, or ``sweep.other_plan`` when the parts are of another.
    """
    if out.exists():
        raise RanwrightError(
            "sweep.exists", f"{out} is there already.", "Name another file.", ExitCode.USAGE
        )
    parts = out.with_name(out.name + ".parts")
    _claim(parts, plan)
    paths = {point: parts / f"{i:06d}.parquet" for i, point in enumerate(plan.points)}
    missing = [point for point in plan.points if not paths[point].exists()]
    before = len(paths) - len(missing)
    run = partial(_point, scenario, load_link_map(scenario), plan.seconds)
    done = engine_of(settings or RuntimeSettings()).map(run, missing)
    for count, (point, rows) in enumerate(zip(missing, done, strict=True), before + 1):
        _write(pa.Table.from_pylist(rows, ROWS), paths[point])
        if on_progress is not None:
            on_progress(count, len(paths))
    table = pa.concat_tables(pq.read_table(path) for path in paths.values())
    _write(table.replace_schema_metadata({"ranwright.plan": plan.canonical()}), out)
    for path in (*paths.values(), parts / _PLAN):
        path.unlink()
    parts.rmdir()
    return before


def _claim(parts: Path, plan: SweepPlan) -> None:
    parts.mkdir(parents=True, exist_ok=True)
    claimed = parts / _PLAN
    if not claimed.exists():
        claimed.write_bytes(plan.canonical())
    elif claimed.read_bytes() != plan.canonical():
        raise RanwrightError(
            "sweep.other_plan",
            f"{parts.name} holds parts of another sweep.",
            "Repeat that sweep, name another file, or delete the folder.",
            ExitCode.USAGE,
        )


def _write(table: pa.Table, path: Path) -> None:
    partial_path = path.with_name(path.name + ".partial")
    pq.write_table(table, partial_path)
    partial_path.replace(path)


def _point(
    scenario: Scenario, links: LinkMap, seconds: float, point: tuple[int, float]
) -> list[dict[str, Any]]:
    """One plant under one offset: a row a cell."""
    seed, offset_db = point
    plant, power_mw = Plant(scenario, seed, links), _shifted(scenario, offset_db)
    plant.configure(power_mw)
    (report,) = plant.observe(1, round(1000.0 * seconds))
    rows = []
    for cell in report.cells:
        rates = [
            ue.dl_volume_mbit / (ue.dl_active_time_ms / 1000.0)
            for ue in report.ues
            if ue.serving_cell == cell.cell_id and ue.dl_active_time_ms > 0
        ]
        rows.append(
            {
                "seed": seed,
                "power_offset_db": offset_db,
                "cell_id": cell.cell_id,
                "tx_power_mw": power_mw[cell.cell_id],
                "connected_ues": int(cell.connected_ues),
                "ue_throughput_mean_mbps": cell.ue_throughput_mbps if rates else None,
                "ue_throughput_p5_mbps": _fifth_percentile(rates),
                "prb_usage_percent": cell.prb_usage_percent,
                "average_power_w": cell.average_power_w,
            }
        )
    return rows


def _shifted(scenario: Scenario, offset_db: float) -> dict[int, int]:
    """Start powers moved by an offset, to the nearest value of the equipment's grid."""
    grid = scenario.equipment.grid_mw()
    wanted = {
        s.cell_id: s.configured_max_tx_power_mw * 10.0 ** (offset_db / 10.0)
        for s in scenario.sectors
    }
    return {cell_id: min(grid, key=lambda v: abs(v - mw)) for cell_id, mw in wanted.items()}


def _fifth_percentile(rates_mbps: list[float]) -> float | None:
    if not rates_mbps:
        return None
    return float(torch.tensor(rates_mbps, dtype=torch.float64).quantile(0.05))
