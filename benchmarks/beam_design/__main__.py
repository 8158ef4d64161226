"""Beam design: zones lit and UEs served under limits, against what is done without optimisation.

Zones: power in a bright zone under a dark zone's limit, one or two of six candidate sites, arrays
of 8 x 8; BeamAgent's question (arXiv 2603.18855) on own random quarters and on the site twins. UEs:
eight UEs and two sites, sum rate and least SINR, with and without a dark zone. Means over scenes
with 95 % bootstrap intervals; gains scene by scene. Times are CPU times on one thread, of
everything from requirements to answer.

    python -m benchmarks.beam_design --folder runs/beam-design

Each scene is a piece that is kept in the folder, so a run may be cut off and go on.
"""

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.beam_design.figure import draw
from benchmarks.beam_design.measure import link_piece, zone_piece
from benchmarks.beam_design.scenes import link_case, twin_case, zone_case
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.scene import Scene

RESULTS = Path(__file__).parents[1] / "results" / "beam_design.json"
FIGURE = Path(__file__).parents[2] / "docs" / "images" / "beam-design.png"
PUBLISHED = {
    "gain_over_exhaustive_zero_forcing_db": 7.1,
    "below_expert_bound_db": 3.3,
    "seconds": 2.0,
}
"""BeamAgent's abstract; its 3.3 dB hold the parsing of the sentence as well."""

ZONE_CASES: dict[str, Callable[[int], tuple[Scene, BeamRequirements]]] = {
    "1 of 6 sites, -60 dBm": partial(zone_case, maximum_dbm=-60.0),
    "1 of 6 sites, -70 dBm": partial(zone_case, maximum_dbm=-70.0),
    "2 of 6 sites, -60 dBm": partial(zone_case, maximum_dbm=-60.0, choose=2),
    "1 of 9 to 12 cells of site twins, -70 dBm": partial(twin_case, maximum_dbm=-70.0),
}
LINK_CASES: dict[str, Callable[[int], tuple[Scene, BeamRequirements]]] = {
    "8 UEs": partial(link_case, maximum_dbm=None),
    "24 UEs": partial(link_case, maximum_dbm=None, ues=24),
    "8 UEs, dark zone -70 dBm": partial(link_case, maximum_dbm=-70.0),
    "8 UEs, dark zone -70 dBm, SINR 10 dB": partial(
        link_case, maximum_dbm=-70.0, minimum_sinr_db=10.0
    ),
}
SCENES = {
    "1 of 6 sites, -70 dBm": 20,
    "2 of 6 sites, -60 dBm": 20,
    "1 of 9 to 12 cells of site twins, -70 dBm": 20,
    "24 UEs": 20,
    "8 UEs, dark zone -70 dBm": 40,
    "8 UEs, dark zone -70 dBm, SINR 10 dB": 20,
}
"""Where not 100, for time."""

_SEED = 20_261
_RESAMPLES = 2000


def summary(pieces: list[dict[str, Any]], gain: str, rival: str) -> dict[str, dict[str, Any]]:
    """Every column, gains over a rival, and how far behind the design, scene by scene."""
    rows: dict[str, dict[str, Any]] = {}
    for method in pieces[0]:
        columns = {
            c: np.array([p[method][c] for p in pieces], dtype=np.float64) for c in pieces[0][method]
        }
        columns["gain"] = columns[gain] - np.array([p[rival][gain] for p in pieces])
        if "design" in pieces[0]:
            columns["behind"] = np.array([p["design"][gain] for p in pieces]) - columns[gain]
        rows[method] = {
            column: {
                "mean": round(float(values.mean()), 4),
                "interval": interval(values),
                "median": round(float(np.median(values)), 4),
                "ninth_decile": round(float(np.quantile(values, 0.9)), 4),
                "most": round(float(values.max()), 4),
            }
            for column, values in columns.items()
        }
    return rows


def interval(values: np.ndarray) -> list[float]:
    """95 % bootstrap interval of the mean."""
    drawn = np.random.default_rng(_SEED).integers(0, len(values), (_RESAMPLES, len(values)))
    return [round(float(q), 4) for q in np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))]


def show(title: str, rows: dict[str, dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Print one table: means, and the interval of the gain."""
    print(title)
    print("  " + " " * 40 + "".join(f"{c:>20}" for c in columns))
    for method, row in rows.items():
        cells = [f"{row[c]['mean']:>20.3f}" if c in row else " " * 20 for c in columns]
        low, high = row["gain"]["interval"]
        print(f"  {method:<40}{''.join(cells)}   gain [{low:.2f}, {high:.2f}]")


def main() -> None:
    """Measure what is missing, write, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="of pieces")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--figure", type=Path, default=FIGURE)
    parser.add_argument("--scenes", type=int, help="of each case; default by case")
    parser.add_argument("--minutes", type=float, default=600.0)
    given = parser.parse_args()
    pieces = Pieces(given.folder, {"seed": _SEED}, given.minutes)
    document: dict[str, Any] = {"seed": _SEED, "published": PUBLISHED}
    groups = (
        ("zones", ZONE_CASES, zone_piece, "power_dbm", "zero forcing"),
        ("links", LINK_CASES, link_piece, "sum_bps_hz", "WMMSE, turned down"),
    )
    columns = {
        "zones": (
            "power_dbm",
            "gain",
            "behind",
            "gap_db",
            "over_db",
            "between_share_over",
            "seconds",
        ),
        "links": ("sum_bps_hz", "of_bound", "least_sinr_db", "over_db", "held", "seconds"),
    }
    with threadpool_limits(limits=1, user_api="blas"):
        for group, cases, measure, gain, rival in groups:
            document[group] = {}
            for index, (title, case) in enumerate(cases.items()):
                seeds = range(_SEED, _SEED + (given.scenes or SCENES.get(title, 100)))
                try:
                    found = [
                        pieces.get(f"{group}-{index}-{s}", partial(measure, case, s)) for s in seeds
                    ]
                except OutOfTimeError:
                    raise SystemExit("out of time; run again to go on") from None
                rows = summary(found, gain, rival)
                document[group][title] = {"scenes": len(found), "rows": rows}
                show(f"{title}, {len(found)} scenes", rows, columns[group])
    document["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    document |= {"code": code(), "machine": machine()}
    given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    draw(given.figure)


if __name__ == "__main__":
    main()
