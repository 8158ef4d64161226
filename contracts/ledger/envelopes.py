"""Records that carry a signed envelope: how to write them, and how to get it back."""

from dataclasses import dataclass

from pydantic import ValidationError

from contracts.activation import (
    ACTIVATION_END_PAYLOAD_TYPE,
    ACTIVATION_PAYLOAD_TYPE,
    Activation,
    ActivationEnd,
)
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    RECEIPT_PAYLOAD_TYPE,
    Approval,
    Certificate,
    Receipt,
)
from contracts.clock import Instant
from contracts.deployment import (
    DEPLOYMENT_PAYLOAD_TYPE,
    DEPLOYMENT_VERDICT_PAYLOAD_TYPE,
    DeploymentCertificate,
    DeploymentVerdict,
)
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.ledger.objects import ObjectStore
from contracts.record import Record, RecordKind
from contracts.trust import KeyRole
from contracts.verdict import VERDICT_PAYLOAD_TYPE, Verdict


@dataclass(frozen=True)
class SignedKind:
    """What a record of this kind must hold, and when it says that it was signed."""

    payload_type: str
    role: KeyRole
    contract: (
        type[Activation]
        | type[ActivationEnd]
        | type[Approval]
        | type[Certificate]
        | type[Receipt]
        | type[Verdict]
        | type[DeploymentVerdict]
        | type[DeploymentCertificate]
    )

    def parse(self, payload: bytes, record: Record) -> tuple[str, Instant]:
        """Trace and signing time that the payload states.

        A verdict states neither: it is pure, equal papers give equal bytes. Its record stands for
        them, and must name it as its output.

        Raises:
            RanwrightError: ``record.other_verdict``.
            pydantic.ValidationError: the payload is not of this kind.
        """
        content = self.contract.parse(payload)
        match content:
            case Verdict():
                _require_output(record, content)
                return record.trace_id, record.at
            case Approval():
                return content.trace_id, content.decided_at
            case Activation() | Certificate() | DeploymentCertificate():
                return content.trace_id, content.issued_at
            case DeploymentVerdict():
                return content.trace_id, content.judged_at
            case Receipt() | ActivationEnd():
                return content.trace_id, content.finished_at


SIGNED_KINDS: dict[RecordKind, SignedKind] = {
    RecordKind.VERDICT: SignedKind(VERDICT_PAYLOAD_TYPE, "verifier", Verdict),
    RecordKind.APPROVAL: SignedKind(APPROVAL_PAYLOAD_TYPE, "approver", Approval),
    RecordKind.CERTIFICATE: SignedKind(CERTIFICATE_PAYLOAD_TYPE, "verifier", Certificate),
    RecordKind.ACTIVATION: SignedKind(ACTIVATION_PAYLOAD_TYPE, "verifier", Activation),
    RecordKind.RECEIPT: SignedKind(RECEIPT_PAYLOAD_TYPE, "actuator", Receipt),
    RecordKind.DEPLOYMENT_VERDICT: SignedKind(
        DEPLOYMENT_VERDICT_PAYLOAD_TYPE, "verifier", DeploymentVerdict
    ),
    RecordKind.DEPLOYMENT_CERTIFICATE: SignedKind(
        DEPLOYMENT_PAYLOAD_TYPE, "verifier", DeploymentCertificate
    ),
    RecordKind.ACTIVATION_ENDED: SignedKind(ACTIVATION_END_PAYLOAD_TYPE, "actuator", ActivationEnd),
}
"""Kinds whose record is worth nothing without the signature it carries."""


def envelope_of(record: Record, objects: ObjectStore) -> SignedEnvelope:
    """The envelope under ``content["envelope"]``, inline or by digest.

    Raises:
        RanwrightError: ``record.no_envelope``, ``object.missing`` or ``object.tampered``.
    """
    held = record.content.get("envelope")
    try:
        if isinstance(held, str):
            return SignedEnvelope.parse(objects.get(held))
        return SignedEnvelope.model_validate(held)
    except ValidationError as error:
        raise RanwrightError(
            "record.no_envelope",
            f"Record {record.key} ({record.kind}) holds no signed envelope.",
            "Write such records with their envelope under content.envelope.",
        ) from error


def _require_output(record: Record, verdict: Verdict) -> None:
    if record.content.get("output") != verdict.digest:
        raise RanwrightError(
            "record.other_verdict",
            f"Record {record.key} names another verdict than the one that was signed.",
            "Do not rely on this record.",
        )
