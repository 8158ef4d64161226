"""The bounded queue between the network and whoever receives.

A full ring first holds the senders back: nothing more is read from their connections, TCP fills up
and their sends say RETRY. That can last as long as messages are taken at all, however slowly. Only
when none was taken for ``stall_limit_s`` is the receiver held to be stuck, and messages are dropped
and counted instead: else one stuck xApp would fill the buffers of the whole platform, and it would
find nothing but old messages when it comes back.
"""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from xapps.platform.rmr.message import RmrMessage


class Ring:
    """One thread offers, any number take.

    Args:
        capacity: messages that may wait.
        most_bytes: octets of payload that may wait; one message is always let in.
        stall_limit_s: how long nothing may be taken from a full ring before it counts as stuck.
        on_room: called by a taker once a ring that refused a message is half empty again.
    """

    def __init__(
        self,
        capacity: int,
        most_bytes: int,
        stall_limit_s: float,
        on_room: Callable[[], None],
    ) -> None:
        self._queue: SimpleQueue[RmrMessage | None] = SimpleQueue()
        self._capacity = capacity
        self._most_bytes = most_bytes
        self._bytes = 0
        self._counting = threading.Lock()
        self._stall_limit_s = stall_limit_s
        self._on_room = on_room
        self._refused = False
        self._last_taken_s = time.monotonic()
        self._closed = False

    def __len__(self) -> int:
        return self._queue.qsize()

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def offer(self, message: RmrMessage) -> bool:
        """Put a message in; ``False`` when the ring is full."""
        if self._full():
            if not self._refused:
                self._last_taken_s = time.monotonic()  # until now nobody had to hurry
                self._refused = True
            if self._full():  # else taken meanwhile, by one who did not know of the refusal
                return False
        with self._counting:
            self._bytes += len(message.payload)
        self._queue.put(message)
        return True

    def stuck(self) -> bool:
        """Whether a full ring has waited for a taker long enough."""
        return self._refused and time.monotonic() - self._last_taken_s >= self._stall_limit_s

    def take(self, timeout_s: float | None = None) -> RmrMessage | None:
        """The oldest message; ``None`` after the timeout (0: at once) or when closed."""
        try:
            message = self._queue.get(timeout_s != 0, timeout_s)
        except Empty:
            return None
        if message is None:
            self._queue.put(None)  # for the next taker
            return None
        with self._counting:
            self._bytes -= len(message.payload)
        if self._refused:
            self._taken_from_full()
        return message

    def close(self) -> None:
        """Wake every taker."""
        self._closed = True
        self._queue.put(None)

    def _full(self) -> bool:
        return len(self) >= self._capacity or self._bytes >= self._most_bytes

    def _taken_from_full(self) -> None:
        self._last_taken_s = time.monotonic()
        if len(self) <= self._capacity // 2 and self._bytes <= self._most_bytes // 2:
            self._refused = False
            self._on_room()
