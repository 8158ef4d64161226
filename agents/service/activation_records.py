"""What the ledger holds of an activation: what it follows, how it was judged, whether it waits."""

from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from agents.papers import EnvelopeRoom
from agents.service.service import unknown_trace
from contracts.activation import Activation, ActivationPlan
from contracts.canonical import Digest
from contracts.certificate import Certificate, Receipt
from contracts.clock import Instant
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.problem import Problem
from contracts.record import Record, RecordKind
from contracts.verdict import Verdict

STEP = "activation_verdict"
"""Name of the step in records of verdicts on activation plans."""

ROOM_STEP = "envelope_room"
"""Name of the step in records of what promises leave to an activation."""


@dataclass(frozen=True)
class Followed:
    """A fulfilled action as it stands in the ledger."""

    certificate: SignedEnvelope
    receipt: SignedEnvelope
    problem: Problem

    @property
    def content(self) -> Certificate:
        """The certificate; whoever relies on it verifies the envelope."""
        return Certificate.parse(unverified_payload(self.certificate))


@dataclass(frozen=True)
class Waiting:
    """An activation plan that was judged and is not certified yet."""

    plan: ActivationPlan
    verdict: SignedEnvelope
    certificate: SignedEnvelope

    @property
    def judged(self) -> Verdict:
        """The verdict; whoever relies on it verifies the envelope."""
        return Verdict.parse(unverified_payload(self.verdict))


def followed(reader: LedgerReader, trace_id: str) -> Followed:
    """The action of a trace.

    Raises:
        RanwrightError: ``trace.unknown``, or ``activation.not_fulfilled`` where the action did
            not end well, or was taken back since.
    """
    entries = reader.records(trace_id)
    if not entries:
        raise unknown_trace(trace_id)
    envelopes = {
        entry.record.kind: envelope_of(entry.record, reader.objects)
        for entry in entries
        if entry.record.kind in (RecordKind.CERTIFICATE, RecordKind.RECEIPT)
    }  # of several receipts the last one counts
    receipt = envelopes.get(RecordKind.RECEIPT)
    status = Receipt.parse(unverified_payload(receipt)).status if receipt else "not carried out"
    if receipt is None or status != "fulfilled":
        raise RanwrightError(
            "activation.not_fulfilled",
            f"The action of trace {trace_id} is {status.replace('_', ' ')}.",
            "Activate what was fulfilled and not taken back (ranwright trace list).",
            ExitCode.USAGE,
        )
    certificate = envelopes[RecordKind.CERTIFICATE]
    plan = Certificate.parse(unverified_payload(certificate)).plan
    problem = Problem.parse(reader.get_object(plan.problem_digest))
    return Followed(certificate, receipt, problem)


def verdict_record(
    trace_id: str, inputs: dict[str, str], envelope: SignedEnvelope, at: Instant
) -> Record:
    """The record of a verdict on an activation plan, fit to be replayed.

    Args:
        inputs: content addresses of everything that it rests on, by name.
        envelope: as the verifier signed it.
    """
    verdict = Verdict.parse(unverified_payload(envelope))
    return Record(
        key=f"{trace_id}/{STEP}/{verdict.plan_digest}",
        trace_id=trace_id,
        kind=RecordKind.VERDICT,
        actor="planner",
        at=at,
        content={
            "step": STEP,
            "attempt": verdict.attempt,
            "inputs": dict(inputs),
            "output": verdict.digest,
            "envelope": envelope.digest,
            "parameters": {"attempt": verdict.attempt},
        },
        objects=(*dict.fromkeys((*inputs.values(), verdict.digest, envelope.digest)),),
    )


def room_record(
    trace_id: str,
    inputs: dict[str, Digest],
    fitting: EnvelopeRoom,
    parameters: dict[str, JsonValue],
    at: Instant,
) -> Record:
    """The record of what promises leave to an activation, fit to be replayed.

    Args:
        inputs: content addresses of everything that it rests on, by name.
        parameters: ``share`` of what is left that may be spent, and which ``attempt`` it was.
    """
    return Record(
        key=f"{trace_id}/{ROOM_STEP}/{inputs['plan']}/{parameters['attempt']}",
        trace_id=trace_id,
        kind=RecordKind.STEP,
        actor="planner",
        at=at,
        content={
            "step": ROOM_STEP,
            "attempt": parameters["attempt"],
            "inputs": dict(inputs),
            "output": fitting.digest,
            "parameters": parameters,
            "fits": fitting.plan is not None,
            "limited_by": fitting.limited_by.requirement.describe(),
        },
        objects=(*dict.fromkeys((*inputs.values(), fitting.digest)),),
    )


def waiting(reader: LedgerReader, trace_id: str) -> Waiting | None:
    """The activation of a trace that was proven last, unless it was denied or certified."""
    found: Waiting | None = None
    for record in (entry.record for entry in reader.records(trace_id)):
        if record.kind is RecordKind.VERDICT and record.content.get("step") == STEP:
            found = _proven(reader, record)
        if record.kind is RecordKind.ACTIVATION:
            found = None
        if record.kind is RecordKind.APPROVAL and record.content["decision"] == "denied":
            found = None
    return found


def refusal(reader: LedgerReader, activation: SignedEnvelope) -> dict[str, Any] | None:
    """Why the actuator did not let an activation in, in the form in which it lists them."""
    trace_id = Activation.parse(unverified_payload(activation)).trace_id
    for record in (entry.record for entry in reader.records(trace_id)):
        refused = record.kind is RecordKind.ACTIVATION_REFUSED
        if refused and record.content["envelope_digest"] == activation.digest:
            error = record.content["error"]
            assert isinstance(error, dict), "the actuator wrote it"
            return {"status": "refused", "code": error["code"], "reason": error["message"]}
    return None


def _proven(reader: LedgerReader, record: Record) -> Waiting | None:
    inputs = record.content["inputs"]
    assert isinstance(inputs, dict), "verdict_record wrote it"
    found = Waiting(
        plan=ActivationPlan.parse(reader.get_object(str(inputs["plan"]))),
        verdict=envelope_of(record, reader.objects),
        certificate=SignedEnvelope.parse(reader.get_object(str(inputs["signed_certificate"]))),
    )
    return found if found.judged.passed else None
