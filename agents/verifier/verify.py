"""Verify one plan: lawful, physical, then paired twin roll-outs with a finite-sample bound."""

import hashlib

from agents.verifier.lawful import check_lawful
from agents.verifier.papers import Papers
from agents.verifier.physical import check_physical
from agents.verifier.proof import Progress, Proof, prove
from contracts.verdict import Check, Verdict


def verify(papers: Papers, attempt: int, on_progress: Progress | None = None) -> Verdict:
    """Judge a plan. Deterministic: equal papers and attempt give an equal verdict.

    The roll-outs are run only for a plan that is lawful and physically right. Their seed follows
    from the papers, so that neither planner nor tool can choose or foresee it before the plan.
    """
    checks = [_scenario_check(papers), *check_lawful(papers)]
    if all(c.passed for c in checks):
        checks += check_physical(papers)
    seed = _seed(papers, attempt)
    proof = prove(papers, seed, on_progress) if all(c.passed for c in checks) else Proof()
    checks += proof.checks
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
        evidence=proof.evidence,
        intervals=proof.intervals,
        bound=proof.bound,
        gap=proof.gap,
        forecast=proof.forecast,
        seed=seed,
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
