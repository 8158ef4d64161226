"""Verify one plan: lawful, physical, then paired twin roll-outs with a finite-sample bound."""

import hashlib
from collections.abc import Callable

import torch

from agents.verifier.bound import rollout_bound
from agents.verifier.lawful import check_lawful
from agents.verifier.papers import Papers
from agents.verifier.physical import check_physical
from contracts.errors import RanwrightError
from contracts.verdict import Check, KpiInterval, RequirementEvidence, RolloutBound, Verdict
from twins.rollout import PairedRollouts, Twin, kpi_samples

Progress = Callable[[int, int], None]


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
        paired = _roll_out(papers, seed, on_progress)
        evidence, intervals, bound = judge(papers, paired)
        checks.append(_bound_check(bound, evidence))
    return Verdict(
        plan_digest=papers.plan.digest,
        problem_digest=papers.problem.digest,
        snapshot_digest=papers.snapshot.digest,
        policy_digest=papers.policy.digest,
        scenario_digest=papers.scenario.digest,
        attempt=attempt,
        passed=all(c.passed for c in checks),
        checks=tuple(checks),
        evidence=evidence,
        intervals=intervals,
        bound=bound,
        seed=seed,
    )


def judge(
    papers: Papers, paired: PairedRollouts
) -> tuple[tuple[RequirementEvidence, ...], tuple[KpiInterval, ...], RolloutBound]:
    """Count the roll-outs that miss any requirement, and summarise each KPI."""
    thresholds = papers.problem.thresholds
    evidence, intervals = [], []
    missed_any: torch.Tensor | None = None
    for sourced in papers.problem.requirements:
        requirement = sourced.requirement
        before, after = kpi_samples(
            requirement.kpi, requirement.cells, papers.snapshot, paired, thresholds
        )
        # a KPI that cannot be computed (nan) is a miss: only a margin of zero or more holds
        missed = ~(requirement.margin(before, after) >= 0)
        missed_any = missed if missed_any is None else missed_any | missed
        evidence.append(RequirementEvidence(requirement=sourced, missed_rollouts=int(missed.sum())))
        low, median, high = torch.nanquantile(
            after.double(), torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
        ).tolist()
        intervals.append(
            KpiInterval(
                kpi=requirement.kpi,
                cells=requirement.cells,
                before_median=float(before.double().nanmedian()),
                after_low=low,
                after_median=median,
                after_high=high,
            )
        )
    if missed_any is None:
        raise RanwrightError("verify.nothing_to_prove", "The problem is empty.", "Reformulate it.")
    bound = rollout_bound(int(missed_any.sum()), missed_any.numel(), papers.policy.verification)
    return tuple(evidence), tuple(intervals), bound


def _roll_out(papers: Papers, seed: int, on_progress: Progress | None) -> PairedRollouts:
    after_mw = papers.snapshot.tx_power_mw | {c.cell_id: c.to_mw for c in papers.plan.changes}
    return Twin(papers.scenario, papers.snapshot).roll_out(
        after_mw,
        rollouts=papers.policy.verification.rollouts,
        seed=seed,
        window_ms=papers.policy.certificate.watch_window_ms,
        on_progress=on_progress,
    )


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
