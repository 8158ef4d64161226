"""DSSE envelopes signed with Ed25519: the payload's type is signed along with its bytes.

The signing and checking is done by securesystemslib and cryptography. Two rules on top keep one
signed content in exactly one form: base64 and hex must be canonical, and there is one signature.
"""

import base64
import binascii
from datetime import datetime
from typing import Annotated

from pydantic import Field
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import (  # type: ignore[attr-defined]  # their __all__ is missing
    CryptoSigner,
    Signature,
    SSlibKey,
)

from contracts.canonical import Contract
from contracts.errors import RanwrightError
from contracts.trust import KeyRole, TrustedKey, TrustStore

Signer = CryptoSigner
"""A private Ed25519 key that signs."""


_Ascii = Annotated[str, Field(pattern=r"^[ -~]*$")]
"""Text that has octets: JSON can spell what no Unicode is, which has no digest."""


class EnvelopeSignature(Contract):
    """One signature; ``keyid`` names the public key in the trust store."""

    keyid: _Ascii
    sig: _Ascii = Field(description="hex")


class SignedEnvelope(Contract):
    """A DSSE envelope (https://github.com/secure-systems-lab/dsse), JSON form."""

    payload_type: _Ascii
    payload: _Ascii = Field(description="base64 of the canonical JSON of the signed contract")
    signatures: tuple[EnvelopeSignature, ...] = Field(min_length=1)


def sign(contract: Contract, payload_type: str, signer: Signer) -> SignedEnvelope:
    """Sign a contract's canonical JSON together with its type."""
    payload = contract.canonical()
    signature = Envelope(payload, payload_type, {}).sign(signer)
    return SignedEnvelope(
        payload_type=payload_type,
        payload=base64.b64encode(payload).decode(),
        signatures=(EnvelopeSignature(keyid=signature.keyid, sig=signature.signature),),
    )


def verify(
    envelope: SignedEnvelope,
    payload_type: str,
    role: KeyRole,
    trust: TrustStore,
    at: datetime,
) -> bytes:
    """Check an envelope and return the payload; nothing in it may be read before.

    Args:
        envelope: what was received.
        payload_type: the only type that is accepted.
        role: whose signature it must bear.
        trust: the public keys of the site.
        at: when the signature must have counted: now for an action, the time of the record for
            an audit.

    Raises:
        RanwrightError: ``signature.wrong_type``, ``signature.malformed``, ``key.unknown``,
            ``signature.wrong_role``, ``signature.invalid``, ``key.not_yet_valid``,
            ``key.retired`` or ``key.revoked``.
    """
    if envelope.payload_type != payload_type:
        raise RanwrightError(
            "signature.wrong_type",
            f"The envelope holds {envelope.payload_type[:100]!r}, expected {payload_type}.",
            "Send the envelope that this method asks for.",
        )
    payload, signature = _decode(envelope)
    key = trust.find(signature.keyid)
    if key.role != role:
        raise RanwrightError(
            "signature.wrong_role",
            f"Signed by the {key.role}, but only the {role} may sign this.",
            f"Have the {role} sign it.",
        )
    _require_signature(Envelope(payload, payload_type, {signature.keyid: signature}), key)
    key.require_usable(at)
    return payload


def signer_key(envelope: SignedEnvelope) -> str:
    """Identifier of the key that claims to have signed; not verified."""
    return envelope.signatures[0].keyid


def unverified_payload(envelope: SignedEnvelope) -> bytes:
    """The payload before any check; only to learn the time at which to verify it.

    Raises:
        RanwrightError: ``signature.malformed``.
    """
    return _decode(envelope)[0]


def _decode(envelope: SignedEnvelope) -> tuple[bytes, Signature]:
    try:
        payload = base64.b64decode(envelope.payload, validate=True)
        sig_bytes = bytes.fromhex(envelope.signatures[0].sig)
    except (binascii.Error, ValueError) as error:
        raise _malformed(str(error)) from error
    if base64.b64encode(payload).decode() != envelope.payload:
        raise _malformed("the base64 is not canonical")
    if sig_bytes.hex() != envelope.signatures[0].sig:
        raise _malformed("the signature is not lower-case hex")
    if len(envelope.signatures) != 1:
        raise _malformed("exactly one signature is expected")
    return payload, Signature(envelope.signatures[0].keyid, envelope.signatures[0].sig)


def _require_signature(envelope: Envelope, key: TrustedKey) -> None:
    public = SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.public_key})
    try:
        envelope.verify([public], threshold=1)
    except VerificationError as error:
        raise RanwrightError(
            "signature.invalid",
            "The signature does not fit the content: it was edited or never signed.",
            "Discard it and ask the signer for the original.",
        ) from error


def _malformed(detail: str) -> RanwrightError:
    return RanwrightError(
        "signature.malformed",
        f"The envelope is malformed: {detail}.",
        "Send the envelope as it was signed.",
    )
