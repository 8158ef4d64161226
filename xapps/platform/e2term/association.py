"""One association with an E2 node that is set up: what it offers, and requests that wait."""

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass

from contracts.e2.ap import E2apMessage, E2apVersion, Procedure, RicRequestId, encode_pdu
from contracts.e2.transport import E2Connection
from xapps.platform.e2term.naming import NodeName

Waiting = tuple[Procedure, RicRequestId]


class UnansweredError(Exception):
    """A node did not answer in time, or left."""


@dataclass(slots=True)
class Counters:
    """What passed."""

    indications: int = 0
    indications_unrouted: int = 0


class Association:
    """A node's end; safe to share between threads.

    Args:
        connection: to the node.
        name: of the node.
        version: of E2AP that is spoken with it.
    """

    def __init__(self, connection: E2Connection, name: NodeName, version: E2apVersion) -> None:
        self.connection = connection
        self.name = name
        self.version = version
        self.counters = Counters()
        self._lock = threading.Lock()
        self._waiting: dict[Waiting, Future[E2apMessage]] = {}
        self._lost = False

    def send(self, message: E2apMessage) -> None:
        """Send a message.

        Raises:
            ConnectionError: the node is gone.
        """
        self.connection.send(encode_pdu(message, self.version))

    def ask(
        self, procedure: Procedure, request_id: RicRequestId, message: E2apMessage, timeout_s: float
    ) -> E2apMessage:
        """Send a request and wait for its answer.

        Raises:
            UnansweredError: none came.
        """
        answer: Future[E2apMessage] = Future()
        key = (procedure, request_id)
        with self._lock:
            if self._lost:
                raise UnansweredError("the node is not connected")
            self._waiting[key] = answer
        try:
            self.send(message)
            return answer.result(timeout_s)
        except ConnectionError as error:
            raise UnansweredError(str(error)) from error
        except FutureTimeoutError as error:
            raise UnansweredError(f"no answer in {timeout_s:g} s") from error
        finally:
            with self._lock:
                self._waiting.pop(key, None)

    def answered(
        self, procedure: Procedure, request_id: RicRequestId, message: E2apMessage
    ) -> bool:
        """Take an answer to who waits for it; false when nobody does."""
        with self._lock:
            answer = self._waiting.pop((procedure, request_id), None)
        if answer is None:
            return False
        answer.set_result(message)
        return True

    def lost(self) -> None:
        """Nothing more will come."""
        with self._lock:
            self._lost = True
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for answer in waiting:
            answer.set_exception(UnansweredError("the association was lost"))
