"""What the companies submitted for phase 1: median curves, and how far the companies are from them.

Derived from 3GPP R1-165974 (Phase1Calibration_v42_CMCC.xlsx) as transcribed in
NVIDIA/aerial-cuda-accelerated-ran (Apache-2.0). Only the median over the companies at each
percentile and the companies' distances are kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISREPORTED = ("NEC",)
"""Left out: its coupling loss holds SINR-like values."""

_PERCENTILES = tuple(range(1, 99))
"""Common to all sheets, without the ends, which are single UEs."""


@dataclass(frozen=True)
class Curve:
    """The reference of one measure in one deployment.

    Attributes:
        median_db: at the percentiles 1 to 98.
        allowed_distance: that of the 90th-percentile company.
        median_distance: that of the median company.
    """

    median_db: NDArray[np.float64]
    allowed_distance: float
    median_distance: float

    def distance(self, sample_db: NDArray[np.float64]) -> float:
        """Largest difference of the distribution functions, at the median curve's values."""
        share = np.searchsorted(np.sort(sample_db), self.median_db) / len(sample_db)
        return float(np.abs(share - np.array(_PERCENTILES) / 100.0).max())


def load_reference() -> dict[tuple[str, str], Curve]:
    """Curves by deployment and measure."""
    text = (files("twins.calibration") / "reference.json").read_text(encoding="utf-8")
    return {
        (deployment, measure): Curve(
            np.array(row["median_db"]), row["allowed_distance"], row["median_distance"]
        )
        for deployment, measures in json.loads(text)["curves"].items()
        for measure, row in measures.items()
    }


def derive(sheets: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``reference.json`` from the transcribed sheets."""
    return {
        "source": "3GPP R1-165974, Phase1Calibration_v42_CMCC.xlsx, as transcribed in"
        " NVIDIA/aerial-cuda-accelerated-ran (Apache-2.0); medians over the companies",
        "percentiles": [_PERCENTILES[0], _PERCENTILES[-1]],
        "left_out": list(MISREPORTED),
        "curves": {
            name: {f"{measure}_db": _curve(sheet) for measure, sheet in rows["metrics"].items()}
            for name, rows in sheets["scenarios"].items()
        },
    }


def _curve(sheet: Mapping[str, Any]) -> dict[str, Any]:
    at = [list(sheet["cdf_percentiles"]).index(p) for p in _PERCENTILES]
    companies = np.array(
        [np.array(sheet["data"][c])[at] for c in sheet["companies"] if c not in MISREPORTED]
    )
    median = np.median(companies, axis=0)
    share = np.array(_PERCENTILES) / 100.0
    distances = [float(np.abs(np.interp(row, median, share) - share).max()) for row in companies]
    return {
        "companies": len(companies),
        "median_db": [round(float(v), 3) for v in median],
        "allowed_distance": round(float(np.quantile(distances, 0.9)), 5),
        "median_distance": round(float(np.median(distances)), 5),
    }
