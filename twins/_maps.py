"""Drawing street maps into axes: points by colour, sites with their sectors and powers."""

from collections.abc import Mapping, Sequence

import matplotlib.colors
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from contracts.units import mw_to_dbm
from twins.scenario import RayTracedChannel, Scenario
from twins.streets import StreetMap

INK, MUTED = "#222222", "#6b6b6b"
_SITE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F")
_SECTOR_SHADES = (0.0, 0.35, 0.65)
_SINR_RANGE_DB = (-5.0, 25.0)
_ARROW_SHARE = 0.07


def draw_pair(
    axes: tuple[Axes, Axes],
    scenario: Scenario,
    before: StreetMap,
    after: StreetMap,
    mw_before: Mapping[int, float],
    mw_after: Mapping[int, float],
) -> PathCollection:
    dots = draw_sinr(axes[0], scenario, before)
    draw_sinr(axes[1], scenario, after)
    draw_sites(axes[0], scenario, mw_before, None)
    draw_sites(axes[1], scenario, mw_after, mw_before)
    for axis, name, state in zip(axes, ("Before", "After"), (before, after), strict=True):
        low, mid = np.percentile(state.sinr_db[state.served], [5, 50])
        axis.set_title(f"{name}: SINR median {mid:.1f} dB, 5th percentile {low:.1f} dB")
    return dots


def draw_sinr(axes: Axes, scenario: Scenario, state: StreetMap) -> PathCollection:
    shown = state.served
    low, high = _SINR_RANGE_DB
    _frame(axes, scenario, state)
    x, y = state.positions_m[shown].T
    return axes.scatter(
        x,
        y,
        c=state.sinr_db[shown],
        s=_marker_size(scenario),
        marker="s",
        linewidths=0,
        cmap="viridis",
        vmin=low,
        vmax=high,
        rasterized=True,
    )


def draw_best_server(axes: Axes, scenario: Scenario, state: StreetMap) -> None:
    _frame(axes, scenario, state)
    colours = np.array(cell_colours(scenario))
    x, y = state.positions_m[state.served].T
    axes.scatter(
        x,
        y,
        c=colours[state.best_cell[state.served]],
        s=_marker_size(scenario),
        marker="s",
        linewidths=0,
        rasterized=True,
    )


def _frame(axes: Axes, scenario: Scenario, state: StreetMap) -> None:
    """Points where no UE is dropped in light grey, equal axes, a light frame."""
    x, y = state.positions_m[~state.served].T
    axes.scatter(
        x, y, c="#e9e9e9", s=_marker_size(scenario), marker="s", linewidths=0, rasterized=True
    )
    axes.set_aspect("equal")
    low, high = state.positions_m.min(0), state.positions_m.max(0)
    margin = 0.03 * (high - low).max()
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    axes.set_xlabel("x, m")
    axes.set_ylabel("y, m")
    axes.spines[["top", "right"]].set_visible(False)


def draw_sites(
    axes: Axes,
    scenario: Scenario,
    tx_power_mw: Mapping[int, float] | None,
    reference_mw: Mapping[int, float] | None,
) -> None:
    """Sites with an arm and a numbered disc a sector; powers, and what changed, beside them."""
    length = _ARROW_SHARE * float(np.diff(axes.get_xlim())[0])
    for i, site in enumerate(scenario.sites):
        x, y = site.position_m[:2]
        for sector in site.sectors:
            angle = np.deg2rad(sector.azimuth_deg)
            direction = np.array([np.cos(angle), np.sin(angle)])
            tip = np.array([x, y]) + length * direction
            axes.plot([x, tip[0]], [y, tip[1]], color=INK, linewidth=1.8, zorder=6)
            axes.text(
                tip[0], tip[1], str(sector.cell_id), ha="center", va="center", fontsize=8.5,
                fontweight="bold", color="white", zorder=8,
                bbox={"boxstyle": "circle,pad=0.25", "fc": _site_colour(i), "ec": "white"},
            )  # fmt: skip
            if tx_power_mw is not None:
                label, changed = _power_label(sector.cell_id, tx_power_mw, reference_mw)
                _annotate_power(axes, tip, direction, label, changed)
                axes.set_xlabel("x, m (beside the cells: power in dBm)")
        axes.plot(x, y, marker="^", color=INK, markeredgecolor="white", markersize=9, zorder=7)


def _power_label(
    cell: int, tx_power_mw: Mapping[int, float], reference_mw: Mapping[int, float] | None
) -> tuple[str, bool]:
    """Power in dBm, with the change in dB where it differs from the reference."""
    power_dbm = mw_to_dbm(tx_power_mw[cell])
    change_db = 0.0 if reference_mw is None else power_dbm - mw_to_dbm(reference_mw[cell])
    changed = abs(change_db) >= 0.05
    text = f"{power_dbm:.1f}" + (f"\n{change_db:+.1f} dB" if changed else "")
    return text.replace("-", "\N{MINUS SIGN}"), changed


def _annotate_power(
    axes: Axes, tip: NDArray[np.float64], direction: NDArray[np.float64], label: str, changed: bool
) -> None:
    """The label lies beyond the disc, in the direction of the sector."""
    level = abs(direction[0]) < 0.4
    x, y = ((10.0 if level else 12.0) * direction).tolist()
    axes.annotate(
        label, tip.tolist(), xytext=(x, y), textcoords="offset points", fontsize=7.5, zorder=9,
        color=INK, fontweight="bold" if changed else "normal", linespacing=1.0,
        ha="center" if level else "left" if direction[0] > 0 else "right",
        va="center" if not level else "bottom" if direction[1] > 0 else "top",
        bbox={"boxstyle": "round,pad=0.15", "fc": "#fff3bf" if changed else "white", "ec": "none",
              "alpha": 0.85},
    )  # fmt: skip


def _site_colour(index: int) -> str:
    return _SITE_COLOURS[index % len(_SITE_COLOURS)]


def cell_colours(scenario: Scenario) -> list[str]:
    """One hue a site, one shade a sector, in order of the cells."""
    colours = []
    for i, site in enumerate(scenario.sites):
        base = np.array(matplotlib.colors.to_rgb(_site_colour(i)))
        for k in range(len(site.sectors)):
            shade = _SECTOR_SHADES[k % len(_SECTOR_SHADES)]
            colours.append(matplotlib.colors.to_hex(tuple(base + (1.0 - base) * shade)))
    return colours


def _marker_size(scenario: Scenario) -> float:
    """Square points: a street grid should look filled, scattered points should not overlap."""
    return 11.0 if isinstance(scenario.channel, RayTracedChannel) else 24.0


def colour_bar(figure: Figure, dots: PathCollection, axes: Sequence[Axes]) -> None:
    bar = figure.colorbar(dots, ax=list(axes), shrink=0.8, pad=0.01, extend="both")
    bar.set_label("SINR with all cells loaded, dB")
    bar.outline.set_visible(False)
