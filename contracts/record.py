"""Ledger records: what a leaf of the Merkle log holds."""

from enum import StrEnum

from pydantic import Field, JsonValue

from contracts.canonical import Contract, Digest
from contracts.clock import Instant


class RecordKind(StrEnum):
    """Kinds of leaves. Refusals and questions are entries like any other."""

    INTENT_RECEIVED = "intent_received"
    STEP = "step"
    VERDICT = "verdict"
    APPROVAL = "approval"
    CERTIFICATE = "certificate"
    ACTIVATION = "activation"
    ACTION_REFUSED = "action_refused"
    ACTION_STARTED = "action_started"
    CONTROL_SENT = "control_sent"
    CONTROL_ANSWERED = "control_answered"
    ROLLBACK_STARTED = "rollback_started"
    FALL_BACK_STARTED = "fall_back_started"
    RECEIPT = "receipt"
    ACTIVATION_REFUSED = "activation_refused"
    ACTIVATION_STARTED = "activation_started"
    MOVES = "moves"
    CONFLICT = "conflict"
    ACTIVATION_ENDED = "activation_ended"
    DECISION = "decision"
    KEY_EVENT = "key_event"
    DEPLOYMENT_PLANNED = "deployment_planned"
    DEPLOYMENT_VERDICT = "deployment_verdict"
    DEPLOYMENT_CERTIFICATE = "deployment_certificate"
    DEPLOYMENT_REFUSED = "deployment_refused"
    DEPLOYMENT_STARTED = "deployment_started"
    DEPLOYMENT_OUTCOME = "deployment_outcome"


class Record(Contract):
    """One leaf. ``key`` makes appending idempotent: the first record under a key stands.

    ``objects`` are content addresses in the ledger's object store of everything too big for a leaf.
    Records of kind ``verdict``, ``approval``, ``certificate``, ``activation``, ``receipt``,
    ``activation_ended``, ``deployment_verdict`` and ``deployment_certificate`` hold their signed
    envelope under ``content["envelope"]``: inline, or as the digest of an object (see
    :mod:`contracts.ledger.envelopes`).
    """

    key: str = Field(min_length=1, max_length=200)
    trace_id: str
    kind: RecordKind
    actor: str = Field(description="process role that wrote it: planner, verifier, actuator, ...")
    at: Instant
    content: dict[str, JsonValue]
    objects: tuple[Digest, ...] = ()
