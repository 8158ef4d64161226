"""BM-Case 2 of TR 38.843 on traced streets: past reports, the best of 32 beams later.

UEs drive (30 to 90 km/h) and walk (3 km/h) through the site twins; 32 beams of an 8 x 8 panel at
3.5 GHz, reported with an error of 1 dB in steps of 1 dB. The past is 8 samples of all beams, or of
a fixed quarter (Set B within Set A); horizons are 40 to 320 ms and 0.1 to 0.5 s. Trackers are tuned
and network and regression fitted on the western half of Munich and on all of Etoile; all are judged
on Munich's other half, and in Florence, a city never seen. Metrics of TR 38.843 against the true
power, with 95 % bootstrap intervals over UEs.

    python -m benchmarks.beams.temporal --folder runs/beams-temporal --minutes 8
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beams.spatial import table
from benchmarks.beams.streets import WALKERS, District, district, powers_db
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces, Values
from tools.beams.answers import NEAR_DB
from tools.beams.spatial import DftGrid, reported
from tools.beams.temporal import (
    HoldPower,
    PowerTracker,
    Regression,
    alpha_beta_powers,
    kalman_powers,
    learned,
    spread,
)
from tools.beams.trackers import Array
from tools.channel.data.configuration import Array as Panel
from tools.power.runtime import numerics
from twins.dynamics.beams import CSI_RS_BEAMS
from twins.runtime import derive_seed

RESULTS = Path(__file__).parents[1] / "results" / "beam_temporal.json"
PAST, ERROR_DB, SEEDS, STEPS = 8, 1.0, (0, 1, 2), 1_000
PACES: dict[str, tuple[float, tuple[int, ...]]] = {
    "40 ms": (0.04, (1, 2, 4, 8)),
    "100 ms": (0.1, (1, 2, 3, 4, 5)),
}
"""Step, and the horizons in steps that are shown."""
SETS = {
    "all 32 measured": np.arange(CSI_RS_BEAMS.beams),
    "8 of 32 measured": DftGrid(Panel(4, 8)).measured,
}
"""Beams of the codebook count like those of the grid of BM-Case 1: rows within columns."""
TRAINING = {"driving, 30 to 90 km/h": 6_000, "walking, 3 km/h": 2_000}
"""UEs in each of the two places of training."""
TEST = 1_000
_TUNED_ON = 4


def places() -> tuple[dict[str, District], dict[str, District]]:
    """Streets of training, and those of the test."""
    return (
        {"munich, west": district("munich", True), "etoile": district("etoile")},
        {"munich, east": district("munich", False), "florence": district("florence")},
    )


def drawn(place: District, name: str, walker: str, count: int, pace: str) -> Array:
    """[N, samples, beams] true powers in dB, from a seed of their own."""
    step_s, horizons = PACES[pace]
    seed = derive_seed("beams", "temporal", name, walker, pace)
    return powers_db(place, WALKERS[walker], count, PAST, PAST + horizons[-1], step_s, seed)


def tuned(grid: Iterable[PowerTracker], seen_db: Array, future_db: Array, own: Array) -> Any:
    """The one whose beams are most often within 1 dB, over all horizons."""

    def near(tracker: PowerTracker) -> float:
        score = spread(tracker.powers_db(seen_db, future_db.shape[1]), own, future_db.shape[2])
        used = np.take_along_axis(future_db, score.argmax(-1)[..., None], -1)[..., 0]
        return float((used >= future_db.max(-1) - NEAR_DB).mean())

    return max(grid, key=near)


def followed(tracker: PowerTracker, horizons: int, own: Array, seen_db: Array) -> Array:
    """[N, H, beams] scores of a tracker."""
    return spread(tracker.powers_db(seen_db, horizons), own, CSI_RS_BEAMS.beams)


def measure(pace: str, measured: str) -> Values:
    """All methods on all tests, at one pace and from one set of beams."""
    own, horizons = SETS[measured], PACES[pace][1]
    training, tests = places()
    true_db = np.concatenate(
        [drawn(p, n, w, c, pace) for n, p in training.items() for w, c in TRAINING.items()]
    )
    seen_db = reported(true_db[:, :PAST], ERROR_DB, "temporal", pace)[..., own]
    future_db = true_db[:, PAST:]
    some = slice(None, None, _TUNED_ON)
    error_db = float(np.hypot(ERROR_DB, 12**-0.5))  # the step of a report adds its own
    grids: dict[str, Iterable[PowerTracker]] = {
        "hold": [HoldPower()],
        "mean of the last samples": [HoldPower(n) for n in range(2, PAST + 1)],
        "alpha-beta": alpha_beta_powers(),
        "Kalman filter": kalman_powers(error_db),
    }
    trackers = {n: tuned(g, seen_db[some], future_db[some], own) for n, g in grids.items()}
    started = time.process_time()
    base = Regression.fitted(seen_db, future_db)
    networks = [learned(base, seen_db, future_db, seed, STEPS) for seed in SEEDS]
    fitting_s = (time.process_time() - started) / len(SEEDS)
    methods: dict[str, Callable[[Array], Array]] = {
        n: partial(followed, t, horizons[-1], own) for n, t in trackers.items()
    }
    methods["linear regression"] = base
    methods |= {f"network, seed {s}": n.score for s, n in zip(SEEDS, networks, strict=True)}
    rows: Values = {}
    for (place, streets), walker in ((p, w) for p in tests.items() for w in WALKERS):
        after_db = drawn(streets, place, walker, TEST, pace)
        reports_db = reported(after_db, ERROR_DB, "temporal", pace, place, walker)
        scores = {n: m(reports_db[:, :PAST, own]) for n, m in methods.items()}
        scores["sweep of all 32 then"] = reports_db[:, PAST:]
        rows[f"{place}, {walker}"] = {
            name: {
                f"{1e3 * PACES[pace][0] * h:.0f} ms": table(
                    score[:, h - 1], after_db[:, PAST + h - 1]
                )
                for h in horizons
            }
            for name, score in scores.items()
        } | {"ues": len(after_db)}
    return {
        "tests": rows,
        "trackers": {n: repr(t) for n, t in trackers.items()},
        "training_ues": len(true_db),
        "fitting_cpu_s": round(fitting_s, 1),
        "code": code(),
        "machine": machine(),
    }


def show(found: Values) -> None:
    """Print the tables."""
    for setting, part in found.items():
        for test, methods in part["tests"].items():
            print(f"\n{setting}; {test}: within 1 dB [95 %], top 1, top 3, mean difference in dB")
            for name, by_horizon in methods.items():
                if name == "ues":
                    continue
                cells = []
                for h, row in by_horizon.items():
                    mean, low, high = row["top_1_within_1_db"]
                    rest = (row[k][0] for k in ("top_1", "top_3", "rsrp_difference_db"))
                    numbers = " ".join(f"{v:.3f}" for v in rest)
                    cells.append(f"{h}: {mean:.3f} [{low:.3f}, {high:.3f}] {numbers}")
                print(f"  {name:<26}{'   '.join(cells)}")


def main() -> None:
    """Make what is missing; write and print when nothing is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the pieces are kept")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    about: Values = {
        "seeds": list(SEEDS),
        "past": PAST,
        "error_db": ERROR_DB,
        "steps": STEPS,
        "training_ues_a_place": TRAINING,
        "test_ues": TEST,
    }
    pieces = Pieces(given.folder, about, given.minutes)
    found: Values = {}
    with numerics():
        try:
            for pace in PACES:
                for measured in SETS:
                    piece = f"{pace}-{measured}".replace(" ", "-")
                    made = pieces.get(piece, partial(measure, pace, measured))
                    found[f"{pace}, {measured}"] = made
        except OutOfTimeError as left:
            print(f"{left} is next; run again")
            return
    document = about | {
        "settings": found,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    show(found)


if __name__ == "__main__":
    main()
