"""What UEs receive of every beam on their way, frame by frame, for as long as anybody looks."""

import numpy as np
import torch

from twins.dynamics.beam_radio import traced
from twins.dynamics.beams import CSI_RS_BEAMS, SSB_BEAMS, beam_gain_db
from twins.dynamics.link import noise_mw
from twins.dynamics.randomness import Floats
from twins.dynamics.settings import Settings
from twins.dynamics.stage import Stage

_CHUNK = 25
"""Frames interpolated at once."""


class BeamField:
    """Mean powers, without fading; the ways of the stage are walked to their end and back again.

    Attributes:
        cells: C.
        per_element_dbm: ``[C]`` power of a resource element, all beams alike.
        over_noise: ``[C]`` power over noise, both over the carrier.
    """

    def __init__(self, stage: Stage, settings: Settings) -> None:
        links, carrier = traced(stage), stage.scenario.carrier
        tilt_deg = torch.tensor(settings.tilt_deg, dtype=torch.float32)
        wide = beam_gain_db(links, SSB_BEAMS, tilt_deg)
        narrow = beam_gain_db(links, CSI_RS_BEAMS, tilt_deg)
        self.cells = wide.shape[1]
        self.per_element_dbm = 10.0 * np.log10(
            settings.tx_power_mw / (12 * carrier.resource_blocks)
        )
        self.over_noise = settings.tx_power_mw / noise_mw(stage.scenario)
        self._gain_db = torch.cat([wide, narrow], -1).flatten(1).numpy()
        self._variance = 1.0 / links.fading_severity(tilt_deg).numpy()
        self._ways, self._frames = stage.trajectories, stage.frames
        self._chunk = -1

    def frame(self, number: int) -> tuple[Floats, Floats, Floats]:
        """A frame from 0: gains in dB of wide ``[U, C, 8]`` and narrow beams ``[U, C, 32]``.

        The third is the Nakagami m of each link, ``[U, C]``.
        """
        turn, at = divmod(number, self._frames)
        at = self._frames - 1 - at if turn % 2 else at
        chunk = at // _CHUNK
        if chunk != self._chunk:
            frames = slice(chunk * _CHUNK, (chunk + 1) * _CHUNK)
            gains = self._ways.interpolate(self._gain_db, frames)
            self._gains = gains.reshape(*gains.shape[:2], self.cells, -1)
            self._m = 1.0 / self._ways.interpolate(self._variance, frames)
            self._chunk = chunk
        gain = self._gains[at - chunk * _CHUNK]
        return (
            gain[..., : SSB_BEAMS.beams],
            gain[..., SSB_BEAMS.beams :],
            self._m[at - chunk * _CHUNK],
        )
