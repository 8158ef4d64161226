"""Physical: power and coverage recomputed from the snapshot alone, never taken from a tool."""

import math

from agents.verifier.papers import Papers
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot, UeState
from contracts.requirement import Requirement
from contracts.units import mw_to_w
from contracts.verdict import Check


def check_physical(papers: Papers) -> list[Check]:
    """Recompute what needs no simulation: summed power, and who would still be covered."""
    problem, snapshot = papers.problem, papers.snapshot
    after_mw = snapshot.tx_power_mw | {c.cell_id: c.to_mw for c in papers.plan.changes}
    requirements = [s.requirement for s in problem.requirements]
    return [
        *(
            _power(r, snapshot.tx_power_mw, after_mw)
            for r in requirements
            if r.kpi is Kpi.TX_POWER_TOTAL
        ),
        *(
            _coverage(r, snapshot, after_mw, problem.thresholds.weak_rsrp_dbm)
            for r in requirements
            if r.kpi is Kpi.COVERAGE_LOSS_RATIO
        ),
    ]


def _power(r: Requirement, before_mw: dict[int, int], after_mw: dict[int, int]) -> Check:
    before_w, after_w = (mw_to_w(sum(p[c] for c in r.cells)) for p in (before_mw, after_mw))
    return Check(
        name="physical.power",
        passed=r.margin(before_w, after_w) >= 0,
        reason=f"{r.describe()}: {before_w:.3f} W before, {after_w:.3f} W after",
    )


def _coverage(
    r: Requirement, snapshot: NetworkSnapshot, after_mw: dict[int, int], weak_rsrp_dbm: float
) -> Check:
    cohort = set(snapshot.cohort(r.cells))
    ues = [ue for ue in snapshot.ues if ue.ue_id in cohort]
    lost = [
        ue.ue_id
        for ue in ues
        if ue.serving_rsrp_dbm >= weak_rsrp_dbm > best_rsrp_dbm(ue, snapshot.tx_power_mw, after_mw)
    ]
    ratio_percent = 100.0 * len(lost) / len(ues)
    return Check(
        name="physical.coverage",
        passed=r.margin(0.0, ratio_percent) >= 0,
        reason=f"UEs {lost} would fall below {weak_rsrp_dbm:g} dBm"
        if lost
        else f"all {len(ues)} UEs keep a cell at {weak_rsrp_dbm:g} dBm or more",
    )


def best_rsrp_dbm(ue: UeState, before_mw: dict[int, int], after_mw: dict[int, int]) -> float:
    """RSRP of the strongest cell that a UE reports, at other powers."""
    return max(
        rsrp_dbm + 10.0 * math.log10(after_mw[cell] / before_mw[cell])
        for cell, rsrp_dbm in ue.rsrp_dbm.items()
    )
