"""E2AP for an xApp: subscriptions that are iterated, controls that return their outcome."""

import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from types import TracebackType

import structlog

from contracts.e2.ap import (
    Cause,
    ControlAckRequest,
    E2apMessage,
    RicControlAcknowledge,
    RicControlFailure,
    RicControlRequest,
    RicIndication,
    RicRequestId,
    decode_pdu,
    encode_pdu,
)
from contracts.errors import RanwrightError
from xapps.sdk.messenger import Messenger, Received
from xapps.sdk.notices import SubscriptionClient

RIC_CONTROL_REQ, RIC_CONTROL_ACK, RIC_CONTROL_FAILURE, RIC_INDICATION = 12040, 12041, 12042, 12050
REQUESTOR = 200
"""RIC requestor id of an xApp's own requests; 123 is the subscription manager's."""

SUBSCRIBE_TIMEOUT_S = 15.0
MOST_WAITING = 4096
"""Indications that wait in a subscription, or for one whose number is not known yet."""

EARLY_KEPT_S = 60.0
"""How long what comes before its subscription is kept for it; no subscription takes longer."""

_log = structlog.get_logger(__name__)
_Waiting = queue.Queue[RicIndication | None]
"""Indications of a subscription; ``None``: it has ended."""


class ControlRefusedError(RanwrightError):
    """An E2 node did not carry a control out.

    Args:
        cause: of E2AP.
        outcome: what the service model says, if anything.
    """

    def __init__(self, cause: Cause, outcome: bytes | None) -> None:
        super().__init__(
            "e2.control_refused",
            f"The E2 node refused: {type(cause).__name__}.{cause.name}.",
            "See the control outcome.",
        )
        self.cause = cause
        self.outcome = outcome


class E2:
    """E2 for an xApp; safe to share between threads.

    Args:
        messenger: carries messages.
        subscriptions: makes subscriptions.
        left_over: identifiers of subscriptions of an earlier life, to be ended.
    """

    def __init__(
        self,
        messenger: Messenger,
        subscriptions: SubscriptionClient,
        left_over: Iterable[str] = (),
    ) -> None:
        self._messenger = messenger
        self._client = subscriptions
        self._lock = threading.Lock()
        self._queues: dict[int, _Waiting] = {}
        self._instances: dict[str, int] = {}
        self._early: deque[tuple[float, int, RicIndication]] = deque(maxlen=MOST_WAITING)
        self._left_over = set(left_over)
        self._controls: dict[RicRequestId, Future[RicControlAcknowledge | RicControlFailure]] = {}
        self._last_control = secrets.randbelow(1 << 16)  # not those of an earlier life
        subscriptions.on_ended = self._given_up
        messenger.on(RIC_INDICATION, self._on_indication)
        messenger.on(RIC_CONTROL_ACK, self._on_control_answer)
        messenger.on(RIC_CONTROL_FAILURE, self._on_control_answer)

    def subscribe(
        self,
        ran_name: str,
        ran_function_id: int,
        event_trigger: bytes,
        actions: Mapping[int, bytes],
        timeout_s: float = SUBSCRIBE_TIMEOUT_S,
    ) -> "Subscription":
        """Subscribe to reports of a node.

        Args:
            ran_name: the node.
            ran_function_id: its RAN function.
            event_trigger: E2SM octets.
            actions: E2SM octets of each report action, by its number.
            timeout_s: how long to wait for the node.

        Raises:
            RanwrightError: as :meth:`SubscriptionClient.subscribe`.
        """
        self._end_left_over()
        began_s = time.monotonic()
        name, instance = self._client.subscribe(
            ran_name, ran_function_id, event_trigger, dict(actions), timeout_s
        )
        waiting: _Waiting = queue.Queue(MOST_WAITING)
        with self._lock:
            self._queues[instance], self._instances[name] = waiting, instance
            for arrived_s, number, indication in self._early:
                # an older one is of an ended subscription that had the number before
                if number == instance and arrived_s >= began_s:
                    waiting.put(indication)
        return Subscription(self, name, instance, waiting)

    def control(
        self,
        ran_name: str,
        ran_function_id: int,
        header: bytes,
        message: bytes,
        timeout_s: float,
        call_process_id: bytes | None = None,
    ) -> bytes | None:
        """Have a node carry a control out, and return the outcome that it acknowledges with.

        Raises:
            ControlRefusedError: it did not.
            RanwrightError: ``e2.control_unanswered``: it is open whether it did; or
                ``e2.no_route``: it was not sent.
        """
        answer: Future[RicControlAcknowledge | RicControlFailure] = Future()
        with self._lock:
            self._last_control = (self._last_control + 1) % (1 << 16)
            request_id = RicRequestId(REQUESTOR, self._last_control)
            self._controls[request_id] = answer
        request = RicControlRequest(
            request_id, ran_function_id, header, message, call_process_id, ControlAckRequest.ACK
        )
        try:
            if not self._messenger.send(RIC_CONTROL_REQ, encode_pdu(request), ran_name):
                raise _no_route(ran_name)
            answered = answer.result(timeout_s)
        except FutureTimeoutError as error:
            raise _unanswered(ran_name, timeout_s) from error
        finally:
            with self._lock:
                del self._controls[request_id]
        if isinstance(answered, RicControlFailure):
            raise ControlRefusedError(answered.cause, answered.outcome)
        return answered.outcome

    def _end(self, name: str, instance: int) -> None:
        """End a subscription; one that cannot be ended now is ended before the next begins."""
        with self._lock:
            self._queues.pop(instance, None)
            self._instances.pop(name, None)
            self._left_over.add(name)
        self._end_left_over()

    def _end_left_over(self) -> None:
        with self._lock:
            names = list(self._left_over)
        for name in names:
            try:
                self._client.unsubscribe(name)
            except RanwrightError as error:
                _log.warning("e2.not_unsubscribed", subscription=name, reason=error.message)
                if error.code == "e2.platform_unreachable":
                    return
            with self._lock:
                self._left_over.discard(name)

    def _given_up(self, name: str) -> None:
        with self._lock:
            waiting = self._queues.get(self._instances.get(name, -1))
        if waiting is not None:
            _wake(waiting)

    def _on_indication(self, received: Received) -> None:
        message = _message(received)
        if not isinstance(message, RicIndication):
            _log.warning("e2.no_indication", message=type(message).__name__)
            return
        with self._lock:
            waiting = self._queues.get(received.sub_id)
            if waiting is None:
                self._keep_early(received.sub_id, message)
                return
        try:
            waiting.put_nowait(message)
        except queue.Full:
            _log.warning("e2.indication_dropped", instance=received.sub_id)

    def _keep_early(self, instance: int, indication: RicIndication) -> None:
        """Keep what comes before its subscription is known to have been made."""
        now_s = time.monotonic()
        self._early.append((now_s, instance, indication))
        while now_s - self._early[0][0] > EARLY_KEPT_S:
            self._early.popleft()

    def _on_control_answer(self, received: Received) -> None:
        message = _message(received)
        if not isinstance(message, RicControlAcknowledge | RicControlFailure):
            _log.warning("e2.no_control_answer", message=type(message).__name__)
            return
        with self._lock:
            answer = self._controls.get(message.request_id)
            if answer is not None and not answer.done():
                answer.set_result(message)
                return
        _log.info("e2.late_control_answer", request_id=str(message.request_id))


