"""Reception from cells that sweep beams: what is found in a sweep serves until the next one."""

import numpy as np
import torch
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError
from twins.channel import TracedLinkMap
from twins.dynamics.beam_sweep import MeasurementError, csi_rs_sweep, ssb_sweep
from twins.dynamics.beams import CSI_RS_BEAMS, SSB_BEAMS, beam_gain_db, refinements
from twins.dynamics.link import FRAME_MS, noise_mw
from twins.dynamics.profile import BeamManagement
from twins.dynamics.radio import Received
from twins.dynamics.randomness import Flags, Floats, Ints
from twins.dynamics.settings import Settings
from twins.dynamics.stage import Stage
from twins.runtime import seeded
from twins.statistical import StatisticalLinkMap

_CHUNK = 50
"""Frames interpolated at once."""


class BeamRadio:
    """Eight wide beams for SSBs and 32 narrow ones for data, :mod:`twins.dynamics.beams`.

    A UE's narrow beam is the strongest within its SSB beam as of the last sweep of CSI-RS, measured
    with error; a UE that changes its cell finds its beams at once. A neighbour interferes with the
    mean over the beams of its own UEs, or over all its beams while it has none.
    """

    def __init__(self, stage: Stage, settings: Settings, beams: BeamManagement) -> None:
        links, carrier = traced(stage), stage.scenario.carrier
        tilt_deg = torch.tensor(settings.tilt_deg, dtype=torch.float32)
        wide = beam_gain_db(links, SSB_BEAMS, tilt_deg)
        narrow = beam_gain_db(links, CSI_RS_BEAMS, tilt_deg)
        self._cells = wide.shape[1]
        self._gain_db = torch.cat([wide, narrow], -1).flatten(1).numpy()
        self._variance = 1.0 / stage.links.fading_severity(tilt_deg).numpy()
        self._ways = stage.trajectories
        self._silent = ~settings.ssb_positions
        self._refines = refinements(SSB_BEAMS, CSI_RS_BEAMS)
        self._per_element_dbm = 10.0 * np.log10(
            settings.tx_power_mw / (12 * carrier.resource_blocks)
        )
        self._over_noise = settings.tx_power_mw / noise_mw(stage.scenario)
        self._ssb_frames = max(1, round(settings.ssb_period_ms / FRAME_MS))
        self._csi_rs_frames = max(1, round(beams.csi_rs_period_ms / FRAME_MS))
        self._error = MeasurementError(
            beams.measurement_error_db, seeded("dynamics", "beams", stage.seed)
        )
        self._ssb_beam = np.zeros(stage.ues, dtype=np.int64)
        self._beam = np.zeros(stage.ues, dtype=np.int64)
        self._cell = np.full(stage.ues, -1)

    def frame(self, number: int, serving: Ints, connected: Flags) -> Received:
        """See :class:`twins.dynamics.radio.Radio`."""
        within = number % _CHUNK
        if within == 0:
            frames = slice(number, number + _CHUNK)
            between = self._ways.interpolate(self._gain_db, frames)
            self._gains = between.reshape(*between.shape[:2], self._cells, -1)
            self._m = 1.0 / self._ways.interpolate(self._variance, frames)
        wide_db = np.where(self._silent, -np.inf, self._gains[within][..., : SSB_BEAMS.beams])
        narrow_db = self._gains[within][..., SSB_BEAMS.beams :]
        self._sweep(number, wide_db, narrow_db, serving)
        gain = 10.0 ** (narrow_db / 10.0)
        seen = np.einsum(
            "ucb,cb->uc", gain, beams_in_use(serving, self._beam, connected, self._cells)
        )
        each = np.arange(serving.size)
        seen[each, serving] = gain[each, serving, self._beam]
        rsrp_dbm = wide_db.max(-1) + self._per_element_dbm
        return Received(rsrp_dbm, seen * self._over_noise, self._m[within])

    def _sweep(self, number: int, wide_db: Floats, narrow_db: Floats, serving: Ints) -> None:
        """Renew the beams of everybody when a sweep is due, and of those in a new cell."""
        each = np.arange(serving.size)
        wide, narrow = (torch.from_numpy(g[each, serving]) for g in (wide_db, narrow_db))
        if number % self._ssb_frames == 0:
            self._ssb_beam = ssb_sweep(wide, self._error).beam.numpy()
        if number % self._csi_rs_frames == 0:
            self._beam = self._refined(narrow, self._ssb_beam, self._error)
        new = serving != self._cell
        if new.any():
            self._ssb_beam = np.where(new, ssb_sweep(wide).beam.numpy(), self._ssb_beam)
            self._beam = np.where(new, self._refined(narrow, self._ssb_beam, None), self._beam)
        self._cell = serving.copy()

    def _refined(self, narrow: Tensor, ssb_beam: Ints, error: MeasurementError | None) -> Ints:
        found = csi_rs_sweep(narrow, torch.from_numpy(ssb_beam), self._refines, error)
        beam: Ints = found.beam.numpy()
        return beam


def beams_in_use(serving: Ints, beam: Ints, connected: Flags, cells: int) -> Floats:
    """``[C, beams]`` how often each narrow beam is on the air, adding up to 1 in a cell.

    Args:
        serving: ``[U]`` cell of each UE.
        beam: ``[U]`` narrow beam of each UE.
        connected: ``[U]``.
        cells: C.
    """
    beams = CSI_RS_BEAMS.beams
    users = np.bincount(serving * beams + beam, connected, cells * beams).reshape(cells, beams)
    total = users.sum(1, keepdims=True)
    share: Floats = np.where(total > 0, users / np.maximum(total, 1.0), 1.0 / beams)
    return share


def traced(stage: Stage) -> TracedLinkMap:
    """The paths of a stage.

    Raises:
        RanwrightError: ``dynamics.no_paths``.
    """
    links = stage.links
    if isinstance(links, StatisticalLinkMap):
        links = links.direct
    if not isinstance(links, TracedLinkMap):
        raise RanwrightError(
            "dynamics.no_paths",
            f"The link map of {stage.scenario.name} has no paths to point beams at.",
            "Use the antenna kind sector.",
            ExitCode.USAGE,
        )
    return links
