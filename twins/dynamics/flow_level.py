"""The flow level: attenuated Shannon rates, shared fairly every millisecond."""

import numpy as np

from twins.dynamics.link import FRAME_MS, Air, LinkSetup, Served, radiated_share
from twins.dynamics.randomness import CorrelatedNormals, Floats, gamma_power
from twins.dynamics.scheduling import proportional_fair
from twins.dynamics.traffic import Queues

TICK_MS = 1.0
REPORT_MS = 5.0
"""Age of a channel report, as at the slot level."""

_LEAST_RATE = 1e-6
_NODES, _WEIGHTS = (-(3.0**0.5), 0.0, 3.0**0.5), (1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0)
"""Gauss-Hermite quadrature over a standard normal."""


class FlowLevel:
    """Rates of :mod:`twins.flow` with fading that is correlated from frame to frame.

    The SINR, and with it the proportional-fair rate of each UE, is constant within a frame; queues
    and shares change every millisecond. Interference comes from the loads of the frame before.

    Schedulers follow the fades of narrow bands only while reports are fresh. The share of the power
    that a report still predicts counts as in :mod:`twins.flow`, by the mean power of a sub-band;
    the rest by the mean rate over the bands' fades, which is lower (Jensen).
    """

    tick_ms = TICK_MS

    def __init__(self, setup: LinkSetup, random: np.random.Generator) -> None:
        scenario = setup.scenario
        self._setup = setup
        self._bands = scenario.carrier.sub_bands
        self._fading_bands = max(1.0, setup.coherence_bands / self._bands)
        self._bits = (
            setup.width_hz / self._bands * (1.0 - setup.overhead_share) * self.tick_ms / 1000.0
        )
        ues = setup.speed_m_s.size
        # powers decorrelate with the square of the amplitudes' correlation
        correlation = setup.correlation(FRAME_MS)[:, None] ** 2
        self._normals = CorrelatedNormals(correlation, (self._bands, ues, setup.cells), random)
        self._load = np.zeros(setup.cells)
        self._predicted = setup.correlation(REPORT_MS) ** 2

    def serve(self, air: Air, queues: Queues, first_tick: int) -> Served:
        """See :class:`twins.dynamics.link.LinkLevel`."""
        setup, cells = self._setup, self._setup.cells
        sinr = self._sinr(air)
        whole: Floats | None = None
        used, busy = np.zeros(cells), np.zeros(cells)
        ticks = round(FRAME_MS / self.tick_ms)
        for tick in range(first_tick, first_tick + ticks):
            backlog = np.where(air.connected, queues.backlog_bits(tick), 0.0)
            if not backlog.any():
                continue
            if whole is None:
                rate = self._bits * self._efficiency(air, sinr)
                whole = proportional_fair(rate, backlog > 0, air.serving, cells)
                whole = np.maximum(whole, _LEAST_RATE)
            need = np.minimum(backlog / whole, 1.0)
            given = setup.policy.share(need, air.serving, cells)
            queues.deliver(tick, given * whole)
            share = np.bincount(air.serving, given, cells)
            used += share
            busy += share > 0
        self._load = np.minimum(used / ticks, 1.0)
        none = np.zeros(air.serving.size, dtype=np.int64)
        sinr_db = 10.0 * np.log10(np.maximum(sinr.mean(0), 1e-9))
        return Served(self._load, busy / ticks, sinr_db, none, none)

    def _efficiency(self, air: Air, sinr: Floats) -> Floats:
        """``[F, U]`` bit/s/Hz: attenuated and truncated Shannon bound (TR 36.942 Annex A.2)."""
        m = air.fading_m[np.arange(air.serving.size), air.serving]
        faded = np.zeros_like(sinr)
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            faded += weight * self._bound(sinr * gamma_power(np.full_like(m, node), m))
        known: Floats = self._predicted * self._bound(sinr)
        return known + (1.0 - self._predicted) * faded

    def _bound(self, sinr: Floats) -> Floats:
        most = self._setup.scenario.radio.max_spectral_efficiency
        return np.minimum(np.log2(1.0 + sinr * self._setup.snr_gap), most)

    def _sinr(self, air: Air) -> Floats:
        """``[F, U]`` of the serving cell."""
        power = gamma_power(self._normals.step(), air.fading_m * self._fading_bands)
        received = power * air.snr
        each = np.arange(air.serving.size)
        own = received[:, each, air.serving]
        load = radiated_share(self._load, self._setup.overhead_share, air.awake)
        heard = received @ load - own * load[air.serving]
        sinr: Floats = own * air.awake[air.serving] / (1.0 + heard)
        return sinr
