"""Explainer: everything the road left behind becomes one decision that a person understands."""

from collections.abc import Iterator
from typing import TypeVar

from agents.papers import EvidenceSet, Sentence, Solution
from agents.ports import Road
from agents.recording import fetch
from agents.state import State
from contracts.action import ActionPlan
from contracts.certificate import Approval, Certificate, Receipt
from contracts.decision import Decision, KpiComparison, Outcome
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.measure import measure_kpi
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from contracts.requirement import Requirement
from contracts.verdict import KpiInterval, Verdict

T = TypeVar("T", Receipt, Certificate, Approval)

_OUTCOME_OF_RECEIPT = {
    "fulfilled": Outcome.FULFILLED,
    "rolled_back": Outcome.ROLLED_BACK,
    "fallen_back": Outcome.FALLEN_BACK,
    "refused": Outcome.REFUSED,
    "not_applied": Outcome.NOT_APPLIED,
    "failed": Outcome.FAILED,
}
_OUTCOME_OF_EXIT_CODE = {
    ExitCode.REFUSED: Outcome.REFUSED,
    ExitCode.INFEASIBLE: Outcome.INFEASIBLE,
    ExitCode.CLARIFICATION_NEEDED: Outcome.CLARIFICATION_NEEDED,
    ExitCode.USAGE: Outcome.REFUSED,
}
_WITH_PLAN = (
    Outcome.FULFILLED,
    Outcome.AWAITING_APPROVAL,
    Outcome.DENIED,
    Outcome.ROLLED_BACK,
    Outcome.FALLEN_BACK,
    Outcome.FAILED,
)
"""Outcomes whose decision names the changes that were made, or that wait to be made."""


def decide(road: Road, state: State) -> Decision:
    """The decision on a trace; deterministic but for its time."""
    refs = state["refs"]
    receipt = _signed(road, state, "receipt", Receipt)
    outcome, code, reason, remedy = _how_it_ended(state, receipt)
    verdict = fetch(road, state, "verdict", Verdict) if "verdict" in refs else None
    certificate = _signed(road, state, "certificate", Certificate)
    approval = _signed(road, state, "approval", Approval)
    plan = fetch(road, state, "plan", ActionPlan) if outcome in _WITH_PLAN else None
    solution = fetch(road, state, "solution", Solution) if "solution" in refs else None
    grounds = fetch(road, state, "evidence", EvidenceSet) if "evidence" in refs else None
    return Decision(
        trace_id=state["trace_id"],
        sentence=fetch(road, state, "sentence", Sentence).told,
        outcome=outcome,
        code=code,
        reason=reason,
        remedy=remedy,
        changes=plan.changes if plan else (),
        undo=plan.rollback if plan else (),
        undo_command=f"ranwright undo {state['trace_id']}"
        if outcome is Outcome.FULFILLED
        else None,
        comparisons=_comparisons(road, state, verdict, receipt),
        checks=verdict.checks if verdict else (),
        bound=verdict.bound if verdict else None,
        forecast=verdict.forecast if verdict else None,
        evidence=grounds.evidence if grounds else (),
        approved_by=approval.approved_by if approval else None,
        certificate_id=certificate.certificate_id if certificate else None,
        plan_digest=plan.digest if plan else None,
        tool=solution.best.tool if solution else None,
        notes=(*(_notes(solution) if solution else ()), *_flagged(grounds)),
        stage_times_ms=state.get("times_ms", {}),
        decided_at=road.clock.now(),
    )


def _notes(solution: Solution) -> tuple[str, ...]:
    """What a person should know of the tools."""
    notes = [f"Without {t.tool}, which is unavailable: {t.code}." for t in solution.unavailable]
    best = solution.best
    if best.familiarity is not None:
        notes.append(
            f"{best.tool}, by way of {best.origin}: {best.familiarity:.0%} of the graphs that its"
            " model was trained on are stranger than this network."
        )
    return tuple(notes)


def _flagged(grounds: EvidenceSet | None) -> Iterator[str]:
    if grounds and grounds.unread:
        yield f"Specifications were not read ({grounds.unread}). Nothing rests on them."
    for screened in grounds.passages if grounds else ():
        if screened.flags:
            p, codes = screened.passage, ", ".join(flag.code for flag in screened.flags)
            yield (
                f"{p.id} of {p.spec} {p.version} ({p.tier}) is suspect: {codes}. Nothing rests"
                " on it."
            )


def _how_it_ended(state: State, receipt: Receipt | None) -> tuple[Outcome, str, str, str | None]:
    if (failure := state.get("failure")) is not None:
        error = RanwrightError.from_json(failure)
        if error.code == "approval.denied":
            return Outcome.DENIED, error.code, error.message, error.remedy
        return _OUTCOME_OF_EXIT_CODE[error.exit_code], error.code, error.message, error.remedy
    if receipt is not None:
        return _OUTCOME_OF_RECEIPT[receipt.status], receipt.code, receipt.reason, None
    if "plan" in state["refs"]:
        return (
            Outcome.AWAITING_APPROVAL,
            "approval.person_required",
            "The plan is proven and waits for a person to approve it.",
            f"ranwright approve {state['trace_id']}, or ranwright deny {state['trace_id']}.",
        )
    return (
        Outcome.ALREADY_FULFILLED,
        "intent.already_fulfilled",
        "The network already does what the intent asks; nothing was changed.",
        None,
    )


def _comparisons(
    road: Road, state: State, verdict: Verdict | None, receipt: Receipt | None
) -> tuple[KpiComparison, ...]:
    if "problem" not in state["refs"]:
        return ()
    problem = fetch(road, state, "problem", Problem)
    baseline = fetch(road, state, "snapshot", NetworkSnapshot)
    measured = receipt.measured if receipt else None
    intervals = verdict.intervals if verdict else ()
    listed = []
    for i, sourced in enumerate(problem.requirements):
        r = sourced.requirement
        before = _measure(r, baseline, baseline, problem)
        if before is None:
            continue
        after = None if measured is None else _measure(r, baseline, measured, problem)
        interval: KpiInterval | None = intervals[i] if i < len(intervals) else None
        listed.append(
            KpiComparison(
                requirement=sourced,
                kpi=r.kpi,
                cells=r.cells,
                before=before,
                threshold=r.threshold(before),
                predicted_low=interval.after_low if interval else None,
                predicted_median=interval.after_median if interval else None,
                predicted_high=interval.after_high if interval else None,
                measured=after,
                met=None
                if measured is None
                else after is not None and bool(r.margin(before, after) >= 0),
            )
        )
    return tuple(listed)


def _measure(
    requirement: Requirement, baseline: NetworkSnapshot, current: NetworkSnapshot, problem: Problem
) -> float | None:
    """A KPI; none where it cannot be measured, e.g. because a UE is no longer reported."""
    try:
        return measure_kpi(
            requirement.kpi, requirement.cells, baseline, current, problem.thresholds
        )
    except RanwrightError:
        return None


def _signed(road: Road, state: State, name: str, kind: type[T]) -> T | None:
    if name not in state["refs"]:
        return None
    return kind.parse(unverified_payload(fetch(road, state, name, SignedEnvelope)))
