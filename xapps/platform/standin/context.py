"""What ``rmr_init`` opens: an endpoint with its routes, and how messages are taken from it."""

import itertools
import time
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import RmrMessage
from xapps.platform.rmr.route_sources import RouteCollector, RouteSources
from xapps.platform.rmr.settings import RmrSettings
from xapps.platform.standin.buffers import Ticket

POLLED_IN_A_ROW = 64
"""ricxappframe polls until nothing is left and hands nothing to a handler before. So after this
many messages in a row a poll says once that there is nothing, and handlers run under any load."""

_REMIND_PERIOD_S = 60.0
_log = structlog.get_logger(__name__)


class Context:
    """An opened endpoint.

    Messages that were received and not freed yet are bounded too, by as many as the ring holds:
    ricxappframe moves them into a queue without a bound, which would hide a flood from its senders.

    Args:
        settings: of the endpoint.
        sources: of its routes; ``None``: none, and ready at once.
        payload_bytes: room in a buffer whose size is not given.
    """

    def __init__(
        self, settings: RmrSettings, sources: RouteSources | None, payload_bytes: int
    ) -> None:
        self.endpoint = RmrEndpoint(settings)
        self.payload_bytes = payload_bytes
        self.send_wait_s = settings.send_wait_s
        self._collector = None if sources is None else RouteCollector(self.endpoint, sources)
        self._tickets: SimpleQueue[None] = SimpleQueue()
        for _ in range(settings.ring_messages):
            self._tickets.put(None)
        self._polled = 0
        self._remind_after_s = 0.0

    @property
    def ready(self) -> bool:
        """Whether routed sends can find a route."""
        return self._collector is None or self.endpoint.ready

    @property
    def control_name(self) -> str | None:
        """``name:port`` where route tables are taken."""
        return self._collector.control_name if self._collector else None

    def take(self, timeout_s: float | None) -> tuple[RmrMessage, Ticket] | None:
        """The next message, and the ticket that its buffer holds until it is freed.

        Args:
            timeout_s: how long to wait: 0 polls, ``None`` waits for ever.

        Raises:
            RanwrightError: ``rmr.closed``.
        """
        if timeout_s != 0:
            self._polled = 0
        elif self._polled >= POLLED_IN_A_ROW:
            self._polled = 0
            return None
        taken = self._take(timeout_s)
        self._polled = self._polled + 1 if taken else 0
        return taken

    def close(self) -> None:
        """Close the endpoint and stop following routes."""
        if self._collector is not None:
            self._collector.close()
        self.endpoint.close()

    def _take(self, timeout_s: float | None) -> tuple[RmrMessage, Ticket] | None:
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        ticket = self._ticket(timeout_s)
        if ticket is None:
            return None
        left_s = None if deadline_s is None else max(0.0, deadline_s - time.monotonic())
        message = self.endpoint.receive(left_s)
        return None if message is None else (message, ticket)

    def _ticket(self, timeout_s: float | None) -> Ticket | None:
        try:
            self._tickets.get(block=False)
        except Empty:
            self._remind()
            try:
                self._tickets.get(timeout_s != 0, timeout_s)
            except Empty:
                return None
        return Ticket(self._tickets)

    def _remind(self) -> None:
        if self.endpoint.backlog and time.monotonic() >= self._remind_after_s:
            self._remind_after_s = time.monotonic() + _REMIND_PERIOD_S
            _log.warning(
                "rmr.receiver_behind",
                endpoint=self.endpoint.name,
                unfreed=self.endpoint.settings.ring_messages,
                remedy="Handlers are slower than what arrives, or never free their buffers.",
            )


class Contexts:
    """Contexts by the handle that stands for C's ``void*``."""

    def __init__(self) -> None:
        self._handles = itertools.count(1)
        self._contexts: dict[int, Context] = {}

    def add(self, context: Context) -> int:
        """The handle of a new context."""
        handle = next(self._handles)
        self._contexts[handle] = context
        return handle

    def get(self, handle: Any) -> Context | None:
        """The context of a handle (an integer or a ``c_void_p``)."""
        return self._contexts.get(getattr(handle, "value", handle))

    def remove(self, handle: Any) -> Context | None:
        """Forget a handle."""
        return self._contexts.pop(getattr(handle, "value", handle), None)
