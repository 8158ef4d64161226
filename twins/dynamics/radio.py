"""What UEs receive on their way: power of every cell, frame by frame."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from twins.dynamics.link import noise_mw
from twins.dynamics.randomness import Flags, Floats, Ints
from twins.dynamics.settings import Settings
from twins.dynamics.stage import Stage

_CHUNK = 100
"""Frames interpolated at once."""


@dataclass(frozen=True)
class Received:
    """One frame.

    Attributes:
        rsrp_dbm: ``[U, C]`` of the strongest SSB of each cell (TS 38.215 5.1.1), without fading.
        snr: ``[U, C]`` of data at the cell's configured power over the whole carrier, linear: for
            the serving cell with the beam of this UE, for others with the beams in use there.
        fading_m: ``[U, C]`` Nakagami m.
    """

    rsrp_dbm: Floats
    snr: Floats
    fading_m: Floats


class Radio(Protocol):
    """Where :class:`Received` comes from."""

    def frame(self, number: int, serving: Ints, connected: Flags) -> Received:
        """A frame, in order; ``serving`` and ``connected`` are ``[U]``."""
        ...


class SectorRadio:
    """Cells with one fixed pattern, that of the scenario."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        tilt_deg = torch.tensor(settings.tilt_deg, dtype=torch.float32)
        links, carrier = stage.links, stage.scenario.carrier
        self._ways = stage.trajectories
        self._gain_db = links.gain_db(tilt_deg).numpy()
        # variances of the power, 1 / m, mix; m itself does not
        self._variance = 1.0 / links.fading_severity(tilt_deg).numpy()
        self._per_element_dbm = 10.0 * np.log10(
            settings.tx_power_mw / (12 * carrier.resource_blocks)
        )
        self._over_noise = settings.tx_power_mw / noise_mw(stage.scenario)

    def frame(self, number: int, serving: Ints, connected: Flags) -> Received:
        """See :class:`Radio`."""
        within = number % _CHUNK
        if within == 0:
            frames = slice(number, number + _CHUNK)
            gain_db = self._ways.interpolate(self._gain_db, frames)
            self._rsrp = gain_db + self._per_element_dbm
            self._snr = 10.0 ** (gain_db / 10.0) * self._over_noise
            self._m = 1.0 / self._ways.interpolate(self._variance, frames)
        return Received(self._rsrp[within], self._snr[within], self._m[within])
