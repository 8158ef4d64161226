"""One clock: wall time for expiry, KPM (simulated network) time for effects; records carry both."""

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import AwareDatetime, Field

from contracts.canonical import Contract


class Instant(Contract):
    """A moment on both time axes.

    ``kpm_time_ms`` is the end of the newest KPM report seen, ``None`` before the first one.
    """

    wall_time: AwareDatetime
    kpm_time_ms: int | None = Field(default=None, ge=0)


class Clock:
    """Reads wall time from the system and KPM time from the reports that pass by."""

    def __init__(self, wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._wall = wall
        self._kpm_time_ms: int | None = None

    def observe(self, kpm_time_ms: int) -> None:
        """Advance network time; a report older than one already seen changes nothing."""
        self._kpm_time_ms = max(kpm_time_ms, self._kpm_time_ms or 0)

    def begin(self, kpm_time_ms: int) -> None:
        """Take the network time of a node that was not known before; it has its own."""
        self._kpm_time_ms = kpm_time_ms

    def now(self) -> Instant:
        """The present moment on both axes."""
        return Instant(wall_time=self._wall(), kpm_time_ms=self._kpm_time_ms)
