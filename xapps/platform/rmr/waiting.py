"""Calls that wait for their answer."""

import itertools
import threading
import time
from queue import Empty, SimpleQueue

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.rmr.message import MOST_CALL_ID, RmrMessage

_FIRST_FREE_ID = 2  # 0: no call, 1: rmr_call of the C interface
Key = tuple[int, bytes]


class Waiting:
    """Answers on their way, by call id and transaction id: both must match."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[Key, SimpleQueue[RmrMessage | None]] = {}
        self._ids = itertools.cycle(range(_FIRST_FREE_ID, MOST_CALL_ID + 1))

    def free_call_id(self) -> int:
        """An id that no other call of this endpoint used lately."""
        return next(self._ids)

    def expect(self, key: Key) -> None:
        """Keep the answer that will come for this key.

        Raises:
            RanwrightError: ``rmr.call_pending`` when a call waits under this key already.
        """
        with self._lock:
            if key in self._waiters:
                raise RanwrightError(
                    "rmr.call_pending",
                    f"A call with id {key[0]} and this transaction id waits already.",
                    "Give each call a transaction id of its own.",
                    ExitCode.DEFECT,
                )
            self._waiters[key] = SimpleQueue()

    def answer(self, message: RmrMessage) -> bool:
        """Hand an answer over; ``False`` when nobody waits for it."""
        waiter = self._waiters.get((message.call_id, message.xid))
        if waiter is None:
            return False
        waiter.put(message)
        return True

    def wait(self, key: Key, deadline_s: float) -> RmrMessage | None:
        """The answer, or ``None`` when the time (monotonic clock) is over or all is closed."""
        try:
            return self._waiters[key].get(timeout=max(0.0, deadline_s - time.monotonic()))
        except Empty:
            return None

    def forget(self, key: Key) -> None:
        """Nobody waits for this any longer."""
        with self._lock:
            self._waiters.pop(key, None)

    def close(self) -> None:
        """Wake all who wait."""
        with self._lock:
            for waiter in self._waiters.values():
                waiter.put(None)
