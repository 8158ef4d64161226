"""What must hold before the verifier signs: passed, approved, in force, one set of papers."""

from collections.abc import Mapping

from contracts.calibration import CalibrationCertificate
from contracts.canonical import Digest
from contracts.certificate import Approval
from contracts.errors import RanwrightError
from contracts.policy import Policy
from contracts.verdict import Verdict


def require_approved(verdict: Verdict, approval: Approval) -> None:
    """The verdict passed, and whoever had to approve did.

    Raises:
        RanwrightError: ``certify.verdict_failed`` or ``certify.not_approved``.
    """
    if not verdict.passed:
        raise RanwrightError(
            "certify.verdict_failed",
            f"The verdict failed: {'; '.join(verdict.reasons)}.",
            "Plan again.",
        )
    if approval.decision != "approved":
        raise RanwrightError(
            "certify.not_approved", f"{approval.approved_by} denied it.", "Ask for another plan."
        )


def require_in_force(verdict: Verdict, policy: Policy, calibration: CalibrationCertificate) -> None:
    """Policy and twin are those of the verdict.

    Raises:
        RanwrightError: ``certify.policy_changed`` or ``certify.calibration_changed``.
    """
    if verdict.policy_digest != policy.digest:
        raise RanwrightError(
            "certify.policy_changed",
            "The policy changed after the verdict.",
            "Verify again under the policy in force.",
        )
    if verdict.calibration_digest != calibration.digest:
        raise RanwrightError(
            "certify.calibration_changed",
            "The twin was calibrated anew after the verdict.",
            "Verify again on the twin in force.",
        )


def require_same(pairs: Mapping[str, tuple[Digest, Digest]]) -> None:
    """Digests found and expected, by what they name.

    Raises:
        RanwrightError: ``certify.papers_differ``.
    """
    wrong = [name for name, (found, expected) in pairs.items() if found != expected]
    if wrong:
        raise RanwrightError(
            "certify.papers_differ",
            f"These do not name the same papers: {', '.join(wrong)}.",
            "Send the papers that were verified and approved.",
        )
