"""One action from the journal's first line to the receipt.

Order is everything: journal, ledger, control, read-back, watch. Whatever goes wrong after the
control leads to the way back; nothing ever sends the control a second time.
"""

from dataclasses import dataclass

from contracts.certificate import Certificate
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.plant_link import ControlAck, NodeInfo
from contracts.record import RecordKind
from xapps.actuator.effect import Effect, watch_effect
from xapps.actuator.journal import EndStatus, Entry, Journal
from xapps.actuator.outbox import Outbox
from xapps.actuator.papers import Papers
from xapps.actuator.plant import Plant
from xapps.actuator.progress import Progress
from xapps.actuator.way_back import WayBack, applied

_LOST_ANSWER = ("rpc.unreachable", "plant.malformed_answer")


@dataclass(frozen=True)
class Tools:
    """What every action needs."""

    journal: Journal
    outbox: Outbox
    papers: Papers
    plant: Plant
    clock: Clock


class Action:
    """Carries out, finishes or takes back what one certificate allows."""

    def __init__(self, tools: Tools, certificate: Certificate, progress: Progress) -> None:
        self._tools = tools
        self._certificate = certificate
        self._progress = progress
        self._id = certificate.certificate_id

    def run(self, envelope: SignedEnvelope, node: NodeInfo) -> SignedEnvelope:
        """Carry out an admitted certificate.

        Args:
            envelope: the certificate as it was signed.
            node: the plant as it was when the checks passed.

        Returns:
            The signed receipt, whatever the end.

        Raises:
            RanwrightError: ``certificate.used``; everything later is a receipt.
        """
        self._claim(envelope)
        try:
            self._announce(node)
        except RanwrightError as error:
            return self.finish("not_applied", error.code, f"Nothing was sent: {error.message}")
        try:
            ack = self._tools.plant.control(node, self._id, self._certificate.plan.changes)
        except RanwrightError as error:
            self._answered({"error": dict(error.to_json())})
            lost = error.code in _LOST_ANSWER
            return self.settle(error.code, f"No acknowledgement: {error.message}", fence=lost)
        self._acknowledge(ack)
        return self._confirm(ack)

    def settle(self, code: str, reason: str, fence: bool = True) -> SignedEnvelope:
        """End an action whose control may or may not have been carried out.

        Where something of it stands, the way back is journaled before it is taken: after a crash
        in between, the action is not mistaken for one that was never carried out.

        Args:
            code: why, for the receipt.
            reason: why, for people.
            fence: the control may still be under way; ``False`` when the plant answered it.
        """
        try:
            found = WayBack(self._tools.plant, self._certificate).settle(fence)
        except RanwrightError as error:
            return self._fail(error)
        if found == "unchanged":
            return self.finish("not_applied", code, f"The plant is unchanged. {reason}")
        return self.roll_back(code, reason)

    def roll_back(
        self, code: str, reason: str, measured: NetworkSnapshot | None = None
    ) -> SignedEnvelope:
        """Take the certified way back and end the action."""
        self._start_rollback(code, reason)
        try:
            WayBack(self._tools.plant, self._certificate).take()
        except RanwrightError as error:
            return self._fail(error)
        return self.finish("rolled_back", code, reason, measured)

    def finish(
        self, status: EndStatus, code: str, reason: str, measured: NetworkSnapshot | None = None
    ) -> SignedEnvelope:
        """Sign the receipt and end the action; the ledger hears of it as soon as it can."""
        tools = self._tools
        envelope, record = tools.papers.receipt(self._certificate, status, code, reason, measured)
        data = (envelope.canonical(),)
        tools.journal.advance(self._id, status, (record,), data, code=code, receipt=envelope)
        tools.outbox.try_flush()
        self._progress("finished", tools.clock.now().kpm_time_ms, status=status, code=code)
        return envelope

    def _claim(self, envelope: SignedEnvelope) -> None:
        certificate, data = self._certificate, envelope.canonical()
        entry = Entry(self._id, certificate.trace_id, certificate.plan.digest, data, "received")
        started = self._tools.papers.record(
            RecordKind.ACTION_STARTED,
            certificate,
            {"certificate": envelope.digest},
            objects=(envelope.digest,),
        )
        self._tools.journal.claim(entry, started)

    def _announce(self, node: NodeInfo) -> None:
        """Have the ledger hold what is about to happen before it happens."""
        tools = self._tools
        tools.outbox.flush()
        tools.journal.advance(self._id, "logged")
        sent = tools.papers.record(
            RecordKind.CONTROL_SENT,
            self._certificate,
            {
                "node_name": node.node_name,
                "expected_version": node.resource_version,
                "changes": [c.model_dump(mode="json") for c in self._certificate.plan.changes],
            },
        )
        tools.journal.advance(self._id, "sending", (sent,))
        tools.outbox.flush()
        self._progress("sending", node.kpm_time_ms)

    def _answered(self, content: dict[str, object]) -> None:
        record = self._tools.papers.record(RecordKind.CONTROL_ANSWERED, self._certificate, content)
        self._tools.journal.enqueue(record)

    def _acknowledge(self, ack: ControlAck) -> None:
        tools = self._tools
        record = tools.papers.record(
            RecordKind.CONTROL_ANSWERED, self._certificate, {"ack": ack.model_dump(mode="json")}
        )
        version = ack.resource_version
        tools.journal.advance(self._id, "acknowledged", (record,), applied_version=version)
        tools.outbox.try_flush()
        self._progress("acknowledged", ack.kpm_time_ms)

    def _confirm(self, ack: ControlAck) -> SignedEnvelope:
        """An acknowledgement is not an effect: read back, then measure."""
        try:
            node = self._tools.plant.read_back()
        except RanwrightError as error:
            return self.roll_back("effect.unreadable", f"No read-back: {error.message}")
        if not applied(node, self._certificate.plan.changes):
            return self.settle("effect.not_taken", "The plant acknowledged other values than set.")
        self._tools.journal.advance(self._id, "watching")
        effect = self._watch(ack)
        if effect.confirmed:
            return self.finish("fulfilled", effect.code, effect.reason, effect.measured)
        return self.roll_back(effect.code, effect.reason, effect.measured)

    def _watch(self, ack: ControlAck) -> Effect:
        tools = self._tools
        return watch_effect(self._certificate, ack, tools.plant, tools.clock, self._progress)

    def _start_rollback(self, code: str, reason: str) -> None:
        tools = self._tools
        record = tools.papers.record(
            RecordKind.ROLLBACK_STARTED, self._certificate, {"code": code, "reason": reason}
        )
        tools.journal.advance(self._id, "rolling_back", (record,), code=code)
        tools.outbox.try_flush()
        self._progress("rolling_back", tools.clock.now().kpm_time_ms, code=code)

    def _fail(self, error: RanwrightError) -> SignedEnvelope:
        return self.finish("failed", error.code, error.message)
