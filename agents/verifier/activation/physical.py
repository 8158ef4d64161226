"""Physical: what no simulation is needed for, recomputed at the ends of the envelope."""

from agents.verifier.activation.box import Box
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.physical import best_rsrp_dbm
from contracts.activation import ActivationPlan, Promise
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.requirement import CellId, Condition
from contracts.units import mw_to_w
from contracts.verdict import Check


def check_physical(papers: ActivationPapers, box: Box) -> list[Check]:
    """Summed power at its worst, and who would still be covered with every cell at its lowest."""
    promises = papers.plan.promises
    return [
        *(_power(p, papers, box) for p in promises if p.requirement.kpi is Kpi.TX_POWER_TOTAL),
        *(
            _coverage(p, papers, box)
            for p in promises
            if p.requirement.kpi is Kpi.COVERAGE_LOSS_RATIO
        ),
    ]


def total_power_w(promise: Promise, papers: ActivationPapers, box: Box) -> float:
    """The worst sum of powers for a promise about it, watts."""
    cells = promise.requirement.cells
    present_mw = papers.snapshot.tx_power_mw
    if promise.requirement.condition is Condition.AT_LEAST:
        return mw_to_w(sum((present_mw | box.lower_mw)[c] for c in cells))
    most_mw = sum((present_mw | box.upper_mw)[c] for c in cells)
    capped_mw = min(_capped_mw(papers.plan, cells, present_mw | box.upper_mw), most_mw)
    return mw_to_w(capped_mw)


def _capped_mw(plan: ActivationPlan, cells: tuple[CellId, ...], upper_mw: dict[int, int]) -> int:
    """Most that cells can sum up to under the plan's total: outside of it, all at their upper."""
    inside = {v.cell_id: v for v in plan.envelope}
    elsewhere_mw = sum(v.lower_mw for c, v in inside.items() if c not in cells)
    others_mw = sum(upper_mw[c] for c in cells if c not in inside)
    return plan.max_total_power_mw - elsewhere_mw + others_mw


def _power(promise: Promise, papers: ActivationPapers, box: Box) -> Check:
    before_w, worst_w = promise.before_in_kpi_unit, total_power_w(promise, papers, box)
    return Check(
        name="physical.power",
        passed=promise.requirement.margin(before_w, worst_w) >= 0,
        reason=f"{promise.requirement.describe()}: {before_w:.3f} W before, {worst_w:.3f} W at the"
        " worst",
    )


def _coverage(promise: Promise, papers: ActivationPapers, box: Box) -> Check:
    snapshot, weak_dbm = papers.snapshot, papers.plan.thresholds.weak_rsrp_dbm
    lowest_mw = snapshot.tx_power_mw | box.lower_mw
    covered = _covered_before(promise, papers.baseline, weak_dbm)
    lost = [
        ue.ue_id
        for ue in snapshot.ues
        if ue.ue_id in covered and best_rsrp_dbm(ue, snapshot.tx_power_mw, lowest_mw) < weak_dbm
    ]
    cohort = papers.baseline.cohort(promise.requirement.cells)
    ratio_percent = 100.0 * len(lost) / len(cohort)
    return Check(
        name="physical.coverage",
        passed=promise.requirement.margin(promise.before_in_kpi_unit, ratio_percent) >= 0,
        reason=f"UEs {lost} would fall below {weak_dbm:g} dBm with every cell at its lowest"
        if lost
        else f"all {len(covered)} UEs keep a cell at {weak_dbm:g} dBm, every cell at its lowest",
    )


def _covered_before(promise: Promise, baseline: NetworkSnapshot, weak_dbm: float) -> set[int]:
    cohort = set(baseline.cohort(promise.requirement.cells))
    return {
        ue.ue_id for ue in baseline.ues if ue.ue_id in cohort and ue.serving_rsrp_dbm >= weak_dbm
    }
