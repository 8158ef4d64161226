"""From a request over A1 to a live activation: checked, conflicts decided, in the ledger, live."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from contracts.activation import Activation
from contracts.certificate import Certificate
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.policy import ActivationRules, load_policy
from contracts.site import Site
from xapps.actuator.activations import admission as checks
from xapps.actuator.activations.board import Board, Held, Verdict
from xapps.actuator.activations.conflicts import Decision, Party, decide
from xapps.actuator.activations.ending import Endings
from xapps.actuator.activations.papers import ActivationPapers
from xapps.actuator.activations.recovery import held_of
from xapps.actuator.activations.store import ActivationStore
from xapps.actuator.admission import Admission
from xapps.actuator.papers import UNVERIFIED_TRACE
from xapps.actuator.tools import Tools

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Newcomers:
    """Admits activations, one at a time.

    Args:
        site: whose policy is in force.
        tools: of the actuator.
        admission: knows the trust store.
        store: of activations.
        papers: makes records.
        board: what is live.
        endings: brings to the base who is suspended.
        alone: held while no action is under way nor open; raises otherwise.
    """

    site: Site
    tools: Tools
    admission: Admission
    store: ActivationStore
    papers: ActivationPapers
    board: Board
    endings: Endings
    alone: Callable[[], AbstractContextManager[None]]

    def admit(self, name: str, envelope: SignedEnvelope) -> None:
        """Have an activation live; one that is already stays so.

        Args:
            name: of the A1 policy instance.
            envelope: the activation as it was signed.

        Raises:
            RanwrightError: why it is not live; the ledger hears of it.
        """
        if self._goes_on(name, envelope):
            return
        trace_id = UNVERIFIED_TRACE
        try:
            now = self.tools.clock.now().wall_time
            activation = checks.authentic(envelope, self.admission.trust(), now)
            trace_id = activation.trace_id
            if activation.activation_id != name:
                raise checks.refused("activation.other_name", f"It is not named {name[:64]!r}.")
            self._require_unused(activation)
            with self.alone():
                self._admit(activation, envelope)
        except RanwrightError as error:
            self._refuse(envelope.digest, trace_id, error)
            raise

    def suspend(self, held: Held, reason: str) -> None:
        """Have an activation stand at its base until another has ended; callers hold the turn.

        Raises:
            RanwrightError: it is suspended, and its cells are not at their base yet.
        """
        self.store.set_status(held.name, "suspended", "conflict.suspended", reason)
        held.status, held.at_base, held.floor_version = "suspended", False, None
        self.settle(held)

    def settle(self, held: Held) -> None:
        """Bring the cells of a suspended activation to their base; callers hold the turn."""
        if self.endings.bring_to_base(held) is None:
            gone = "The node began anew while it was suspended."
            self.endings.begin(held, Verdict("revoked", "activation.node_gone", gone))
        held.at_base = True

    def _goes_on(self, name: str, envelope: SignedEnvelope) -> bool:
        """Whether these very octets were admitted and are not over; a key that was rotated out
        since goes on counting for them.
        """
        row = self.store.find(name)
        return (
            row is not None
            and row.digest == envelope.digest
            and row.status in ("live", "suspended")
        )

    def _require_unused(self, activation: Activation) -> None:
        if self.store.find(activation.activation_id) is None:
            return
        with self.board.turn:
            held = self.board.held.get(activation.activation_id)
            if held is not None:
                replaced = Verdict("ended", "activation.replaced", "Another took its name.")
                self.endings.begin(held, replaced)
        raise checks.refused("activation.used", f"{activation.activation_id} was used before.")

    def _admit(self, activation: Activation, envelope: SignedEnvelope) -> None:
        certificate, rules = self._check_papers(activation)
        decision = self._decide(activation, rules)
        records = [
            *(
                self.papers.conflict(ruling, activation.trace_id, number)
                for number, ruling in enumerate(decision.rulings)
            ),
            self.papers.started(activation, envelope),
        ]
        if not self.store.claim(activation, envelope, records):
            raise checks.refused("activation.used", f"{activation.activation_id} was used before.")
        try:
            self.tools.outbox.flush()  # the ledger holds the envelope before the first move
            with self.board.turn:
                self._go_live(activation, envelope, certificate, decision)
        except RanwrightError as error:
            self._not_live(activation, error)
            raise

    def _check_papers(self, activation: Activation) -> tuple[Certificate, ActivationRules]:
        policy, trust = load_policy(self.site.policy), self.admission.trust()
        now, plan, rules = self.tools.clock.now().wall_time, activation.plan, policy.activation
        checks.in_time(activation, rules, now)
        checks.under_policy(activation, policy, rules)
        checks.approved(activation, rules, trust, now)
        checks.inside_limits(plan, policy, rules)
        certificate = checks.followed_action(plan, self.tools.journal)
        checks.promises_as_measured(plan, certificate)
        return certificate, rules

    def _decide(self, activation: Activation, rules: ActivationRules) -> Decision:
        self._require_settled()
        live = [held.party for held in self.board.live()]
        decision = decide(Party(activation.activation_id, activation.plan), live)
        refusal = decision.refusal
        if refusal is not None:
            for number, ruling in enumerate(decision.rulings):
                record = self.papers.conflict(ruling, activation.trace_id, number)
                self.tools.journal.enqueue(record)
            raise checks.refused(f"conflict.{refusal.conflict.kind}", refusal.explanation)
        if len(live) - len(decision.suspended) >= rules.max_live:
            raise checks.refused(
                "activation.too_many", f"The policy allows {rules.max_live} at the same time."
            )
        return decision

    def _go_live(
        self,
        activation: Activation,
        envelope: SignedEnvelope,
        certificate: Certificate,
        decision: Decision,
    ) -> None:
        checks.still_in_time(activation, self.tools.clock.now().wall_time)
        self._require_settled()  # again: the ledger was waited for
        for name in decision.suspended:
            other = self.board.held.get(name)
            if other is not None and other.status == "live":
                said = next(r.explanation for r in decision.rulings if r.conflict.other == name)
                self.suspend(other, said)
        node = self.tools.plant.read_back()
        self.endings.adopt(node)
        checks.as_left(activation, certificate, node, self.board)
        self.store.set_status(activation.activation_id, "live", None, "")
        self.board.held[activation.activation_id] = held_of(activation, envelope, certificate)
        _log.info("activation.live", activation=activation.activation_id)

    def _require_settled(self) -> None:
        if any(held.status == "ending" for held in list(self.board.held.values())):
            raise RanwrightError(
                "activation.unsettled",
                "Another activation is still on its way to its base.",
                "Try again when it has ended.",
            )

    def _not_live(self, activation: Activation, error: RanwrightError) -> None:
        name = activation.activation_id
        signed, record = self.papers.end(
            name, activation.trace_id, "refused", error.code, error.message, 0, None, None
        )
        data = (signed.canonical(),)
        self.store.set_status(
            name, "refused", error.code, error.message, "refused", (record,), data
        )

    def _refuse(self, digest: str, trace_id: str, error: RanwrightError) -> None:
        _log.warning("activation.refused", code=error.code, reason=error.message)
        try:
            self.tools.journal.enqueue(self.papers.refusal(digest, trace_id, error))
        except RanwrightError as unwritable:
            _log.error("refusal.unwritten", code=error.code, reason=unwritable.message)
