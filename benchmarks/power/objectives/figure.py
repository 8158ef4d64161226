"""Adaptation curves: ratio to the reference by number of graphs, one panel an objective."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.power.objectives.adaptation import COUNTS, WAYS
from benchmarks.power.objectives.summary import ALL

_LOOKS = {
    "full": ("#0072B2", "o", "all weights"),
    "lora": ("#009E73", "s", "LoRA"),
    "heads": ("#CC79A7", "^", "heads"),
    "scratch": ("#D55E00", "D", "from scratch"),
}
_LEVELS = {
    "model": ("#0072B2", "--", "sum-rate model, zero-shot"),
    "untrained": ("#D55E00", ":", "untrained"),
    "WMMSE best of 100": ("#777777", "-.", "WMMSE, best of 100"),
    "portfolio": ("#000000", "-", "portfolio, zero-shot"),
}


def draw(zero: list[dict[str, Any]], adapted: list[dict[str, Any]], path: Path) -> None:
    """Write the curves over all test sets into a PNG."""
    objectives = list(dict.fromkeys(row["key"][0] for row in adapted))
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(14.0, 3.9), layout="constrained")
        panels = figure.subplots(1, len(objectives), squeeze=False)[0]
        for axes, objective in zip(panels, objectives, strict=True):
            _panel(axes, objective, zero, adapted)
        panels[0].set_ylabel("mean ratio to the best classical answer")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure)
        figure.savefig(path, dpi=110)


def _panel(
    axes: Axes, objective: str, zero: list[dict[str, Any]], adapted: list[dict[str, Any]]
) -> None:
    for way in WAYS:
        colour, marker, label = _LOOKS[way]
        rows = [_find(adapted, [objective, way, str(count)]) for count in COUNTS]
        means = [row["ratio"] for row in rows]
        axes.plot(COUNTS, means, color=colour, marker=marker, ms=4, lw=1.4, label=label)
        low, high = [row["low"] for row in rows], [row["high"] for row in rows]
        axes.fill_between(COUNTS, low, high, color=colour, alpha=0.12, lw=0)
    for method, (colour, style, label) in _LEVELS.items():
        level = _find(zero, [objective, method])["ratio"]
        axes.axhline(level, color=colour, ls=style, lw=1.0, label=label)
    axes.set_xscale("log")
    axes.set_xticks(COUNTS, [str(count) for count in COUNTS])
    axes.minorticks_off()
    axes.set_xlabel("graphs")
    axes.set_title(objective.replace("_", " "), fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#eeeeee")


def _find(rows: list[dict[str, Any]], key: list[str]) -> dict[str, Any]:
    return next(row for row in rows if row["key"] == key and row["set"] == ALL)
