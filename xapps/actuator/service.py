"""The actuator, and the methods of its process.

Certificates come over A1, see :mod:`xapps.actuator.a1`.

============= =========================== =================================================
observe       ``{reports, period_ms}``    ``{snapshot: signed Observation}``
rollback      ``{certificate_id}``        signed Receipt
status        ``{certificate_id}``        ``{step, stage, code, applied_version, receipt}``
activations   ``{}``                      ``[{activation_id, status, moves, powers_mw, ...}]``
============= =========================== =================================================
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from contracts.clock import Clock
from contracts.dsse import SignedEnvelope
from contracts.errors import RanwrightError
from contracts.ledger.outbox import LedgerOutbox
from contracts.network import KpmReport
from contracts.rpc import Emit, Handler
from contracts.site import Site
from xapps.actuator import checks
from xapps.actuator.action import Action
from xapps.actuator.activations.service import Activations
from xapps.actuator.admission import Admission
from xapps.actuator.ending import Ending
from xapps.actuator.journal import Entry, Journal
from xapps.actuator.papers import UNVERIFIED_TRACE, Papers
from xapps.actuator.plant import Plant
from xapps.actuator.progress import Progress
from xapps.actuator.repair import certificate_of, repair
from xapps.actuator.tools import Tools
from xapps.actuator.whole import start_thread
from xapps.sdk.e2 import E2
from xapps.sdk.nodes import NodeDirectory

_log = structlog.get_logger(__name__)
_MAINTENANCE_PERIOD_S = 0.5
_SILENCE_S = 10.0
_MOST_REPORTS = 10_000


class Actuator:
    """Serves one site. One action at a time; everything else is refused meanwhile.

    Args:
        site: whose actuator this is.
        e2: E2 of this xApp.
        directory: of E2 nodes.
    """

    def __init__(self, site: Site, e2: E2, directory: NodeDirectory) -> None:
        clock = Clock()
        journal = Journal(site.actuator_journal)
        plant = Plant(site, clock, e2, directory)
        self._tools = Tools(journal, LedgerOutbox(site, journal), Papers(site, clock), plant, clock)
        self._admission = Admission(site, journal, plant, clock)
        self._acting = threading.Lock()  # held by the live action; others are refused at once
        self._plant_in_use = threading.Lock()  # held by the live action or by a repair
        self._stop = threading.Event()
        self.activations = Activations(site, self._tools, self._admission, self._one_at_a_time)

    def handlers(self) -> dict[str, Handler]:
        """Handlers by method name."""
        return {
            "observe": self._observe,
            "rollback": self._rollback,
            "status": self._status,
            "activations": self.activations.listed,
        }

    def start(self) -> None:
        """Begin to repair what was interrupted, now and whenever something is left open."""
        start_thread("maintenance", self._maintain)
        self.activations.start(self._stop)

    def close(self) -> None:
        """Stop repairing. A live action is left to the next start, which takes it back."""
        self._stop.set()

    def _observe(self, params: dict[str, Any], emit: Emit) -> Any:
        count = _whole_number(params, "reports", _MOST_REPORTS)
        period_ms = _whole_number(params, "period_ms", 3_600_000)
        node = self._tools.plant.read_back()
        reports: list[KpmReport] = []
        progress = Progress(emit)

        def receive(report: KpmReport) -> None:
            reports.append(report)
            progress("observing", report.kpm_time_ms, reports=len(reports), of=count)

        self._tools.plant.subscribe(node, period_ms, count, _SILENCE_S, receive)
        return {
            "snapshot": self._tools.papers.snapshot(node, reports).model_dump(mode="json"),
        }

    @property
    def journal(self) -> Journal:
        """What was begun, and how far it came."""
        return self._tools.journal

    def execute(self, envelope: SignedEnvelope, progress: Progress) -> SignedEnvelope:
        """Admit a certificate, carry it out, and watch its effect.

        Returns:
            The signed receipt, whatever the end.

        Raises:
            RanwrightError: it was refused and nothing was sent, which the ledger hears; or
                ``journal.unwritable``: it was begun.
        """
        trace_id = UNVERIFIED_TRACE
        try:
            certificate = self._admission.authenticate(envelope)
            trace_id = certificate.trace_id
            with self._without_activations():
                node = self._admission.admit(certificate, progress)
                return Action(self._tools, certificate, progress).run(envelope, node)
        except RanwrightError as error:
            if error.code != "journal.unwritable":  # not refused: begun, and not written yet
                self._refuse(envelope, trace_id, error)
            raise

    def _rollback(self, params: dict[str, Any], emit: Emit) -> Any:
        with self._without_activations():
            entry = self._entry(params)
            certificate = certificate_of(entry)
            node = self._tools.plant.read_back()
            checks.may_be_taken_back(entry.step, entry.applied_version, certificate, node)
            ending = Ending(self._tools, certificate, Progress(emit))
            receipt = ending.roll_back("rollback.requested", "Taken back on request.")
        return receipt.model_dump(mode="json")

    def _status(self, params: dict[str, Any], _emit: Emit) -> Any:
        entry = self._entry(params)
        receipt = None
        if entry.receipt is not None:
            receipt = SignedEnvelope.parse(entry.receipt).model_dump(mode="json")
        return {
            "step": entry.step,
            "stage": entry.stage,
            "code": entry.code,
            "applied_version": entry.applied_version,
            "receipt": receipt,
        }

    def _entry(self, params: dict[str, Any]) -> Entry:
        entry = self._tools.journal.find(str(params.get("certificate_id")))
        if entry is None:
            raise RanwrightError(
                "certificate.unknown",
                "No action was begun under this certificate.",
                "Check the identifier.",
            )
        return entry

    def _refuse(self, envelope: SignedEnvelope, trace_id: str, error: RanwrightError) -> None:
        try:
            self._tools.journal.enqueue(self._tools.papers.refusal(envelope, trace_id, error))
        except RanwrightError as unwritable:
            _log.error("refusal.unwritten", code=error.code, reason=unwritable.message)
        self._tools.outbox.try_flush()

    @contextmanager
    def _without_activations(self) -> Iterator[None]:
        self.activations.require_none()  # one that is just going live is a better reason than
        with self._one_at_a_time():  # that something is under way
            self.activations.require_none()
            yield

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._acting.acquire(blocking=False):
            raise RanwrightError(
                "action.overlapping",
                "Another action is being carried out.",
                "Wait for its receipt and plan on the network as it is then.",
            )
        try:
            with self._plant_in_use:
                repair(self._tools)
                self._require_repaired()
                yield
        finally:
            self._acting.release()

    def _require_repaired(self) -> None:
        if open_entries := self._tools.journal.unfinished():
            raise RanwrightError(
                "actuator.unrepaired",
                f"Action {open_entries[0].certificate_id} is not ended yet.",
                "Bring the plant back; the actuator repairs as soon as it answers.",
            )

    def _maintain(self) -> None:
        while True:
            if self._has_work() and self._plant_in_use.acquire(blocking=False):
                try:
                    repair(self._tools)
                finally:
                    self._plant_in_use.release()
            if self._stop.wait(_MAINTENANCE_PERIOD_S):
                return

    def _has_work(self) -> bool:
        return bool(self._tools.journal.unfinished() or self._tools.journal.outbox())


def _whole_number(params: dict[str, Any], name: str, most: int) -> int:
    value = params.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise RanwrightError(
            "rpc.bad_params", f"{name} is {value!r}.", f"Give a whole number from 1 to {most}."
        )
    return value
