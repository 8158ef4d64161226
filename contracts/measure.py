"""KPIs of the catalogue measured on snapshots: what the watch and the preconditions compare."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from contracts.canonical import Contract
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot, UeState
from contracts.requirement import Requirement
from contracts.units import mw_to_w


class Thresholds(Contract):
    """Thresholds behind the ratio KPIs (TS 28.312 leaves them to the operator); from the policy."""

    weak_rsrp_dbm: float = Field(ge=-156, le=-31)
    low_sinr_db: float = Field(ge=-23, le=40)


def percentile(values: Sequence[float], percent: float) -> float:
    """Percentile with linear interpolation, as ``numpy.percentile`` computes it."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100.0
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def measure_kpi(
    kpi: Kpi,
    cells: Sequence[int],
    baseline: NetworkSnapshot,
    current: NetworkSnapshot,
    thresholds: Thresholds,
) -> float:
    """One KPI over ``cells``, in its catalogue unit.

    Args:
        baseline: the snapshot that defines the cohort.
        current: the snapshot to measure (the baseline itself for the value before).

    Raises:
        RanwrightError: ``kpi.empty_cohort`` or ``kpi.ue_lost`` when the cohort cannot be measured.
    """
    if kpi is Kpi.TX_POWER_TOTAL:
        power_mw = current.tx_power_mw
        return mw_to_w(sum(power_mw[c] for c in cells))
    if kpi is Kpi.PEE_AVG_POWER:
        return sum(
            c.measurement.average_power_w for c in current.cells if c.configuration.cell_id in cells
        )
    cohort = _cohort_states(cells, baseline, current)
    match kpi:
        case Kpi.UE_THP_DL_MEAN:
            rates = _throughputs(cohort)
            return sum(rates) / len(rates)
        case Kpi.UE_THP_DL_P5:
            return percentile(_throughputs(cohort), 5.0)
        case Kpi.WEAK_RSRP_RATIO:
            return _share(u.serving_rsrp_dbm < thresholds.weak_rsrp_dbm for u in cohort)
        case Kpi.LOW_SINR_RATIO:
            return _share(u.sinr_db < thresholds.low_sinr_db for u in cohort)
        case Kpi.COVERAGE_LOSS_RATIO:
            before = {u.ue_id: u.serving_rsrp_dbm for u in baseline.ues}
            return _share(
                before[u.ue_id] >= thresholds.weak_rsrp_dbm > u.serving_rsrp_dbm for u in cohort
            )


def margin_of(
    requirement: Requirement,
    baseline: NetworkSnapshot,
    current: NetworkSnapshot,
    thresholds: Thresholds,
) -> float:
    """Measured margin of a requirement, in its KPI's unit; negative where it is missed."""
    kpi, cells = requirement.kpi, requirement.cells
    before = measure_kpi(kpi, cells, baseline, baseline, thresholds)
    after = measure_kpi(kpi, cells, baseline, current, thresholds)
    return float(requirement.margin(before, after))


def _cohort_states(
    cells: Sequence[int], baseline: NetworkSnapshot, current: NetworkSnapshot
) -> list[UeState]:
    present = {u.ue_id: u for u in current.ues}
    cohort = baseline.cohort(cells)
    if not cohort:
        raise RanwrightError(
            "kpi.empty_cohort",
            f"Cells {list(cells)} serve no UE, so their UE KPIs are undefined.",
            "Name cells that carry traffic.",
        )
    missing = [ue_id for ue_id in cohort if ue_id not in present]
    if missing:
        raise RanwrightError(
            "kpi.ue_lost",
            f"UEs {missing} are no longer reported.",
            "Their coverage must be restored before the KPI can be measured.",
        )
    return [present[ue_id] for ue_id in cohort]


def _throughputs(cohort: Sequence[UeState]) -> list[float]:
    rates = [u.throughput_mbps for u in cohort if u.throughput_mbps is not None]
    if not rates:
        raise RanwrightError(
            "kpi.no_traffic",
            "No UE of the cohort was active in the window.",
            "Measure over a longer window.",
        )
    return rates


def _share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return 100.0 * sum(listed) / len(listed)
