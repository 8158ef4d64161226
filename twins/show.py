"""Figures: street maps of SINR and best server, and throughput distributions before and after.

Colours are safe for colour-blind readers: *viridis* for SINR, the Okabe-Ito palette for the rest.
Each figure is written as PNG by the Agg backend; nothing here keeps state between calls.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike

from twins import _maps as maps
from twins.channel import LinkMap, load_link_map
from twins.scenario import Scenario
from twins.streets import street_map

BEFORE_COLOUR, AFTER_COLOUR = "#D55E00", "#0072B2"
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": maps.INK,
    "axes.labelcolor": maps.INK,
    "axes.edgecolor": maps.MUTED,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": maps.MUTED,
    "ytick.color": maps.MUTED,
    "savefig.facecolor": "white",
}


def map_figure(
    scenario: Scenario,
    tx_power_mw_before: Mapping[int, float],
    tx_power_mw_after: Mapping[int, float] | None,
    path: Path,
    links: LinkMap | None = None,
) -> None:
    """Write the street map: SINR before and after, or best server and SINR when nothing changed.

    Args:
        scenario: the network.
        tx_power_mw_before: power by cell id.
        tx_power_mw_after: power by cell id, or ``None`` for one state only.
        path: the PNG to write.
        links: the scenario's link map, when the caller has it already.
    """
    links = load_link_map(scenario) if links is None else links
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(13.0, 6.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        before = street_map(scenario, links, tx_power_mw_before)
        if tx_power_mw_after is None:
            maps.draw_best_server(left, scenario, before)
            dots = maps.draw_sinr(right, scenario, before)
            maps.draw_sites(left, scenario, None, None)
            maps.draw_sites(right, scenario, tx_power_mw_before, None)
            left.set_title("Best server")
            right.set_title("SINR, all cells loaded")
        else:
            after = street_map(scenario, links, tx_power_mw_after)
            dots = maps.draw_pair(
                (left, right), scenario, before, after, tx_power_mw_before, tx_power_mw_after
            )
        maps.colour_bar(figure, dots, [left, right] if tx_power_mw_after else [right])
        figure.suptitle(f"{scenario.name}: {scenario.description}", fontsize=12, x=0.01, ha="left")
        _save(figure, path)


def throughput_cdf_figure(
    before_mbps: ArrayLike, after_mbps: ArrayLike, path: Path, title: str = "Downlink throughput"
) -> None:
    """Write the distribution of per-UE throughput before and after, 5th percentiles marked."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.0, 5.0), layout="constrained")
        _draw_cdf(figure.subplots(), before_mbps, after_mbps, title)
        _save(figure, path)


def before_after_figure(
    scenario: Scenario,
    tx_power_mw_before: Mapping[int, float],
    tx_power_mw_after: Mapping[int, float],
    before_mbps: ArrayLike,
    after_mbps: ArrayLike,
    path: Path,
    title: str = "",
    cdf_title: str = "Downlink throughput per UE, measured",
    links: LinkMap | None = None,
) -> None:
    """Write the summary of a run: throughput CDF, and the street map before and after.

    Args:
        scenario: the network.
        tx_power_mw_before: power by cell id.
        tx_power_mw_after: power by cell id.
        before_mbps: throughput of each UE of the cohort before; NaN where never active.
        after_mbps: throughput of each UE of the cohort after.
        path: the PNG to write.
        title: heading, for instance the intent's sentence.
        cdf_title: heading of the CDF.
        links: the scenario's link map, when the caller has it already.
    """
    links = load_link_map(scenario) if links is None else links
    before = street_map(scenario, links, tx_power_mw_before)
    after = street_map(scenario, links, tx_power_mw_after)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(16.5, 5.6), layout="constrained")
        cdf, left, right = figure.subplots(1, 3, width_ratios=(0.9, 1.0, 1.0))
        _draw_cdf(cdf, before_mbps, after_mbps, cdf_title)
        dots = maps.draw_pair(
            (left, right), scenario, before, after, tx_power_mw_before, tx_power_mw_after
        )
        maps.colour_bar(figure, dots, [left, right])
        if title:
            figure.suptitle(title, fontsize=13, x=0.01, ha="left")
        _save(figure, path)


def _draw_cdf(axes: Axes, before_mbps: ArrayLike, after_mbps: ArrayLike, title: str) -> None:
    rows = (("before", before_mbps, BEFORE_COLOUR), ("after", after_mbps, AFTER_COLOUR))
    samples = [np.sort(v[~np.isnan(v)]) for v in (np.asarray(r[1], dtype=float) for r in rows)]
    for (label, _, colour), values in zip(rows, samples, strict=True):
        p5, p50 = np.percentile(values, [5, 50])
        share = np.arange(1, len(values) + 1) / len(values)
        text = f"{label}: 5th percentile {p5:.1f}, median {p50:.1f}"
        axes.step(values, share, where="post", color=colour, linewidth=2.2, label=text)
        axes.plot([p5, p5], [0.0, 0.05], color=colour, linewidth=1.2, linestyle=":")
        axes.plot([p5], [0.05], "o", color=colour, markersize=8, markeredgecolor="white", zorder=5)
    axes.axhline(0.05, color=maps.MUTED, linewidth=0.8, linestyle="--", zorder=0)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    low = min(v[0] for v in samples)
    axes.set_xlim(max(0.8 * low, 0.1), 1.15 * max(v[-1] for v in samples))
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([0.05, 0.25, 0.5, 0.75, 1.0], ["5 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("throughput, Mbit/s (logarithmic)")
    axes.set_ylabel("share of UEs at or below")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)
    axes.set_title(title)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)
