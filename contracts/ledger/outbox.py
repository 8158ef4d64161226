"""Delivery to the ledger of what a process has written down durably: in order, at least once.

The ledger drops repeats. :class:`Store` is whatever keeps the queue beside the process's own state,
so that a step and the records that belong to it are one transaction.
"""

import threading
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from contracts.errors import RanwrightError
from contracts.ledger.client import LedgerClient
from contracts.record import Record
from contracts.site import Site

MOST_AT_ONCE = 50
"""What a store gives out at a time: with a ledger that is away for long, its queue grows."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Waiting:
    """Something the ledger has not confirmed yet: an object's bytes or a record's JSON."""

    number: int
    kind: Literal["object", "record"]
    data: bytes


class Store(Protocol):
    """Where the queue is kept."""

    def outbox(self) -> list[Waiting]:
        """The oldest of what waits, :data:`MOST_AT_ONCE` at most; empty when nothing waits."""

    def delivered(self, number: int) -> None:
        """Strike out what the ledger has."""


class LedgerOutbox:
    """Empties a store's queue into the site's ledger; safe to share between threads."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store
        self._lock = threading.Lock()

    def flush(self) -> None:
        """Deliver everything; returns when the ledger holds it.

        Raises:
            RanwrightError: ``rpc.unreachable`` or what the ledger refused; the rest stays.
        """
        with self._lock, LedgerClient(self._site) as ledger:
            while batch := self._store.outbox():
                for item in batch:
                    if item.kind == "object":
                        ledger.put_object(item.data)
                    else:
                        ledger.append(Record.parse(item.data))
                    self._store.delivered(item.number)

    def try_flush(self) -> None:
        """Deliver what can be delivered now."""
        try:
            self.flush()
        except RanwrightError as error:
            _log.warning("outbox.waiting", code=error.code, reason=error.message)
