"""What is known of each narrow beam of a cell: mean and standard deviation of its power at a UE.

A Kalman filter for each beam: powers wander, a report pins one down. How fast they wander is
learnt from the surprises, UE by UE: who stands still needs few sweeps, who drives many. Beams that
were not measured are filled from the SSB that they lie in, with an uncertainty that says so.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from contracts.e2.llc.beam_sets import BEAMS, SETS, UeBeams, beams_of, set_of

Floats = NDArray[np.float64]

NARROW_OVER_SSB_DB, NARROW_OVER_SSB_SD_DB = 3.0, 5.0
"""A narrow beam's power over that of the SSB it lies in, before it was measured."""
UNSEEN_DB = -15.0
"""Under the strongest SSB, where not even the SSB was reported."""
FAINTEST_DBM = -140.0
"""Of a beam of which nothing is known; the least that L1 reports."""

_LEAST_WANDER, _FIRST_WANDER, _MOST_WANDER = 0.5, 10.0, 200.0  # dB^2 a second
_LEARNING = 0.15
"""Share of a report in what is believed of wandering."""
_MOST_SD_DB = 15.0

_MEMBERS = np.array([beams_of(number) for number in range(SETS)])
_SET_OF = np.array([set_of(beam) for beam in range(BEAMS)])


class BeamPowers:
    """Of one UE in one cell.

    Args:
        measurement_sd_db: of one report of one beam.

    Attributes:
        mean_dbm: ``[32]``.
        variance: ``[32]`` dB^2.
        seen: ``[32]`` measured at least once.
        wander_db2_per_s: how fast powers wander, as far as is known.
        surprise_db: of the latest report, of the beam expected strongest among those measured:
            measured less expected.
    """

    def __init__(self, measurement_sd_db: float) -> None:
        self._noise = measurement_sd_db**2
        self.wander_db2_per_s = _FIRST_WANDER
        self._at_ms: int | None = None
        self.seen = np.zeros(BEAMS, dtype=bool)
        self._ssb_dbm: Floats = np.full(SETS, np.nan)
        self._since_ssb = 0.0
        self.mean_dbm: Floats = np.full(BEAMS, FAINTEST_DBM)
        self.variance: Floats = np.full(BEAMS, _MOST_SD_DB**2)
        self.surprise_db = 0.0

    def sd_db(self, beam: int) -> float:
        """How uncertain a beam's power is."""
        return float(np.sqrt(self.variance[beam]))

    def take(self, at_ms: int, beams: UeBeams) -> None:
        """Take a report in; its time does not run back."""
        past_s = 0.0 if self._at_ms is None else max(0, at_ms - self._at_ms) / 1000.0
        self._at_ms = at_ms
        wandered = self.wander_db2_per_s * past_s
        self.variance = np.minimum(self.variance + wandered, _MOST_SD_DB**2)
        self._since_ssb += wandered
        if beams.ssb:
            self._follow(beams.ssb)
            self._fill(beams.ssb)
        if beams.narrow:
            self._measure(np.array(list(beams.narrow)), np.array(list(beams.narrow.values())))

    def _follow(self, ssb_dbm: Mapping[int, float]) -> None:
        """Move beams with the SSB that they lie in, as far as it is wander and not error.

        An SSB that is not reported is no stronger than the weakest that is.
        """
        noise = 2.0 * self._noise
        gain = self._since_ssb / (self._since_ssb + noise)
        level = np.fmin(self._ssb_dbm, min(ssb_dbm.values()))
        level[list(ssb_dbm)] = list(ssb_dbm.values())
        moved = np.nan_to_num(level - self._ssb_dbm)[_SET_OF]
        self.mean_dbm = self.mean_dbm + np.where(self.seen, gain * moved, 0.0)
        self._ssb_dbm, self._since_ssb = level, 0.0

    def _fill(self, ssb_dbm: Mapping[int, float]) -> None:
        """Give beams that were never measured what their SSB says."""
        level = np.full(SETS, max(ssb_dbm.values()) + UNSEEN_DB)
        level[list(ssb_dbm)] = list(ssb_dbm.values())
        guess = level[_SET_OF] + NARROW_OVER_SSB_DB
        unseen = ~self.seen
        self.mean_dbm = np.where(unseen, guess, self.mean_dbm)
        self.variance = np.where(unseen, NARROW_OVER_SSB_SD_DB**2, self.variance)

    def _measure(self, beams: NDArray[np.int64], dbm: Floats) -> None:
        known = self.seen[beams]
        spread = self.variance[beams] + self._noise
        innovation = dbm - self.mean_dbm[beams]
        if known.any():
            expected = np.where(known, self.mean_dbm[beams], -np.inf).argmax()
            self.surprise_db = float(innovation[expected])
            self._learn(innovation[known], spread[known])
        gain = np.where(known, self.variance[beams] / spread, 1.0)
        start = np.where(known, self.mean_dbm[beams], dbm)
        self.mean_dbm[beams] = start + gain * (dbm - start)
        self.variance[beams] = np.where(known, (1.0 - gain) * self.variance[beams], self._noise)
        self.seen[beams] = True

    def _learn(self, innovation: Floats, spread: Floats) -> None:
        """Wander faster where surprises are larger than expected, slower where smaller."""
        ratio = float(np.clip((innovation**2 / spread).mean(), 0.2, 5.0))
        wander = self.wander_db2_per_s * ratio**_LEARNING
        self.wander_db2_per_s = min(max(wander, _LEAST_WANDER), _MOST_WANDER)
