"""What an expectation asks for: a KPI by its standard name, a comparator, a bound.

Wider than :mod:`contracts.kpi`: operators ask for more than plant and twin measure. What of it can
be planned and proven is the business of :mod:`contracts.measurable`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.requirement import Condition, RelativeChange


class TargetKpi(StrEnum):
    """Names of TS 28.552, TS 28.541 and TS 28.312; a ratio is written as such."""

    UE_THP_DL = "DRB.UEThpDl"
    UE_THP_UL = "DRB.UEThpUl"
    DELAY_DL = "DRB.AirIfDelayDl"
    DELAY_UL = "DRB.AirIfDelayUl"
    LOSS_DL = "DRB.RlcPacketDropRateDl"
    LOSS_UL = "DRB.PacketLossRateUl"
    CONSUMED_POWER = "PEE.AvgPower"
    ENERGY = "PEE.Energy"
    ENERGY_EFFICIENCY = "RANEnergyEfficiency"
    TX_POWER = "NRSectorCarrier.configuredMaxTxPower"
    WEAK_RSRP = "WeakRSRPRatio"
    LOW_SINR = "LowSINRRatio"
    COVERAGE_LOSS = "CoverageLossRatio"
    PRB_LOAD_DL = "RRU.PrbTotDl"
    CONNECTED_UES = "RRC.ConnMean"
    HANDOVER_SUCCESS = "MM.HoExeIntraFreqSucc/MM.HoExeIntraFreqReq"
    LATE_HANDOVERS = "HO.IntraSys.TooLate"
    BEAM_RSRP = "L1M.SS-RSRP"
    BEAM_SWITCH_SUCCESS = "MR.IntrCellSuccSSBSwitch/MR.IntraCellSSBSwitchReq"


class Aggregate(StrEnum):
    """Over UEs, cells, or time, as the KPI has it."""

    MEAN = "mean"
    P5 = "p5"
    P50 = "p50"
    P95 = "p95"
    SUM = "sum"
    MAX = "max"
    MIN = "min"


TARGET_UNITS: Mapping[TargetKpi, str] = MappingProxyType(
    {
        TargetKpi.UE_THP_DL: "Mbit/s",
        TargetKpi.UE_THP_UL: "Mbit/s",
        TargetKpi.DELAY_DL: "ms",
        TargetKpi.DELAY_UL: "ms",
        TargetKpi.LOSS_DL: "%",
        TargetKpi.LOSS_UL: "%",
        TargetKpi.CONSUMED_POWER: "W",
        TargetKpi.ENERGY: "kWh",
        TargetKpi.ENERGY_EFFICIENCY: "Mbit/kWh",
        TargetKpi.TX_POWER: "W",
        TargetKpi.WEAK_RSRP: "%",
        TargetKpi.LOW_SINR: "%",
        TargetKpi.COVERAGE_LOSS: "%",
        TargetKpi.PRB_LOAD_DL: "%",
        TargetKpi.CONNECTED_UES: "UE",
        TargetKpi.HANDOVER_SUCCESS: "%",
        TargetKpi.LATE_HANDOVERS: "handovers",
        TargetKpi.BEAM_RSRP: "dBm",
        TargetKpi.BEAM_SWITCH_SUCCESS: "%",
    }
)
"""The unit of a KPI's levels and differences."""

HIGHER_IS_BETTER = frozenset(
    {
        TargetKpi.UE_THP_DL,
        TargetKpi.UE_THP_UL,
        TargetKpi.ENERGY_EFFICIENCY,
        TargetKpi.HANDOVER_SUCCESS,
        TargetKpi.BEAM_RSRP,
        TargetKpi.BEAM_SWITCH_SUCCESS,
    }
)
"""KPIs of which operators want more; of all others less."""


class Level(Contract):
    """Absolute bound."""

    kind: Literal["level"] = "level"
    level_in_kpi_unit: float


class Difference(Contract):
    """Bound by so much above (or below, negative) the value now."""

    kind: Literal["difference"] = "difference"
    difference_in_kpi_unit: float


TargetBound = Annotated[RelativeChange | Level | Difference, Field(discriminator="kind")]


class Target(Contract):
    """``aggregate of kpi condition bound`` (TS 28.312 ``ExpectationTarget``).

    Raises:
        ValueError: a level that the KPI's unit does not have: negative, or above 100 %.
    """

    kpi: TargetKpi
    aggregate: Aggregate
    condition: Condition
    bound: TargetBound

    @model_validator(mode="after")
    def _check(self) -> Self:
        if isinstance(self.bound, Level) and self.unit != "dBm":
            level = self.bound.level_in_kpi_unit
            if level < 0.0 or (self.unit == "%" and level > 100.0):
                raise ValueError(f"{self.kpi} is never {level:g} {self.unit}")
        return self

    @property
    def unit(self) -> str:
        """Of its level or difference."""
        return TARGET_UNITS[self.kpi]

    def describe(self) -> str:
        """In one line, for people."""
        sign = "at least" if self.condition is Condition.AT_LEAST else "at most"
        match self.bound:
            case RelativeChange(change_percent=change):
                bound = f"{change:+g} %" if change else "as much as now"
            case Level(level_in_kpi_unit=level):
                bound = f"{level:g} {self.unit}"
            case Difference(difference_in_kpi_unit=difference):
                bound = f"{difference:+g} {self.unit}"
        return f"{self.aggregate} of {self.kpi} {sign} {bound}"
