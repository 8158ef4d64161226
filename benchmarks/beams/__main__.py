"""Beam prediction: measured 60 GHz powers (DeepSense 6G), and BP-LLM's single-path setting.

Measured powers: 8 past samples, the next 5 of 0.1 s; held-out sequences, streets and scenarios
never seen. Trackers are tuned and networks trained on the training part, in this run. Intervals are
95 % bootstrap over sequences; differences are paired. The data are looked for in ``RANWRIGHT_DATA``
or ``../shared/data``; without them that part is left out with the reason.

    python -m benchmarks.beams --folder runs/beams --minutes 8

works for some minutes and goes on where it stopped; who finds all pieces made writes the results.
With ``--clean`` it measures the clean split alone, and writes ``beams_clean.json``.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beams import single_path
from benchmarks.beams.figure import draw
from benchmarks.beams.folds import (
    ALPHA_BETA,
    BEST,
    CLEAN,
    CLEAN_SEED,
    EKF,
    HELD_OUT,
    SEEDS,
    Fold,
    folds,
    measure,
    pooled,
)
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces, Values
from contracts.errors import RanwrightError
from tools.beams.adaptation import ADAPTATION
from tools.beams.checkpoint import describe, load_model
from tools.beams.deepsense import SCENARIOS, STREETS, load
from tools.beams.recipe import Recipe
from tools.beams.reprogramming import Backbone
from tools.beams.scores import interval
from tools.beams.single_path import PUBLISHED, PUBLISHED_STEPS
from tools.beams.trackers import Array
from tools.beams.training import train
from tools.power.runtime import numerics

RESULTS = Path(__file__).parents[1] / "results" / "beams.json"
CLEAN_RESULTS = RESULTS.with_name("beams_clean.json")
FIGURE = Path(__file__).parents[2] / "docs" / "images" / "beams.png"
SEED = 0
TRAINING = Recipe(steps=2_500, windows=30_000)
"""What trials settled before the clean split was drawn. The shipped model has seen more."""

GROUPS = {
    CLEAN: [CLEAN],
    HELD_OUT: [HELD_OUT],
    "streets never seen": [f"street {n}" for n in STREETS],
    "scenarios never seen": [
        *(f"street {n}" for n, s in STREETS.items() if len(s) == 1),
        *(f"scenario {s}" for s in SCENARIOS if (s,) not in STREETS.values()),
    ],
}


def about() -> dict[str, Any]:
    """What all pieces follow from."""
    return {
        "seed": SEED,
        "clean_seed": CLEAN_SEED,
        "learned_seeds": SEEDS,
        "training": TRAINING.to_json(),
        "adaptation": asdict(ADAPTATION),
        "single_path_settings": [
            single_path.TRAINING,
            single_path.TEST,
            single_path.STEPS,
            list(single_path.SEEDS),
        ],
    }


def measured_part(pieces: Pieces, folder: Path, clean: bool) -> Values:
    """Folds, made where they are missing; a reason where there are no data.

    Args:
        clean: the clean split alone.
    """
    try:
        sequences = load()
    except RanwrightError as error:
        print(f"measured powers left out: {error}")
        return {"left_out": str(error)}
    paths = [folder / f"trained-{seed}" / "model.safetensors" for seed in SEEDS]
    made = {
        str(seed): pieces.get(f"training-{seed}", partial(trained, seed, path.parent))
        for seed, path in zip(SEEDS, paths, strict=True)
    }
    models = [load_model(path) for path in paths]

    def one(fold: Fold) -> Values:
        return measure(fold, models) | {"code": code(), "machine": machine()}

    found = {
        f.name: pieces.get(f.name.replace(" ", "-"), partial(one, f))
        for f in folds(sequences, SEED)
        if f.name == CLEAN or not clean
    }
    groups = {
        name: table(pooled([found[n] for n in parts]))
        for name, parts in GROUPS.items()
        if set(parts) <= set(found)
    }
    return {"training": made, "groups": groups, "folds": {n: brief(f) for n, f in found.items()}}


def trained(seed: int, folder: Path) -> Values:
    """A model that has seen made windows alone."""
    started = time.process_time()
    path = train(replace(TRAINING, seed=seed), folder, lambda _done, _words: None)
    spent = {"cpu_s": round(time.process_time() - started, 1)}
    size = sum(p.numel() for p in load_model(path).parameters())
    return spent | {"parameters": size, "validation": describe(path)["validation"]}


def table(group: Values) -> Values:
    """Methods to scores by horizon, with differences to the two trackers to be beaten."""
    count = np.array(group["count"], float)
    rows: Values = {}
    for name, scores in group["methods"].items():
        rows[name] = {k: _intervals(np.array(v), count, k) for k, v in scores.items()}
        near = np.array(scores["near"])
        for rival in (ALPHA_BETA, EKF, BEST):
            ahead = near - np.array(group["methods"][rival]["near"])
            rows[name][f"near_over_{rival}"] = _intervals(ahead, count, "near")
    return rows


def _intervals(total: Array, count: Array, name: str) -> list[list[float]]:
    """[H] of mean, low, high."""
    return [[round(x, 4) for x in interval(t, count, name)] for t in total.T]


def brief(fold: Values) -> Values:
    """A fold's piece without the totals, with what its methods came to."""
    count = sum(fold["count"])
    near = {
        n: np.round(np.array(m["near"]).sum(0) / count, 4).tolist()
        for n, m in fold["methods"].items()
    }
    return {k: v for k, v in fold.items() if k not in ("methods", "count")} | {"near": near}


