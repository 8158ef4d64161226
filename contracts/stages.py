"""What an action sets stage by stage, and what each stage must then show."""

from pydantic import Field

from contracts.action import ParameterChange
from contracts.canonical import Contract
from contracts.kpi import Kpi
from contracts.requirement import CellId


class KpiForecast(Contract):
    """Between which values a KPI is foreseen, in its catalogue unit; both ends included."""

    kpi: Kpi
    cells: tuple[CellId, ...]
    low: float
    high: float


class Stage(Contract):
    """One control, absolute on both sides, and what must be measured before the next."""

    changes: tuple[ParameterChange, ...] = Field(min_length=1)
    window_ms: int = Field(gt=0, description="KPM time over which the stage is watched")
    forecasts: tuple[KpiForecast, ...] = Field(min_length=1)


class EffectForecast(Contract):
    """The whole action; its last stage reaches the plan's values and lasts the watch window."""

    stages: tuple[Stage, ...] = Field(min_length=1)
    false_alarm_probability: float = Field(
        gt=0, lt=1, description="of any forecast in any stage failing while nothing is wrong"
    )
    outcomes: int = Field(gt=0, description="that the reach of the intervals was calibrated on")
    half_widths: float = Field(
        gt=0, description="reach of an interval, in half-widths of the roll-outs' 90 % interval"
    )
    conditional_on: str
