"""Activations of a running site: proposed, proven, approved, signed, put on A1, taken back."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import AwareDatetime

from agents.envelope import Proposal
from agents.service.activation_delivery import MOVING, ActivationDelivery
from agents.service.activation_proof import Case
from agents.service.activation_records import (
    Waiting,
    followed,
    waiting,
)
from agents.service.clients import ActuatorClient, ApproverClient, VerifierClient
from agents.service.ric import ask
from agents.service.service import Caller, OnEvent
from agents.service.site_setup import SiteConfig
from contracts.activation import Activation, ActivationPlan, Holder
from contracts.canonical import Contract
from contracts.certificate import Approval
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.reader import LedgerReader
from contracts.plant_link import Observation
from contracts.policy import load_policy
from contracts.site import Site
from contracts.verdict import Verdict
from twins.scenario import load_scenario
from xapps.platform.home import RicHome


@dataclass(frozen=True)
class Wish:
    """What the operator asks for."""

    xapp: str
    half_width_db: float
    validity_s: int
    priority: int


class ActivationOutcome(Contract):
    """What became of a wish: ``status`` is the actuator's, or why it never came to it."""

    trace_id: str
    status: str
    code: str
    reason: str
    remedy: str | None = None
    activation_id: str | None = None
    plan: ActivationPlan
    verdict: Verdict
    approved_by: str | None = None
    expires_at: AwareDatetime | None = None


