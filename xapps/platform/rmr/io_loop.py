"""The thread that accepts connections and reads from all of them."""

import itertools
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

import structlog

from contracts.errors import RanwrightError
from xapps.platform.rmr.connection import Connection
from xapps.platform.rmr.listener import listen
from xapps.platform.rmr.message import RmrMessage
from xapps.platform.rmr.settings import RmrSettings

Deliver = Callable[[RmrMessage], bool]
"""Takes a message, or says that there is no room for it now."""

_HELD_BACK_PERIOD_S = 0.05
_ACCEPT_PAUSE_S = 0.2
_log = structlog.get_logger(__name__)


class IoLoop:
    """Listens, reads, cuts streams into messages and delivers them.

    A connection whose message finds no room is not read any further. When there is room again,
    connections held back take turns; a turn is what one read brought, so nobody waits for long.

    Args:
        settings: addresses and limits.
        deliver: takes each message.

    Raises:
        RanwrightError: ``rmr.port_in_use`` when the port cannot be listened on.
    """

    def __init__(self, settings: RmrSettings, deliver: Deliver) -> None:
        self._settings = settings
        self._deliver = deliver
        self._listener = listen(settings.bind_address, settings.port)
        self.port: int = self._listener.getsockname()[1]
        self._numbers = itertools.count(1)
        self.connections: dict[int, Connection] = {}
        self._held_back: dict[Connection, RmrMessage] = {}  # in the order of their turns
        self._calls: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._wake_end, self._woken_end = socket.socketpair()
        self._wake_end.setblocking(False)
        self._stopping = False
        self._accepting = False
        self._accept_after_s = 0.0
        self.malformed = 0
        self.broken_streams = 0
        self._thread = threading.Thread(target=self._run, name=f"rmr-{self.port}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def adopt(self, connected: socket.socket) -> Connection:
        """Make a connection of a socket, and read from it."""
        connection = Connection(
            next(self._numbers), connected, self._settings.most_frame_bytes, self._watch_soon
        )
        self.connections[connection.number] = connection
        self._watch_soon(connection)
        return connection

    def wake(self) -> None:
        """Look again for room, and at what was asked of this thread."""
        try:
            self._wake_end.send(b"\0")
        except BlockingIOError:
            return  # it is awake: this pipe is full of wakes
        except OSError:
            if not self._stopping:
                raise

    def close(self) -> None:
        """Stop; every socket is closed when this returns."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        self._selector.register(self._woken_end, selectors.EVENT_READ, self._drain_wakes)
        while not self._stopping:
            self._accept_if_wanted()
            for key, events in self._selector.select(self._timeout_s()):
                if isinstance(key.data, Connection):
                    self._serve(key.data, events)
                else:
                    key.data()
            while self._calls:
                self._calls.popleft()()
            self._resume()
        self._close_all()

    def _timeout_s(self) -> float | None:
        if self._held_back:
            return _HELD_BACK_PERIOD_S
        return None if self._accepting else _ACCEPT_PAUSE_S

    def _drain_wakes(self) -> None:
        self._woken_end.recv(4096)

    def _accept_if_wanted(self) -> None:
        room = len(self.connections) < self._settings.most_connections
        wanted = room and time.monotonic() >= self._accept_after_s
        if wanted and not self._accepting:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        elif self._accepting and not wanted:
            self._selector.unregister(self._listener)
        self._accepting = wanted

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:  # out of file descriptors: they wait in the backlog
            _log.warning("rmr.accept_failed", port=self.port, reason=str(error))
            self._accept_after_s = time.monotonic() + _ACCEPT_PAUSE_S
            return
        self.adopt(connected)

    def _watch_soon(self, connection: Connection) -> None:
        self._calls.append(lambda: self._watch(connection))
        self.wake()

    def _watch(self, connection: Connection) -> None:
        """Wait for what the connection needs: to be read unless held back, to send its rest."""
        if connection.number not in self.connections:
            return
        events = 0 if connection in self._held_back else selectors.EVENT_READ
        events |= selectors.EVENT_WRITE if connection.has_rest else 0
        registered = connection.socket in self._selector.get_map()
        if events and registered:
            self._selector.modify(connection.socket, events, connection)
        elif events:
            self._selector.register(connection.socket, events, connection)
        elif registered:
            self._selector.unregister(connection.socket)

    def _serve(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE and connection.flush():
            self._watch(connection)
        if not events & selectors.EVENT_READ or connection in self._held_back:
            return
        alive = connection.read()
        if self._pump(connection) and not alive:
            self._drop(connection)

    def _pump(self, connection: Connection) -> bool:
        """Deliver what the connection holds; ``False`` when it was held back."""
        while (message := self._next(connection)) is not None:
            if not self._deliver(message):
                self._held_back[connection] = message
                self._watch(connection)
                return False
        return True

    def _next(self, connection: Connection) -> RmrMessage | None:
        malformed_before = connection.reader.malformed
        try:
            return connection.reader.next()
        except RanwrightError as error:
            self.broken_streams += 1
            _log.warning("rmr.broken_stream", port=self.port, reason=error.message)
            self._drop(connection)
            return None
        finally:
            self.malformed += connection.reader.malformed - malformed_before

    def _resume(self) -> None:
        for connection, message in list(self._held_back.items()):
            if not self._deliver(message):
                return
            del self._held_back[connection]
            if self._pump(connection):
                self._watch(connection)

    def _drop(self, connection: Connection) -> None:
        if self.connections.pop(connection.number, None) is None:
            return
        self._held_back.pop(connection, None)
        if connection.socket in self._selector.get_map():
            self._selector.unregister(connection.socket)
        connection.close()

    def _close_all(self) -> None:
        for connection in list(self.connections.values()):
            self._drop(connection)
        self._listener.close()
        self._selector.close()
        self._wake_end.close()
        self._woken_end.close()
