"""What is asked of the verifier about activations."""

from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from agents.verifier.requests import VerifierRequest
from contracts.activation import ActivationPlan
from contracts.canonical import Contract
from contracts.dsse import SignedEnvelope, verify
from contracts.errors import RanwrightError
from contracts.trust import KeyRole, TrustStore

_T = TypeVar("_T", bound=Contract)


class VerifyActivationRequest(VerifierRequest):
    """A plan; all that it rests on as it was signed: certificate, receipt, snapshot, what is live.

    ``beside`` holds the activations that ``plan.beside`` names, in this order.
    """

    plan: ActivationPlan
    certificate: SignedEnvelope
    receipt: SignedEnvelope
    snapshot: SignedEnvelope
    beside: tuple[SignedEnvelope, ...]


class CertifyActivationRequest(VerifierRequest):
    """A plan that was verified and approved, and the certificate that it follows."""

    verdict: SignedEnvelope
    approval: SignedEnvelope
    plan: ActivationPlan
    certificate: SignedEnvelope


def opened(
    kind: type[_T],
    envelope: SignedEnvelope,
    payload_type: str,
    role: KeyRole,
    trust: TrustStore,
    at: datetime,
) -> _T:
    """What a role signed.

    Raises:
        RanwrightError: ``signature.*``, ``key.*`` or ``verify.papers_malformed``.
    """
    payload = verify(envelope, payload_type, role, trust, at)
    try:
        return kind.parse(payload)
    except ValidationError as error:
        raise RanwrightError(
            "verify.papers_malformed",
            f"The {role} signed no {kind.__name__} of this release: {error}",
            "Plan again with this release.",
        ) from error
