"""From what is asked for to what plant and twin measure, and refusals of the rest.

An intent may ask for more than can be planned and proven today. That is said, with what can be;
nothing near to it is done instead.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from contracts.errors import ExitCode, RanwrightError
from contracts.kpi import CATALOGUE, Kpi
from contracts.requirement import (
    Bound,
    PowerBound,
    RatioBound,
    RelativeChange,
    Requirement,
    ThroughputBound,
)
from contracts.scope import Scope
from contracts.target import Aggregate, Difference, Level, Target, TargetKpi

MEASURED: Mapping[Kpi, tuple[TargetKpi, Aggregate]] = MappingProxyType(
    {
        Kpi.UE_THP_DL_MEAN: (TargetKpi.UE_THP_DL, Aggregate.MEAN),
        Kpi.UE_THP_DL_P5: (TargetKpi.UE_THP_DL, Aggregate.P5),
        Kpi.TX_POWER_TOTAL: (TargetKpi.TX_POWER, Aggregate.SUM),
        Kpi.PEE_AVG_POWER: (TargetKpi.CONSUMED_POWER, Aggregate.SUM),
        Kpi.WEAK_RSRP_RATIO: (TargetKpi.WEAK_RSRP, Aggregate.MEAN),
        Kpi.LOW_SINR_RATIO: (TargetKpi.LOW_SINR, Aggregate.MEAN),
        Kpi.COVERAGE_LOSS_RATIO: (TargetKpi.COVERAGE_LOSS, Aggregate.MEAN),
    }
)
_KPIS = {asked: kpi for kpi, asked in MEASURED.items()}


def requirements_of(target: Target, scope: Scope) -> Iterator[Requirement]:
    """What has to be measured for a target, one requirement for each cell where each is asked.

    Raises:
        RanwrightError: ``intent.not_measured`` for a KPI, a bound or a scope that neither plant nor
            twin measures.
    """
    kpi = _KPIS.get((target.kpi, target.aggregate))
    if kpi is None:
        known = ", ".join(CATALOGUE[k].label for k in _KPIS.values())
        raise _not_measured(f"{target.aggregate} of {target.kpi}", f"Ask for one of: {known}.")
    if scope.narrowing:
        raise _not_measured(scope.describe(), "Name cells; for all UEs in them it is measured.")
    if kpi is Kpi.COVERAGE_LOSS_RATIO and not isinstance(target.bound, Level):
        raise _not_measured(target.describe(), "It is a loss against now already: say a level.")
    groups = [(cell,) for cell in scope.cells] if scope.each else [scope.cells]
    for cells in groups:
        yield Requirement(
            kpi=kpi, cells=cells, condition=target.condition, bound=_bound(kpi, target)
        )


def asked(requirement: Requirement) -> Target:
    """The target that a requirement measures."""
    kpi, aggregate = MEASURED[requirement.kpi]
    return Target(
        kpi=kpi,
        aggregate=aggregate,
        condition=requirement.condition,
        bound=_asked_bound(requirement.bound),
    )


def _bound(kpi: Kpi, target: Target) -> Bound:
    match target.bound, CATALOGUE[kpi].unit:
        case RelativeChange() as change, _:
            return change
        case Level(level_in_kpi_unit=level), "mbps":
            return ThroughputBound(threshold_mbps=level)
        case Level(level_in_kpi_unit=level), "w":
            return PowerBound(threshold_w=level)
        case Level(level_in_kpi_unit=level), "percent":
            return RatioBound(threshold_percent=level)
    raise _not_measured(target.describe(), "Say it as a share of now, or as a value to reach.")


def _asked_bound(bound: Bound) -> RelativeChange | Level | Difference:
    match bound:
        case RelativeChange():
            return bound
        case ThroughputBound(threshold_mbps=level):
            return Level(level_in_kpi_unit=level)
        case PowerBound(threshold_w=level):
            return Level(level_in_kpi_unit=level)
        case RatioBound(threshold_percent=level):
            return Level(level_in_kpi_unit=level)


def _not_measured(what: str, remedy: str) -> RanwrightError:
    return RanwrightError(
        "intent.not_measured",
        f"Neither the network nor its twin measures this here: {what}.",
        remedy,
        ExitCode.INFEASIBLE,
    )
