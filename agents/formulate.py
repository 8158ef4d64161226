"""Formulator: an intent on a snapshot becomes an optimisation problem inside the policy."""

from collections.abc import Mapping, Sequence

from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import RanwrightError
from contracts.evidence import Evidence
from contracts.intent import Intent
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.policy import GuardRail, Policy
from contracts.problem import Objective, PowerVariable, Problem, SourcedRequirement
from contracts.requirement import Requirement
from contracts.units import dbm_to_mw, mw_to_dbm
from contracts.verdict import Verdict

_OBJECTIVES: Mapping[Kpi, Objective] = {
    Kpi.UE_THP_DL_P5: Objective.LOW_PERCENTILE,
    Kpi.UE_THP_DL_MEAN: Objective.MEAN_THROUGHPUT,
    Kpi.TX_POWER_TOTAL: Objective.MIN_POWER,
    Kpi.PEE_AVG_POWER: Objective.MIN_POWER,
    Kpi.WEAK_RSRP_RATIO: Objective.COVERAGE,
    Kpi.LOW_SINR_RATIO: Objective.COVERAGE,
    Kpi.COVERAGE_LOSS_RATIO: Objective.COVERAGE,
}

RESERVE_STEP = 0.02
"""Reserve added to a requirement that was missed in the roll-outs, as a share of its threshold."""


def formulate(
    intent: Intent,
    snapshot: NetworkSnapshot,
    policy: Policy,
    equipment: EquipmentProfile,
    evidence: Sequence[Evidence] = (),
    reserve_share: Mapping[str, float] | None = None,
) -> Problem:
    """Objective from the first target; requirements from all targets and every guard-rail.

    Args:
        evidence: what the problem's numbers rest on; the verifier refuses a plan without.
        reserve_share: what verification asked for after a failed attempt: by requirement
            description, the share of the threshold that tools must keep in reserve.

    Raises:
        RanwrightError: ``problem.cell_without_ues`` when a UE KPI is asked of idle cells.
    """
    _check_cohorts(intent, snapshot)
    goal = intent.requirements[0]
    reserve = reserve_share or {}
    return Problem(
        intent_digest=intent.digest,
        snapshot_digest=snapshot.digest,
        policy_digest=policy.digest,
        objective=_OBJECTIVES[goal.kpi],
        objective_cells=goal.cells,
        variables=tuple(
            _variable(cell, power_mw, policy, equipment)
            for cell, power_mw in snapshot.tx_power_mw.items()
            if cell in policy.action.allowed_cells
        ),
        requirements=tuple(
            SourcedRequirement(
                requirement=r, origin=origin, reserve_share=reserve.get(r.describe(), 0.0)
            )
            for r, origin in demanded(intent, snapshot, policy)
        ),
        thresholds=policy.thresholds,
        evidence=tuple(evidence),
    )


def reserve_after(verdict: Verdict, previous: Mapping[str, float]) -> dict[str, float]:
    """What to keep in reserve, by requirement, after a plan failed: more of what was missed."""
    missed = {e.requirement.requirement.describe() for e in verdict.evidence if e.missed_rollouts}
    return {**previous, **{name: previous.get(name, 0.0) + RESERVE_STEP for name in missed}}


def demanded(
    intent: Intent, snapshot: NetworkSnapshot, policy: Policy
) -> list[tuple[Requirement, str]]:
    """Every requirement an action on this intent must keep, with its origin."""
    listed = [(r, "intent") for r in intent.requirements]
    for rail in policy.guard_rails:
        listed += [(r, f"guard_rail:{rail.name}") for r in _expand(rail, snapshot)]
    return listed


def _expand(rail: GuardRail, snapshot: NetworkSnapshot) -> list[Requirement]:
    if rail.applies_to == "all_cells":
        groups = [snapshot.cell_ids]
    else:
        groups = [(c,) for c in snapshot.cell_ids if snapshot.cohort((c,))]
    return [
        Requirement(kpi=rail.kpi, cells=cells, condition=rail.condition, bound=rail.bound)
        for cells in groups
    ]


def _variable(
    cell_id: int, current_mw: int, policy: Policy, equipment: EquipmentProfile
) -> PowerVariable:
    power = equipment.configured_max_tx_power
    current_dbm = mw_to_dbm(current_mw)
    step_db = policy.action.max_step_db
    reachable = [
        mw
        for mw in power.grid_mw()
        # half a milliwatt of slack: grid values are rounded to whole milliwatts
        if dbm_to_mw(current_dbm - step_db) - 0.5 <= mw <= dbm_to_mw(current_dbm + step_db) + 0.5
    ]
    return PowerVariable(
        cell_id=cell_id,
        current_mw=current_mw,
        lower_mw=reachable[0],
        upper_mw=reachable[-1],
        step_db=power.step_db,
        equipment_max_mw=power.max_mw,
    )


def _check_cohorts(intent: Intent, snapshot: NetworkSnapshot) -> None:
    power_kpis = (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER)
    for requirement in intent.requirements:
        if requirement.kpi not in power_kpis and not snapshot.cohort(requirement.cells):
            raise RanwrightError(
                "problem.cell_without_ues",
                f"{requirement.describe()}: these cells serve no UE now.",
                "Name cells that carry traffic.",
            )
