"""Signed checkpoints: the ledger key vouches for a tree size and its root."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, Field, ValidationError

from contracts.canonical import Contract
from contracts.dsse import SignedEnvelope, Signer, sign, unverified_payload, verify
from contracts.errors import RanwrightError
from contracts.ledger.merkle import CompactRange
from contracts.trust import TrustStore

CHECKPOINT_PAYLOAD_TYPE = "application/vnd.ranwright.checkpoint+json"


class Checkpoint(Contract):
    """What the log was at a moment. Kept elsewhere, it makes truncation visible."""

    origin: str = Field(description="identifies the log; drawn when it is made")
    tree_size: int = Field(ge=0)
    root_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    time: AwareDatetime


def sign_checkpoint(origin: str, tree: CompactRange, signer: Signer) -> SignedEnvelope:
    """Vouch for the present tree."""
    checkpoint = Checkpoint(
        origin=origin,
        tree_size=tree.size,
        root_hash=tree.root().hex(),
        time=datetime.now(UTC),
    )
    return sign(checkpoint, CHECKPOINT_PAYLOAD_TYPE, signer)


def open_checkpoint(envelope: SignedEnvelope, trust: TrustStore) -> Checkpoint:
    """Verify a checkpoint at the time it states.

    Raises:
        RanwrightError: as :func:`contracts.dsse.verify`, or ``checkpoint.malformed``.
    """
    claimed = peek_checkpoint(envelope)
    payload = verify(envelope, CHECKPOINT_PAYLOAD_TYPE, "ledger", trust, claimed.time)
    return Checkpoint.parse(payload)


def peek_checkpoint(envelope: SignedEnvelope) -> Checkpoint:
    """Read a checkpoint without believing it.

    Raises:
        RanwrightError: ``checkpoint.malformed``.
    """
    try:
        return Checkpoint.parse(unverified_payload(envelope))
    except (RanwrightError, ValidationError) as error:
        raise RanwrightError(
            "checkpoint.malformed",
            f"A checkpoint cannot be read: {error}",
            "Use a checkpoint as the ledger issued it.",
        ) from error
