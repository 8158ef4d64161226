"""Judging and certifying deployments of xApps, beside actions: no twin is needed for them."""

from datetime import timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.canonical import Contract
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval
from contracts.clock import Clock
from contracts.deployment import (
    DEPLOYMENT_PAYLOAD_TYPE,
    DEPLOYMENT_VERDICT_PAYLOAD_TYPE,
    DeploymentCertificate,
    DeploymentPlan,
    DeploymentVerdict,
    RicView,
    deployment_id_of,
)
from contracts.dsse import SignedEnvelope, sign
from contracts.dsse import verify as verify_envelope
from contracts.errors import RanwrightError
from contracts.keys import load_signer, load_trust
from contracts.ledger.client import LedgerClient
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.policy import Policy, load_policy
from contracts.record import Record, RecordKind
from contracts.rpc import Client, Emit
from contracts.site import Site
from xapps.platform.deployments.judge import judge
from xapps.platform.home import RicHome

_RIC_TIMEOUT_S = 30.0


class _VerifyRequest(Contract):
    plan: DeploymentPlan


class _CertifyRequest(Contract):
    plan: DeploymentPlan
    verdict: SignedEnvelope
    approval: SignedEnvelope


_T = TypeVar("_T", _VerifyRequest, _CertifyRequest)


