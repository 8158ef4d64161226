"""Proving an activation: plan after plan goes to the verifier, and each verdict to the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass

from agents.service.activation_records import Followed, Waiting, verdict_record
from agents.service.clients import VerifierClient
from agents.service.service import OnEvent
from contracts.activation import ActivationPlan
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.ledger.client import LedgerClient
from contracts.policy import Policy
from contracts.site import Site
from contracts.verdict import Verdict
from twins.scenario import Scenario


@dataclass(frozen=True)
class Case:
    """All papers of an activation but for its plan.

    Args:
        site: whose verifier judges.
        scenario: that the site plays.
        trace_id: of the action that it follows.
        action: that it follows.
        policy: in force.
        signed_snapshot: the network as it is, by the actuator.
        beside: other activations that move at the same time.
    """

    site: Site
    scenario: Scenario
    trace_id: str
    action: Followed
    policy: Policy
    signed_snapshot: SignedEnvelope
    beside: tuple[SignedEnvelope, ...]

    def prove(self, plans: Iterable[ActivationPlan], on_event: OnEvent) -> Waiting:
        """Have plans judged until one passes, or the plant is one that no plan passes on.

        Returns:
            The last plan that was judged.

        Raises:
            RanwrightError: ``activation.no_cells`` without a plan, or the verifier's refusal.
        """
        judged: Waiting | None = None
        for plan in plans:
            on_event("verify", 0.0, "")
            judged = Waiting(plan, self._judge(plan, on_event), self.action.certificate)
            verdict = judged.judged
            if verdict.passed or any(c.about_plant and not c.passed for c in verdict.checks):
                break
        if judged is None:
            raise RanwrightError(
                "activation.no_cells",
                "No cell that the policy lets move has a power to move to.",
                "See ranwright activations, and action.allowed_cells in the policy.",
            )
        on_event("verify", 1.0, "")
        return judged

    def _judge(self, plan: ActivationPlan, on_event: OnEvent) -> SignedEnvelope:
        with VerifierClient(self.site) as verifier:
            envelope = verifier.verify_activation(
                plan,
                self.action.certificate,
                self.action.receipt,
                self.signed_snapshot,
                self.beside,
                lambda detail, share: on_event("verify", min(share, 0.99), detail),
            )
        self._record(plan, envelope)
        return envelope

    def _record(self, plan: ActivationPlan, envelope: SignedEnvelope) -> None:
        verdict = Verdict.parse(unverified_payload(envelope))
        papers = {
            "plan": plan,
            "signed_certificate": self.action.certificate,
            "signed_receipt": self.action.receipt,
            "signed_snapshot": self.signed_snapshot,
            "policy": self.policy,
            "scenario": self.scenario,
            **{f"beside:{n}": other for n, other in enumerate(self.beside)},
        }
        own = {"calibration": verdict.calibration_digest}
        if verdict.gap is not None:
            own["gap"] = verdict.gap.record_digest
        with LedgerClient(self.site) as ledger:
            inputs = own | {name: ledger.put(paper) for name, paper in papers.items()}
            ledger.put(verdict)
            ledger.put(envelope)
            ledger.append(verdict_record(self.trace_id, inputs, envelope, Clock().now()))
