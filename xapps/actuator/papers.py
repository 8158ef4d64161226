"""What the actuator writes: ledger records of an action, and signed receipts."""

from typing import Any

from contracts.canonical import digest_bytes
from contracts.certificate import RECEIPT_PAYLOAD_TYPE, ActionStatus, Certificate, Receipt
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.network import NetworkSnapshot
from contracts.record import Record, RecordKind
from contracts.site import Site

UNVERIFIED_TRACE = "unverified"
"""Trace under which refusals stand whose certificate could not be believed."""


class Papers:
    """Makes records and receipts in the actuator's name."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock

    def record(
        self,
        kind: RecordKind,
        certificate: Certificate,
        content: dict[str, Any],
        objects: tuple[str, ...] = (),
        suffix: str = "",
    ) -> Record:
        """A record of an action; one for each kind (and suffix) of a certificate."""
        return Record(
            key=f"{certificate.certificate_id}:{kind.value}{suffix}",
            trace_id=certificate.trace_id,
            kind=kind,
            actor="actuator",
            at=self._clock.now(),
            content={
                "certificate_id": certificate.certificate_id,
                "plan_digest": certificate.plan.digest,
                **content,
            },
            objects=objects,
        )

    def refusal(self, envelope: SignedEnvelope, trace_id: str, error: RanwrightError) -> Record:
        """The record of a refused envelope; the same refusal of the same bytes stands once."""
        return Record(
            key=f"refused:{envelope.digest}:{error.code}",
            trace_id=trace_id,
            kind=RecordKind.ACTION_REFUSED,
            actor="actuator",
            at=self._clock.now(),
            content={"envelope_digest": envelope.digest, "error": dict(error.to_json())},
        )

    def receipt(
        self,
        certificate: Certificate,
        status: ActionStatus,
        code: str,
        reason: str,
        measured: NetworkSnapshot | None,
    ) -> tuple[SignedEnvelope, Record]:
        """A signed receipt, and the record that carries it as an object."""
        receipt = Receipt(
            certificate_id=certificate.certificate_id,
            trace_id=certificate.trace_id,
            plan_digest=certificate.plan.digest,
            status=status,
            code=code,
            reason=reason,
            measured=measured,
            finished_at=self._clock.now(),
        )
        envelope = sign(receipt, RECEIPT_PAYLOAD_TYPE, load_signer(self._site, "actuator"))
        digest = digest_bytes(envelope.canonical())
        record = self.record(
            RecordKind.RECEIPT,
            certificate,
            {"status": status, "code": code, "reason": reason, "envelope": digest},
            objects=(digest,),
            suffix=f":{status}",
        )
        return envelope, record
