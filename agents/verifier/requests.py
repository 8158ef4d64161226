"""What is asked of the verifier: papers of the right form, and what the actuator signed."""

from datetime import datetime
from typing import Any, Self

from pydantic import ValidationError

from contracts.action import ActionPlan
from contracts.canonical import Contract
from contracts.dsse import SignedEnvelope, verify
from contracts.errors import RanwrightError
from contracts.intent import Intent
from contracts.plant_link import SNAPSHOT_PAYLOAD_TYPE, Observation
from contracts.problem import Problem
from contracts.trust import TrustStore


class VerifierRequest(Contract):
    """Parameters of a call; each field is one."""

    @classmethod
    def of(cls, params: dict[str, Any]) -> Self:
        """The request in a call's parameters.

        Raises:
            RanwrightError: ``verify.snapshot_unsigned`` or ``rpc.bad_params``.
        """
        if "snapshot" in cls.model_fields:
            _require_envelope(params.get("snapshot"))
        try:
            return cls.model_validate({k: params.get(k) for k in cls.model_fields})
        except ValidationError as error:
            raise RanwrightError("rpc.bad_params", str(error), "Check the parameters.") from error


class VerifyRequest(VerifierRequest):
    """Intent, problem and plan from the planner; the snapshot as the actuator signed it."""

    intent: Intent
    problem: Problem
    plan: ActionPlan
    snapshot: SignedEnvelope


class CertifyRequest(VerifierRequest):
    """The papers of a plan that was verified and approved."""

    verdict: SignedEnvelope
    approval: SignedEnvelope
    plan: ActionPlan
    problem: Problem
    snapshot: SignedEnvelope


def observed(envelope: SignedEnvelope, trust: TrustStore, now: datetime) -> Observation:
    """What the actuator saw.

    Raises:
        RanwrightError: ``signature.*``, ``key.*`` or ``verify.snapshot_malformed``.
    """
    payload = verify(envelope, SNAPSHOT_PAYLOAD_TYPE, "actuator", trust, now)
    try:
        return Observation.parse(payload)
    except ValidationError as error:
        raise RanwrightError(
            "verify.snapshot_malformed", f"Not an observation: {error}", "Observe again."
        ) from error


def _require_envelope(value: object) -> None:
    try:
        SignedEnvelope.model_validate(value)
    except ValidationError as error:
        raise RanwrightError(
            "verify.snapshot_unsigned",
            "The snapshot is not in a signed envelope.",
            "Send the snapshot as the actuator's observe returned it.",
        ) from error