class Subscription:
    """Reports of a node, in order. Ends with its block, or by :meth:`close`."""

    def __init__(self, e2: E2, name: str, instance: int, waiting: _Waiting) -> None:
        self._e2 = e2
        self._name = name
        self._instance = instance
        self._waiting = waiting
        self._closed = False

    def next(self, timeout_s: float) -> RicIndication:
        """The next report.

        Raises:
            RanwrightError: ``e2.silent``: none came in time; ``e2.closed``: here or by the node.
        """
        try:
            indication = self._waiting.get(timeout=timeout_s)
        except queue.Empty as error:
            raise RanwrightError(
                "e2.silent",
                f"No indication of subscription {self._name} in {timeout_s:g} s.",
                "Check that the node is connected (ranwright ric status).",
            ) from error
        if indication is None:
            raise RanwrightError("e2.closed", "The subscription has ended.", "Subscribe again.")
        return indication

    def reports(self, timeout_s: float) -> Iterator[RicIndication]:
        """All reports; silence for longer than the timeout raises, as :meth:`next` does."""
        while not self._closed:
            yield self.next(timeout_s)

    def close(self) -> None:
        """End it; who waits in :meth:`next` is woken."""
        if not self._closed:
            self._closed = True
            try:
                self._e2._end(self._name, self._instance)
            finally:
                _wake(self._waiting)

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _message(received: Received) -> E2apMessage | None:
    """What a message holds; ``None`` where it is no E2AP: anybody can send one."""
    try:
        return decode_pdu(received.payload).message
    except RanwrightError as error:
        _log.warning("e2.unreadable", mtype=received.mtype, code=error.code, reason=error.message)
        return None


def _wake(waiting: _Waiting) -> None:
    while True:
        try:
            waiting.put_nowait(None)
            return
        except queue.Full:
            with suppress(queue.Empty):
                waiting.get_nowait()


def _no_route(ran_name: str) -> RanwrightError:
    return RanwrightError(
        "e2.no_route",
        f"There is no way to control {ran_name}.",
        "Only the actuator has one, and only while the node is connected.",
    )


def _unanswered(ran_name: str, timeout_s: float) -> RanwrightError:
    return RanwrightError(
        "e2.control_unanswered",
        f"{ran_name} did not answer a control in {timeout_s:g} s.",
        "Read back before anything else: it may have acted.",
    )