class DeploymentVerifier:
    """Serves ``verify_deployment`` and ``certify_deployment`` with the verifier's key."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._clock = Clock()

    def verify(self, params: dict[str, Any], _emit: Emit) -> dict[str, Any]:
        """``{plan}`` to a signed :class:`DeploymentVerdict`, passed or not; it is recorded.

        What the plan is judged against is asked of the site's RIC here, not believed of the caller.

        Raises:
            RanwrightError: ``rpc.bad_params``, ``rpc.unreachable``, ``xapp.altered``, ``policy.*``.
        """
        plan = _parse(_VerifyRequest, params).plan
        policy, now = load_policy(self._site.policy), self._clock.now()
        view = self._view(plan)
        checks = judge(plan, view, policy.xapps, now.wall_time)
        verdict = DeploymentVerdict(
            trace_id=plan.trace_id,
            plan_digest=plan.digest,
            view_digest=view.digest,
            policy_digest=policy.digest,
            passed=all(check.passed for check in checks),
            checks=checks,
            judged_at=now,
        )
        signer = load_signer(self._site, "verifier")
        envelope = sign(verdict, DEPLOYMENT_VERDICT_PAYLOAD_TYPE, signer)
        papers = {"plan": plan, "view": view, "policy": policy}
        self._record(
            RecordKind.DEPLOYMENT_VERDICT, verdict.digest, plan.trace_id, envelope, **papers
        )
        return envelope.model_dump(mode="json")

    def certify(self, params: dict[str, Any], _emit: Emit) -> dict[str, Any]:
        """``{plan, verdict, approval}`` to a signed :class:`DeploymentCertificate`.

        An approval permits one deployment: asked again it is answered with the certificate that
        stands in the ledger.

        Raises:
            RanwrightError: ``certify.verdict_failed``, ``certify.not_approved``,
                ``certify.papers_differ``, ``certify.policy_changed``, or a signature's refusal.
        """
        asked, now = _parse(_CertifyRequest, params), self._clock.now()
        policy, trust = load_policy(self._site.policy), load_trust(self._site)
        at = now.wall_time
        verdict = DeploymentVerdict.parse(
            verify_envelope(asked.verdict, DEPLOYMENT_VERDICT_PAYLOAD_TYPE, "verifier", trust, at)
        )
        approval = Approval.parse(
            verify_envelope(asked.approval, APPROVAL_PAYLOAD_TYPE, "approver", trust, at)
        )
        _require_fit(asked.plan, verdict, approval, policy)
        deployment_id = deployment_id_of(approval)
        if (standing := self._standing(deployment_id)) is None:
            certificate = DeploymentCertificate(
                deployment_id=deployment_id,
                trace_id=approval.trace_id,
                plan=asked.plan,
                verdict_digest=verdict.digest,
                policy_digest=policy.digest,
                approval=asked.approval,
                issued_at=now,
                expires_at=at + timedelta(seconds=policy.xapps.validity_s),
            )
            signer = load_signer(self._site, "verifier")
            envelope = sign(certificate, DEPLOYMENT_PAYLOAD_TYPE, signer)
            self._record(
                RecordKind.DEPLOYMENT_CERTIFICATE, deployment_id, approval.trace_id, envelope
            )
            # of two calls for one approval the first record stands, and is the answer to both
            standing = self._standing(deployment_id)
            assert standing is not None, "the ledger confirmed it"
        payload = verify_envelope(standing, DEPLOYMENT_PAYLOAD_TYPE, "verifier", trust, at)
        if DeploymentCertificate.parse(payload).deployment_id != deployment_id:
            raise _refused("certify.record_differs", "The ledger holds another certificate.")
        return standing.model_dump(mode="json")

    def _view(self, plan: DeploymentPlan) -> RicView:
        with Client(RicHome(self._site.ric).socket, _RIC_TIMEOUT_S) as ric:
            found = ric.call("view", {"name": plan.name, "version": plan.version})
        return RicView.model_validate(found)

    def _standing(self, deployment_id: str) -> SignedEnvelope | None:
        reader = LedgerReader.of(self._site)
        entry = reader.find(_key(RecordKind.DEPLOYMENT_CERTIFICATE, deployment_id))
        return None if entry is None else envelope_of(entry.record, reader.objects)

    def _record(
        self,
        kind: RecordKind,
        name: str,
        trace_id: str,
        envelope: SignedEnvelope,
        **papers: Contract,
    ) -> None:
        with LedgerClient(self._site) as ledger:
            digests = {name: ledger.put(paper) for name, paper in papers.items()}
            content = {"envelope": ledger.put(envelope), **digests}
            ledger.append(
                Record(
                    key=_key(kind, name),
                    trace_id=trace_id,
                    kind=kind,
                    actor="verifier",
                    at=self._clock.now(),
                    content=content,
                    objects=tuple(content.values()),
                )
            )


def _key(kind: RecordKind, name: str) -> str:
    return f"{kind.value}:{name}"


def _require_fit(
    plan: DeploymentPlan, verdict: DeploymentVerdict, approval: Approval, policy: Policy
) -> None:
    if not verdict.passed:
        raise _refused("certify.verdict_failed", f"It failed: {'; '.join(verdict.reasons)}.")
    if approval.decision != "approved":
        raise _refused("certify.not_approved", f"{approval.approved_by} denied it.")
    if verdict.policy_digest != policy.digest:
        raise _refused("certify.policy_changed", "The policy changed after the verdict.")
    pairs = {
        "verdict.plan": (verdict.plan_digest, plan.digest),
        "verdict.trace": (verdict.trace_id, plan.trace_id),
        "approval.plan": (approval.plan_digest, plan.digest),
        "approval.verdict": (approval.verdict_digest, verdict.digest),
        "approval.trace": (approval.trace_id, plan.trace_id),
    }
    if wrong := [name for name, (found, expected) in pairs.items() if found != expected]:
        raise _refused(
            "certify.papers_differ", f"These do not name the same papers: {', '.join(wrong)}."
        )


def _parse(kind: type[_T], params: dict[str, Any]) -> _T:
    try:
        return kind.model_validate({name: params.get(name) for name in kind.model_fields})
    except ValidationError as error:
        raise RanwrightError("rpc.bad_params", str(error), "Check the parameters.") from error


def _refused(code: str, message: str) -> RanwrightError:
    return RanwrightError(code, message, "Ask for it again (ranwright xapp ... --site).")
