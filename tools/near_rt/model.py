"""Rates of UEs as functions of cell powers, and their slopes; NumPy, one network at a time.

    SINR_u = p_c a_uc / (1 + sum_{b != c} load_b p_b a_ub)          c = serving cell of u
    r_u    = share_u min(log2(1 + SINR_u / gap), SE_max)

``a`` is gain over noise, ``busy_c = 1 - prod_{u in c}(1 - q_u)`` the share of time in which cell c
has data, ``load_c`` the same plus control and reference signals while idle, ``share_u = busy_c /
sum_{u in c} q_u`` the mean time share of an active UE. It is the model of :mod:`tools.power.model`
without bandwidth and calibration, which no choice between powers hangs on.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Index = NDArray[np.intp]

_MOST_ACTIVE = 0.999
_LEAST_ACTIVE = 0.01


@dataclass(frozen=True, slots=True)
class Radio:
    """What UEs and cells of a carrier have in common.

    Attributes:
        noise_dbm: thermal noise and noise figure in one resource element.
        snr_gap_db: implementation loss of the link abstraction.
        most_bits_per_hz: spectral efficiency of the highest MCS.
        idle_load: share of its power that a cell sends without data.
        handover_offset_db: A3 offset, TS 38.331 5.5.4.4.
    """

    noise_dbm: float
    snr_gap_db: float
    most_bits_per_hz: float
    idle_load: float
    handover_offset_db: float


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of U UEs and C cells. Single precision is enough for the gains, and faster.

    Attributes:
        gain: [U, C] SS-RSRP over noise for each milliwatt of configured power, 1/mW.
        serving: [U] index of the serving cell.
        activity: [U] share of time in which the UE has data.
    """

    gain: Array
    serving: Index
    activity: Array

    def served_under(self, power_mw: Array, radio: Radio) -> Index:
        """[U] serving cells under powers [C]: the strongest, once it leads by the A3 offset."""
        received = self.gain * power_mw.astype(self.gain.dtype)
        best = received.argmax(1)
        rows = np.arange(len(best))
        offset = 10.0 ** (radio.handover_offset_db / 10.0)
        stays = received[rows, best] <= offset * received[rows, self.serving]
        return np.where(stays, self.serving, best)


@dataclass(frozen=True, slots=True)
class Links:
    """A network with its association held fixed.

    Attributes:
        serving: [U] index of the serving cell.
        direct: [U] gain over noise of the serving link, 1/mW.
        leak: [U, C] load times gain over noise of the other links, 1/mW; 0 at the serving cell.
        share: [U] time share of the UE while it has data.
    """

    radio: Radio
    serving: Index
    direct: Array
    leak: Array
    share: Array

    @classmethod
    def under(cls, power_mw: Array, network: Network, radio: Radio) -> Self:
        """The links with the association that follows from powers [C]."""
        serving = network.served_under(power_mw, radio)
        users, cells = network.gain.shape
        activity = network.activity.clip(_LEAST_ACTIVE, _MOST_ACTIVE)
        idle_log = np.bincount(serving, np.log1p(-activity), cells)
        busy = -np.expm1(idle_log)
        active = np.bincount(serving, activity, cells)
        rows = np.arange(users)
        load = busy + (1.0 - busy) * radio.idle_load
        leak = network.gain * load.astype(network.gain.dtype)
        leak[rows, serving] = 0.0
        share = (busy / active.clip(_LEAST_ACTIVE)).astype(network.gain.dtype)[serving]
        return cls(radio, serving, network.gain[rows, serving], leak, share)

    def rates(self, power_mw: Array) -> Array:
        """Rates [..., U] in bit/s/Hz under powers [..., C]."""
        gap = 10.0 ** (self.radio.snr_gap_db / 10.0)
        power = power_mw.astype(self.leak.dtype)
        sinr = power[..., self.serving] * self.direct / (1.0 + power @ self.leak.T)
        most = self.radio.most_bits_per_hz
        rates: Array = self.share * np.minimum(np.log2(1.0 + sinr / gap), most)
        return rates

    def slope(self, power_mw: Array, weights: Array) -> Array:
        """[C] derivative of ``sum_u weights_u rates_u`` in the logarithm of each power."""
        gap = 10.0 ** (self.radio.snr_gap_db / 10.0)
        disturbed = 1.0 + self.leak @ power_mw.astype(self.leak.dtype)
        sinr = power_mw[self.serving] * self.direct / disturbed
        below = np.log2(1.0 + sinr / gap) < self.radio.most_bits_per_hz
        felt = weights * self.share * below * sinr / ((gap + sinr) * np.log(2.0))
        gained = np.bincount(self.serving, felt, len(power_mw))
        lost = (felt / disturbed).astype(self.leak.dtype) @ self.leak
        slope: Array = gained - power_mw * lost
        return slope
