"""The methods of the approver process.

====================== ============================================ ========================
approve_automatically  ``{plan, verdict, trace_id}``                signed Approval, or
                                                                    ``approval.person_required``
request                ``{plan, verdict, trace_id}``                what a person must decide
pending                ``{}``                                       the requests without decision
decide                 ``{trace_id, plan_digest, verdict_digest,    signed Approval
                       decision, approved_by, risk_class}``
====================== ============================================ ========================

``plan`` is an action's, an activation's or a deployment's, ``verdict`` the envelope that the
verifier signed. The policy is read from the site and the risk class computed here: what a caller
says about either does not count.
"""

from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from agents.approver.book import Book, Request
from contracts.action import ActionPlan
from contracts.activation import ActivationPlan
from contracts.canonical import Contract, Digest, digest_bytes
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval
from contracts.clock import Clock
from contracts.deployment import (
    DEPLOYMENT_VERDICT_PAYLOAD_TYPE,
    DeploymentPlan,
    DeploymentVerdict,
    deployment_risk,
)
from contracts.dsse import SignedEnvelope, sign, verify
from contracts.errors import ExitCode, RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.client import LedgerClient
from contracts.policy import Policy, load_policy
from contracts.record import Record, RecordKind
from contracts.risk import AUTOMATIC_PREFIX, activation_risk_class, risk_class
from contracts.rpc import Emit, Handler
from contracts.site import Site
from contracts.trust import TrustStore
from contracts.verdict import VERDICT_PAYLOAD_TYPE, RiskClass, Verdict
from xapps.platform.release import release_digest

Plan = ActionPlan | ActivationPlan | DeploymentPlan


class _Ask(Contract):
    plan: Plan
    verdict: SignedEnvelope
    trace_id: str


class _Decision(Contract):
    trace_id: str
    plan_digest: Digest
    verdict_digest: Digest
    decision: Literal["approved", "denied"]
    approved_by: str
    risk_class: RiskClass


_T = TypeVar("_T", _Ask, _Decision)


