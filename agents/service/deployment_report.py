"""How a request to deploy, configure or retire an xApp stands, from the ledger alone."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from contracts.canonical import Contract
from contracts.decision import Outcome
from contracts.deployment import DeploymentPlan, DeploymentVerdict, RicView
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.policy import Policy
from contracts.record import Record, RecordKind
from contracts.verdict import Check
from xapps.platform.deployments.judge import judge

_OUTCOMES = {
    "in_force": Outcome.FULFILLED,
    "done": Outcome.FULFILLED,
    "ended": Outcome.FULFILLED,
    "taken_back": Outcome.ROLLED_BACK,
    "not_applied": Outcome.NOT_APPLIED,
}

_PAPERS = ("envelope", "plan", "view", "policy")


class DeploymentReport(Contract):
    """One request: what was asked, how it was judged, who approved, what became of it."""

    trace_id: str
    plan: DeploymentPlan
    requested_by: str
    outcome: Outcome
    code: str
    reason: str
    remedy: str
    checks: tuple[Check, ...] = ()
    approved_by: str | None = None
    deployment_id: str | None = None

    @property
    def passed(self) -> bool:
        """Whether it was judged, and every check passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


class Paper(NamedTuple):
    """A plan and its signed verdict."""

    plan: DeploymentPlan
    verdict: SignedEnvelope

    def to_approver(self) -> dict[str, Any]:
        """Parameters of the approver's methods."""
        return {"trace_id": self.plan.trace_id, "plan": self.plan, "verdict": self.verdict}


class _End(NamedTuple):
    outcome: Outcome
    code: str
    reason: str
    remedy: str = ""


def is_deployment(reader: LedgerReader, trace_id: str) -> bool:
    """Whether a trace is of such a request."""
    return reader.find(f"{trace_id}/{RecordKind.DEPLOYMENT_PLANNED}") is not None


def papers_of(reader: LedgerReader, trace_id: str) -> Paper:
    """Plan and verdict of a request that was judged.

    Raises:
        RanwrightError: ``trace.unknown``.
    """
    records = _records(reader, trace_id)
    planned = _of_kind(records, RecordKind.DEPLOYMENT_PLANNED)[0]
    judged = _of_kind(records, RecordKind.DEPLOYMENT_VERDICT)[0]
    plan = DeploymentPlan.parse(reader.get_object(str(planned.content["plan"])))
    return Paper(plan, envelope_of(judged, reader.objects))


def report_of(reader: LedgerReader, trace_id: str) -> DeploymentReport:
    """How a request stands.

    Raises:
        RanwrightError: ``trace.unknown``.
    """
    records = _records(reader, trace_id)
    planned = _of_kind(records, RecordKind.DEPLOYMENT_PLANNED)[0]
    verdict = _verdict(reader, records)
    approvals = _of_kind(records, RecordKind.APPROVAL)
    started = _of_kind(records, RecordKind.DEPLOYMENT_STARTED)
    end = _end(trace_id, records, verdict)
    return DeploymentReport(
        trace_id=trace_id,
        plan=DeploymentPlan.parse(reader.get_object(str(planned.content["plan"]))),
        requested_by=str(planned.content["requested_by"]),
        outcome=end.outcome,
        code=end.code,
        reason=end.reason,
        remedy=end.remedy,
        checks=() if verdict is None else verdict.checks,
        approved_by=str(approvals[-1].content["approved_by"]) if approvals else None,
        deployment_id=str(started[-1].content["deployment_id"]) if started else None,
    )


def judged_again(reader: LedgerReader, trace_id: str) -> str | None:
    """Judge a request again from what the ledger holds.

    Returns:
        What differs from the verdict; ``None``: nothing.

    Raises:
        RanwrightError: ``trace.unknown``, ``trace.open`` where it was never judged.
    """
    judged = _of_kind(_records(reader, trace_id), RecordKind.DEPLOYMENT_VERDICT)
    if not judged:
        raise RanwrightError(
            "trace.open", f"{trace_id} was not judged.", "Ask for it again.", ExitCode.USAGE
        )
    held = {name: reader.get_object(str(judged[-1].content[name])) for name in _PAPERS}
    envelope = SignedEnvelope.parse(held["envelope"])
    verdict = DeploymentVerdict.parse(unverified_payload(envelope))
    plan, view = DeploymentPlan.parse(held["plan"]), RicView.parse(held["view"])
    rules = Policy.parse(held["policy"]).xapps
    again = judge(plan, view, rules, verdict.judged_at.wall_time)
    for then, now in zip_longest(verdict.checks, again):
        if then != now:
            return f"then: {then}; now: {now}"
    return None


def _end(trace_id: str, records: Sequence[Record], verdict: DeploymentVerdict | None) -> _End:
    again = "Ask for it again."
    if outcomes := _of_kind(records, RecordKind.DEPLOYMENT_OUTCOME):
        last = outcomes[-1].content
        step, code, reason = (str(last[key]) for key in ("step", "code", "reason"))
        outcome = _OUTCOMES[step]
        return _End(outcome, code, reason, "" if outcome is Outcome.FULFILLED else again)
    if refused := _of_kind(records, RecordKind.DEPLOYMENT_REFUSED):
        error = refused[-1].content["error"]
        assert isinstance(error, dict), "the RIC writes errors as objects"
        return _End(
            Outcome.REFUSED, str(error["code"]), str(error["message"]), str(error["remedy"])
        )
    if approvals := _of_kind(records, RecordKind.APPROVAL):
        said = approvals[-1].content
        if said["decision"] == "denied":
            return _End(Outcome.DENIED, "approval.denied", f"{said['approved_by']} denied it.")
        go_on = f"ranwright approve {trace_id} again goes on."
        return _End(
            Outcome.NOT_APPLIED, "deployment.interrupted", "It was approved, and not done.", go_on
        )
    if verdict is None:
        return _End(Outcome.NOT_APPLIED, "deployment.not_judged", "It was not judged.", again)
    if not verdict.passed:
        first = next(check for check in verdict.checks if not check.passed)
        return _End(Outcome.REFUSED, first.name, "; ".join(verdict.reasons), again)
    return _End(
        Outcome.AWAITING_APPROVAL,
        "approval.person_required",
        "Every check passed; a person must approve.",
        f"ranwright approve {trace_id}, or ranwright deny {trace_id}.",
    )


def _verdict(reader: LedgerReader, records: Sequence[Record]) -> DeploymentVerdict | None:
    judged = _of_kind(records, RecordKind.DEPLOYMENT_VERDICT)
    if not judged:
        return None
    return DeploymentVerdict.parse(unverified_payload(envelope_of(judged[-1], reader.objects)))


def _records(reader: LedgerReader, trace_id: str) -> list[Record]:
    records = [entry.record for entry in reader.records(trace_id)]
    if not _of_kind(records, RecordKind.DEPLOYMENT_PLANNED):
        raise RanwrightError(
            "trace.unknown",
            f"There is no deployment {trace_id}.",
            "See ranwright trace list.",
            ExitCode.USAGE,
        )
    return records


def _of_kind(records: Sequence[Record], kind: RecordKind) -> list[Record]:
    return [record for record in records if record.kind is kind]
