"""The planner's ports, answered by the site's processes over their sockets."""

from collections.abc import Sequence
from typing import Any, Self

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from agents.ports import Answer, Progress, Request
from agents.service.delivery import EXECUTE_TIMEOUT_S, carry_out, withdraw
from contracts.action import ActionPlan
from contracts.activation import ActivationPlan
from contracts.canonical import Contract
from contracts.certificate import Certificate, Receipt, receipt_key
from contracts.clock import Clock
from contracts.delivery import certificate_policy
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.intent import Intent
from contracts.ledger.reader import LedgerReader
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from contracts.plant_link import Observation
from contracts.problem import Problem
from contracts.rpc import Client
from contracts.site import Site

VERIFY_TIMEOUT_S = 600.0
LEDGER_TIMEOUT_S = 10.0

Document = dict[str, Any]


class _Connected:
    """A client that is closed at the end of its ``with`` block."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


class ActuatorClient(_Connected):
    """The network, through the actuator."""

    def __init__(self, site: Site, clock: Clock) -> None:
        super().__init__(Client(site.socket("actuator"), EXECUTE_TIMEOUT_S))
        self._site = site
        self._clock = clock

    def observe(self, window_ms: int) -> tuple[NetworkSnapshot, SignedEnvelope]:
        """A fresh snapshot over a window of KPM time, and the same signed by the actuator."""
        answer = self._client.call(
            "observe",
            {"reports": window_ms // REPORT_PERIOD_MS, "period_ms": REPORT_PERIOD_MS},
        )
        envelope = SignedEnvelope.model_validate(answer["snapshot"])
        snapshot = Observation.parse(unverified_payload(envelope)).snapshot
        if snapshot.taken_at.kpm_time_ms is not None:
            self._clock.observe(snapshot.taken_at.kpm_time_ms)
        return snapshot, envelope

    def execute(self, certificate: SignedEnvelope, on_progress: Progress) -> SignedEnvelope:
        """Carry out a certificate; the signed receipt.

        A planner that died meanwhile is answered with the receipt of the first time.
        """
        name = Certificate.parse(unverified_payload(certificate)).certificate_id
        answer = carry_out(
            self._site,
            name,
            certificate_policy(_document(certificate)),
            lambda event: on_progress(*_progress_of(event)),
        )
        receipt = SignedEnvelope.model_validate(answer)
        if self._is_in_ledger(receipt):
            withdraw(self._site, name)
        return receipt

    def _is_in_ledger(self, receipt: SignedEnvelope) -> bool:
        """Wait for it; a policy that stands for longer is answered by the actuator's journal."""
        told = Receipt.parse(unverified_payload(receipt))
        reader, key = LedgerReader.of(self._site), receipt_key(told)
        retrying = Retrying(
            retry=retry_if_result(lambda found: found is None),
            stop=stop_after_delay(LEDGER_TIMEOUT_S),
            wait=wait_fixed(0.05),
            retry_error_callback=lambda _: None,
        )
        return retrying(reader.find, key) is not None

    def rollback(self, certificate_id: str) -> SignedEnvelope:
        """Take the certified way back of a fulfilled action; the signed receipt."""
        answer = self._client.call("rollback", {"certificate_id": certificate_id})
        return SignedEnvelope.model_validate(answer)

    def activations(self) -> list[Document]:
        """How activations fare, newest last."""
        found: list[Document] = self._client.call("activations")
        return found


