"""A run as a picture: the ways of the UEs in the colour of the cell that served them."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure

from twins import _maps as maps
from twins.dynamics.handover import Cause
from twins.dynamics.link import FRAME_MS
from twins.dynamics.randomness import Floats
from twins.dynamics.simulate import Record

_AWAY = (0.0, 0.0, 0.0, 1.0)
"""Colour of a UE without a connection."""

_MARKS = {
    "handover": ("o", "white", (Cause.HANDOVER,)),
    "ping-pong": ("D", "#F0E442", (Cause.PING_PONG,)),
    "link failure": (
        "X",
        "#000000",
        (Cause.TOO_LATE, Cause.TOO_EARLY, Cause.WRONG_CELL, Cause.SAME_CELL),
    ),
}


def ways_figure(record: Record, path: Path) -> None:
    """Write the ways of all UEs, their serving cells, handovers and failures into a PNG."""
    figure = Figure(figsize=(8.6, 8.4), layout="constrained")
    axes = figure.subplots()
    scenario, streets_m = record.stage.scenario, record.stage.links.point_positions_m.numpy()
    positions_m = record.stage.trajectories.interpolate(streets_m.astype(float), slice(None))
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10}):
        x, y = streets_m.T
        axes.scatter(x, y, s=4, c="#e4e4e4", marker="s", linewidths=0, rasterized=True)
        _draw_ways(axes, record, positions_m)
        _draw_events(axes, record, positions_m)
        axes.set_aspect("equal")
        maps.draw_sites(axes, scenario, None, None)
        axes.set_xlabel("x, m")
        axes.set_ylabel("y, m")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper right", fontsize=9)
        what = f"{scenario.name}, {record.stage.profile.name}"
        seconds = record.stage.frames * FRAME_MS / 1000.0
        axes.set_title(f"{what}, {seconds:g} s: serving cells on the way", loc="left")
        path.parent.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure)
        figure.savefig(path, dpi=110)


def _draw_ways(axes: Axes, record: Record, positions_m: Floats) -> None:
    colours = to_rgba_array(maps.cell_colours(record.stage.scenario))
    for ue in range(record.stage.ues):
        way = positions_m[:, ue]
        pieces = np.stack([way[:-1], way[1:]], 1)
        served = np.where(record.connected[1:, ue, None], colours[record.serving[1:, ue]], _AWAY)
        axes.add_collection(LineCollection(list(pieces), colors=served, linewidths=3.0))
        axes.plot(*way[0], ".", color=served[0], markersize=7)


def _draw_events(axes: Axes, record: Record, positions_m: Floats) -> None:
    for label, (marker, colour, causes) in _MARKS.items():
        events = [e for e in record.events if e.cause in causes]
        at = np.array([positions_m[int(e.at_ms / FRAME_MS), e.ue] for e in events])
        x, y = at.reshape(-1, 2).T
        axes.scatter(
            x, y, marker=marker, c=colour, s=55, edgecolors="black", linewidths=1.0, zorder=9,
            label=f"{label}: {len(events)}",
        )  # fmt: skip
