"""What an endpoint counts, so that no message is lost unseen."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from xapps.platform.rmr.message import RmrState


@dataclass(frozen=True, slots=True)
class RmrCounters:
    """Counts since the endpoint was opened.

    Args:
        sent: messages handed to the operating system, one for each endpoint of a fan-out.
        refused: sends that failed, by state. The sender knows of each.
        received: messages that arrived whole.
        dropped: messages that arrived and found a ring whose receiver is stuck, by message type.
        late_answers: answers to calls that nobody waits for any longer.
        malformed: frames whose header contradicts itself.
        broken_streams: connections given up because their octets are no frames.
    """

    sent: int
    refused: Mapping[RmrState, int]
    received: int
    dropped: Mapping[int, int]
    late_answers: int
    malformed: int
    broken_streams: int


class Tally:
    """Counts from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent = 0
        self._refused: Counter[RmrState] = Counter()
        self._received = 0
        self._dropped: Counter[int] = Counter()
        self._late_answers = 0

    def send_ended(self, state: RmrState) -> None:
        """A send to one endpoint ended so."""
        with self._lock:
            if state is RmrState.OK:
                self._sent += 1
            else:
                self._refused[state] += 1

    # The I/O thread alone writes these.

    def received(self) -> None:
        """A message arrived."""
        self._received += 1

    def dropped(self, mtype: int) -> None:
        """A message was dropped."""
        with self._lock:
            self._dropped[mtype] += 1

    def answered_late(self) -> None:
        """An answer found nobody."""
        self._late_answers += 1

    def drops(self) -> Mapping[int, int]:
        """Dropped messages by type."""
        with self._lock:
            return dict(self._dropped)

    def counters(self, malformed: int, broken_streams: int) -> RmrCounters:
        """The counts now."""
        with self._lock:
            return RmrCounters(
                sent=self._sent,
                refused=dict(self._refused),
                received=self._received,
                dropped=dict(self._dropped),
                late_answers=self._late_answers,
                malformed=malformed,
                broken_streams=broken_streams,
            )
