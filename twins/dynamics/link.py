"""What the flow level and the slot level have in common: one frame of a network, served.

A level keeps its own fading and interference; who is connected where, with which mean SNR and
what in its queue, it is told.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import j0

from twins.dynamics.randomness import Flags, Floats, Ints
from twins.dynamics.scheduling import SlicePolicy
from twins.dynamics.traffic import Queues
from twins.flow import COHERENCE_BANDWIDTH_HZ
from twins.scenario import Scenario

FRAME_MS = 10.0
"""A radio frame (TS 38.211 4.3.1): positions, handovers and loads are constant within it."""

_SCATTERER_SPEED_M_S = 3.0 / 3.6
_LIGHT_M_PER_S = 299_792_458.0
_NOISE_DBM_PER_HZ = -174.0


@dataclass(frozen=True)
class Air:
    """The network in one frame.

    Attributes:
        snr: ``[U, C]`` mean SNR of every link at the cell's configured power, linear.
        fading_m: ``[U, C]`` Nakagami m.
        serving: ``[U]`` index of the serving cell.
        connected: ``[U]`` False during a handover's interruption or after a lost link.
        awake: ``[C]`` False for cells that are switched off or asleep.
    """

    snr: Floats
    fading_m: Floats
    serving: Ints
    connected: Flags
    awake: Flags


@dataclass(frozen=True)
class Served:
    """What a level did in one frame; the bits are in the queues.

    Attributes:
        prb_share: ``[C]`` share of the resource blocks used, 0..1.
        busy_share: ``[C]`` share of the time with data on the air, 0..1.
        sinr_db: ``[U]`` wideband SINR of the serving cell.
        blocks: ``[U]`` transport blocks sent for the first time; zeros where the level has none.
        failed: ``[U]`` of them, with errors.
    """

    prb_share: Floats
    busy_share: Floats
    sinr_db: Floats
    blocks: Ints
    failed: Ints


class LinkLevel(Protocol):
    """Serves frames, one after the other."""

    @property
    def tick_ms(self) -> float:
        """Resolution of service and delay."""
        ...

    def serve(self, air: Air, queues: Queues, first_tick: int) -> Served:
        """Serve one frame, tick by tick.

        Args:
            air: the network.
            queues: data to deliver; the level delivers into them.
            first_tick: number of the frame's first tick.
        """
        ...


@dataclass(frozen=True)
class LinkSetup:
    """What both levels are made from.

    Attributes:
        scenario: carrier and receiver.
        cells: C.
        policy: shares of slices.
        speed_m_s: ``[U]``.
        overhead_share: resources that carry no data, reference and SSB among them.
    """

    scenario: Scenario
    cells: int
    policy: SlicePolicy
    speed_m_s: Floats
    overhead_share: float

    @property
    def width_hz(self) -> float:
        """Occupied bandwidth."""
        carrier = self.scenario.carrier
        return carrier.resource_blocks * 12 * carrier.subcarrier_spacing_khz * 1e3

    @property
    def coherence_bands(self) -> float:
        """Bands that fade independently."""
        return max(1.0, self.width_hz / COHERENCE_BANDWIDTH_HZ)

    @property
    def snr_gap(self) -> float:
        """Of the attenuated Shannon bound, linear, at most 1."""
        return float(10.0 ** (-self.scenario.radio.implementation_loss_db / 10.0))

    def correlation(self, lag_ms: float) -> Floats:
        """``[U]`` correlation of a fading amplitude over a lag: Jakes' spectrum.

        A UE at rest sees what moves around it, at the speed of a pedestrian.
        """
        speed = np.maximum(self.speed_m_s, _SCATTERER_SPEED_M_S)
        doppler_hz = speed * self.scenario.carrier.frequency_hz / _LIGHT_M_PER_S
        correlation: Floats = j0(2.0 * np.pi * doppler_hz * lag_ms / 1000.0)
        return correlation


def noise_mw(scenario: Scenario) -> float:
    """Thermal noise and noise figure over the carrier."""
    carrier = scenario.carrier
    width_hz = carrier.resource_blocks * 12 * carrier.subcarrier_spacing_khz * 1e3
    density_dbm = _NOISE_DBM_PER_HZ + scenario.radio.noise_figure_db
    return float(10.0 ** (density_dbm / 10.0) * width_hz)


def radiated_share(prb_share: Floats, overhead_share: float, awake: Flags) -> Floats:
    """Share of its full power that a cell radiates on average; broadcasts."""
    return np.where(awake, prb_share + (1.0 - prb_share) * overhead_share, 0.0)
