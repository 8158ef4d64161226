"""How a certificate reaches the actuator: as an A1 policy instance, which somebody may follow.

The instance is of the type :data:`contracts.activation.CERTIFICATE_POLICY_TYPE`; its name is the
certificate's identifier, for people to find it. What counts is the content: the actuator knows a
certificate by the digest of what stands in the policy, and acts on it once, under whatever name.
"""

import json
from typing import Any

from contracts.canonical import Digest, digest_bytes

AWAITING_POLICY = "awaiting_policy"
"""Stage that the actuator tells a follower of a certificate that has not reached it yet."""

DELIVERY_LIMIT_S = 10.0
"""Wall time that a follower waits for the certificate to reach the actuator."""

CERTIFICATE_POLICY_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "description": "One action: a DSSE envelope as the verifier signed it.",
    "properties": {"certificate": {}},
    "required": ["certificate"],
    "additionalProperties": False,
}
"""What an A1 mediator asks of the policy; the envelope itself is the actuator's to judge."""


def certificate_policy(certificate: Any) -> dict[str, Any]:
    """The policy that carries a certificate, JSON form."""
    return {"certificate": certificate}


def certificate_in(policy: Any) -> Any:
    """What a policy carries as its certificate; ``None`` where it carries none."""
    return policy.get("certificate") if isinstance(policy, dict) else None


def certificate_digest(certificate: Any) -> Digest:
    """Names any JSON value, also one that is no certificate.

    Of a signed envelope it is :attr:`contracts.dsse.SignedEnvelope.digest`.

    Raises:
        RecursionError: it is nested too deeply.
    """
    return digest_bytes(json.dumps(certificate, sort_keys=True, separators=(",", ":")).encode())
