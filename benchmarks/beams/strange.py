"""Windows that are strange to the shipped model: must all beams be swept, or do some do?

The tool answers them by its filter's beam and asks for a sweep of all 64. Measured here on the
clean split: as many beams around the filter's as keep a promise on strange windows of the
validation part, for all of them or only where the filter's surprise is small; others sweep all.

    python -m benchmarks.beams.strange
"""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beams.folds import CLEAN_SEED
from benchmarks.beams.overhead import PROMISES, spread_around
from benchmarks.beams.tool import shipped
from benchmarks.machine import code, machine
from tools.beams.deepsense import load
from tools.beams.frames import frames
from tools.beams.policy import swept_near
from tools.beams.trackers import Array
from tools.beams.windows import Windows, held_out_sequences, windows
from tools.near_rt.beam_predictor import LEAST_FAMILIARITY
from tools.power.runtime import numerics

RESULTS = Path(__file__).parents[1] / "results" / "beams_strange.json"
_COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64)
_SHARES = (0.25, 0.5, 0.75, 0.9)
"""Of the strange windows of validation, those with the smallest surprises, that sweep some."""


def strange(some: Windows) -> tuple[Array, Array, Array]:
    """Of strange windows: filter's beams [N, H], its surprise [N] in beams, powers [N, H, 64]."""
    shown = frames(some.past, some.future.shape[1])
    odd = shipped().model.judgement.familiarity.score(shown) < LEAST_FAMILIARITY
    surprise = np.abs(8.0 * (shown.expected[:, 0, 2] - shown.track[:, -1, 0]))
    return shown.answer[odd], surprise[odd], some.future[odd]


def played(
    answer: Array, surprise: Array, future: Array, most: float, count: int
) -> tuple[float, float]:
    """Share within 1 dB, and beams measured a window, at one horizon."""
    beams = future.shape[-1]
    few = surprise <= most
    near = ~few | swept_near(spread_around(answer, count, 1, beams), future)
    return float(near.mean()), float(np.where(few, count, beams).mean())


def measure(before: Windows, after: Windows) -> dict[str, Any]:
    """The cheapest that keeps each promise on validation, and what it comes to on the test."""
    (answer, surprise, future), (now, surprised, then) = strange(before), strange(after)
    small = np.quantile(surprise, _SHARES).tolist()
    rows = []
    for promise in PROMISES:
        for h in range(future.shape[1]):
            for name, limits in (("all alike", [np.inf]), ("by surprise", small)):
                own = [
                    (played(answer[:, h], surprise, future[:, h], m, k), m, k)
                    for m in limits
                    for k in _COUNTS
                ]
                kept = [o for o in own if o[0][0] >= promise]  # a sweep of all always does
                _, most, count = min(kept, key=lambda o: o[0][1])
                near, beams = played(now[:, h], surprised, then[:, h], most, count)
                rows.append(
                    {
                        "promise": promise,
                        "horizon": h + 1,
                        "rule": name,
                        "count": count,
                        "largest_surprise_beams": round(most, 3) if np.isfinite(most) else None,
                        "near": round(near, 4),
                        "beams": round(beams, 2),
                    }
                )
    return {"windows": {"validation": len(surprise), "test": len(surprised)}, "rows": rows}


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    split = held_out_sequences(load(), CLEAN_SEED)
    with numerics():
        found = measure(windows(split.validation), windows(split.test))
    document = {
        "clean_seed": CLEAN_SEED,
        **found,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
    }
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(found["windows"])
    for r in found["rows"]:
        print(f"{r['promise']} {0.1 * r['horizon']:.1f} s {r['rule']:<12}{r['beams']:6.2f} beams,"
              f" kept {r['near']:.3f}, {r['count']} around")  # fmt: skip


if __name__ == "__main__":
    main()
