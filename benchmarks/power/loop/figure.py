"""Paired differences to no control: goodput, 5th percentile and energy efficiency, by method."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.power.loop.runs import ASCENT, CLASSICAL, EAGER, FULL, MODEL, OPEN_LOOP, WMMSE

_LOOKS = {
    FULL: ("#999999", "o"),
    OPEN_LOOP: ("#E69F00", "v"),
    WMMSE: ("#D55E00", "s"),
    EAGER: ("#F0A58F", "P"),
    ASCENT: ("#CC79A7", "^"),
    CLASSICAL: ("#009E73", "D"),
    MODEL: ("#0072B2", "*"),
}
_PANELS = {
    "goodput_mbps": "goodput",
    "p5_mbps": "5th-percentile throughput",
    "mbit_per_joule": "Mbit per joule",
}
Rows = list[dict[str, Any]]


def draw(rows: Rows, path: Path) -> None:
    """Write the differences in percent with their intervals into a PNG."""
    groups = list(dict.fromkeys((r["case"], r["period_ms"], r["condition"]) for r in rows))
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(13.0, 1.6 + 0.5 * len(groups)), layout="constrained")
        panels = figure.subplots(1, len(_PANELS), sharey=True)
        for axes, (metric, title) in zip(panels, _PANELS.items(), strict=True):
            _panel(axes, rows, groups, metric)
            axes.set_title(title, fontsize=10)
            axes.set_xlabel("difference to no control, %")
        names = [f"{case}, {_period(period)}, {condition}" for case, period, condition in groups]
        panels[0].set_yticks(range(len(groups)), names)
        panels[0].invert_yaxis()
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure)
        figure.savefig(path, dpi=110)


def _panel(axes: Axes, rows: Rows, groups: list[tuple[str, int, str]], metric: str) -> None:
    shifts = np.linspace(-0.3, 0.3, len(_LOOKS))
    for (method, (colour, marker)), shift in zip(_LOOKS.items(), shifts, strict=True):
        mine = [r for r in rows if r["method"] == method and r["metric"] == metric]
        at = [groups.index((r["case"], r["period_ms"], r["condition"])) + shift for r in mine]
        value = np.array([r["to_present_percent"] for r in mine])
        low, high = (np.array([r[f"to_present_{end}"] for r in mine]) for end in ("low", "high"))
        axes.errorbar(
            value,
            at,
            xerr=[value - low, high - value],
            fmt=marker,
            color=colour,
            ms=4.5,
            lw=1.0,
            label=method,
        )
    axes.axvline(0.0, color="#444444", lw=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#eeeeee")


def _period(period_ms: int) -> str:
    return f"{period_ms} ms" if period_ms < 1000 else f"{period_ms // 1000} s"
