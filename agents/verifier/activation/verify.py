"""Verify one activation plan: lawful, physical, then the corners of its envelope on the twin."""

import hashlib

from agents.verifier.activation.box import Box
from agents.verifier.activation.lawful import check_lawful
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.physical import check_physical
from agents.verifier.activation.proof import EnvelopeProof, Progress, prove
from contracts.verdict import Check, Verdict


def verify_activation(
    papers: ActivationPapers, attempt: int, on_progress: Progress | None = None
) -> Verdict:
    """Judge an activation plan. Deterministic: equal papers and attempt give an equal verdict.

    As with actions, roll-outs are run only for what is lawful and physically right, and their seed
    follows from the papers.
    """
    box = Box.of(papers.plan, papers.beside)
    checks = [_same_network(papers), *check_lawful(papers)]
    if all(c.passed for c in checks):
        checks += check_physical(papers, box)
    seed, lawful = _seed(papers, attempt), all(c.passed for c in checks)
    proof = prove(papers, box, seed, on_progress) if lawful else EnvelopeProof()
    checks += proof.checks
    return Verdict(
        plan_digest=papers.plan.digest,
        problem_digest=papers.certificate.digest,
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
        envelope=proof.envelope,
        seed=seed,
    )


def _seed(papers: ActivationPapers, attempt: int) -> int:
    material = f"{papers.plan.digest}{papers.snapshot.digest}{papers.policy.digest}{attempt}"
    return int.from_bytes(hashlib.sha256(material.encode()).digest()[:6], "big")


def _same_network(papers: ActivationPapers) -> Check:
    """The twin's scenario, and every UE that a promise speaks of."""
    present = {ue.ue_id for ue in papers.snapshot.ues}
    lost = sorted({ue.ue_id for ue in papers.baseline.ues} - present)
    same = papers.snapshot.scenario_digest == papers.scenario.digest
    reason = "the snapshot was taken on the scenario of this twin, with all UEs of the baseline"
    if not same:
        reason = "the snapshot was taken on another scenario than this twin's"
    elif lost:
        reason = f"UEs {lost} of the baseline are no longer there"
    return Check(name="twin.same_network", passed=same and not lost, reason=reason)
