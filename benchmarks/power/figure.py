"""The figures of ``benchmarks.power.graphs``: ratio and time against the number of links."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_STYLES = {
    "WMMSE best of 1": ("#999999", "o"),
    "WMMSE best of 5": ("#555555", "s"),
    "over-relaxed best of 8, 20 rounds": ("#56B4E9", "v"),
    "pcgnn-like": ("#CC79A7", "D"),
    "uwmmse-like": ("#E69F00", "^"),
    "model": ("#009E73", "o"),
    "portfolio": ("#D55E00", "s"),
}
"""Method to colour (Okabe, Ito) and marker; the others stand in the table alone."""
_TIMED = {**_STYLES, "WMMSE best of 100": ("#000000", "x")}
_TIMES = {"alone_ms": "one graph alone", "batched_ms": "a graph in batches"}


def draw(document: dict[str, Any], path: Path) -> None:
    """Write a PNG: a panel of ratios for each random family, and two of times."""
    families = list(dict.fromkeys(p["family"] for p in _random(document)))
    if not families:
        return
    columns = min(4, len(families) + len(_TIMES))
    lines = -(-(len(families) + len(_TIMES)) // columns)
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(3.9 * columns, 3.0 * lines + 0.6), layout="constrained")
        panels = list(figure.subplots(lines, columns, squeeze=False).flat)
        for family, axes in zip(families, panels, strict=False):
            _ratios(axes, family, [p for p in _random(document) if p["family"] == family])
        timed = panels[len(families) :]
        for (column, title), axes in zip(_TIMES.items(), timed, strict=False):
            _times(axes, document, column, title)
        for axes in timed[len(_TIMES) :]:
            axes.set_visible(False)
        handles, labels = timed[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure)
        figure.savefig(path, dpi=120)


def _ratios(axes: Axes, family: str, pieces: list[dict[str, Any]]) -> None:
    pieces = sorted(pieces, key=lambda p: p["links"])
    for method, (colour, marker) in _STYLES.items():
        points = [(p["links"], r) for p in pieces if (r := _row(p, method)) is not None]
        if points:
            links = [k for k, _ in points]
            ratios = [r["ratio"] for _, r in points]
            axes.plot(links, ratios, marker=marker, color=colour, label=method, lw=1.2, ms=4)
            low, high = zip(*(r["ratio_interval"] for _, r in points), strict=True)
            axes.fill_between(links, low, high, color=colour, alpha=0.18, lw=0)
    axes.axhline(1.0, color="#000000", lw=0.6, ls=":")
    _finish(axes, f"{family}: ratio to best of 100 WMMSE")
    axes.set_ylim(bottom=max(0.85, axes.get_ylim()[0]))


def _times(axes: Axes, document: dict[str, Any], column: str, title: str) -> None:
    """CPU times on the family with the most sizes; they hardly hang on it."""
    measured = [p["family"] for p in _random(document)]
    family = max(dict.fromkeys(measured), key=measured.count)
    pieces = [p for p in _random(document) if p["family"] == family]
    for method, (colour, marker) in _TIMED.items():
        points = sorted((p["links"], r[column]) for p in pieces if (r := _row(p, method)))
        if points:
            links, times_ms = zip(*points, strict=True)
            axes.plot(links, times_ms, marker=marker, color=colour, label=method, lw=1.2, ms=4)
    axes.set_yscale("log")
    _finish(axes, f"{family}: CPU time of {title}, ms")


def _finish(axes: Axes, title: str) -> None:
    axes.set_xscale("log")
    axes.set_xticks([10, 20, 50, 100, 200], labels=["10", "20", "50", "100", "200"])
    axes.minorticks_off()
    axes.set_xlabel("links K")
    axes.set_title(title, loc="left", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _random(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [p for p in document["pieces"].values() if not p["family"].startswith("twin_")]


def _row(piece: dict[str, Any], method: str) -> dict[str, Any] | None:
    return next((r for r in piece["rows"] if r["method"] == method), None)
