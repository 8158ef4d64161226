"""A requirement: a KPI over some cells, a comparator, a bound; intents and policies state them."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.kpi import CATALOGUE, Kpi

CellId = Annotated[int, Field(ge=0, le=16383)]
"""``cellLocalId`` of TS 28.541, 0..16383."""


class Condition(StrEnum):
    """Comparators of TS 28.312 ``targetCondition`` that a requirement may use."""

    AT_LEAST = "IS_EQUAL_TO_OR_GREATER_THAN"
    AT_MOST = "IS_EQUAL_TO_OR_LESS_THAN"


class RelativeChange(Contract):
    """Bound relative to the value in the snapshot: +20 means 1.2 times as much."""

    kind: Literal["relative_change"] = "relative_change"
    change_percent: float = Field(ge=-100)


class ThroughputBound(Contract):
    """Absolute bound on a throughput KPI."""

    kind: Literal["throughput"] = "throughput"
    threshold_mbps: float = Field(ge=0)


class PowerBound(Contract):
    """Absolute bound on a power KPI."""

    kind: Literal["power"] = "power"
    threshold_w: float = Field(ge=0)


class RatioBound(Contract):
    """Absolute bound on a ratio KPI."""

    kind: Literal["ratio"] = "ratio"
    threshold_percent: float = Field(ge=0, le=100)


Bound = Annotated[
    RelativeChange | ThroughputBound | PowerBound | RatioBound, Field(discriminator="kind")
]

_UNIT_OF_KIND = {"throughput": "mbps", "power": "w", "ratio": "percent"}


class Requirement(Contract):
    """``kpi(cells) condition bound``; the comparator is part of the type, never a free word.

    Raises:
        ValueError: empty or repeated cells, or a bound whose unit is not the KPI's.
    """

    kpi: Kpi
    cells: tuple[CellId, ...] = Field(min_length=1)
    condition: Condition
    bound: Bound

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.cells)) != len(self.cells) or list(self.cells) != sorted(self.cells):
            raise ValueError(f"cells must be distinct and ascending, got {self.cells}")
        unit = CATALOGUE[self.kpi].unit
        if self.bound.kind != "relative_change" and _UNIT_OF_KIND[self.bound.kind] != unit:
            raise ValueError(f"{self.kpi} is in {unit}, a {self.bound.kind} bound is not")
        if self.kpi is Kpi.COVERAGE_LOSS_RATIO and self.bound.kind != "ratio":
            raise ValueError("CoverageLossRatio is already relative; it takes a ratio bound")
        return self

    def threshold(self, before: Any) -> Any:
        """The KPI value to compare with, in the KPI's unit; arrays broadcast."""
        match self.bound:
            case RelativeChange(change_percent=change):
                return before * (1.0 + change / 100.0)
            case ThroughputBound(threshold_mbps=value):
                return before * 0.0 + value
            case PowerBound(threshold_w=value):
                return before * 0.0 + value
            case RatioBound(threshold_percent=value):
                return before * 0.0 + value

    def margin(self, before: Any, after: Any) -> Any:
        """How far the requirement holds, in the KPI's unit; negative where it is missed.

        Args:
            before: KPI in the snapshot or in the untouched roll-out (number or array).
            after: KPI under the action (number or array of the same shape).
        """
        threshold = self.threshold(before)
        return after - threshold if self.condition is Condition.AT_LEAST else threshold - after

    def describe(self) -> str:
        """The requirement in one line for people."""
        sign = "at least" if self.condition is Condition.AT_LEAST else "at most"
        match self.bound:
            case RelativeChange(change_percent=change):
                bound = f"{change:+g} %" if change else "as much as now"
            case ThroughputBound(threshold_mbps=value):
                bound = f"{value:g} Mbit/s"
            case PowerBound(threshold_w=value):
                bound = f"{value:g} W"
            case RatioBound(threshold_percent=value):
                bound = f"{value:g} %"
        cells = f"cell{'s' if len(self.cells) > 1 else ''} {format_cells(self.cells)}"
        return f"{CATALOGUE[self.kpi].label} of {cells} {sign} {bound}"


def format_cells(cells: tuple[int, ...]) -> str:
    """``(1, 2, 3, 7)`` as ``1-3, 7``."""
    runs: list[list[int]] = []
    for cell in cells:
        if runs and cell == runs[-1][-1] + 1:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)
