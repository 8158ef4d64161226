"""When a UE's best beam is about to fail and a neighbour's is better: proposals of handovers."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from xapps.beam_management.settings import HandoverRule

_SAMPLES = 8
_LEAST_SAMPLES = 4

Reading = tuple[int, float]
"""KPM time in ms, and dBm."""


@dataclass(frozen=True)
class Intent:
    """A handover that is wanted, with the predicted powers."""

    target_cell: int
    serving_rsrp_dbm: float
    target_rsrp_dbm: float


@dataclass
class HandoverWatch:
    """Of one UE, through all its cells.

    Args:
        rule: when.
    """

    rule: HandoverRule
    _cell: int | None = None
    _before: int | None = None
    _changed_ms: int | None = None
    _proposed_ms: int | None = None
    _serving: deque[Reading] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    _others: dict[int, deque[Reading]] = field(default_factory=dict)
    _since_ms: dict[int, int] = field(default_factory=dict)

    def forget(self) -> None:
        """Begin anew after a gap; guards stay."""
        self._serving.clear()
        self._others.clear()
        self._since_ms.clear()

    def take(
        self, at_ms: int, cell: int, serving_dbm: float, others_dbm: Mapping[int, float]
    ) -> Intent | None:
        """Readings of one moment, and the handover that follows from them, if one does.

        Args:
            at_ms: KPM time, later than before.
            cell: that serves the UE.
            serving_dbm: L1-RSRP of its strongest SSB.
            others_dbm: of those of other cells.
        """
        if cell != self._cell:
            if self._cell is not None:
                self._before, self._changed_ms = self._cell, at_ms
            self._cell = cell
            self.forget()
        self._serving.append((at_ms, serving_dbm))
        for other, dbm in others_dbm.items():
            self._others.setdefault(other, deque(maxlen=_SAMPLES)).append((at_ms, dbm))
        wanted = {other: self._wanted(at_ms, other) for other in others_dbm}
        held = {other: self._since_ms.get(other, at_ms) for other, is_so in wanted.items() if is_so}
        self._since_ms = held
        ready = [o for o, since in held.items() if at_ms - since >= self.rule.time_to_trigger_ms]
        ready = [o for o in ready if self._may(at_ms, o)]
        if not ready:
            return None
        found = {o: intent for o in ready if (intent := wanted[o]) is not None}
        best = max(found.values(), key=lambda intent: intent.target_rsrp_dbm)
        self._proposed_ms = at_ms
        return best

    def _wanted(self, at_ms: int, other: int) -> Intent | None:
        readings = self._others[other]
        if len(self._serving) < _LEAST_SAMPLES or len(readings) < _LEAST_SAMPLES:
            return None
        ahead_ms = at_ms + self.rule.horizon_ms
        serving, target = _line(self._serving, ahead_ms), _line(readings, ahead_ms)
        if _line(readings, at_ms) < _line(self._serving, at_ms):
            return None  # the UE would be taken back
        fails = serving < self.rule.least_rsrp_dbm
        fails = fails or target - serving > self.rule.least_margin_db
        if not fails or target - serving < self.rule.hysteresis_db:
            return None
        return Intent(other, serving, target)

    def _may(self, at_ms: int, other: int) -> bool:
        """Whether no guard is in force: of any change of cell, of one back, of a proposal."""
        rule = self.rule
        if self._proposed_ms is not None and at_ms - self._proposed_ms < rule.repeat_ms:
            return False
        if self._changed_ms is None:
            return True
        guard_ms = rule.guard_ms
        if other == self._before:
            guard_ms = max(guard_ms, rule.return_guard_ms)
        return at_ms - self._changed_ms >= guard_ms


def _line(readings: deque[Reading], at_ms: int) -> float:
    """The least-squares line through readings, at a moment; it goes on no farther than 10 dB."""
    time_ms, dbm = np.array(readings, dtype=float).T
    centre = time_ms.mean()
    spread = ((time_ms - centre) ** 2).sum()
    slope = ((time_ms - centre) * dbm).sum() / spread if spread else 0.0
    step = float(np.clip(slope * (at_ms - centre), -_MOST_STEP_DB, _MOST_STEP_DB))
    return float(dbm.mean()) + step


_MOST_STEP_DB = 10.0
