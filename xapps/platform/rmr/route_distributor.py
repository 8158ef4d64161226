"""The route manager's side of dynamic tables: answers requests, sends tables, keeps the answers."""

import dataclasses
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from contracts.errors import RanwrightError
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.rmr.route_sources import TABLE_MTYPE, TABLE_REQUEST_MTYPE, TABLE_STATE_MTYPE
from xapps.platform.rmr.route_text import batches

MOST_SUBSCRIBERS = 1024
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a table got to a subscriber.

    Args:
        control: ``host:port`` its tables go to.
        state: OK when every piece was sent.
        answer: what the subscriber said: ``OK <table id>`` or ``ERR <table id> <reason>``.
    """

    control: str
    state: RmrState
    answer: str | None = None


class RouteDistributor:
    """Serves tables on an endpoint (the platform's port 4561) until that endpoint is closed.

    Args:
        endpoint: where requests arrive; this object alone receives from it.
        table_for: the table text for an endpoint's name, ``None`` when it gets none. Called from
            this object's thread and from :meth:`publish`.
    """

    def __init__(self, endpoint: RmrEndpoint, table_for: Callable[[str], str | None]) -> None:
        self._endpoint = endpoint
        self._table_for = table_for
        self._lock = threading.Lock()
        self._sending = threading.Lock()  # pieces of two tables must not mix
        self._deliveries: dict[str, Delivery] = {}
        self._pinned: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="rmr-distributor", daemon=True)
        self._thread.start()

    @property
    def deliveries(self) -> Mapping[str, Delivery]:
        """The last delivery to each subscriber, by its name."""
        with self._lock:
            return dict(self._deliveries)

    def subscribe(self, name: str, control: str) -> RmrState:
        """Send the table of an endpoint to its control address, now and at each publication.

        Args:
            name: ``name:port`` of the endpoint.
            control: ``host:port`` of its control port; of no account where it is pinned.
        """
        with self._lock:
            control = self._pinned.get(name, control)
            if name not in self._deliveries and len(self._deliveries) >= MOST_SUBSCRIBERS:
                _log.warning("rmr.subscriber_refused", endpoint=name)
                return RmrState.OVERFLOW
            self._deliveries[name] = Delivery(control, RmrState.UNSET)
        return self._deliver(name, control)

    def pin(self, name: str, control: str) -> None:
        """Send the tables of an endpoint to this address from the next publication on.

        Whoever asks in its name does not change that: a request names no sender one can trust.

        Args:
            name: ``name:port`` of the endpoint.
            control: ``host:port`` of its control port.
        """
        with self._lock:
            self._pinned[name] = control
            self._deliveries[name] = Delivery(control, RmrState.UNSET)

    def unsubscribe(self, name: str) -> None:
        """Send nothing more to an endpoint."""
        with self._lock:
            self._pinned.pop(name, None)
            self._deliveries.pop(name, None)

    def publish(self) -> Mapping[str, RmrState]:
        """Send every subscriber its present table; returns how each send ended."""
        return self._deliver_to(self.deliveries)

    def repeat(self) -> Mapping[str, RmrState]:
        """Send it to those whom the last one did not reach; returns how each send ended."""
        missed = {n: d for n, d in self.deliveries.items() if d.state is not RmrState.OK}
        return self._deliver_to(missed)

    def _deliver_to(self, deliveries: Mapping[str, Delivery]) -> Mapping[str, RmrState]:
        return {name: self._deliver(name, found.control) for name, found in deliveries.items()}

    def _run(self) -> None:
        while True:
            try:
                message = self._endpoint.receive(None)
            except RanwrightError:
                return  # closed
            if message is None:
                continue
            if message.mtype == TABLE_REQUEST_MTYPE:
                self._requested(message)
            elif message.mtype == TABLE_STATE_MTYPE:
                self._answered(message)
            else:
                _log.info("rmr.not_for_route_manager", mtype=message.mtype, source=message.source)

    def _requested(self, message: RmrMessage) -> None:
        name = _line(message).partition(" ")[0]
        if name:
            self.subscribe(name, message.source)

    def _answered(self, message: RmrMessage) -> None:
        answer = _line(message).strip()
        with self._lock:
            for name, delivery in self._deliveries.items():
                if delivery.control == message.source:
                    self._deliveries[name] = dataclasses.replace(delivery, answer=answer)
        if answer.startswith("ERR"):
            _log.warning("rmr.table_refused", source=message.source, answer=answer)

    def _deliver(self, name: str, control: str) -> RmrState:
        with self._sending:
            with self._lock:
                if name not in self._deliveries:
                    return RmrState.UNSET  # unsubscribed meanwhile
                self._deliveries[name] = Delivery(control, RmrState.UNSET)
            try:
                text = self._table_for(name)
                state = RmrState.OK if text is None else self._send(control, text)
            except RanwrightError as error:
                _log.error(
                    "rmr.table_unsendable", endpoint=name, code=error.code, reason=error.message
                )
                state = RmrState.BAD_ARGUMENT
            with self._lock:  # the answer may be here already
                if (delivery := self._deliveries.get(name)) is not None:
                    self._deliveries[name] = dataclasses.replace(delivery, state=state)
        return state

    def _send(self, control: str, text: str) -> RmrState:
        wormhole = self._endpoint.open_wormhole(control)
        if wormhole is None:
            return RmrState.NO_ENDPOINT
        for piece in batches(text):
            message = RmrMessage(TABLE_MTYPE, piece.encode())
            state = self._endpoint.send_wormhole(wormhole, message, wait_s=1.0)
            if state is not RmrState.OK:
                return state
        return RmrState.OK


def _line(message: RmrMessage) -> str:
    return message.payload.partition(b"\0")[0].partition(b"\n")[0].decode("utf-8", "replace")[:512]
