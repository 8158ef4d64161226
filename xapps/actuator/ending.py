"""How an action ends: fulfilled, not applied, taken back, fallen back, or failed for now."""

import structlog

from contracts.certificate import Certificate
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.record import RecordKind
from xapps.actuator.fall_back import FallBack
from xapps.actuator.journal import EndStatus, Step
from xapps.actuator.progress import Progress
from xapps.actuator.tools import Tools
from xapps.actuator.way_back import WayBack

_log = structlog.get_logger(__name__)


class Ending:
    """Ends one action. The plant comes before the books: the way back waits for no disk."""

    def __init__(self, tools: Tools, certificate: Certificate, progress: Progress) -> None:
        self._tools = tools
        self._certificate = certificate
        self._progress = progress
        self._id = certificate.certificate_id

    def settle(self, code: str, reason: str, fence: bool = True) -> SignedEnvelope:
        """End an action of which only the first control may have been carried out.

        Where something of it stands, the way back is journaled before it is taken: after a crash
        in between, the action is not mistaken for one that was never carried out.

        Args:
            code: why, for the receipt.
            reason: why, for people.
            fence: the control may still be under way; ``False`` when the plant answered it.

        Raises:
            RanwrightError: ``journal.unwritable``.
        """
        try:
            found = self._way_back().settle(fence)
        except RanwrightError as error:
            return self._fail(error)
        if found == "unchanged":
            return self.finish("not_applied", code, f"The plant is unchanged. {reason}")
        return self.roll_back(code, reason)

    def roll_back(
        self, code: str, reason: str, measured: NetworkSnapshot | None = None
    ) -> SignedEnvelope:
        """Take the certified way back, or fall back, and end the action.

        Raises:
            RanwrightError: ``journal.unwritable``; the plant is back nevertheless.
        """
        self._start("rolling_back", RecordKind.ROLLBACK_STARTED, code, reason)
        try:
            self._way_back().take()
        except RanwrightError as error:
            return self._fall_back(error, code, reason, measured)
        return self.finish("rolled_back", code, reason, measured)

    def try_again(self, step: Step) -> None:
        """Try the way back and the fall-back of an action that failed or fell back, once each.

        Raises:
            RanwrightError: ``rollback.failed`` when neither is possible yet.
        """
        answers = "The plant answers again."
        try:
            self._way_back(limit_s=0.0).take()
        except RanwrightError:
            found = FallBack(self._way_back(limit_s=0.0)).take()
            if found == "rolled_back" or step == "failed":
                self.finish(found, f"recovery.{found}", answers)
        else:
            self.finish("rolled_back", "recovery.rolled_back", answers)

    def finish(
        self, status: EndStatus, code: str, reason: str, measured: NetworkSnapshot | None = None
    ) -> SignedEnvelope:
        """Sign the receipt and end the action; the ledger hears of it as soon as it can.

        Raises:
            RanwrightError: ``journal.unwritable``.
        """
        tools = self._tools
        envelope, record = tools.papers.receipt(self._certificate, status, code, reason, measured)
        data = (envelope.canonical(),)
        tools.journal.advance(self._id, status, (record,), data, code=code, receipt=envelope)
        tools.outbox.try_flush()
        self._progress("finished", tools.clock.now().kpm_time_ms, status=status, code=code)
        return envelope

    def _fall_back(
        self, cause: RanwrightError, code: str, reason: str, measured: NetworkSnapshot | None
    ) -> SignedEnvelope:
        self._start("falling_back", RecordKind.FALL_BACK_STARTED, code, cause.message)
        try:
            found = FallBack(self._way_back()).take()
        except RanwrightError as error:
            return self._fail(error)
        end = code if found == "rolled_back" else "rollback.fallen_back"
        return self.finish(found, end, f"{reason} {cause.message}", measured)

    def _way_back(self, limit_s: float | None = None) -> WayBack:
        entry = self._tools.journal.find(self._id)
        sent_version = entry.sent_version if entry is not None else None
        return WayBack(self._tools.plant, self._certificate, sent_version, limit_s)

    def _start(self, step: Step, kind: RecordKind, code: str, reason: str) -> None:
        tools = self._tools
        record = tools.papers.record(kind, self._certificate, {"code": code, "reason": reason})
        try:
            tools.journal.advance(self._id, step, (record,), code=code)
        except RanwrightError as error:
            _log.error("ending.unwritten", step=step, reason=error.message)
        tools.outbox.try_flush()
        self._progress(step, tools.clock.now().kpm_time_ms, code=code)

    def _fail(self, error: RanwrightError) -> SignedEnvelope:
        return self.finish("failed", error.code, error.message)
