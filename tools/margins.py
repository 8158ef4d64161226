"""Requirement margins as a share of their threshold: one scale for megabits, watts and percent."""

from collections.abc import Iterable
from typing import Any

import torch

from contracts.action import KpiPrediction
from contracts.kpi import CATALOGUE, KpiUnit
from contracts.problem import Problem
from contracts.requirement import Requirement

SCALE_FLOOR: dict[KpiUnit, float] = {"mbps": 1e-3, "w": 1e-3, "percent": 1.0}
"""Smallest scale by unit: a threshold of 0 % is measured in percentage points, not divided by 0."""


def relative_margin(requirement: Requirement, before: Any, after: Any) -> Any:
    """Margin as a share of the threshold; negative where the requirement is missed.

    Args:
        before: KPI before, number or tensor, in the KPI's unit.
        after: KPI after, broadcastable to ``before``.
    """
    floor = SCALE_FLOOR[CATALOGUE[requirement.kpi].unit]
    threshold = requirement.threshold(before)
    if isinstance(threshold, torch.Tensor):
        scale: Any = threshold.abs().clamp(min=floor)
    else:
        scale = max(abs(threshold), floor)
    return requirement.margin(before, after) / scale


def worst_margin(problem: Problem, predictions: Iterable[KpiPrediction]) -> float:
    """Smallest relative margin of the problem's requirements under predictions.

    Raises:
        KeyError: a requirement has no prediction for its KPI and cells.
    """
    found = {(p.kpi, p.cells): p for p in predictions}
    margins = []
    for sourced in problem.requirements:
        requirement = sourced.requirement
        prediction = found[requirement.kpi, requirement.cells]
        margins.append(
            float(
                relative_margin(
                    requirement, prediction.before_in_kpi_unit, prediction.after_in_kpi_unit
                )
            )
        )
    return min(margins)
