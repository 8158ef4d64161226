"""Verify one plan: lawful, physical, then paired twin roll-outs with a finite-sample bound."""

import hashlib
from collections.abc import Callable
from functools import partial

from agents.verifier.bound import rollout_bound, undecided
from agents.verifier.lawful import check_lawful
from agents.verifier.papers import Papers
from agents.verifier.physical import check_physical
from agents.verifier.tally import Tally
from contracts.errors import RanwrightError
from contracts.verdict import Check, KpiInterval, RequirementEvidence, RolloutBound, Verdict
from twins.rollout import Twin

Progress = Callable[[int, int], None]

_LOOK = 56
"""Roll-outs between two looks. Part of the results: another number may stop elsewhere."""


def verify(papers: Papers, attempt: int, on_progress: Progress | None = None) -> Verdict:
    """Judge a plan. Deterministic: equal papers and attempt give an equal verdict.

    The roll-outs are run only for a plan that is lawful and physically right. Their seed follows
    from the papers, so that neither planner nor tool can choose or foresee it before the plan.
    """
    checks = [_scenario_check(papers), *check_lawful(papers)]
    if all(c.passed for c in checks):
        checks += check_physical(papers)
    seed = _seed(papers, attempt)
    evidence: tuple[RequirementEvidence, ...] = ()
    intervals: tuple[KpiInterval, ...] = ()
    bound: RolloutBound | None = None
    if all(c.passed for c in checks):
        tally = _prove(papers, seed, on_progress)
        evidence, intervals = tally.evidence, tally.intervals
        bound = rollout_bound(tally.missed, tally.rollouts, papers.policy.verification)
        checks.append(_bound_check(bound, evidence))
    return Verdict(
        plan_digest=papers.plan.digest,
        problem_digest=papers.problem.digest,
        snapshot_digest=papers.snapshot.digest,
        policy_digest=papers.policy.digest,
        scenario_digest=papers.scenario.digest,
        calibration_digest=papers.calibration_digest,
        attempt=attempt,
        passed=all(c.passed for c in checks),
        checks=tuple(checks),
        evidence=evidence,
        intervals=intervals,
        bound=bound,
        seed=seed,
    )


def _prove(papers: Papers, seed: int, on_progress: Progress | None) -> Tally:
    """Roll out until the plan is proven, cannot be proven any more, or the policy's limit."""
    limits = papers.policy.verification
    if not undecided(0, 0, limits):
        raise RanwrightError(
            "policy.cannot_prove",
            f"Even without a miss, {limits.rollouts} roll-outs prove nothing at this confidence.",
            "Raise verification.rollouts, or lower confidence or max_attempts.",
        )
    after_mw = papers.snapshot.tx_power_mw | {c.cell_id: c.to_mw for c in papers.plan.changes}
    twin, tally = Twin(papers.scenario, papers.snapshot), Tally(papers)
    while not tally.rollouts or undecided(tally.missed, tally.rollouts, limits):
        done = tally.rollouts
        paired = twin.roll_out(
            after_mw,
            rollouts=min(_LOOK, limits.rollouts - done),
            first=done,
            seed=seed,
            window_ms=papers.policy.certificate.watch_window_ms,
            on_progress=partial(_tell, on_progress, done, limits.rollouts),
        )
        tally.add(paired)
    return tally


def _tell(on_progress: Progress | None, before: int, most: int, done: int, _of: int) -> None:
    if on_progress is not None:
        on_progress(before + done, most)


def _seed(papers: Papers, attempt: int) -> int:
    material = f"{papers.plan.digest}{papers.snapshot.digest}{papers.policy.digest}{attempt}"
    return int.from_bytes(hashlib.sha256(material.encode()).digest()[:6], "big")


def _scenario_check(papers: Papers) -> Check:
    same = papers.snapshot.scenario_digest == papers.scenario.digest
    return Check(
        name="twin.same_scenario",
        passed=same,
        reason="the snapshot was taken on the scenario of this twin"
        if same
        else "the snapshot was taken on another scenario than this twin's",
    )


def _bound_check(bound: RolloutBound, evidence: tuple[RequirementEvidence, ...]) -> Check:
    passed = bound.probability_bound <= bound.allowed_probability
    worst = max(evidence, key=lambda e: e.missed_rollouts)
    reason = (
        f"{bound.missed_rollouts} of {bound.rollouts} roll-outs miss; with {bound.confidence:.1%} "
        f"confidence P(miss) <= {bound.probability_bound:.2%}, "
        f"{bound.allowed_probability:.2%} allowed"
    )
    if not passed:
        reason += f"; most often {worst.requirement.requirement.describe()}"
    return Check(name="twin.rollouts", passed=passed, reason=reason)
