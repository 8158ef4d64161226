"""What an auditor reads from a site's files alone: traces, their records, their verification."""

from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from agents.papers import Sentence
from agents.reader import ReadingResult
from agents.service.deployment_report import DeploymentReport, is_deployment, report_of
from agents.service.service import read_decision, unknown_trace
from contracts.canonical import Contract
from contracts.decision import Decision, Outcome
from contracts.dsse import SignedEnvelope
from contracts.errors import ExitCode, RanwrightError
from contracts.files import write_atomically
from contracts.intent import Intent
from contracts.keys import load_trust
from contracts.ledger.audit import AuditReport, verify_ledger
from contracts.ledger.reader import Entry, LedgerReader
from contracts.record import RecordKind
from contracts.site import Site


class TraceSummary(Contract):
    """A trace in one line; no outcome while it is open."""

    trace_id: str
    began_at: datetime
    sentence: str
    requested_by: str
    outcome: Outcome | None


class TraceVerification(Contract):
    """The audit of the whole log, and whether it vouches for one trace to its last leaf."""

    trace_id: str | None
    leaves_of_trace: int
    last_leaf_of_trace: int | None
    trace_covered: bool
    audit: AuditReport

    @property
    def passed(self) -> bool:
        """The log holds and covers the trace."""
        return self.audit.ok and self.trace_covered


def summaries(site: Site) -> list[TraceSummary]:
    """All traces that began with an intent or a deployment, oldest first."""
    reader = LedgerReader.of(site)
    listed = []
    for trace in reader.traces():
        if is_deployment(reader, trace.trace_id):
            listed.append(_deployment(reader, trace.trace_id))
            continue
        entry = reader.find(f"{trace.trace_id}/{RecordKind.INTENT_RECEIVED}")
        if entry is None:
            continue
        said = Sentence.parse(reader.get_object(str(entry.record.content["sentence"])))
        decision = read_decision(reader, trace.trace_id)
        listed.append(
            TraceSummary(
                trace_id=trace.trace_id,
                began_at=entry.record.at.wall_time,
                sentence=said.told,
                requested_by=said.requested_by,
                outcome=decision.outcome if decision else None,
            )
        )
    return listed


def _deployment(reader: LedgerReader, trace_id: str) -> TraceSummary:
    report = report_of(reader, trace_id)
    open_ = report.outcome is Outcome.AWAITING_APPROVAL
    return TraceSummary(
        trace_id=trace_id,
        began_at=reader.records(trace_id)[0].record.at.wall_time,
        sentence=str(report.plan),
        requested_by=report.requested_by,
        outcome=None if open_ else report.outcome,
    )


def records(site: Site, trace_id: str) -> list[Entry]:
    """The records of a trace in order.

    Raises:
        RanwrightError: ``trace.unknown``.
    """
    found = LedgerReader.of(site).records(trace_id)
    if not found:
        raise unknown_trace(trace_id)
    return found


def explained(site: Site, trace_id: str) -> Decision | DeploymentReport:
    """What a trace came to: an intent's decision, or how a deployment stands.

    Raises:
        RanwrightError: ``trace.unknown`` or ``trace.open``.
    """
    reader = LedgerReader.of(site)
    if is_deployment(reader, trace_id):
        return report_of(reader, trace_id)
    return decision_of(site, trace_id)


def intent_of(site: Site, trace_id: str) -> Intent:
    """The intent that was made of what a trace began with.

    Raises:
        RanwrightError: ``trace.unknown``, or ``trace.no_intent`` where there was none.
    """
    objects = LedgerReader.of(site)
    for record in (entry.record for entry in records(site, trace_id)):
        if record.kind is RecordKind.STEP and record.content["step"] == "reading":
            found = ReadingResult.parse(objects.get_object(str(record.content["output"])))
            if isinstance(found.reading, Intent):
                return found.reading
    raise RanwrightError(
        "trace.no_intent",
        f"Trace {trace_id} holds no intent: nothing was read, or it led to a question or refusal.",
        "`ranwright trace explain` says what became of it.",
    )


def decision_of(site: Site, trace_id: str) -> Decision:
    """The decision of a trace.

    Raises:
        RanwrightError: ``trace.unknown`` or ``trace.open``.
    """
    decision = read_decision(LedgerReader.of(site), trace_id)
    if decision is None:
        raise RanwrightError(
            "trace.open",
            f"Trace {trace_id} has no decision yet.",
            f"ranwright resume {trace_id}, or approve it.",
            ExitCode.USAGE,
        )
    return decision


def verify_trace(site: Site, trace_id: str | None, checkpoint: Path | None) -> TraceVerification:
    """Audit the log offline, against a checkpoint kept elsewhere if there is one.

    Raises:
        RanwrightError: ``trace.unknown``, ``checkpoint.unreadable``, ``trust.*``.
    """
    kept = None if checkpoint is None else _read_checkpoint(checkpoint)
    audit = verify_ledger(site.ledger, site.objects, load_trust(site), kept)
    entries = [] if trace_id is None else records(site, trace_id)
    last = entries[-1].seq if entries else None
    vouched = audit.vouches_up_to.tree_size if audit.vouches_up_to else 0
    return TraceVerification(
        trace_id=trace_id,
        leaves_of_trace=len(entries),
        last_leaf_of_trace=last,
        trace_covered=last is None or last < vouched,
        audit=audit,
    )


def save_checkpoint(site: Site, path: Path) -> None:
    """Copy the newest checkpoint out of the site; keep it where the site's owner cannot edit it.

    Raises:
        RanwrightError: ``checkpoint.none``.
    """
    checkpoints = LedgerReader.of(site).checkpoints()
    if not checkpoints:
        raise RanwrightError(
            "checkpoint.none", "The ledger has no checkpoint yet.", "Run an intent.", ExitCode.USAGE
        )
    write_atomically(path, checkpoints[-1].canonical())


def _read_checkpoint(path: Path) -> SignedEnvelope:
    try:
        return SignedEnvelope.parse(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RanwrightError(
            "checkpoint.unreadable", f"{path}: {error}", "Name a saved checkpoint.", ExitCode.USAGE
        ) from error