class VerifierClient(_Connected):
    """The verifier's process."""

    def __init__(self, site: Site) -> None:
        super().__init__(Client(site.socket("verifier"), VERIFY_TIMEOUT_S))

    def verify(
        self,
        intent: Intent,
        problem: Problem,
        plan: ActionPlan,
        signed_snapshot: SignedEnvelope,
        on_progress: Progress,
    ) -> SignedEnvelope:
        """A signed verdict."""
        answer = self._client.call(
            "verify",
            {
                "intent": _document(intent),
                "problem": _document(problem),
                "plan": _document(plan),
                "snapshot": _document(signed_snapshot),
            },
            lambda e: on_progress(
                f"{e['rollouts_done']} of {e['rollouts']} roll-outs",
                e["rollouts_done"] / e["rollouts"],
            ),
        )
        return SignedEnvelope.model_validate(answer)

    def certify(
        self,
        verdict: SignedEnvelope,
        approval: SignedEnvelope,
        plan: ActionPlan,
        problem: Problem,
        signed_snapshot: SignedEnvelope,
    ) -> SignedEnvelope:
        """A signed certificate."""
        answer = self._client.call(
            "certify",
            {
                "verdict": _document(verdict),
                "approval": _document(approval),
                "plan": _document(plan),
                "problem": _document(problem),
                "snapshot": _document(signed_snapshot),
            },
        )
        return SignedEnvelope.model_validate(answer)

    def verify_activation(
        self,
        plan: ActivationPlan,
        certificate: SignedEnvelope,
        receipt: SignedEnvelope,
        signed_snapshot: SignedEnvelope,
        beside: Sequence[SignedEnvelope],
        on_progress: Progress,
    ) -> SignedEnvelope:
        """A signed verdict on an activation plan."""
        answer = self._client.call(
            "verify_activation",
            {
                "plan": _document(plan),
                "certificate": _document(certificate),
                "receipt": _document(receipt),
                "snapshot": _document(signed_snapshot),
                "beside": [_document(other) for other in beside],
            },
            lambda e: on_progress(
                f"{e['rollouts_done']} of {e['rollouts']} roll-outs",
                e["rollouts_done"] / e["rollouts"],
            ),
        )
        return SignedEnvelope.model_validate(answer)

    def certify_activation(
        self,
        verdict: SignedEnvelope,
        approval: SignedEnvelope,
        plan: ActivationPlan,
        certificate: SignedEnvelope,
    ) -> SignedEnvelope:
        """A signed activation."""
        answer = self._client.call(
            "certify_activation",
            {
                "verdict": _document(verdict),
                "approval": _document(approval),
                "plan": _document(plan),
                "certificate": _document(certificate),
            },
        )
        return SignedEnvelope.model_validate(answer)


class ApproverClient(_Connected):
    """The approver's process."""

    def __init__(self, site: Site) -> None:
        super().__init__(Client(site.socket("approver")))

    def approve_automatically(
        self, trace_id: str, plan: ActionPlan | ActivationPlan, verdict: SignedEnvelope
    ) -> SignedEnvelope:
        """An approval by the policy; ``approval.person_required`` where it wants a person."""
        answer = self._client.call("approve_automatically", _papers(trace_id, plan, verdict))
        return SignedEnvelope.model_validate(answer)

    def request(
        self, trace_id: str, plan: ActionPlan | ActivationPlan, verdict: SignedEnvelope
    ) -> Request:
        """Register that a person must decide."""
        answer = self._client.call("request", _papers(trace_id, plan, verdict))
        return Request(
            trace_id=answer["trace_id"],
            plan_digest=answer["plan_digest"],
            verdict_digest=answer["verdict_digest"],
            risk_class=answer["risk_class"],
        )

    def decide(self, request: Request, answer: Answer) -> SignedEnvelope:
        """A person's decision."""
        return SignedEnvelope.model_validate(self._client.call("decide", {**request, **answer}))


def _progress_of(event: Document) -> tuple[str, float]:
    """What to show of the actuator's progress: its step, and how many stages are behind it."""
    step, of = str(event["stage"]).replace("_", " "), int(event.get("of", 1))
    number = int(event.get("number", 1))
    return (f"stage {number} of {of}: {step}" if of > 1 else step), (number - 1) / of


def _papers(trace_id: str, plan: ActionPlan | ActivationPlan, verdict: SignedEnvelope) -> Document:
    return {"trace_id": trace_id, "plan": _document(plan), "verdict": _document(verdict)}


def _document(contract: Contract) -> Document:
    return contract.model_dump(mode="json")
