"""What the actuator writes: ledger records of an action, and signed receipts."""

from collections.abc import Sequence
from typing import Any

from contracts.canonical import digest_bytes
from contracts.certificate import RECEIPT_PAYLOAD_TYPE, ActionStatus, Certificate, Receipt
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.network import KpmReport, NetworkSnapshot
from contracts.plant_link import SNAPSHOT_PAYLOAD_TYPE, NodeInfo, Observation
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

    def snapshot(self, node: NodeInfo, reports: Sequence[KpmReport]) -> SignedEnvelope:
        """What was observed, signed: the only snapshot that the verifier believes.

        Raises:
            RanwrightError: ``snapshot.*`` when node and reports make none.
        """
        snapshot = NetworkSnapshot.from_reports(
            node.scenario, node.scenario_digest, node.cells, reports, self._clock.now()
        )
        if snapshot.resource_version != node.resource_version:
            raise RanwrightError(
                "snapshot.mixed_versions",
                f"Measured on version {snapshot.resource_version}, the plant was at"
                f" {node.resource_version} before.",
                "Take the snapshot again.",
            )
        observation = Observation(node_name=node.node_name, snapshot=snapshot)
        return sign(observation, SNAPSHOT_PAYLOAD_TYPE, load_signer(self._site, "actuator"))

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
