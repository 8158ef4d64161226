"""What lets a control through: the actuator's signature, in the RIC call process ID.

E2AP names no sender. A node that holds a site's public keys therefore asks for a credential: a DSSE
envelope, signed by the actuator, over the request and the exact octets of header and message. It
stands in the RIC call process ID of the RIC CONTROL REQUEST (E2AP 9.2.18), an octet string that the
node only has to send back.
"""

from datetime import datetime

from pydantic import Field, ValidationError

from contracts.canonical import Contract, Digest, digest_bytes
from contracts.dsse import SignedEnvelope, Signer, sign, verify
from contracts.errors import RanwrightError
from contracts.trust import TrustStore

CREDENTIAL_PAYLOAD_TYPE = "application/vnd.ranwright.e2-control+json"


class ControlCredential(Contract):
    """Whose control this is, for which life of a node, and what it says."""

    node_name: str
    request_id: str = Field(description="as in contracts.plant_link.ControlRequest")
    control_digest: Digest = Field(description="of the header's and the message's octets")


def seal(node_name: str, request_id: str, header: bytes, message: bytes, signer: Signer) -> bytes:
    """The call process ID of a control: its credential, signed."""
    credential = ControlCredential(
        node_name=node_name, request_id=request_id, control_digest=control_digest(header, message)
    )
    return sign(credential, CREDENTIAL_PAYLOAD_TYPE, signer).canonical()


def unseal(
    call_process_id: bytes | None, header: bytes, message: bytes, trust: TrustStore, at: datetime
) -> ControlCredential:
    """The credential of a control, when the actuator signed it for these very octets.

    Raises:
        RanwrightError: ``credential.missing``, ``credential.malformed``,
            ``credential.other_control``, or the refusals of :func:`contracts.dsse.verify`.
    """
    if not call_process_id:
        raise RanwrightError(
            "credential.missing",
            "The control carries no credential.",
            "Only the actuator sends controls; ask it with a certificate.",
        )
    try:
        envelope = SignedEnvelope.parse(call_process_id)
        payload = verify(envelope, CREDENTIAL_PAYLOAD_TYPE, "actuator", trust, at)
        credential = ControlCredential.parse(payload)
    except ValidationError as error:
        raise RanwrightError(
            "credential.malformed",
            f"The call process ID holds no credential: {error}",
            "Only the actuator sends controls; ask it with a certificate.",
        ) from error
    if credential.control_digest != control_digest(header, message):
        raise RanwrightError(
            "credential.other_control",
            "The credential was signed for another header or message.",
            "Send a control as it was signed.",
        )
    return credential


def control_digest(header: bytes, message: bytes) -> Digest:
    """Of the octets that a control says what it wants with."""
    return digest_bytes(len(header).to_bytes(4, "big") + header + message)
