"""One action from the journal's first line to the receipt: its stages in order, or the way back."""

from contracts.certificate import Certificate
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from contracts.record import RecordKind
from xapps.actuator.course import stages_of
from xapps.actuator.ending import Ending
from xapps.actuator.journal import Entry
from xapps.actuator.progress import Progress
from xapps.actuator.stage import StageEnd, StageRun
from xapps.actuator.tools import Tools


class Action:
    """Carries out what one certificate allows."""

    def __init__(self, tools: Tools, certificate: Certificate, progress: Progress) -> None:
        self._tools = tools
        self._certificate = certificate
        self._progress = progress
        self._ending = Ending(tools, certificate, progress)

    def run(self, envelope: SignedEnvelope, node: NodeInfo) -> SignedEnvelope:
        """Carry out an admitted certificate, stage by stage.

        Args:
            envelope: the certificate as it was signed.
            node: the plant as it was when the checks passed.

        Returns:
            The signed receipt, whatever the end.

        Raises:
            RanwrightError: ``certificate.used``, or ``journal.unwritable``: nothing was sent, or
                the way back was taken; the repair writes the end as soon as it can.
        """
        self._claim(envelope)
        try:
            self._log()
        except RanwrightError as error:
            reason = f"Nothing was sent: {error.message}"
            return self._ending.finish("not_applied", error.code, reason)
        for number in range(1, len(stages_of(self._certificate)) + 1):
            end = StageRun(self._tools, self._certificate, number, self._progress).carry_out(node)
            if end.node is None:
                return self._take_back(number, end)
            node = end.node
        return self._ending.finish("fulfilled", end.code, end.reason, end.measured)

    def _take_back(self, number: int, end: StageEnd) -> SignedEnvelope:
        """Of a first stage it may be that nothing stands; of a later one the earlier stand."""
        if number == 1 and end.sent == "never":
            return self._ending.finish("not_applied", end.code, end.reason)
        if number == 1 and end.sent in ("refused", "perhaps"):
            return self._ending.settle(end.code, end.reason, fence=end.sent == "perhaps")
        return self._ending.roll_back(end.code, end.reason, end.measured)

    def _claim(self, envelope: SignedEnvelope) -> None:
        certificate, data = self._certificate, envelope.canonical()
        name, plan_digest = certificate.certificate_id, certificate.plan.digest
        entry = Entry(name, certificate.trace_id, plan_digest, data, "received")
        started = self._tools.papers.record(
            RecordKind.ACTION_STARTED,
            certificate,
            {"certificate": envelope.digest},
            objects=(envelope.digest,),
        )
        self._tools.journal.claim(entry, started)

    def _log(self) -> None:
        self._tools.outbox.flush()
        self._tools.journal.advance(self._certificate.certificate_id, "logged")