class Approver:
    """Serves one site with the approver's key."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._book = Book(site.approvals)
        self._clock = Clock()

    def handlers(self) -> dict[str, Handler]:
        """Handlers by method name."""
        return {
            "approve_automatically": self._approve_automatically,
            "request": self._request,
            "pending": self._pending,
            "decide": self._decide,
        }

    def close(self) -> None:
        """Close the book."""
        self._book.close()

    def _approve_automatically(self, params: dict[str, Any], _emit: Emit) -> Any:
        policy = load_policy(self._site.policy)
        request = self._register(params, policy)
        if request.risk_class == "high":
            raise RanwrightError(
                "approval.person_required",
                _why_a_person(request.plan),
                f"Have a person decide on plan {request.plan_digest}.",
                ExitCode.AWAITING_APPROVAL,
            )
        return self._sign(request, "approved", f"{AUTOMATIC_PREFIX}{policy.policy_id}")

    def _request(self, params: dict[str, Any], _emit: Emit) -> Any:
        return _for_a_person(self._register(params, load_policy(self._site.policy)))

    def _pending(self, _params: dict[str, Any], _emit: Emit) -> Any:
        return [_for_a_person(r) for r in self._book.pending()]

    def _decide(self, params: dict[str, Any], _emit: Emit) -> Any:
        decision = _parse(_Decision, params)
        request = self._book.request(decision.plan_digest)
        if request is None:
            raise RanwrightError(
                "approval.unknown",
                f"Plan {decision.plan_digest} did not ask for approval.",
                "List what is pending.",
            )
        _require_same(decision, request)
        return self._sign(request, decision.decision, decision.approved_by)

    def _register(self, params: dict[str, Any], policy: Policy) -> Request:
        """Check the papers and keep the request, so that it survives a restart."""
        ask = _parse(_Ask, {k: params.get(k) for k in _Ask.model_fields})
        now = self._clock.now().wall_time
        verdict = _open_verdict(ask, load_trust(self._site), now)
        _require_fit(ask.plan, verdict, policy)
        request = Request(
            trace_id=ask.trace_id,
            plan=ask.plan,
            verdict=verdict,
            risk_class=self._risk(ask.plan, policy),
        )
        self._book.ask(request)
        return request

    def _risk(self, plan: Plan, policy: Policy) -> RiskClass:
        if isinstance(plan, ActivationPlan):
            return activation_risk_class(policy.activation)
        if isinstance(plan, DeploymentPlan):
            shipped = release_digest(plan.name, self._site)
            return deployment_risk(plan, policy.xapps, shipped)
        return risk_class(plan, policy.approval)

    def _sign(
        self, request: Request, decision: Literal["approved", "denied"], approved_by: str
    ) -> Any:
        approval = Approval(
            trace_id=request.trace_id,
            plan_digest=request.plan_digest,
            verdict_digest=request.verdict.digest,
            decision=decision,
            risk_class=request.risk_class,
            approved_by=approved_by,
            decided_at=self._clock.now(),
        )
        signed = sign(approval, APPROVAL_PAYLOAD_TYPE, load_signer(self._site, "approver"))
        envelope = self._book.decide(approval, signed)
        self._record(request, decision, approved_by, envelope)
        return envelope.model_dump(mode="json")

    def _record(
        self, request: Request, decision: str, approved_by: str, envelope: SignedEnvelope
    ) -> None:
        record = Record(
            key=f"approval:{request.plan_digest}",
            trace_id=request.trace_id,
            kind=RecordKind.APPROVAL,
            actor="approver",
            at=self._clock.now(),
            content={
                "decision": decision,
                "approved_by": approved_by,
                "envelope": digest_bytes(envelope.canonical()),
            },
            objects=(digest_bytes(envelope.canonical()),),
        )
        with LedgerClient(self._site) as ledger:
            ledger.put(envelope)
            ledger.append(record)


def _open_verdict(ask: _Ask, trust: TrustStore, now: datetime) -> Verdict | DeploymentVerdict:
    if isinstance(ask.plan, DeploymentPlan):
        kind = DEPLOYMENT_VERDICT_PAYLOAD_TYPE
        return DeploymentVerdict.parse(verify(ask.verdict, kind, "verifier", trust, now))
    return Verdict.parse(verify(ask.verdict, VERDICT_PAYLOAD_TYPE, "verifier", trust, now))


def _require_fit(plan: Plan, verdict: Verdict | DeploymentVerdict, policy: Policy) -> None:
    if verdict.plan_digest != plan.digest:
        raise _refused("approval.other_plan", "The verdict is about another plan.")
    if not verdict.passed:
        raise _refused("approval.verdict_failed", f"It failed: {'; '.join(verdict.reasons)}.")
    if verdict.policy_digest != policy.digest:
        raise _refused("policy.changed", "The policy changed after the verdict.")


def _require_same(decision: _Decision, request: Request) -> None:
    if decision.approved_by.startswith(AUTOMATIC_PREFIX) or not decision.approved_by.strip():
        raise _refused("approval.not_a_person", f"{decision.approved_by!r} is no person's name.")
    if decision.verdict_digest != request.verdict.digest:
        raise _refused("approval.other_verdict", "The decision is on another verdict.")
    if decision.trace_id != request.trace_id:
        raise _refused("approval.other_trace", "The decision is on another trace.")
    if decision.risk_class != request.risk_class:
        raise _refused("approval.other_risk", f"The risk class is {request.risk_class}.")


def _why_a_person(plan: Plan) -> str:
    if isinstance(plan, ActivationPlan):
        return f"{plan.holder.name} would move {len(plan.envelope)} cells by itself."
    if isinstance(plan, DeploymentPlan):
        return f"The policy does not let this pass without a person: {plan}."
    return (
        f"{len(plan.changes)} cells change, or by more than the policy lets pass without a person."
    )


def _for_a_person(request: Request) -> dict[str, Any]:
    return {
        "trace_id": request.trace_id,
        "plan_digest": request.plan_digest,
        "verdict_digest": request.verdict.digest,
        "risk_class": request.risk_class,
        "plan": request.plan.model_dump(mode="json"),
        "verdict": request.verdict.model_dump(mode="json"),
    }


def _parse(kind: type[_T], params: dict[str, Any]) -> _T:
    try:
        return kind.model_validate(params)
    except ValidationError as error:
        raise RanwrightError("rpc.bad_params", str(error), "Check the parameters.") from error


def _refused(code: str, message: str) -> RanwrightError:
    return RanwrightError(code, message, "Look at what is pending, or plan again.")
