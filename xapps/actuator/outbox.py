"""Delivery of journal records to the ledger, in order, at least once (the ledger drops repeats)."""

import threading

import structlog

from contracts.errors import RanwrightError
from contracts.ledger.client import LedgerClient
from contracts.record import Record
from contracts.site import Site
from xapps.actuator.journal import Journal

_log = structlog.get_logger(__name__)


class Outbox:
    """Empties the journal's outbox into the ledger."""

    def __init__(self, site: Site, journal: Journal) -> None:
        self._site = site
        self._journal = journal
        self._lock = threading.Lock()

    def flush(self) -> None:
        """Deliver everything; returns when the ledger holds it.

        Raises:
            RanwrightError: ``rpc.unreachable`` or what the ledger refused; the rest stays.
        """
        with self._lock, LedgerClient(self._site) as ledger:
            for item in self._journal.outbox():
                if item.kind == "object":
                    ledger.put_object(item.data)
                else:
                    ledger.append(Record.parse(item.data))
                self._journal.delivered(item.number)

    def try_flush(self) -> None:
        """Deliver what can be delivered now; the way back never waits for the ledger."""
        try:
            self.flush()
        except RanwrightError as error:
            _log.warning("outbox.waiting", code=error.code, reason=error.message)