def single_path_part(pieces: Pieces) -> Values:
    """Classical and learned answers beside the published ones."""
    rows: Values = dict(pieces.get("single-path", single_path.classical))
    for backbone in Backbone:
        for seed in single_path.SEEDS:
            rows[f"reprogramming, backbone {backbone}, seed {seed}"] = pieces.get(
                f"single-path-{backbone.name.lower()}-{seed}",
                partial(single_path.learned, backbone, seed),
            )
    return {"published_steps": PUBLISHED_STEPS, "published": PUBLISHED, "rows": rows}


def show(document: Values) -> None:
    """Print the tables."""
    for name, rows in document["measured"].get("groups", {}).items():
        print(f"\n{name}: within 1 dB at 0.1, 0.3, 0.5 s [95 %]; loss dB; gain; top 1; three swept")
        for method, row in rows.items():
            near = "  ".join(f"{m:.3f} [{lo:.3f}, {hi:.3f}]" for m, lo, hi in row["near"][::2])
            rest = (
                " ".join(f"{row[k][h][0]:.3f}" for h in (0, 2, 4))
                for k in ("loss_db", "gain", "top_1", "sweep_near")
                if k in row
            )
            print(f"  {method:<32}{near}   {'   '.join(rest)}")
    for name, fold in document["measured"].get("folds", {}).items():
        costs = {"shipped tool": fold["tool"]["promises"]} | (fold["overhead"] or {})
        show_overhead(name, costs)
    if "single_path" in document:
        show_single_path(document["single_path"])


def show_single_path(part: Values) -> None:
    """Print gains by step."""
    print(f"\nsingle path: normalised gain at steps {part['published_steps']}")
    for name, values in part["published"].items():
        print(f"  {name + ', published':<52}{'  '.join(f'{v:.3f}' for v in values)}")
    for name, row in part["rows"].items():
        values = [row["gain"][s - 1][0] for s in part["published_steps"]]
        print(f"  {name:<52}{'  '.join(f'{v:.3f}' for v in values)}")


def show_overhead(fold: str, methods: Values) -> None:
    """Print what promises cost, by horizon."""
    for method, rows in methods.items():
        print(f"\n{fold}: beams measured a sample by {method} (share within 1 dB)")
        for promise in sorted({r["promise"] for r in rows}):
            own = [r for r in rows if r["promise"] == promise]
            print(f"  {promise}: " + "  ".join(f"{r['beams']:.2f} ({r['near']:.3f})" for r in own))


def main() -> None:
    """Make what is missing; write, print and draw when nothing is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the pieces are kept")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--clean", action="store_true", help="the clean split alone")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path, default=FIGURE)
    given = parser.parse_args()
    pieces = Pieces(given.folder, about(), given.minutes)
    with numerics():
        try:
            document = {
                **about(),
                "measured": measured_part(pieces, given.folder, given.clean),
                **({} if given.clean else {"single_path": single_path_part(pieces)}),
            }
        except OutOfTimeError as left:
            print(f"{left} is next; run again")
            return
    document |= {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
    }
    out = given.out or (CLEAN_RESULTS if given.clean else RESULTS)
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    show(document)
    if not given.clean:
        draw(document, given.figure)


if __name__ == "__main__":
    main()
