"""Connections by the name of the endpoint they lead to, made when first needed and remade."""

import socket
import threading
import time
from collections.abc import Callable

from xapps.platform.rmr.connection import Connection
from xapps.platform.rmr.message import RmrState

Adopt = Callable[[socket.socket], Connection]


class Link:
    """The way to one endpoint.

    Args:
        name: ``host:port``.
        adopt: makes a connection of a connected socket.
        connect_timeout_s: how long connecting may take.
    """

    def __init__(self, name: str, adopt: Adopt, connect_timeout_s: float) -> None:
        self.name = name
        self._address = _address(name)
        self._adopt = adopt
        self._connect_timeout_s = connect_timeout_s
        self._connection: Connection | None = None
        self._connecting = threading.Lock()
        self._not_before_s = 0.0

    @property
    def connected(self) -> bool:
        """Whether a connection stands."""
        return self._connection is not None and not self._connection.closed

    def connect(self) -> bool:
        """Connect unless connected. After a failure the next try waits as long as that one took."""
        if self.connected:
            return True
        with self._connecting:
            if not self.connected and time.monotonic() >= self._not_before_s:
                self._connection = self._try()
            return self.connected

    def send(self, frame: bytes, wait_s: float) -> RmrState:
        """Send a frame; NO_ENDPOINT when nobody can be reached under the name."""
        if not self.connect():
            return RmrState.NO_ENDPOINT
        connection = self._connection
        return connection.send(frame, wait_s) if connection else RmrState.NO_ENDPOINT

    def _try(self) -> Connection | None:
        if self._address is None:
            return None
        began_s = time.monotonic()
        try:
            connected = socket.create_connection(self._address, self._connect_timeout_s)
        except (OSError, UnicodeError):  # UnicodeError: a name that cannot be a host's
            ended_s = time.monotonic()
            self._not_before_s = ended_s + (ended_s - began_s)
            return None
        if connected.getsockname() == connected.getpeername():
            connected.close()  # a free port of this range, connected to itself
            return None
        return self._adopt(connected)


class Links:
    """All links of an endpoint; names that cannot be reached are forgotten first.

    Args:
        adopt: makes a connection of a connected socket.
        connect_timeout_s: how long connecting may take.
        most: how many links are kept.
    """

    def __init__(self, adopt: Adopt, connect_timeout_s: float, most: int) -> None:
        self._adopt = adopt
        self._connect_timeout_s = connect_timeout_s
        self._most = most
        self._links: dict[str, Link] = {}
        self._lock = threading.Lock()

    def to(self, name: str) -> Link | None:
        """The link to an endpoint; ``None`` when too many others are connected."""
        link = self._links.get(name)
        if link is not None:
            return link
        with self._lock:
            if name not in self._links:
                if len(self._links) >= self._most and not self._forget_one():
                    return None
                self._links[name] = Link(name, self._adopt, self._connect_timeout_s)
            return self._links[name]

    def _forget_one(self) -> bool:
        for name, link in self._links.items():
            if not link.connected:
                del self._links[name]
                return True
        return False


def _address(name: str) -> tuple[str, int] | None:
    host, _, port = name.rpartition(":")
    if not host or not port.isdecimal() or not port.isascii() or not 0 < int(port) < 65_536:
        return None
    return host.strip("[]"), int(port)
