"""The figure of ``benchmarks.beam_design``: received power over a quarter, three designs."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle as Disc
from matplotlib.patches import Polygon as Outline

from benchmarks.beam_design.scenes import SIDE_M, zone_case
from tools.beams.design.quadratic import PowerMap
from tools.beams.design.requirements import Circle, Polygon
from tools.beams.design.zone_baselines import exhaustive, matched_filter, zero_forcing
from tools.beams.design.zone_problem import zone_problem
from tools.beams.design.zones import design_zones

_SEED = 2
_STEP_M = 3.0
_MAXIMUM_DBM = -60.0


def draw(path: Path, seed: int = _SEED) -> None:
    """Write a PNG: matched filter, zero forcing and the design on the same question."""
    scene, wanted = zone_case(seed, _MAXIMUM_DBM)
    problem = zone_problem(scene, wanted)
    answer = design_zones(scene, wanted)
    names = [site.name for site in scene.sites]
    answers = {
        "matched filter, turned down": exhaustive(problem, matched_filter),
        "zero forcing": exhaustive(problem, zero_forcing),
        "design": (tuple(names.index(n) for n in answer.sites), list(answer.beams)),
    }
    axis = np.arange(_STEP_M / 2, SIDE_M, _STEP_M)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(12.6, 4.5), layout="constrained")
        panels = figure.subplots(1, 3, sharey=True)
        for axes, (title, (choice, beams)) in zip(panels, answers.items(), strict=True):
            chosen = problem.of_sites(choice)
            field = PowerMap.of_points(scene.propagation.rows(chosen.sites, grid)).powers(beams)
            power_dbm = 10.0 * np.log10(np.maximum(field, 1e-30)).reshape(len(axis), -1)
            image = axes.imshow(
                power_dbm,
                origin="lower",
                extent=(0, SIDE_M, 0, SIDE_M),
                cmap="cividis",
                vmin=-80,
                vmax=-10,
            )
            for zone, colour in ((wanted.bright[0], "#D55E00"), (wanted.dark[0], "#FFFFFF")):
                style = {"fill": False, "ec": colour, "lw": 1.8}
                match zone.area:
                    case Circle(centre_m=centre, radius_m=radius):
                        axes.add_patch(Disc(centre, radius, **style))
                    case Polygon(corners_m=corners):
                        axes.add_patch(Outline(np.array(corners), closed=True, **style))
            for index, site in enumerate(scene.sites):
                marker = "^" if index in choice else "."
                axes.plot(*site.position_m[:2], marker, color="#56B4E9", mec="k", ms=9)
            bright_dbm = 10.0 * np.log10(chosen.objective_mw(beams))
            dark_dbm = 10.0 * np.log10(max(chosen.caps.powers.powers(beams).max(), 1e-30))
            axes.set_title(
                f"{title}\nbright {bright_dbm:.1f} dBm, worst dark point {dark_dbm:.0f} dBm",
                loc="left",
                fontsize=9,
            )
            axes.set_xlabel("x, m")
        panels[0].set_ylabel("y, m")
        figure.colorbar(image, ax=list(panels), label="received power, dBm", shrink=0.85)
        path.parent.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure)
        figure.savefig(path, dpi=110)
