"""Means over the sets of :mod:`benchmarks.channel`, and its table."""

from collections.abc import Sequence
from typing import Any

from tools.channel.data.sets import SOURCES

Piece = dict[str, Any]


def summary(pieces: dict[str, Piece], seen: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """Mean NMSE and advantage over the bar by source, SNR and method; the worst case too."""
    groups = {"in distribution": tuple(seen), **SOURCES}
    groups["all unseen"] = tuple(n for names in SOURCES.values() for n in names)
    found: dict[str, Any] = {}
    for group, names in groups.items():
        by_snr: dict[str, list[Piece]] = {}
        for key, piece in pieces.items():
            name, _, snr = key.removeprefix(prefix).rpartition("-")
            if name in names:
                by_snr.setdefault(snr, []).append(piece["rows"])
        for snr, chosen in by_snr.items():
            methods = dict.fromkeys(method for rows in chosen for method in rows)
            found[f"{group}, {snr}"] = {
                m: _row([rows[m] for rows in chosen if m in rows]) for m in methods
            }
    return found


def _row(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "sets": len(cells),
        "mean_nmse_db": _mean([cell["nmse_db"] for cell in cells]),
        "mean_over_bar_db": _mean([cell["over_bar_db"] for cell in cells]),
        "least_over_bar_db": min(cell["over_bar_db"] for cell in cells),
    }


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 3)


def show(document: dict[str, Any]) -> None:
    """Print every set and the summary."""
    for key, piece in document["pieces"].items():
        print(f"{key}, {piece['sequences']} sequences, bar: {piece['bar']}")
        for method, row in piece["rows"].items():
            (low, high), (less, more) = row["interval_db"], row["over_bar_interval_db"]
            print(
                f"  {method:<16}{row['nmse_db']:8.2f} [{low:.2f}, {high:.2f}]"
                f"  first step {row['by_step_db'][0]:7.2f}"
                f"  over the bar {row['over_bar_db']:+.2f} [{less:+.2f}, {more:+.2f}]"
            )
    for group, methods in document["summary"].items():
        print(group)
        for method, row in methods.items():
            print(
                f"  {method:<16}{row['mean_nmse_db']:8.2f} dB"
                f"  over the bar {row['mean_over_bar_db']:+.2f}, least"
                f" {row['least_over_bar_db']:+.2f}, {row['sets']} sets"
            )
    print(document.get("cost"), document["left_out"])
