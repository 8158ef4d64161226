"""What must hold of a certificate before the RIC acts on it, one check a function.

``authentic`` comes first; nothing of a certificate is read before. Each raises
:class:`RanwrightError` with its stable code.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval
from contracts.deployment import (
    DEPLOYMENT_PAYLOAD_TYPE,
    DeploymentCertificate,
    RicView,
    deployment_id_of,
    deployment_risk,
)
from contracts.dsse import SignedEnvelope, verify
from contracts.errors import RanwrightError
from contracts.policy import Policy
from contracts.risk import AUTOMATIC_PREFIX
from contracts.trust import TrustStore
from xapps.platform.deployments.judge import judge


def parse_envelope(value: Any) -> SignedEnvelope:
    """The envelope in a request. Code: ``signature.malformed``."""
    try:
        return SignedEnvelope.model_validate(value)
    except ValidationError as error:
        raise RanwrightError(
            "signature.malformed", f"Not a signed envelope: {error}", "Send a certificate."
        ) from error


def authentic(envelope: SignedEnvelope, trust: TrustStore, now: datetime) -> DeploymentCertificate:
    """Signed by the verifier's present key. Codes: ``signature.*``, ``key.*``,
    ``deployment.malformed``.
    """
    payload = verify(envelope, DEPLOYMENT_PAYLOAD_TYPE, "verifier", trust, now)
    try:
        return DeploymentCertificate.parse(payload)
    except ValidationError as error:
        raise _refused("deployment.malformed", f"Not a certificate: {error}") from error


def in_time(certificate: DeploymentCertificate, policy: Policy, now: datetime) -> None:
    """Neither expired nor from the future nor valid for longer than the policy allows. Codes:
    ``deployment.expired``, ``deployment.not_yet_valid``, ``deployment.valid_too_long``.
    """
    issued, expires = certificate.issued_at.wall_time, certificate.expires_at
    if now >= expires:
        raise _refused("deployment.expired", f"It expired at {expires.isoformat()}.")
    if now < issued:
        raise _refused("deployment.not_yet_valid", f"It is issued at {issued.isoformat()}.")
    if expires - issued > timedelta(seconds=policy.xapps.validity_s):
        raise _refused(
            "deployment.valid_too_long",
            f"The policy allows {policy.xapps.validity_s} s of validity.",
        )


def under_policy(certificate: DeploymentCertificate, policy: Policy) -> None:
    """Made under the policy in force. Code: ``policy.changed``."""
    if certificate.policy_digest != policy.digest:
        raise _refused("policy.changed", "The policy in force is not the one it was made under.")


def approved(
    certificate: DeploymentCertificate,
    policy: Policy,
    trust: TrustStore,
    release_digest: str | None,
    now: datetime,
) -> None:
    """Approved by the approver: this plan, this verdict, this trace, by who may. Codes:
    ``signature.*``, ``key.*``, ``approval.*``, ``deployment.other_approval``.
    """
    payload = verify(certificate.approval, APPROVAL_PAYLOAD_TYPE, "approver", trust, now)
    try:
        approval = Approval.parse(payload)
    except ValidationError as error:
        raise _refused("approval.malformed", f"Not an approval: {error}") from error
    if approval.decision != "approved":
        raise _refused("approval.denied", f"{approval.approved_by} denied it.")
    if approval.plan_digest != certificate.plan.digest:
        raise _refused("approval.other_plan", "The approval is for another plan.")
    if approval.verdict_digest != certificate.verdict_digest:
        raise _refused("approval.other_verdict", "The approval is for another verdict.")
    if not approval.trace_id == certificate.trace_id == certificate.plan.trace_id:
        raise _refused("approval.other_trace", "The approval is of another trace.")
    if certificate.deployment_id != deployment_id_of(approval):
        raise _refused("deployment.other_approval", "It is not named after its approval.")
    automatic = approval.approved_by.startswith(AUTOMATIC_PREFIX)
    if automatic and deployment_risk(certificate.plan, policy.xapps, release_digest) == "high":
        raise _refused("approval.person_required", "The policy asks for a person's approval.")


def lawful(
    certificate: DeploymentCertificate, view: RicView, policy: Policy, now: datetime
) -> None:
    """Every check of the verifier holds now, too; the first that does not is the code."""
    for check in judge(certificate.plan, view, policy.xapps, now):
        if not check.passed:
            raise _refused(check.name, f"{check.reason}.")


def _refused(code: str, message: str) -> RanwrightError:
    return RanwrightError(code, message, "Ask for it again (ranwright xapp ... --site).")
