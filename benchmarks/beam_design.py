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
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.beam_figure import draw
from benchmarks.beam_rivals import penalty_gradient
from benchmarks.beam_scenes import link_case, twin_case, zone_case
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces
from contracts.units import dbm_to_mw
from tools.beams.design.answer import to_db
from tools.beams.design.arrays import Complex
from tools.beams.design.channels import RandomMultipath, lattice
from tools.beams.design.fractional import fractional_programming
from tools.beams.design.linear import (
    guarded_zero_forcing,
    maximum_ratio,
    regularised_zero_forcing,
    zero_forcing,
)
from tools.beams.design.link_problem import LinkProblem, link_problem
from tools.beams.design.links import design_links, matched_filter_bound
from tools.beams.design.max_min import max_min
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.requirements import BeamRequirements
from tools.beams.design.scene import Scene
from tools.beams.design.wmmse import wmmse
from tools.beams.design.zone_baselines import (
    exhaustive,
    matched_filter,
    truncated_zero_forcing,
)
from tools.beams.design.zone_baselines import zero_forcing as zone_zero_forcing
from tools.beams.design.zone_problem import ZoneProblem, zone_problem
from tools.beams.design.zones import design_zones

RESULTS = Path(__file__).parent / "results" / "beam_design.json"
FIGURE = Path(__file__).parent.parent / "docs" / "images" / "beam-design.png"
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
_BETWEEN_M = 1.7


def zone_piece(case: Callable[[int], tuple[Scene, BeamRequirements]], seed: int) -> dict[str, Any]:
    """All methods on one question: power in dBm, worst dark point against the limit, seconds."""
    scene, wanted = case(seed)
    started = time.process_time()
    answer = design_zones(scene, wanted)
    seconds = time.process_time() - started
    names = [site.name for site in scene.sites]
    chosen = tuple(names.index(name) for name in answer.sites)
    problem = zone_problem(scene, wanted)
    rows = {
        "design": zone_row(problem.of_sites(chosen), answer.beams)
        | between(scene, wanted, chosen, answer.beams)
        | {"seconds": seconds, "gap_db": answer.gap_db, "held": answer.feasible}
    }
    methods = {
        "matched filter": matched_filter,
        "zero forcing": zone_zero_forcing,
    }
    if wanted.site_count == 1:
        methods["zero forcing, best rank"] = truncated_zero_forcing
        methods["penalty gradient"] = penalty_gradient
    for name, method in methods.items():
        started = time.process_time()
        choice, beams = exhaustive(problem, method)
        seconds = time.process_time() - started
        rows[name] = zone_row(problem.of_sites(choice), beams) | {"seconds": seconds}
    return rows


def zone_row(chosen: ZoneProblem, beams: Sequence[Complex]) -> dict[str, float]:
    """What beams bring to the zones."""
    used = chosen.caps.powers.powers(beams) / chosen.caps.limit_mw
    return {
        "power_dbm": max(-300.0, to_db(chosen.objective_mw(beams))),
        "over_db": max(-300.0, to_db(float(used.max()))),
    }


def between(
    scene: Scene, wanted: BeamRequirements, choice: Sequence[int], beams: Sequence[Complex]
) -> dict[str, float]:
    """What a dark zone receives between the points at which it was held, where there are any."""
    if not isinstance(scene.propagation, RandomMultipath):
        return {}
    points = lattice(wanted.dark[0].area, _BETWEEN_M)
    sites = [scene.sites[index] for index in choice]
    powers = PowerMap.of_points(scene.propagation.rows(sites, points)).powers(beams)
    shares = powers / dbm_to_mw(wanted.dark[0].maximum_dbm)
    return {
        "between_over_db": max(-300.0, to_db(float(shares.max()))),
        "between_share_over": float((shares > 1.0).mean()),
    }


def link_piece(case: Callable[[int], tuple[Scene, BeamRequirements]], seed: int) -> dict[str, Any]:
    """All methods on one question: sum rate, least SINR, limits and minimums, seconds."""
    scene, wanted = case(seed)
    problem = link_problem(scene, wanted)
    regular = regularised_zero_forcing(problem)
    start = regularised_zero_forcing(problem.without_caps())
    started = time.process_time()
    free = wmmse(problem, start)
    rows = {"WMMSE": link_row(problem, free) | {"seconds": time.process_time() - started}}
    started = time.process_time()
    fractional = fractional_programming(problem, start, rounds=300)
    rows["fractional programming"] = link_row(problem, fractional) | {
        "seconds": time.process_time() - started
    }
    rows["maximum ratio, turned down"] = link_row(problem, maximum_ratio(problem))
    if len(wanted.ues) <= 8:
        rows["zero forcing, turned down"] = link_row(problem, zero_forcing(problem))
    rows["regularised zero forcing, turned down"] = link_row(problem, regular)
    rows["WMMSE, turned down"] = link_row(problem, problem.within_limits(free))
    if problem.caps.powers.count:
        rows["zero forcing, best nulls"] = link_row(problem, guarded_zero_forcing(problem))
    started = time.process_time()
    answer = design_links(scene, wanted)
    seconds = time.process_time() - started
    rows["design, sum rate"] = link_row(problem, answer.beams) | {"seconds": seconds}
    started = time.process_time()
    balanced = max_min(problem)
    rows["design, max-min"] = link_row(problem, balanced.beams) | {
        "seconds": time.process_time() - started,
        "gap_db": to_db(balanced.bound / balanced.level),
    }
    for row in rows.values():
        row["of_bound"] = row["sum_bps_hz"] / matched_filter_bound(problem)
    return rows


def link_row(problem: LinkProblem, beams: tuple[Complex, ...]) -> dict[str, float]:
    """What precoders bring to the UEs, and whether all requirements hold."""
    sinr, used = problem.sinr(beams), float(problem.use(beams).max())
    kept = used <= 1.0 + 1e-6 and bool((sinr >= problem.minimum_sinr * (1.0 - 1e-6)).all())
    return {
        "sum_bps_hz": float(problem.rates_bps_hz(beams).sum()),
        "least_sinr_db": max(-300.0, to_db(float(sinr.min()))),
        "over_db": max(-300.0, to_db(used)),
        "held": float(kept),
    }


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
