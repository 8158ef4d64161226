"""Ledger records that the RIC writes of deployments."""

from datetime import UTC, datetime
from typing import Any

from contracts.clock import Clock
from contracts.deployment import DeploymentCertificate
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.record import Record, RecordKind
from xapps.platform.deployments.store import Step

UNVERIFIED_TRACE = "unverified"
"""Trace under which refusals stand whose certificate could not be believed."""
_MOST_OF_A_NAME = 64


class Papers:
    """Makes records in the RIC's name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def started(self, certificate: DeploymentCertificate, envelope: SignedEnvelope) -> Record:
        """That a certificate was claimed, before anything is done."""
        return self._record(
            RecordKind.DEPLOYMENT_STARTED,
            certificate,
            "",
            {"certificate": envelope.digest},
            (envelope.digest,),
        )

    def outcome(
        self, certificate: DeploymentCertificate, step: Step, code: str, reason: str
    ) -> Record:
        """How it ended, or that a deployment is in force."""
        return self._record(
            RecordKind.DEPLOYMENT_OUTCOME,
            certificate,
            f":{step}",
            {"step": step, "code": code, "reason": reason},
        )

    def refusal(self, envelope: SignedEnvelope, trace_id: str, error: RanwrightError) -> Record:
        """A refused certificate; the same refusal of the same bytes stands once."""
        return Record(
            key=f"deployment-refused:{envelope.digest}:{error.code}",
            trace_id=trace_id,
            kind=RecordKind.DEPLOYMENT_REFUSED,
            actor="ric",
            at=self._clock.now(),
            content={"envelope_digest": envelope.digest, "error": dict(error.to_json())},
        )

    def without_certificate(self, method: str, name: str, error: RanwrightError) -> Record:
        """Something that was asked for with no certificate at all."""
        now = datetime.now(UTC).isoformat()
        shown = name.encode("ascii", "replace").decode()[:_MOST_OF_A_NAME]
        return Record(
            key=f"deployment-refused:{method}:{shown}:{now}",
            trace_id=UNVERIFIED_TRACE,
            kind=RecordKind.DEPLOYMENT_REFUSED,
            actor="ric",
            at=self._clock.now(),
            content={"method": method, "name": shown, "error": dict(error.to_json())},
        )

    def _record(
        self,
        kind: RecordKind,
        certificate: DeploymentCertificate,
        suffix: str,
        content: dict[str, Any],
        objects: tuple[str, ...] = (),
    ) -> Record:
        plan = certificate.plan
        return Record(
            key=f"{certificate.deployment_id}:{kind.value}{suffix}",
            trace_id=certificate.trace_id,
            kind=kind,
            actor="ric",
            at=self._clock.now(),
            content={
                "deployment_id": certificate.deployment_id,
                "operation": plan.operation,
                "name": plan.name,
                "package_digest": plan.package_digest,
                **content,
            },
            objects=objects,
        )
