"""Proving an activation: what fits goes to the verifier, and each verdict to the ledger."""

from dataclasses import dataclass

from pydantic import JsonValue

from agents.envelope import Proposal
from agents.papers import EnvelopeRoom
from agents.room import Room
from agents.service.activation_records import Followed, Waiting, room_record, verdict_record
from agents.service.clients import VerifierClient
from agents.service.service import OnEvent
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.own import calibration_of, gap_of
from contracts.activation import ActivationPlan
from contracts.canonical import Digest
from contracts.certificate import Receipt
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.kpi import CATALOGUE
from contracts.ledger.client import LedgerClient
from contracts.policy import Policy
from contracts.site import Site
from contracts.verdict import Verdict
from twins.scenario import Scenario

NARROWER = 0.6
"""What may be spent of what is left, from attempt to attempt."""


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

    def prove(self, proposal: Proposal, width_db: float, on_event: OnEvent) -> Waiting:
        """Have the widest plan judged that fits, then narrower ones, as the policy lets try.

        It ends with the first that passes, or on a plant that no plan passes on.

        Returns:
            The last plan that was judged.

        Raises:
            RanwrightError: ``activation.no_cells``, ``activation.no_room``, or the verifier's
                refusal.
        """
        widest = proposal.widest(width_db)
        if widest is None:
            raise RanwrightError(
                "activation.no_cells",
                "No cell that the policy lets move has a power to move to.",
                "See ranwright activations, and action.allowed_cells in the policy.",
            )
        on_event("propose", 0.0, "")
        papers = self._papers(proposal, widest)
        room = Room(papers, lambda share: on_event("propose", min(share, 0.99), ""))
        judged: Waiting | None = None
        for attempt in range(self.policy.verification.max_attempts):
            fitting = self._fitting(papers, room, attempt)
            on_event("propose", 1.0, "")
            if fitting.plan is None and judged is None:
                raise _no_room(fitting, room)
            if fitting.plan is None:
                break
            on_event("verify", 0.0, "")
            judged = Waiting(
                fitting.plan, self._judge(fitting.plan, on_event), self.action.certificate
            )
            checks = judged.judged.checks
            if judged.judged.passed or any(c.about_plant and not c.passed for c in checks):
                break
        assert judged is not None, "a policy lets try at least once"
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

    def _fitting(self, widest: ActivationPapers, room: Room, attempt: int) -> EnvelopeRoom:
        """The widest plan of an attempt, in the ledger with all that it rests on."""
        share = NARROWER**attempt
        fitting = room.fit(share)
        with LedgerClient(self.site) as ledger:
            own = {"calibration": ledger.put(calibration_of(self.site))}
            if widest.gap is not None:
                own["gap"] = ledger.put(widest.gap)
            inputs = own | self._kept(ledger, widest.plan)
            ledger.put(fitting)
            parameters: dict[str, JsonValue] = {"attempt": attempt + 1, "share": share}
            ledger.append(room_record(self.trace_id, inputs, fitting, parameters, Clock().now()))
        return fitting

    def _record(self, plan: ActivationPlan, envelope: SignedEnvelope) -> None:
        verdict = Verdict.parse(unverified_payload(envelope))
        own = {"calibration": verdict.calibration_digest}
        if verdict.gap is not None:
            own["gap"] = verdict.gap.record_digest
        with LedgerClient(self.site) as ledger:
            inputs = own | self._kept(ledger, plan)
            ledger.put(verdict)
            ledger.put(envelope)
            ledger.append(verdict_record(self.trace_id, inputs, envelope, Clock().now()))

    def _kept(self, ledger: LedgerClient, plan: ActivationPlan) -> dict[str, Digest]:
        """All papers of a plan but the verifier's own, put into the ledger's store."""
        papers = {
            "plan": plan,
            "signed_certificate": self.action.certificate,
            "signed_receipt": self.action.receipt,
            "signed_snapshot": self.signed_snapshot,
            "policy": self.policy,
            "scenario": self.scenario,
            **{f"beside:{n}": other for n, other in enumerate(self.beside)},
        }
        return {name: ledger.put(paper) for name, paper in papers.items()}

    def _papers(self, proposal: Proposal, plan: ActivationPlan) -> ActivationPapers:
        """As the verifier reads them; it opens them anew, and believes no digest."""
        return ActivationPapers(
            plan=plan,
            certificate=self.action.content,
            receipt=Receipt.parse(unverified_payload(self.action.receipt)),
            observation=proposal.observation,
            beside=proposal.beside,
            policy=self.policy,
            scenario=self.scenario,
            calibration_digest=calibration_of(self.site).digest,
            gap=gap_of(self.site, self.scenario, self.policy),
        )


def _no_room(fitting: EnvelopeRoom, room: Room) -> RanwrightError:
    limit = fitting.limited_by
    unit = CATALOGUE[limit.requirement.kpi].unit
    strange = [check.reason for check in room.gap_checks if not check.passed]
    hardly = f" The twin hardly knows this network: {'; '.join(strange)}." if strange else ""
    return RanwrightError(
        "activation.no_room",
        f"No cell has room to move: {limit.requirement.describe()} has"
        f" {limit.left_in_kpi_unit:.2f} {unit} left at the worst.{hardly}",
        "Ask the action for more than it has to keep, or relax that promise.",
        ExitCode.INFEASIBLE,
    )
