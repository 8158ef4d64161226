"""Takes what arrives at the core over RMR to whom it concerns."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping

import structlog

from contracts.errors import RanwrightError
from xapps.platform.message_types import HEALTH_ANSWER, HEALTH_REQUEST
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import RmrMessage

Handler = Callable[[RmrMessage], None]
_log = structlog.get_logger(__name__)


class Dispatcher:
    """Reads an endpoint from a thread of its own until the endpoint is closed.

    Args:
        endpoint: this object alone receives from it.
        handlers: by message type; health checks are answered without one.
    """

    def __init__(self, endpoint: RmrEndpoint, handlers: Mapping[int, Handler]) -> None:
        self._endpoint = endpoint
        self._handlers = {HEALTH_REQUEST: self._well, **handlers}
        self._handled: Counter[int] = Counter()
        self._unknown = 0
        self._failed = 0
        self._thread = threading.Thread(target=self._run, name="ric-dispatch", daemon=True)
        self._thread.start()

    def figures(self) -> Mapping[str, float]:
        """What was counted so far."""
        return {
            "rmr_handled_messages": sum(self._handled.values()),
            "rmr_unknown_messages": self._unknown,
            "rmr_failed_messages": self._failed,
        }

    def join(self) -> None:
        """Wait until the last message is handled; the endpoint is closed before."""
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                message = self._endpoint.receive(None)
            except RanwrightError:
                return  # closed
            if message is not None:
                self._handle(message)

    def _handle(self, message: RmrMessage) -> None:
        handler = self._handlers.get(message.mtype)
        if handler is None:
            self._unknown += 1
            _log.info("ric.unknown_message", mtype=message.mtype, source=message.source)
            return
        try:
            handler(message)
            self._handled[message.mtype] += 1
        except Exception:  # noqa: BLE001 - process boundary: one message must not end the core
            self._failed += 1
            _log.exception("ric.message_failed", mtype=message.mtype, source=message.source)

    def _well(self, message: RmrMessage) -> None:
        self._endpoint.reply(message, mtype=HEALTH_ANSWER, payload=b"OK\n")
