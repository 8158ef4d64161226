"""BM-Case 1 of TR 38.843: a quarter of the beams is measured, the best of all is to be found.

Channels of TR 38.901 at 30 GHz made by Sionna: 32 DFT beams of a 4 x 8 panel, 8 of them measured
with an error of 1 dB and reported in steps of 1 dB; one UE antenna, so no UE beams. The network and
the linear regression are fitted to UMi; UMa is never seen. Metrics of TR 38.843 against the true
L1-RSRP, with 95 % bootstrap intervals over UEs.

    python -m benchmarks.beams.spatial
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import code, machine
from tools.beams.answers import NEAR_DB
from tools.beams.spatial import DftGrid, DftInterpolation, Linear, held, learned, reported, spline
from tools.beams.trackers import Array
from tools.channel.data.configuration import Array as Panel
from tools.channel.data.configuration import Configuration, GeneratorName
from tools.channel.data.store import Part, sequences
from tools.power.runtime import numerics
from twins.runtime import derive_seed

RESULTS = Path(__file__).parents[1] / "results" / "beam_spatial.json"
PANEL, SUBCARRIERS, CARRIER_HZ, SPACING_HZ = Panel(4, 8), 8, 30e9, 11.52e6
TRAINING, TEST, STEPS, SEEDS, ERROR_DB = 16_384, 4_096, 3_000, (0, 1, 2), 1.0
TESTS: tuple[GeneratorName, ...] = ("umi", "uma")
_RESAMPLES = 1000


def powers_db(kind: GeneratorName, part: Part, count: int, grid: DftGrid) -> Array:
    """[count, beams] true L1-RSRP of UEs at 3 km/h, one sample each."""
    configuration = Configuration(
        kind, PANEL, SUBCARRIERS, 1, CARRIER_HZ, SPACING_HZ, 1e-3, (3.0, 3.0)
    )
    return grid.rsrp_db(sequences(configuration, part, count)[:, 0])


def metrics(score: Array, true_db: Array) -> dict[str, Array]:
    """Of each UE [N]: whether the best beam is the first, or among the first three; whether the
    first is within 1 dB, and how far below the best it is.
    """
    order = np.argsort(-score, 1, kind="stable")
    loss_db = true_db.max(1) - np.take_along_axis(true_db, order[:, :1], 1)[:, 0]
    hit = order == true_db.argmax(1)[:, None]
    swept = np.take_along_axis(true_db, order[:, :3], 1).max(1)
    return {
        "top_1": hit[:, 0].astype(float),
        "top_3": hit[:, :3].any(1).astype(float),
        "top_1_within_1_db": (loss_db <= NEAR_DB).astype(float),
        "top_3_within_1_db": (true_db.max(1) - swept <= NEAR_DB).astype(float),
        "rsrp_difference_db": loss_db,
    }


def table(score: Array, true_db: Array) -> dict[str, list[float]]:
    """Means, and the 95th percentile of the difference, with their intervals."""
    found = metrics(score, true_db)
    drawn = np.random.default_rng(derive_seed("beams", "spatial-bootstrap"))
    chosen = drawn.integers(len(true_db), size=(_RESAMPLES, len(true_db)))
    rows = {name: _interval(v.mean(), v[chosen].mean(1)) for name, v in found.items()}
    loss_db = found["rsrp_difference_db"]
    tails = np.quantile(loss_db[chosen], 0.95, axis=1)
    return rows | {"rsrp_difference_95_db": _interval(np.quantile(loss_db, 0.95), tails)}


def _interval(value: float, resampled: Array) -> list[float]:
    return [round(float(v), 4) for v in (value, *np.quantile(resampled, (0.025, 0.975)))]


def tuned(grid: DftGrid, seen_db: Array, true_db: Array) -> DftInterpolation:
    """The DFT interpolation whose first beam is most often within 1 dB on the training part."""
    options = [
        DftInterpolation(grid, columns, rows)
        for columns in range(1, PANEL.columns + 1)
        for rows in range(1, PANEL.rows + 1)
    ]
    return max(options, key=lambda o: metrics(o(seen_db), true_db)["top_1_within_1_db"].mean())


def measure() -> dict[str, Any]:
    """All methods on all tests."""
    grid = DftGrid(PANEL)
    true_db = powers_db("umi", "training", TRAINING, grid)
    seen_db = reported(true_db, ERROR_DB, "training")[:, grid.measured]
    linear = Linear.fitted(seen_db, true_db)
    started = time.process_time()
    networks = [learned(seen_db, true_db, seed, STEPS) for seed in SEEDS]
    fitting_s = (time.process_time() - started) / len(SEEDS)
    interpolation = tuned(grid, seen_db, true_db)
    methods: dict[str, Callable[[Array], Array]] = {
        "best measured beam": lambda seen: held(grid, seen),
        "thin-plate spline": lambda seen: spline(grid, seen),
        "DFT interpolation": interpolation,
        "linear regression": linear,
    }
    for seed, network in zip(SEEDS, networks, strict=True):
        methods[f"network, seed {seed}"] = network.score
    rows: dict[str, Any] = {}
    for kind in TESTS:
        after_db = powers_db(kind, "test", TEST, grid)
        reports_db = reported(after_db, ERROR_DB, "test", kind)
        rows[kind] = {
            name: table(method(reports_db[:, grid.measured]), after_db)
            for name, method in methods.items()
        }
        rows[kind]["sweep of all 32"] = table(reports_db, after_db)
    return {
        "tests": rows,
        "dft_interpolation": {"columns": interpolation.columns, "rows": interpolation.rows},
        "fitting_cpu_s": round(fitting_s, 1),
    }


def show(rows: dict[str, Any]) -> None:
    """Print the tables."""
    for kind, methods in rows.items():
        print(f"\n{kind}: top 1, top 3, within 1 dB, 3 swept within 1 dB, mean and 95 % loss in dB")
        for name, row in methods.items():
            cells = "  ".join(f"{m:.3f} [{lo:.3f}, {hi:.3f}]" for m, lo, hi in row.values())
            print(f"  {name:<20}{cells}")


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    with numerics():
        found = measure()
    document = {
        "seeds": SEEDS,
        "ues": {"training": TRAINING, "test": TEST},
        "steps": STEPS,
        "error_db": ERROR_DB,
        **found,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    show(found["tests"])


if __name__ == "__main__":
    main()
