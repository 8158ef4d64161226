"""The calibration as a picture: the twin's distributions over the companies' median curves.

The colours are of the Okabe-Ito palette, safe for colour-blind readers.
"""

from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from twins.calibration.calibrate import MEASURES, SEED
from twins.calibration.certificate import DROPS
from twins.calibration.deployment import deployments, drops
from twins.calibration.reference import load_reference
from twins.runtime import configure_thread

_NAMES = ("coupling loss", "wideband SIR", "geometry SINR")
_TWIN, _COMPANIES = "#0072B2", "#D55E00"


def calibration_figure(path: Path, draws: int = DROPS, seed: int = SEED) -> None:
    """Draw every deployment and measure into a PNG.

    Args:
        path: file to write.
        draws: drops of each deployment.
        seed: of the drops.
    """
    configure_thread()
    reference = load_reference()
    figure = Figure(figsize=(11.0, 12.0), layout="constrained")
    grid = figure.subplots(len(deployments()), len(MEASURES), sharey=True)
    for row, deployment in zip(grid, deployments(), strict=True):
        drawn = list(drops(deployment, draws, seed))
        for axes, measure, name in zip(row, MEASURES, _NAMES, strict=True):
            sample = torch.cat([getattr(d, measure) for d in drawn]).numpy()
            curve = reference[deployment.name, measure]
            share = np.arange(1, len(curve.median_db) + 1) / 100.0
            axes.fill_betweenx(
                *_band(curve.median_db, share, curve.allowed_distance), color=_COMPANIES, alpha=0.25
            )
            axes.plot(curve.median_db, share, color=_COMPANIES, lw=2, label="companies, median")
            axes.plot(np.quantile(sample, share), share, color=_TWIN, lw=1.2, label="twin")
            distance = curve.distance(sample)
            axes.set_title(f"{deployment.name}: {name}, K-S {distance:.3f}", fontsize=9)
            axes.grid(alpha=0.3)
    for axes in grid[-1]:
        axes.set_xlabel("dB")
    for axes in grid[:, 0]:
        axes.set_ylabel("share of UEs")
    grid[0][0].legend(loc="lower right", fontsize=8)
    figure.suptitle(
        "3GPP phase-1 calibration; the band is what the 90th-percentile company departs"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _band(
    median_db: np.ndarray, share: np.ndarray, distance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares, and the values that the median takes so much farther down and up."""
    low, high = (np.interp(share + shift, share, median_db) for shift in (-distance, distance))
    return share, low, high
