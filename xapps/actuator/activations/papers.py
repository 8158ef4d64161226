"""What the ledger hears of activations: records, and the signed end."""

from collections.abc import Sequence
from typing import Any

from contracts.activation import (
    ACTIVATION_END_PAYLOAD_TYPE,
    Activation,
    ActivationEnd,
    EndStatus,
)
from contracts.canonical import canonical_bytes, digest_bytes
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, sign
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.network import NetworkSnapshot
from contracts.record import Record, RecordKind
from contracts.site import Site
from xapps.actuator.activations.conflicts import Ruling
from xapps.actuator.activations.store import MoveOutcome


class ActivationPapers:
    """Makes records in the actuator's name."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock

    def started(self, activation: Activation, envelope: SignedEnvelope) -> Record:
        """The envelope within which moves will be sent; in the ledger before the first."""
        return self._record(
            activation.activation_id,
            activation.trace_id,
            RecordKind.ACTIVATION_STARTED,
            {
                "plan_digest": activation.plan.digest,
                "activation": envelope.digest,
                "holder": activation.plan.holder.name,
                "cells": [v.cell_id for v in activation.plan.envelope],
                "expires_at": activation.expires_at.isoformat(),
            },
            (envelope.digest,),
        )

    def refusal(self, digest: str, trace_id: str, error: RanwrightError) -> Record:
        """The refusal of an activation; that of the same bytes for the same reason stands once."""
        return Record(
            key=f"refused:{digest}:{error.code}",
            trace_id=trace_id,
            kind=RecordKind.ACTIVATION_REFUSED,
            actor="actuator",
            at=self._clock.now(),
            content={"envelope_digest": digest, "error": dict(error.to_json())},
        )

    def conflict(self, ruling: Ruling, trace_id: str, number: int) -> Record:
        """One conflict of a newcomer, what was decided and why."""
        found = ruling.conflict
        return self._record(
            found.newcomer,
            trace_id,
            RecordKind.CONFLICT,
            {
                "kind": found.kind,
                "newcomer": found.newcomer,
                "other": found.other,
                "cells": list(found.cells),
                "parameter": found.parameter,
                "kpi": found.kpi,
                "decision": ruling.outcome,
                "explanation": ruling.explanation,
            },
            suffix=f":{number}",
        )

    def moves(
        self, trace_id: str, first: int, batch: Sequence[MoveOutcome]
    ) -> tuple[Record, bytes]:
        """A batch of moves of one activation, and the object that holds them."""
        data = canonical_bytes([outcome.model_dump(mode="json") for outcome in batch])
        digest, name = digest_bytes(data), batch[0].move.activation_id
        carried = sum(outcome.code == "move.carried_out" for outcome in batch)
        record = self._record(
            name,
            trace_id,
            RecordKind.MOVES,
            {
                "moves": digest,
                "from_sequence": batch[0].move.sequence,
                "to_sequence": batch[-1].move.sequence,
                "sent": len(batch),
                "carried_out": carried,
            },
            (digest,),
            suffix=f":{first}",
        )
        return record, data

    def end(
        self,
        activation_id: str,
        trace_id: str,
        status: EndStatus,
        code: str,
        reason: str,
        moves: int,
        tx_power_mw: dict[int, int] | None,
        resource_version: int | None,
        measured: NetworkSnapshot | None = None,
    ) -> tuple[SignedEnvelope, Record]:
        """The signed end, and the record that carries it as an object."""
        end = ActivationEnd(
            activation_id=activation_id,
            trace_id=trace_id,
            status=status,
            code=code,
            reason=reason,
            moves=moves,
            tx_power_mw=tx_power_mw,
            resource_version=resource_version,
            measured=measured,
            finished_at=self._clock.now(),
        )
        signer = load_signer(self._site, "actuator")
        envelope = sign(end, ACTIVATION_END_PAYLOAD_TYPE, signer)
        content = {"status": status, "code": code, "reason": reason, "envelope": envelope.digest}
        record = self._record(
            activation_id, trace_id, RecordKind.ACTIVATION_ENDED, content, (envelope.digest,)
        )
        return envelope, record

    def _record(
        self,
        activation_id: str,
        trace_id: str,
        kind: RecordKind,
        content: dict[str, Any],
        objects: tuple[str, ...] = (),
        suffix: str = "",
    ) -> Record:
        return Record(
            key=f"{activation_id}:{kind.value}{suffix}",
            trace_id=trace_id,
            kind=kind,
            actor="actuator",
            at=self._clock.now(),
            content={"activation_id": activation_id, **content},
            objects=objects,
        )
