"""Traffic: packets that arrive at UEs, and the queues that keep each packet's time.

A queue is first in, first out, so two cumulative curves hold everything: bits arrived and bits
delivered. When a packet was complete is read off the second one, without a list of packets.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import truncnorm

from twins.dynamics.profile import FileTransfer, FullBuffer, Sporadic, Traffic, Video
from twins.dynamics.randomness import Flags, Floats, Ints

_SIZE_DEVIATION, _SIZE_LIMITS = 0.105, (0.5, 1.5)
"""Of the mean size of a video frame (TR 38.838 clause 5.1)."""

_JITTER_DEVIATION_MS, _JITTER_LIMIT_MS = 2.0, 4.0
"""TR 38.838 clause 5.1."""

_LEAST_BITS = 1e-3


@dataclass(frozen=True)
class Arrivals:
    """Packets of all UEs; those of one UE in order of arrival.

    Attributes:
        ue: ``[N]``.
        at_ms: ``[N]``.
        bits: ``[N]``.
        budget_ms: ``[N]``; infinite without a deadline.
        full_buffer: ``[U]`` UEs that always have data, and no packets.
    """

    ue: Ints
    at_ms: Floats
    bits: Floats
    budget_ms: Floats
    full_buffer: Flags


def draw_arrivals(
    traffic: tuple[Traffic, ...], duration_ms: float, random: np.random.Generator
) -> Arrivals:
    """Draw the packets of each UE.

    Args:
        traffic: what each UE carries, U entries.
        duration_ms: packets arrive within it.
        random: source of times and sizes.
    """
    drawn = [_packets(kind, duration_ms, random) for kind in traffic]
    return Arrivals(
        ue=np.repeat(np.arange(len(drawn)), [len(at_ms) for at_ms, _ in drawn]),
        at_ms=np.concatenate([at_ms for at_ms, _ in drawn]),
        bits=np.concatenate([bits for _, bits in drawn]),
        budget_ms=np.concatenate(
            [
                np.full(len(at_ms), getattr(kind, "delay_budget_ms", np.inf))
                for kind, (at_ms, _) in zip(traffic, drawn, strict=True)
            ]
        ),
        full_buffer=np.array([isinstance(kind, FullBuffer) for kind in traffic]),
    )


def _packets(
    traffic: Traffic, duration_ms: float, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Times, ms, and sizes, bit, of one UE's packets."""
    match traffic:
        case FileTransfer():
            bits = 8e6 * traffic.file_mbyte
            return _poisson(traffic.files_per_s, bits, duration_ms, random)
        case Sporadic():
            bits = 8.0 * traffic.packet_byte
            return _poisson(traffic.packets_per_s, bits, duration_ms, random)
        case Video():
            return _frames(traffic, duration_ms, random)
        case FullBuffer():
            return np.empty(0), np.empty(0)


def _frames(video: Video, duration_ms: float, random: np.random.Generator) -> tuple[Floats, Floats]:
    period_ms = 1000.0 / video.frames_per_s
    nominal_ms = np.arange(random.uniform(0.0, period_ms), duration_ms, period_ms)
    limit = _JITTER_LIMIT_MS / _JITTER_DEVIATION_MS
    jitter = truncnorm.rvs(-limit, limit, size=nominal_ms.size, random_state=random)
    low, high = ((edge - 1.0) / _SIZE_DEVIATION for edge in _SIZE_LIMITS)
    size = truncnorm.rvs(low, high, size=nominal_ms.size, random_state=random)
    at_ms = np.maximum(nominal_ms + _JITTER_DEVIATION_MS * jitter, 0.0)
    mean_bits = video.rate_mbps * 1e6 / video.frames_per_s
    return np.maximum.accumulate(at_ms), mean_bits * (1.0 + _SIZE_DEVIATION * size)


def _poisson(
    rate_per_s: float, bits: float, duration_ms: float, random: np.random.Generator
) -> tuple[Floats, Floats]:
    at_ms = np.sort(
        random.uniform(0.0, duration_ms, random.poisson(rate_per_s * duration_ms / 1e3))
    )
    return at_ms, np.full(at_ms.size, bits)


@dataclass
class Queues:
    """One queue a UE, served in ticks; what arrives within a tick waits for the next one.

    Attributes:
        arrivals: the packets.
        tick_ms: length of a tick.
        ticks: how many.
        served: ``[ticks, U]`` bits delivered in each tick.
        waiting: ``[ticks, U]`` whether data were left at the end of a tick.
    """

    arrivals: Arrivals
    tick_ms: float
    ticks: int
    served: Floats = field(init=False)
    waiting: Flags = field(init=False)

    def __post_init__(self) -> None:
        ues = self.arrivals.full_buffer.size
        self.served = np.zeros((self.ticks, ues))
        self.waiting = np.zeros((self.ticks, ues), dtype=bool)
        first_tick = np.ceil(self.arrivals.at_ms / self.tick_ms).astype(np.int64)
        coming = np.zeros((self.ticks, ues))
        within = first_tick < self.ticks
        at = (first_tick[within], self.arrivals.ue[within])
        np.add.at(coming, at, self.arrivals.bits[within])
        self._coming = coming
        self._backlog = np.where(self.arrivals.full_buffer, np.inf, 0.0)

    def backlog_bits(self, tick: int) -> Floats:
        """``[U]`` waiting at the start of a tick; ask once a tick, in order."""
        self._backlog += self._coming[tick]
        self.waiting[tick] = self._backlog > _LEAST_BITS
        return self._backlog

    def deliver(self, tick: int, bits: Floats) -> None:
        """Take up to ``bits [U]`` out of the queues."""
        taken = np.minimum(bits, self._backlog)
        self._backlog = np.maximum(self._backlog - taken, 0.0)
        self.served[tick] = taken
        self.waiting[tick] = self._backlog > _LEAST_BITS

    def delay_ms(self) -> Floats:
        """``[N]`` from each packet's arrival to the end of the tick that delivered its last bit.

        Infinite for packets that are still waiting.
        """
        delay = np.full(self.arrivals.ue.size, np.inf)
        delivered = self.served.cumsum(0)
        for ue in np.unique(self.arrivals.ue):
            mine = np.flatnonzero(self.arrivals.ue == ue)
            done = np.searchsorted(
                delivered[:, ue], self.arrivals.bits[mine].cumsum() - _LEAST_BITS
            )
            kept = done < self.ticks
            end_ms = (done[kept] + 1) * self.tick_ms
            delay[mine[kept]] = end_ms - self.arrivals.at_ms[mine[kept]]
        return delay
