"""One TCP connection to another endpoint; messages travel both ways on it."""

import select
import socket
import threading
import time
from collections.abc import Callable

from xapps.platform.rmr.frame import FrameReader
from xapps.platform.rmr.message import RmrState

_READ_BYTES = 65_536
_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),  # librmr leaves Nagle's delay in
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),  # a peer that vanished is noticed in 10 s
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 5),
)


class Connection:
    """A connected socket. Any thread sends; the endpoint's I/O thread alone reads.

    Args:
        number: names it in received messages.
        connected: the socket, made non-blocking here.
        most_frame_bytes: longest frame accepted.
        on_rest: called when part of a frame is left for the I/O thread to send.
    """

    def __init__(
        self,
        number: int,
        connected: socket.socket,
        most_frame_bytes: int,
        on_rest: Callable[["Connection"], None],
    ) -> None:
        connected.setblocking(False)
        for level, option, value in _OPTIONS:
            connected.setsockopt(level, option, value)
        self.number = number
        self.socket = connected
        self.reader = FrameReader(most_frame_bytes, number)
        self.closed = False
        self._on_rest = on_rest
        self._lock = threading.Lock()
        self._rest = b""

    @property
    def has_rest(self) -> bool:
        """Whether part of a frame is left to send."""
        return bool(self._rest)

    def read(self) -> bool:
        """Move what has arrived into the reader; ``False`` at the end of the stream."""
        try:
            data = self.socket.recv(_READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.reader.feed(data)
        return bool(data)

    def send(self, frame: bytes, wait_s: float) -> RmrState:
        """Send a whole frame, or nothing of it.

        Args:
            frame: the octets.
            wait_s: how long to wait for room.

        Returns:
            OK once the operating system or this object holds all of it; RETRY when there was no
            room; SEND_FAILED when the connection is gone.
        """
        deadline_s = time.monotonic() + wait_s
        with self._lock:
            try:
                if self._rest and not self._flush_until(deadline_s):
                    return RmrState.RETRY
                sent = self._send_until(frame, deadline_s)
            except OSError:
                self._shut()
                return RmrState.SEND_FAILED
            if sent == 0:
                return RmrState.RETRY
            self._rest = frame[sent:]
            if self._rest:
                self._on_rest(self)
        return RmrState.OK

    def flush(self) -> bool:
        """Send on what is left of a frame; ``True`` when nothing is. Called by the I/O thread."""
        if not self._lock.acquire(blocking=False):
            return False  # a sender is at it
        try:
            return self._flush_until(0.0)
        except OSError:
            self._shut()
            return True
        finally:
            self._lock.release()

    def close(self) -> None:
        """End both directions; a thread that waits to send is woken. The I/O thread calls this."""
        self._shut()
        with self._lock:
            self.socket.close()

    def _shut(self) -> None:
        self.closed = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the peer was faster

    def _flush_until(self, deadline_s: float) -> bool:
        while self._rest:
            sent = self._send_until(self._rest, deadline_s)
            if sent == 0:
                return False
            self._rest = self._rest[sent:]
        return True

    def _send_until(self, data: bytes, deadline_s: float) -> int:
        """Octets taken by the operating system; 0 when it had no room until the deadline."""
        if self.closed:
            raise ConnectionError("closed")
        while True:
            try:
                return self.socket.send(data)
            except BlockingIOError:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or not self._writable(left_s):
                    return 0

    def _writable(self, wait_s: float) -> bool:
        poll = select.poll()
        poll.register(self.socket, select.POLLOUT)
        return bool(poll.poll(max(1.0, wait_s * 1000.0)))
