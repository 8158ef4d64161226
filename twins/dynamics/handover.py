"""Handover by event A3 (TS 38.331 5.5.4.4), and what goes wrong with it.

Radio link failures follow TR 36.839 (Qout, Qin, T310, lost commands), the causes of failed
handovers TS 38.300 15.5.2.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from twins.dynamics.randomness import Flags, Floats, Ints

SAMPLE_MS = 40.0
"""Between two samples of layer 1: five of them make its period of 200 ms (TS 38.133 9.2.5.2)."""

SAMPLES = 5
_FILTER_PERIOD_MS = SAMPLES * SAMPLE_MS
_FIXED_INTERRUPTION_MS = 32.0
"""Random access 10, processing 20, margin 2 ms; an SSB period on top (TS 38.133 6.1.1.2.2)."""

PREPARATION_MS = 50.0
"""From the report to the command (TR 36.839)."""

REESTABLISHMENT_MS = 200.0
"""From a lost link to another cell: search and random access; TS 38.133 6.2.1 allows more."""

Q_OUT_DB, Q_IN_DB = -8.0, -6.0
Q_OUT_MS, Q_IN_MS = 200.0, 100.0
PING_PONG_MS = 1000.0
"""Back in the old cell within this: unnecessary (TR 36.839); failed: the handover's fault."""

_UNSEEN_DBM = -250.0
_NEVER = np.inf


class Cause(StrEnum):
    """What happened to a UE."""

    HANDOVER = "handover"
    PING_PONG = "ping-pong"
    COMMAND_LOST = "command lost"
    TOO_LATE = "too late"
    TOO_EARLY = "too early"
    WRONG_CELL = "to wrong cell"
    SAME_CELL = "link failure"


@dataclass(frozen=True)
class MobilityEvent:
    """One event; ``at_ms`` is when the UE left the source."""

    at_ms: float
    cause: Cause
    ue: int
    source: int
    target: int


@dataclass(frozen=True)
class HandoverSettings:
    """The knobs, in real units.

    Attributes:
        a3_offset_db: how much better the neighbour must be.
        hysteresis_db: on top of it to enter the event.
        time_to_trigger_ms: how long the condition must hold.
        filter_coefficient: k of the layer-3 filter.
        t310_ms: out of sync for so long, the link has failed.
        ssb_period_ms: between two samples at least.
        individual_offset_db: ``[C, C]`` added to a neighbour; from serving cell to neighbour.
    """

    a3_offset_db: float
    hysteresis_db: float
    time_to_trigger_ms: float
    filter_coefficient: float
    t310_ms: float
    ssb_period_ms: float
    individual_offset_db: Floats

    @property
    def sample_ms(self) -> float:
        """Between two samples of layer 1."""
        return max(SAMPLE_MS, self.ssb_period_ms)

    @property
    def filter_weight(self) -> float:
        """Of a new sample, so that the filter's time constant is that of one input in 200 ms."""
        kept = 1.0 - 0.5 ** (self.filter_coefficient / 4.0)
        period_ms = max(_FILTER_PERIOD_MS, SAMPLES * self.ssb_period_ms)
        return float(1.0 - kept ** (self.sample_ms / period_ms))

    @property
    def interruption_ms(self) -> float:
        """Without data during a handover."""
        return _FIXED_INTERRUPTION_MS + self.ssb_period_ms


