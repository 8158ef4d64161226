"""One UE: what it reported, and what it shall do: trust, sweep a few beams, or sweep all."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from contracts.e2.llc.beam_control import BeamOrder
from contracts.e2.llc.beam_sets import COLUMNS, ROWS, UeBeams, beams_of, set_of
from xapps.beam_management.columns import STEPS, ColumnPredictor
from xapps.beam_management.handovers import HandoverWatch, Intent
from xapps.beam_management.powers import FAINTEST_DBM, BeamPowers
from xapps.beam_management.settings import Settings

NEAR_DB = 1.0
"""A beam that may be stronger than the best by less is not worth a sweep."""
_WORTH_SD = 1.0
"""Standard deviations by which a beam may be stronger than expected."""


class Measure(StrEnum):
    """How much a UE shall measure."""

    TRUST = "trust"
    FEW = "few"
    ALL = "all"


@dataclass(frozen=True)
class Decision:
    """What follows from a report.

    Attributes:
        order: for the node; None: nothing, the node does as it would.
        measure: how much the order has measured; None without a sweep due.
        intent: a handover that is wanted.
    """

    order: BeamOrder | None = None
    measure: Measure | None = None
    intent: Intent | None = None


class Ue:
    """A UE of a node.

    Args:
        ue_id: on E2.
        settings: of the xApp.
        predictor: of columns; None: the strongest beam is expected to stay.
    """

    def __init__(self, ue_id: int, settings: Settings, predictor: ColumnPredictor | None) -> None:
        self._ue_id = ue_id
        self._settings = settings
        self._predictor = predictor
        self._allowed = np.zeros(COLUMNS * ROWS, dtype=bool)
        self._allowed[[b for number in settings.sweepable for b in beams_of(number)]] = True
        self._watch = HandoverWatch(settings.handover)
        self._cell: int | None = None
        self._at_ms: int | None = None
        self._gives_back = False
        self._begin()

    @property
    def at_ms(self) -> int:
        """KPM time of the latest report."""
        return -1 if self._at_ms is None else self._at_ms

    def take(self, at_ms: int, beams: UeBeams) -> Decision:
        """A report, and what follows. One that is not later than the last changes nothing."""
        if self._at_ms is not None and at_ms <= self._at_ms:
            return Decision()
        if self._at_ms is not None and at_ms - self._at_ms > self._settings.gap_ms:
            self._begin()
            self._watch.forget()
        if beams.cell_id != self._cell:
            self._cell = beams.cell_id
            self._begin()
        self._at_ms = at_ms
        self._powers.take(at_ms, beams)
        if not beams.ssb:  # the answer to a sweep
            return self._after_sweep(beams)
        others = {cell: dbm for cell, (_, dbm) in beams.candidates.items()}
        intent = self._watch.take(at_ms, beams.cell_id, max(beams.ssb.values()), others)
        if self._is_handed_back():
            return Decision(None, None, intent)
        measure, sets, beam = self._choose(at_ms)
        return Decision(self._order(sets, beam), measure, intent)

    def _is_handed_back(self) -> bool:
        """Whether powers wander too fast to be kept up with; the gNB sweeps by itself then."""
        most = self._settings.most_wander_db2_per_s
        self._gives_back = self._powers.wander_db2_per_s > (most / 2 if self._gives_back else most)
        return self._gives_back

    def _after_sweep(self, beams: UeBeams) -> Decision:
        """Use the best; sweep the rest at once where all that was measured has fallen."""
        if not beams.narrow or self._gives_back:
            return Decision()
        if self._is_surprised() and len(beams.narrow) < self._allowed.sum():
            return Decision(self._order(self._settings.sweepable), Measure.ALL)
        return Decision(self._order(()))

    def _is_surprised(self) -> bool:
        return self._powers.surprise_db < -self._settings.surprise_db

    def _begin(self) -> None:
        self._powers = BeamPowers(self._settings.measurement_sd_db)
        self._window: deque[np.ndarray[tuple[int], np.dtype[np.float64]]] = deque(maxlen=STEPS)
        self._ticks_ms: deque[int] = deque(maxlen=STEPS)

    def _choose(self, at_ms: int) -> tuple[Measure, tuple[int, ...], int | None]:
        """How much to measure, the sets, and a beam to use unmeasured where it may be."""
        if not self._knows or self._is_surprised():
            return Measure.ALL, self._settings.sweepable, None
        predicted, is_trusted = self._predicted(at_ms)
        best = self._best()
        wanted = self._worth_measuring(best)
        if predicted is not None and predicted != best:
            if is_trusted:
                return Measure.TRUST, (), predicted
            wanted = [set_of(predicted), *(s for s in wanted if s != set_of(predicted))]
        if not wanted:
            return Measure.TRUST, (), None
        return Measure.FEW, tuple(wanted[: self._settings.most_sets]), None

    def _worth_measuring(self, best: int) -> list[int]:
        """Sets that may hold a beam better than the best by more than is worth, likeliest first.

        The best beam's own comes first while its power is too uncertain.
        """
        powers = self._powers
        reach = powers.mean_dbm + _WORTH_SD * np.sqrt(powers.variance) - powers.mean_dbm[best]
        reach[best] = np.inf if powers.sd_db(best) > self._settings.trust_sd_db else -np.inf
        found: dict[int, float] = {}
        for beam in np.flatnonzero(self._allowed & (reach > NEAR_DB)).tolist():
            number = set_of(beam)
            found[number] = max(found.get(number, -np.inf), float(reach[beam]))
        return sorted(found, key=lambda number: -found[number])

    def _predicted(self, at_ms: int) -> tuple[int | None, bool]:
        """The beam of the next step by the predictor, and whether it is trusted."""
        grid = np.where(self._allowed, self._powers.mean_dbm, FAINTEST_DBM).reshape(COLUMNS, ROWS)
        self._window.append(grid.max(1))
        self._ticks_ms.append(at_ms)
        if self._predictor is None or len(self._window) < STEPS:
            return None, False
        window = np.array(self._window)
        if (window.max(1) == window.min(1)).any():
            return None, False
        step_s = (self._ticks_ms[-1] - self._ticks_ms[0]) / (STEPS - 1) / 1000.0
        forecast = self._predictor.forecast(window, step_s)
        beam = forecast.column * ROWS + int(grid[forecast.column].argmax())
        return (beam, forecast.is_trusted) if self._allowed[beam] else (None, False)

    @property
    def _knows(self) -> bool:
        """Whether a beam that may be used was measured."""
        return bool((self._powers.seen & self._allowed).any())

    def _best(self) -> int:
        return int(np.where(self._allowed, self._powers.mean_dbm, -np.inf).argmax())

    def _order(self, sets: tuple[int, ...], beam: int | None = None) -> BeamOrder | None:
        """The beam to use, unless nothing was measured yet, and what to measure."""
        if beam is None and self._knows:
            beam = self._best()
        return None if beam is None and not sets else BeamOrder(self._ue_id, beam, sets)
