"""Lawful: the problem says what intent and policy say, and the plan stays inside every limit."""

import math

from agents.formulate import demanded
from agents.verifier.citations import check_citations
from agents.verifier.papers import Papers
from contracts.action import ActionPlan
from contracts.dictionary import check_value
from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.policy import Policy
from contracts.verdict import Check


def check_lawful(papers: Papers) -> list[Check]:
    """All deterministic checks of a plan against its papers; nothing here believes the planner."""
    plan, snapshot, policy = papers.plan, papers.snapshot, papers.policy
    return [
        _same_papers(papers),
        _faithful(papers),
        _known_targets(plan, snapshot, policy),
        _starts_from_now(plan, snapshot),
        _in_range(plan, papers.scenario.equipment),
        _step_limits(plan, policy),
        _fallback(policy, papers.scenario.equipment),
        *check_citations(papers),
    ]


def _same_papers(papers: Papers) -> Check:
    problem, plan, snapshot = papers.problem, papers.plan, papers.snapshot
    wanted = {
        "problem.intent": (problem.intent_digest, papers.intent.digest),
        "problem.snapshot": (problem.snapshot_digest, snapshot.digest),
        "problem.policy": (problem.policy_digest, papers.policy.digest),
        "problem.thresholds": (problem.thresholds, papers.policy.thresholds),
        "plan.problem": (plan.problem_digest, problem.digest),
        "plan.snapshot": (plan.snapshot_digest, snapshot.digest),
        "plan.resource_version": (plan.resource_version, snapshot.resource_version),
    }
    wrong = [name for name, (found, expected) in wanted.items() if found != expected]
    return Check(
        name="lawful.same_papers",
        passed=not wrong,
        reason=f"mismatch in {', '.join(wrong)}" if wrong else "all digests agree",
    )


def _faithful(papers: Papers) -> Check:
    held = {(s.requirement, s.origin) for s in papers.problem.requirements}
    dropped = [
        f"{origin}: {requirement.describe()}"
        for requirement, origin in demanded(papers.intent, papers.snapshot, papers.policy)
        if (requirement, origin) not in held
    ]
    return Check(
        name="lawful.faithful",
        passed=not dropped,
        reason=f"the problem lacks {'; '.join(dropped)}"
        if dropped
        else f"all {len(held)} requirements of intent and policy are in the problem",
    )


def _known_targets(plan: ActionPlan, snapshot: NetworkSnapshot, policy: Policy) -> Check:
    allowed = set(policy.action.allowed_cells) & set(snapshot.cell_ids)
    unknown = [
        f"{change.parameter} of cell {change.cell_id}"
        for change in plan.changes
        if change.parameter not in policy.action.allowed_parameters or change.cell_id not in allowed
    ]
    return Check(
        name="lawful.known_targets",
        passed=not unknown,
        reason=f"policy does not allow {', '.join(unknown)}"
        if unknown
        else "every cell and parameter is known and allowed",
    )


def _starts_from_now(plan: ActionPlan, snapshot: NetworkSnapshot) -> Check:
    power_mw = snapshot.tx_power_mw
    wrong = [c.cell_id for c in plan.changes if power_mw.get(c.cell_id) != c.from_mw]
    return Check(
        name="lawful.starts_from_now",
        passed=not wrong,
        reason=f"cells {wrong} do not have the value that the plan starts from"
        if wrong
        else "the plan starts from the values in force",
    )


def _in_range(plan: ActionPlan, equipment: EquipmentProfile) -> Check:
    try:
        for change in plan.changes:
            check_value(change.parameter, change.to_mw, equipment)
    except RanwrightError as error:
        return Check(name="lawful.range", passed=False, reason=f"{error.message} ({error.code})")
    grid = set(equipment.configured_max_tx_power.grid_mw())
    off_grid = [c.cell_id for c in plan.changes if c.to_mw not in grid]
    return Check(
        name="lawful.range",
        passed=not off_grid,
        reason=f"cells {off_grid}: value not settable on {equipment.name}"
        if off_grid
        else f"every value lies in the range of {equipment.name}",
    )


def _step_limits(plan: ActionPlan, policy: Policy) -> Check:
    limits = policy.action
    largest_db = max(
        abs(10.0 * math.log10(c.to_mw / c.from_mw)) if c.to_mw and c.from_mw else math.inf
        for c in plan.changes
    )
    # grid values are whole milliwatts, which moves a step by up to 0.01 dB
    passed = (
        largest_db <= limits.max_step_db + 0.01 and len(plan.changes) <= limits.max_changed_cells
    )
    return Check(
        name="lawful.step_limits",
        passed=passed,
        reason=f"largest step {largest_db:.2f} dB of {limits.max_step_db:g} allowed, "
        f"{len(plan.changes)} cells of {limits.max_changed_cells} allowed",
    )


def _fallback(policy: Policy, equipment: EquipmentProfile) -> Check:
    power_mw = policy.stages.fallback_tx_power_mw
    settable = power_mw in equipment.grid_mw()
    return Check(
        name="lawful.fallback",
        passed=settable,
        reason=f"the power of last resort, {power_mw} mW, is"
        f"{'' if settable else ' not'} settable on {equipment.name}",
    )