class Handover:
    """Serving cells of all UEs, frame by frame.

    Attributes:
        serving: ``[U]``.
        connected: ``[U]`` False while interrupted.
        events: all that happened.
    """

    def __init__(self, settings: HandoverSettings, serving: Ints, frame_ms: float) -> None:
        ues, cells = serving.size, settings.individual_offset_db.shape[0]
        self.serving = serving.copy()
        self.events: list[MobilityEvent] = []
        self._settings = settings
        self._frame_ms = frame_ms
        self._held_ms = np.full((ues, cells), -frame_ms)
        self._command_ms = np.full(ues, _NEVER)
        self._target = serving.copy()
        self._away_until_ms = np.zeros(ues)
        self._failed = np.zeros(ues, dtype=bool)
        self._lost = np.zeros(ues, dtype=bool)
        self._out_ms = np.zeros(ues)
        self._out_sinr = np.full(ues, np.nan)
        self._in_sinr = np.full(ues, np.nan)
        self._before = np.full(ues, -1)
        self._moved_ms = np.full(ues, -_NEVER)

    @property
    def connected(self) -> Flags:
        """``[U]`` False while interrupted."""
        return self._away_until_ms <= 0.0

    def step(
        self,
        now_ms: float,
        filtered_dbm: Floats,
        sinr_db: Floats,
        open_cells: Flags,
        awake: Flags,
    ) -> None:
        """One frame.

        Args:
            now_ms: start of the frame.
            filtered_dbm: ``[U, C]`` measured RSRP.
            sinr_db: ``[U]`` mean SINR of the serving cell, all awake cells at full power.
            open_cells: ``[C]`` that take UEs.
            awake: ``[C]`` on the air; who is in one that is not open is handed over at once.
        """
        known_dbm = np.where(open_cells, filtered_dbm, _UNSEEN_DBM)
        self._away_until_ms = np.maximum(self._away_until_ms - self._frame_ms, 0.0)
        self._reestablish(now_ms, known_dbm)
        self._monitor(now_ms, sinr_db)
        self._execute(now_ms, open_cells)
        self._trigger(now_ms, known_dbm, open_cells, awake)

    def command(self, ue: int, target: int, now_ms: float) -> None:
        """Have the network hand a UE over in the frame that begins now, whatever it measures."""
        self._target[ue], self._command_ms[ue] = target, now_ms

    def _trigger(self, now_ms: float, known_dbm: Floats, open_cells: Flags, awake: Flags) -> None:
        """Event A3, entering condition A3-1, and the network's decision on the report."""
        settings, each = self._settings, np.arange(self.serving.size)
        biased_dbm = known_dbm + settings.individual_offset_db[self.serving]
        margin_db = settings.a3_offset_db + settings.hysteresis_db
        entered = biased_dbm > known_dbm[each, self.serving][:, None] + margin_db
        entered[each, self.serving] = False
        free = self.connected & np.isinf(self._command_ms) & awake[self.serving]
        self._held_ms = np.where(
            entered & free[:, None], self._held_ms + self._frame_ms, -self._frame_ms
        )
        reported = self._held_ms >= settings.time_to_trigger_ms
        leave = (awake & ~open_cells)[self.serving]
        reported[leave] = open_cells
        told = free & reported.any(1)
        best = np.where(reported, biased_dbm, -_NEVER).argmax(1)
        self._target = np.where(told, best, self._target)
        self._command_ms = np.where(told, now_ms + PREPARATION_MS, self._command_ms)

    def _execute(self, now_ms: float, open_cells: Flags) -> None:
        """Commands that are due; those sent while out of sync do not arrive, and count once."""
        due = self.connected & (self._command_ms <= now_ms)
        self._command_ms[due] = _NEVER
        for ue in np.flatnonzero(due & open_cells[self._target]).tolist():
            source, target = int(self.serving[ue]), int(self._target[ue])
            if self._out_ms[ue] > 0:
                if not self._lost[ue]:
                    self._record(now_ms, Cause.COMMAND_LOST, ue, target)
                self._lost[ue] = True
                continue
            back = target == self._before[ue] and now_ms - self._moved_ms[ue] < PING_PONG_MS
            self._record(now_ms, Cause.HANDOVER, ue, target)
            if back:
                self._record(now_ms, Cause.PING_PONG, ue, target)
            self._before[ue], self._moved_ms[ue] = source, now_ms
            self._move(ue, target, self._settings.interruption_ms)

    def _monitor(self, now_ms: float, sinr_db: Floats) -> None:
        """Radio link monitoring: averages against Qout and Qin, and T310."""
        self._out_sinr = _smoothed(self._out_sinr, sinr_db, self._frame_ms / Q_OUT_MS)
        self._in_sinr = _smoothed(self._in_sinr, sinr_db, self._frame_ms / Q_IN_MS)
        out = np.where(self._out_ms > 0, self._in_sinr < Q_IN_DB, self._out_sinr < Q_OUT_DB)
        self._out_ms = np.where(out & self.connected, self._out_ms + self._frame_ms, 0.0)
        self._lost &= self._out_ms > 0
        failed = self._out_ms > self._settings.t310_ms
        self._failed |= failed
        self._away_until_ms[failed] = REESTABLISHMENT_MS
        self._command_ms[failed] = _NEVER

    def _reestablish(self, now_ms: float, known_dbm: Floats) -> None:
        """Failed links come back in the strongest cell, which tells the cause."""
        for ue in np.flatnonzero(self._failed & self.connected).tolist():
            target = int(known_dbm[ue].argmax())
            since_ms = now_ms - REESTABLISHMENT_MS - self._moved_ms[ue]
            self._record(now_ms, self._cause(ue, target, since_ms), ue, target)
            self._failed[ue] = False
            self._move(ue, target, 0.0)

    def _cause(self, ue: int, target: int, since_move_ms: float) -> Cause:
        if target == self.serving[ue]:
            return Cause.SAME_CELL
        if since_move_ms > PING_PONG_MS:
            return Cause.TOO_LATE
        return Cause.TOO_EARLY if target == self._before[ue] else Cause.WRONG_CELL

    def _move(self, ue: int, target: int, away_ms: float) -> None:
        self.serving[ue] = target
        self._away_until_ms[ue] = away_ms
        self._held_ms[ue] = -self._frame_ms
        self._out_ms[ue] = 0.0
        self._out_sinr[ue] = self._in_sinr[ue] = np.nan

    def _record(self, now_ms: float, cause: Cause, ue: int, target: int) -> None:
        self.events.append(MobilityEvent(now_ms, cause, ue, int(self.serving[ue]), target))


def _smoothed(average: Floats, value: Floats, weight: float) -> Floats:
    """Exponential average over a window; starts with the first value."""
    start: Floats = np.where(np.isnan(average), value, average)
    return start + weight * (value - start)
