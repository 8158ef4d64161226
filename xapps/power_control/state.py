"""The smoothed state of the network: gains and activity of every UE, from readings with errors."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tools.near_rt.model import Array, Network
from xapps.power_control.readings import Readings

RSRP_DBM = (-156.0, -31.0)
"""Reportable values of TS 38.133, table 10.1.6.1-1."""

_UNDETECTED_DB = 10.0
"""A cell that a UE does not report is taken to be so far below the weakest that it does."""
_TIME_TOLERANCE = 1.01
_NEPER_PER_DB = math.log(10.0) / 10.0


class StrangeError(Exception):
    """Readings that nothing should be decided on."""


class NetworkState:
    """Gains of links and activities of UEs, averaged over a memory; UEs that left are forgotten.

    Args:
        cells: of the node.
        period_ms: of a report.
        memory_ms: time constant of the averages.
        noise_dbm: in one resource element; gains are over it.
    """

    def __init__(
        self, cells: Sequence[int], period_ms: int, memory_ms: int, noise_dbm: float
    ) -> None:
        self._cells = np.array(cells, np.int64)
        self._period_ms = period_ms
        self._memory_ms = memory_ms
        self._noise_dbm = noise_dbm
        self._at_ms: int | None = None
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._readings: Array = np.empty(0)
        self._gain_db: Array = np.empty((0, len(cells)), np.float32)
        self._activity: Array = np.empty(0)
        self._serving: NDArray[np.intp] = np.empty(0, np.intp)

    def take(self, readings: Readings, power_mw: Mapping[int, int]) -> None:
        """Average readings in.

        Args:
            readings: the next report.
            power_mw: powers that were in force in its period, by cell.

        Raises:
            StrangeError: it is strange; the state has begun anew, without it.
        """
        try:
            serving = self._require_sane(readings)
        except StrangeError:
            self.forget()
            raise
        self._keep(readings.ue_ids)
        self._at_ms = readings.kpm_time_ms
        sent_dbm = 10.0 * np.log10([float(power_mw[int(c)]) for c in self._cells])
        seen_db = (readings.rsrp_dbm - sent_dbm).astype(np.float32)
        weakest_dbm = np.fmin.reduce(readings.rsrp_dbm, axis=1)[:, None]
        bound_db = (weakest_dbm - _UNDETECTED_DB - sent_dbm).astype(np.float32)
        new = np.isnan(self._gain_db)
        if new.any():
            self._gain_db = np.where(new, bound_db, self._gain_db)
        unheard = np.isnan(seen_db)
        seen_db = np.where(unheard, np.minimum(self._gain_db, bound_db), seen_db)
        self._readings = self._readings + 1.0
        share = 1.0 - math.exp(-self._period_ms / self._memory_ms)
        weight = np.maximum(share, 1.0 / self._readings)
        seen_db -= self._gain_db
        seen_db *= weight.astype(np.float32)[:, None]
        self._gain_db = self._gain_db + seen_db
        active = readings.active_ms / self._period_ms
        self._activity = self._activity + weight * (active - self._activity)
        self._serving = serving

    def forget(self) -> None:
        """Begin anew."""
        self._at_ms = None
        self._keep(np.empty(0, np.int64))

    def network(self) -> Network:
        """The network as it is believed to be."""
        gain = np.exp((self._gain_db - np.float32(self._noise_dbm)) * np.float32(_NEPER_PER_DB))
        return Network(gain, self._serving, self._activity.clip(0.0, 1.0))

    def steady(self) -> bool:
        """Whether the averages rest on a memory of readings, for most of the UEs."""
        if not len(self._ids):
            return False
        return bool(np.median(self._readings) * self._period_ms >= self._memory_ms)

    def _require_sane(self, readings: Readings) -> NDArray[np.intp]:
        if self._at_ms is not None:
            passed_ms = readings.kpm_time_ms - self._at_ms
            if not 0 < passed_ms <= self._memory_ms:
                raise StrangeError(f"{passed_ms} ms of KPM time passed since the last report")
        if not len(readings.ue_ids) or (np.diff(readings.ue_ids) <= 0).any():
            raise StrangeError("it has no UE, or one of them twice")
        place = np.searchsorted(self._cells, readings.serving_cell).clip(max=len(self._cells) - 1)
        if (self._cells[place] != readings.serving_cell).any():
            raise StrangeError("a UE is served by a cell that the node does not have")
        rsrp = readings.rsrp_dbm
        if np.isnan(rsrp[np.arange(len(place)), place]).any():
            raise StrangeError("a UE does not measure the cell that serves it")
        heard = rsrp[~np.isnan(rsrp)]
        if not ((heard >= RSRP_DBM[0]) & (heard <= RSRP_DBM[1])).all():
            raise StrangeError("an RSRP is none that can be reported")
        active = readings.active_ms
        if not ((active >= 0.0) & (active <= _TIME_TOLERANCE * self._period_ms)).all():
            raise StrangeError("a UE was active for longer than the period, or for no time")
        return place

    def _keep(self, ue_ids: NDArray[np.int64]) -> None:
        """Bring the rows into the order of ``ue_ids``; new UEs have no past."""
        if np.array_equal(ue_ids, self._ids):
            return
        known = np.isin(ue_ids, self._ids, assume_unique=True)
        rows = np.searchsorted(self._ids, ue_ids[known])
        gain_db = np.full((len(ue_ids), len(self._cells)), np.nan, np.float32)
        readings, activity = np.zeros(len(ue_ids)), np.zeros(len(ue_ids))
        gain_db[known] = self._gain_db[rows]
        readings[known], activity[known] = self._readings[rows], self._activity[rows]
        self._ids, self._gain_db = ue_ids, gain_db
        self._readings, self._activity = readings, activity
