"""The figure of ``benchmarks.beams``: share within 1 dB by horizon, and gain by step."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_STYLES = {
    "hold": ("#999999", "x"),
    "alpha-beta": ("#E69F00", "^"),
    "alpha-beta on the lobe's centre": ("#F0E442", "v"),
    "EKF, straight line": ("#0072B2", "s"),
    "transformer, beam indices alone": ("#CC79A7", "D"),
    "transformer, made windows alone": ("#56B4E9", "o"),
    "transformer": ("#009E73", "o"),
    "portfolio": ("#D55E00", "P"),
}
"""Method to colour (Okabe, Ito) and marker; the others stand in the table alone."""


def draw(document: dict[str, Any], path: Path) -> None:
    """Write a PNG: a panel for each way to hold out, and one for the single-path setting."""
    groups = document["measured"].get("groups", {})
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(3.6 * (len(groups) + 1), 3.6), layout="constrained")
        panels = list(figure.subplots(1, len(groups) + 1, squeeze=False).flat)
        for (name, rows), axes in zip(groups.items(), panels, strict=False):
            _shares(axes, name, rows)
        _gains(panels[-1], document["single_path"])
        if groups:
            handles, labels = panels[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        FigureCanvasAgg(figure).print_png(path)  # type: ignore[no-untyped-call]


def _shares(axes: Axes, name: str, rows: dict[str, Any]) -> None:
    for method, (colour, marker) in _STYLES.items():
        if method in rows:
            mean, low, high = np.array(rows[method]["near"]).T
            horizon_s = 0.1 * np.arange(1, len(mean) + 1)
            axes.fill_between(horizon_s, low, high, color=colour, alpha=0.12, linewidth=0)
            axes.plot(horizon_s, mean, color=colour, marker=marker, ms=4, label=method)
    axes.set(title=name, xlabel="horizon (s)", ylabel="share within 1 dB", ylim=(0.6, 1.0))
    axes.grid(alpha=0.3)


def _gains(axes: Axes, part: dict[str, Any]) -> None:
    for name, values in part["published"].items():
        axes.plot(part["published_steps"], values, "k:", marker=".", label=f"{name}, published")
    seeds: dict[str, list[list[float]]] = {}
    for name, row in part["rows"].items():
        seeds.setdefault(name.split(", seed")[0], []).append([g[0] for g in row["gain"]])
    for name, gains in seeds.items():
        gain = np.mean(gains, 0)
        axes.plot(range(1, len(gain) + 1), gain, linewidth=1, label=name)
    axes.set(title="single path, 16 ms steps", xlabel="step", ylabel="normalised gain")
    axes.set_ylim(0.4, 1.0)
    axes.legend(fontsize=5, frameon=False)
    axes.grid(alpha=0.3)
