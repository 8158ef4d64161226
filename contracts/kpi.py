"""The KPI catalogue: TS 28.552 / TS 28.312 names, units, aggregation, direction.

Throughput and coverage KPIs of "cells C" are taken over the *cohort*: the UEs that cells C served
in the snapshot the decision was made on, wherever they are served later. Shedding weak UEs to a
neighbour therefore never counts as an improvement (docs/decisions/0003-cohort.md).
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from contracts.canonical import Contract


class Kpi(StrEnum):
    """KPIs an intent or a guard-rail may speak about."""

    UE_THP_DL_MEAN = "DRB.UEThpDl.Mean"
    UE_THP_DL_P5 = "DRB.UEThpDl.P5"
    TX_POWER_TOTAL = "NRSectorCarrier.configuredMaxTxPower.Sum"
    PEE_AVG_POWER = "PEE.AvgPower"
    WEAK_RSRP_RATIO = "WeakRSRPRatio"
    LOW_SINR_RATIO = "LowSINRRatio"
    COVERAGE_LOSS_RATIO = "CoverageLossRatio"


KpiUnit = Literal["mbps", "w", "percent"]


class KpiDefinition(Contract):
    """What a KPI means and where its definition stands."""

    kpi: Kpi
    label: str = Field(description="what people call it")
    unit: KpiUnit
    better: Literal["higher", "lower"]
    aggregation: str
    source: str


_DEFINITIONS = (
    KpiDefinition(
        kpi=Kpi.UE_THP_DL_MEAN,
        label="mean throughput",
        unit="mbps",
        better="higher",
        aggregation="mean over the cohort of each UE's volume divided by its active time",
        source="TS 28.552 DRB.UEThpDl (reported in kbit/s; held in Mbit/s)",
    ),
    KpiDefinition(
        kpi=Kpi.UE_THP_DL_P5,
        label="5th-percentile throughput",
        unit="mbps",
        better="higher",
        aggregation="5th percentile (linear interpolation) over the cohort of DRB.UEThpDl per UE",
        source="TS 28.552 DRB.UEThpDl",
    ),
    KpiDefinition(
        kpi=Kpi.TX_POWER_TOTAL,
        label="total transmit power",
        unit="w",
        better="lower",
        aggregation="sum of configuredMaxTxPower over the sector carriers of the cells",
        source="TS 28.541 NRSectorCarrier.configuredMaxTxPower",
    ),
    KpiDefinition(
        kpi=Kpi.PEE_AVG_POWER,
        label="consumed power",
        unit="w",
        better="lower",
        aggregation="sum over the cells of the average consumed power in the window",
        source="TS 28.552 PEE.AvgPower",
    ),
    KpiDefinition(
        kpi=Kpi.WEAK_RSRP_RATIO,
        label="share of UEs with weak RSRP",
        unit="percent",
        better="lower",
        aggregation="share of the cohort with serving SS-RSRP below the policy's threshold",
        source="TS 28.312 WeakRSRPRatio",
    ),
    KpiDefinition(
        kpi=Kpi.LOW_SINR_RATIO,
        label="share of UEs with low SINR",
        unit="percent",
        better="lower",
        aggregation="share of the cohort with mean SINR below the policy's SINR threshold",
        source="TS 28.312 LowSINRRatio",
    ),
    KpiDefinition(
        kpi=Kpi.COVERAGE_LOSS_RATIO,
        label="share of UEs losing coverage",
        unit="percent",
        better="lower",
        aggregation="share of the cohort at or above the RSRP threshold before and below it after",
        source="Ranwright guard-rail on top of TS 28.312 WeakRSRPRatio",
    ),
)

CATALOGUE: dict[Kpi, KpiDefinition] = {d.kpi: d for d in _DEFINITIONS}