class Activations:
    """Acts for one caller on a site that is up.

    Args:
        site: the site.
        config: what it plays.
        caller: who approves where a person must.
    """

    def __init__(self, site: Site, config: SiteConfig, caller: Caller) -> None:
        self._site = site
        self._scenario = load_scenario(config.scenario)
        self._home = RicHome(site.ric)
        self._caller = caller
        self._reader = LedgerReader.of(site)
        self._delivery = ActivationDelivery(site)
        self._clock = Clock()

    def activate(
        self, trace_id: str, wish: Wish, approve: Literal["auto", "ask"], on_event: OnEvent
    ) -> ActivationOutcome:
        """Let an xApp move the powers that an action left.

        The widest envelope that can be proven, up to the one asked for.

        Returns:
            Live, or why not; ``awaiting_approval`` where a person must decide first.

        Raises:
            RanwrightError: ``trace.unknown``, ``activation.not_fulfilled``,
                ``activation.no_xapp``, ``activation.no_cells``, ``activation.no_room``,
                ``verify.*``, or a defect.
        """
        proven = self._prove(trace_id, wish, on_event)
        if not proven.judged.passed:
            return _outcome(
                trace_id,
                proven,
                "not_proven",
                "activation.not_proven",
                f"No envelope was proven: {'; '.join(proven.judged.reasons)}.",
                "Ask the action for more than it has to keep, or let fewer cells move.",
            )
        approval = self._approve(trace_id, proven, approve)
        if approval is None:
            return _outcome(
                trace_id,
                proven,
                "awaiting_approval",
                "approval.person_required",
                "A person must approve this activation.",
                f"ranwright approve {trace_id}, or deny it.",
            )
        return self._certified(trace_id, proven, approval, on_event)

    def waits(self, trace_id: str) -> bool:
        """Whether an activation of a trace waits for a person."""
        return waiting(self._reader, trace_id) is not None

    def decide(
        self, trace_id: str, decision: Literal["approved", "denied"], on_event: OnEvent
    ) -> ActivationOutcome:
        """Decide a waiting activation as the caller, and go on.

        Raises:
            RanwrightError: ``approval.not_waiting``, or the approver's refusal.
        """
        proven = waiting(self._reader, trace_id)
        if proven is None:
            raise RanwrightError(
                "approval.not_waiting",
                f"No activation of trace {trace_id} waits for approval.",
                "See ranwright activations.",
                ExitCode.USAGE,
            )
        with ApproverClient(self._site) as approver:
            request = approver.request(trace_id, proven.plan, proven.verdict)
            approval = approver.decide(
                request, {"decision": decision, "approved_by": self._caller.name}
            )
        if decision == "denied":
            reason = f"{self._caller.name} denied it."
            return _outcome(trace_id, proven, "denied", "approval.denied", reason, None)
        return self._certified(trace_id, proven, approval, on_event)

    def deactivate(self, activation_id: str) -> dict[str, Any]:
        """Take an activation back, and wait until the network is at its base again.

        Returns:
            How it ended, as the actuator lists it.

        Raises:
            RanwrightError: ``activation.unknown``, ``activation.no_answer``, ``a1.*``.
        """
        return self._delivery.take_back(activation_id)

    def entries(self) -> list[dict[str, Any]]:
        """All activations that the actuator knows, the newest first."""
        return self._delivery.entries()

    def _prove(self, trace_id: str, wish: Wish, on_event: OnEvent) -> Waiting:
        """The first plan that is proven, else the last one that was tried."""
        action, policy = followed(self._reader, trace_id), load_policy(self._site.policy)
        holder, beside = self._holder(wish.xapp), self._beside(wish.priority)
        on_event("observe", 0.0, "")
        with ActuatorClient(self._site, self._clock) as actuator:
            _, signed = actuator.observe(policy.certificate.watch_window_ms)
        proposal = Proposal(
            certificate=action.content,
            problem=action.problem,
            observation=Observation.parse(unverified_payload(signed)),
            policy=policy,
            equipment=self._scenario.equipment,
            holder=holder,
            priority=wish.priority,
            validity_s=wish.validity_s,
            beside=tuple(Activation.parse(unverified_payload(e)) for e in beside),
        )
        case = Case(self._site, self._scenario, trace_id, action, policy, signed, tuple(beside))
        return case.prove(proposal, wish.half_width_db, on_event)

    def _approve(
        self, trace_id: str, proven: Waiting, approve: Literal["auto", "ask"]
    ) -> SignedEnvelope | None:
        """By the policy, if asked for and it does; else a person is asked."""
        with ApproverClient(self._site) as approver:
            if approve == "auto":
                try:
                    return approver.approve_automatically(trace_id, proven.plan, proven.verdict)
                except RanwrightError as error:
                    if error.code != "approval.person_required":
                        raise
            approver.request(trace_id, proven.plan, proven.verdict)
        return None

    def _certified(
        self, trace_id: str, proven: Waiting, approval: SignedEnvelope, on_event: OnEvent
    ) -> ActivationOutcome:
        on_event("certify", 0.0, "")
        with VerifierClient(self._site) as verifier:
            signed = verifier.certify_activation(
                proven.verdict, approval, proven.plan, proven.certificate
            )
        on_event("certify", 1.0, "")
        activation = Activation.parse(unverified_payload(signed))
        entry = self._delivery.put(activation, signed)
        return _outcome(
            trace_id,
            proven,
            entry["status"],
            entry["code"] or f"activation.{entry['status']}",
            entry["reason"] or f"{proven.plan.holder.name} may move powers inside the envelope.",
            None if entry["status"] in MOVING else "See the reason, and activate again.",
        ).model_copy(
            update={
                "activation_id": activation.activation_id,
                "approved_by": Approval.parse(unverified_payload(approval)).approved_by,
                "expires_at": activation.expires_at,
            }
        )

    def _beside(self, priority: int) -> list[SignedEnvelope]:
        """What goes on moving: live, and of no smaller priority."""
        found = []
        for listed in self.entries():
            if listed["status"] != "live":
                continue
            envelope = self._delivery.signed(listed["activation_id"])
            if Activation.parse(unverified_payload(envelope)).plan.priority >= priority:
                found.append(envelope)
        return found

    def _holder(self, name: str) -> Holder:
        """The xApp as it is deployed."""
        found = [i for i in ask(self._home, "instances") if i["name"] == name]
        if not found:
            raise RanwrightError(
                "activation.no_xapp",
                f"No xApp {name} is deployed on the site's RIC.",
                "Deploy it first (ranwright xapp deploy).",
                ExitCode.USAGE,
            )
        digest = f"sha256:{found[0]['digest']}"
        return Holder(name=name, version=found[0]["version"], package_digest=digest)


def _outcome(
    trace_id: str, proven: Waiting, status: str, code: str, reason: str, remedy: str | None
) -> ActivationOutcome:
    return ActivationOutcome(
        trace_id=trace_id,
        status=status,
        code=code,
        reason=reason,
        remedy=remedy,
        plan=proven.plan,
        verdict=proven.judged,
    )
