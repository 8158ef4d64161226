"""An RMR endpoint: sends by route table, receives, answers, calls, and opens wormholes."""

import dataclasses
import threading
import time
import uuid
from collections.abc import Mapping

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.counters import RmrCounters, Tally
from xapps.platform.rmr.drop_report import DropReport
from xapps.platform.rmr.frame import encode
from xapps.platform.rmr.io_loop import IoLoop
from xapps.platform.rmr.links import Link, Links
from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.rmr.ring import Ring
from xapps.platform.rmr.routes import RouteTableReader, TableAnswer, check_answers
from xapps.platform.rmr.settings import RmrSettings
from xapps.platform.rmr.table import Group, RouteTable
from xapps.platform.rmr.waiting import Waiting
from xapps.platform.rmr.wormholes import Wormholes


class RmrEndpoint:
    r"""Listens on one port and speaks to any number of others.

    Every method may be called from any thread.

    Args:
        settings: addresses and limits.

    Raises:
        RanwrightError: ``rmr.port_in_use``.

    Example:
        >>> left, right = RmrEndpoint(RmrSettings()), RmrEndpoint(RmrSettings())
        >>> left.set_routes(f"newrt|start\nrte|30000|{right.name}\nnewrt|end|1\n")
        >>> left.send(RmrMessage(30000, b"hello"))
        <RmrState.OK: 0>
        >>> message = right.receive(timeout_s=5.0)
        >>> message.payload
        b'hello'
        >>> right.reply(message, mtype=30001)
        <RmrState.OK: 0>
        >>> left.close()
        >>> right.close()
    """

    def __init__(self, settings: RmrSettings) -> None:
        self.settings = settings
        self._tally = Tally()
        self._waiting = Waiting()
        self._loop = IoLoop(settings, self._deliver)
        self._ring = Ring(
            settings.ring_messages, settings.ring_bytes, settings.stall_limit_s, self._loop.wake
        )
        self.name, self.address = settings.addresses(self._loop.port)
        self._links = Links(self._loop.adopt, settings.connect_timeout_s, settings.most_connections)
        self._wormholes = Wormholes()
        self._reader = RouteTableReader((self.name, self.address))
        self._reading = threading.Lock()
        self._drop_report = DropReport(self)
        self._loop.start()

    @property
    def port(self) -> int:
        """The TCP port listened on."""
        return self._loop.port

    @property
    def ready(self) -> bool:
        """Whether a route table holds."""
        return self._reader.ready

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._ring.closed

    @property
    def routes(self) -> RouteTable:
        """The route table that holds."""
        return self._reader.table

    @property
    def counters(self) -> RmrCounters:
        """What was counted so far."""
        return self._tally.counters(self._loop.malformed, self._loop.broken_streams)

    @property
    def backlog(self) -> int:
        """Messages that wait for :meth:`receive`."""
        return len(self._ring)

    def drops(self) -> Mapping[int, int]:
        """Messages dropped so far, by type."""
        return self._tally.drops()

    def set_routes(self, text: str) -> None:
        """Replace or change the route table.

        Raises:
            RanwrightError: ``routes.refused``; the table before it holds on.
        """
        check_answers(self.feed_routes(text, managed=True))

    def feed_routes(self, text: str, *, managed: bool) -> list[TableAnswer]:
        """Read records of a table that comes in pieces; see :class:`RouteTableReader`."""
        with self._reading:
            return self._reader.feed(text, managed=managed)

    def send(self, message: RmrMessage, wait_s: float | None = None) -> RmrState:
        """Send by the route table: to one endpoint of each group of the message's route.

        Args:
            message: what to send. Its source is set here; it is no call and answers none.
            wait_s: how long to wait for room; by default the settings' ``send_wait_s``.

        Returns:
            OK when one endpoint got it; NO_ENDPOINT without a route or anybody there; RETRY when
            the receiver holds senders back; SEND_FAILED when the connection broke.

        Raises:
            RanwrightError: ``rmr.bad_message``.
        """
        return self._send_routed(self._from_here(message, 0), self._wait_s(wait_s))

    def reply(
        self,
        received: RmrMessage,
        *,
        mtype: int | None = None,
        payload: bytes | None = None,
        wait_s: float | None = None,
    ) -> RmrState:
        """Return a message to its sender: by its name, else the way it came, else by address.

        Args:
            received: the message answered; subscription, MEID and transaction id are kept.
            mtype: type of the answer, by default the same.
            payload: the answer, by default the same.
            wait_s: how long to wait for room; by default the settings' ``send_wait_s``.

        Returns:
            As :meth:`send`.
        """
        answer = dataclasses.replace(
            self._from_here(received, received.call_id),
            mtype=received.mtype if mtype is None else mtype,
            payload=received.payload if payload is None else payload,
        )
        wait_s = self._wait_s(wait_s)
        frame = encode(answer)
        state = self._send_to(received.source, frame, wait_s)
        if state is RmrState.NO_ENDPOINT:
            arrival = self._loop.connections.get(received.arrived_on or 0)
            if arrival is not None:
                state = arrival.send(frame, wait_s)
        if state in (RmrState.NO_ENDPOINT, RmrState.SEND_FAILED):
            state = self._send_to(received.source_ip, frame, wait_s)
        self._tally.send_ended(state)
        return state

    def call(
        self, message: RmrMessage, timeout_s: float, call_id: int | None = None
    ) -> RmrMessage | RmrState:
        """Send by the route table and wait for the answer to this very message.

        Args:
            message: the question; it gets a transaction id when it has none.
            timeout_s: how long to wait for the answer.
            call_id: whose answer it is (1-255), by default a free one.

        Returns:
            The answer; TIMEOUT when none came; or why the question could not be sent.
        """
        return self._call(message, timeout_s, call_id, None)

    def receive(self, timeout_s: float | None = None) -> RmrMessage | None:
        """The next message that is not an answer to a call.

        Args:
            timeout_s: how long to wait: 0 not at all, ``None`` until one comes.

        Raises:
            RanwrightError: ``rmr.closed`` once the endpoint is closed.
        """
        message = self._ring.take(timeout_s)
        if message is None and self._ring.closed:
            raise _closed()
        return message

    def open_wormhole(self, address: str) -> int | None:
        """Connect to an endpoint for messages that follow no route.

        Args:
            address: ``host:port``.

        Returns:
            The wormhole's number; ``None`` when nobody can be reached there.
        """
        link = self._links.to(address)
        if self.closed or link is None or not link.connect():
            return None
        return self._wormholes.open(link)

    def close_wormhole(self, wormhole: int) -> None:
        """Forget a wormhole; its connection may serve routes."""
        self._wormholes.close(wormhole)

    def wormhole_state(self, wormhole: int) -> RmrState:
        """OK; NO_ENDPOINT while unconnected; NO_WORMHOLE_OPEN; WORMHOLE_ID when it is none."""
        return self._wormholes.state(wormhole)

    def send_wormhole(
        self, wormhole: int, message: RmrMessage, wait_s: float | None = None
    ) -> RmrState:
        """Send through a wormhole; returns as :meth:`send`, or WORMHOLE_ID."""
        return self._send_link(wormhole, self._from_here(message, 0), self._wait_s(wait_s))

    def call_wormhole(
        self, wormhole: int, message: RmrMessage, timeout_s: float, call_id: int | None = None
    ) -> RmrMessage | RmrState:
        """Call through a wormhole; see :meth:`call`."""
        return self._call(message, timeout_s, call_id, wormhole)

    def close(self) -> None:
        """Stop listening and close every connection. Who waits in a method returns."""
        self._ring.close()
        self._drop_report.close()
        self._waiting.close()
        self._loop.close()

    def __enter__(self) -> "RmrEndpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _deliver(self, message: RmrMessage) -> bool:
        if message.call_id and not message.is_call:
            if not self._waiting.answer(message):
                self._tally.answered_late()
        elif not self._ring.offer(message):
            if not self._ring.stuck():
                return False
            self._tally.dropped(message.mtype)
            self._drop_report.note()
        self._tally.received()
        return True

    def _send_routed(self, message: RmrMessage, wait_s: float) -> RmrState:
        groups = self.routes.groups(message.mtype, message.sub_id, message.meid)
        frame = encode(message)
        states = [self._send_group(group, frame, wait_s) for group in groups]
        for state in states or [RmrState.NO_ENDPOINT]:
            self._tally.send_ended(state)
        if RmrState.OK in states:
            return RmrState.OK
        return states[-1] if states else RmrState.NO_ENDPOINT

    def _send_group(self, group: Group, frame: bytes, wait_s: float) -> RmrState:
        state = RmrState.NO_ENDPOINT
        for name in group.in_turn():
            state = self._send_to(name, frame, wait_s)
            if state is not RmrState.NO_ENDPOINT:
                break
        return state

    def _send_to(self, name: str, frame: bytes, wait_s: float) -> RmrState:
        link = self._links.to(name) if name and not self.closed else None
        return link.send(frame, wait_s) if link else RmrState.NO_ENDPOINT

    def _send_link(self, wormhole: int, message: RmrMessage, wait_s: float) -> RmrState:
        frame = encode(message)
        link: Link | None = self._wormholes.link(wormhole)
        state = link.send(frame, wait_s) if link else self._wormholes.state(wormhole)
        self._tally.send_ended(state)
        return state

    def _call(
        self, message: RmrMessage, timeout_s: float, call_id: int | None, wormhole: int | None
    ) -> RmrMessage | RmrState:
        deadline_s = time.monotonic() + timeout_s
        question = dataclasses.replace(
            self._from_here(message, call_id or self._waiting.free_call_id()),
            is_call=True,
            xid=message.xid.rstrip(b"\0") or uuid.uuid4().hex.encode(),
        )
        key = (question.call_id, question.xid)
        self._waiting.expect(key)
        try:
            if wormhole is None:
                state = self._send_routed(question, self._wait_s(None))
            else:
                state = self._send_link(wormhole, question, self._wait_s(None))
            if state is not RmrState.OK:
                return state
            return self._waiting.wait(key, deadline_s) or RmrState.TIMEOUT
        finally:
            self._waiting.forget(key)

    def _from_here(self, message: RmrMessage, call_id: int) -> RmrMessage:
        # Every message passes here, and dataclasses.replace takes twice as long.
        return RmrMessage(
            message.mtype,
            message.payload,
            message.sub_id,
            message.meid,
            message.xid,
            self.name,
            self.address,
            message.trace,
            call_id,
        )

    def _wait_s(self, wait_s: float | None) -> float:
        return self.settings.send_wait_s if wait_s is None else wait_s


def _closed() -> RanwrightError:
    return RanwrightError(
        "rmr.closed", "The endpoint is closed.", "Stop receiving first.", ExitCode.DEFECT
    )
