"""DSSE envelopes signed with Ed25519: the payload's type is signed along with its bytes."""

from pydantic import Field

from contracts.canonical import Contract


class EnvelopeSignature(Contract):
    """One signature; ``keyid`` names the public key in the trust store."""

    keyid: str
    sig: str = Field(description="hex")


class SignedEnvelope(Contract):
    """A DSSE envelope (https://github.com/secure-systems-lab/dsse), JSON form."""

    payload_type: str
    payload: str = Field(description="base64 of the canonical JSON of the signed contract")
    signatures: tuple[EnvelopeSignature, ...] = Field(min_length=1)
