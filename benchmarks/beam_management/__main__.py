"""``python -m benchmarks.beam_management --folder FOLDER [--minutes M]``: goes on where it stopped.

Writes ``benchmarks/results/beam_management.json`` and draws ``docs/images/beam-management.png``.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.beam_management import live, offline, picture, scenes
from benchmarks.machine import code, machine
from benchmarks.pieces import OutOfTimeError, Pieces
from twins.runtime import configure_thread

RESULT = Path(__file__).parents[1] / "results" / "beam_management.json"
_COLUMNS = (
    ("near_share", "within 1 dB", "{:.3f}"),
    ("loss_db", "loss dB", "{:.2f}"),
    ("sinr_db", "SINR dB", "{:.1f}"),
    ("beam_failures_per_min", "beam failures/min", "{:.1f}"),
    ("link_failures_per_min", "link failures/min", "{:.2f}"),
    ("handovers_per_min", "handovers/min", "{:.1f}"),
    ("ping_pongs_per_min", "ping-pongs/min", "{:.2f}"),
    ("beams_per_s", "beams/s", "{:.0f}"),
)
_PAIRED = ("near_share", "loss_db", "beam_failures_per_min", "link_failures_per_min")


def main() -> None:
    """Make what is missing, then tell."""
    parser = argparse.ArgumentParser(description="Beam management, measured.")
    parser.add_argument("--folder", type=Path, required=True, help="of the pieces")
    parser.add_argument("--minutes", type=float, default=600.0, help="no piece is begun after")
    arguments = parser.parse_args()
    configure_thread()
    about = {
        "seeds": scenes.SEEDS,
        "speeds_kmh": scenes.SPEEDS_KMH,
        "ues": scenes.UES,
        "seconds": scenes.SECONDS,
        "measurement_error_db": scenes.ERROR_DB,
        "own_period_ms": offline.OWN_PERIOD_MS,
        "delay_frames": offline.DELAY_FRAMES,
        "controls": offline.CONTROLS,
    }
    pieces = Pieces(arguments.folder, about, arguments.minutes)
    try:
        runs, lives = _make(pieces)
    except OutOfTimeError as error:
        raise SystemExit(f"stopped before {error}; run it again") from None
    table = _table(runs)
    document = {
        "about": about,
        "machine": machine(),
        "code": code(),
        "offline": table,
        "paired": _paired(runs),
        "live": lives,
    }
    RESULT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    _print(table)
    print(json.dumps(lives, indent=1))
    picture.draw()


def _make(pieces: Pieces) -> tuple[dict[tuple[int, str], list[dict[str, Any]]], dict[str, Any]]:
    runs: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for seed in scenes.SEEDS:
        for speed in scenes.SPEEDS_KMH:
            for number, method in enumerate(offline.METHODS):
                if method == offline.SLOW and seed != scenes.SEEDS[0]:
                    continue
                made = pieces.get(
                    f"{speed}-{seed}-{number}",
                    lambda s=speed, n=seed, m=method: offline.run(s, n, m),  # type: ignore[misc]
                )
                runs.setdefault((speed, method), []).append(made)
    lives = {
        f"{speed} km/h": pieces.get(f"live-{speed}", lambda s=speed: live.run(s))  # type: ignore[misc]
        for speed in (30, 90)
    }
    return runs, lives


def _table(runs: dict[tuple[int, str], list[dict[str, Any]]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for (speed, method), made in runs.items():
        keys = sorted({key for run in made for key in run})
        table.setdefault(f"{speed} km/h", {})[method] = {
            key: offline.interval([run.get(key, 0.0) for run in made]) for key in keys
        }
    return table


def _paired(runs: dict[tuple[int, str], list[dict[str, Any]]]) -> dict[str, Any]:
    """Of each method less the gNB's own sweeps of 80 ms, seed by seed."""
    base = f"gNB, {offline.OWN_PERIOD_MS} ms"
    found: dict[str, Any] = {}
    for (speed, method), made in runs.items():
        if method == base:
            continue
        pairs = list(zip(made, runs[speed, base], strict=False))  # the slow one: first seed alone
        found.setdefault(f"{speed} km/h", {})[method] = {
            key: offline.interval([own[key] - other[key] for own, other in pairs])
            for key in _PAIRED
        }
    return found


def _print(table: dict[str, Any]) -> None:
    for speed, methods in table.items():
        print(f"\n{speed:30}" + "".join(f"{title:>19}" for _, title, _ in _COLUMNS))
        for method, values in methods.items():
            cells = (form.format(values[key][0]) for key, _, form in _COLUMNS)
            print(f"{method:30}" + "".join(f"{cell:>19}" for cell in cells))


if __name__ == "__main__":
    main()
