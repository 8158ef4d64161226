"""Consumed power of a run's cells, by the model of TR 38.864 clause 5.1.

The unit is the model's: deep sleep is 1. Time division is not simulated, so nothing is drawn for
the uplink; between data, awake cells wake from micro sleep for their SSBs.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from twins.dynamics.beam_sweep import ssb_overhead
from twins.dynamics.energy import CellEnergy, Load, PowerState
from twins.dynamics.link import FRAME_MS
from twins.dynamics.power import CATEGORY_1, Sleep
from twins.dynamics.randomness import Flags, Floats
from twins.dynamics.simulate import Record

_INTERVAL_FRAMES = 10
"""Loads are averaged over so many frames, a tenth of a second."""

_SSB_RESOURCE_BLOCKS = 20


@dataclass(frozen=True)
class Consumption:
    """Of each cell, ``[C]``: mean relative power, and share of the time in some sleep."""

    relative_power: Floats
    asleep_share: Floats


def consumption(record: Record, frames: slice) -> Consumption:
    """Mean power over some frames."""
    busy, prbs = record.busy_share[frames], record.prb_share[frames]
    awake = record.awake[frames]
    state = CellEnergy.awake(CATEGORY_1, awake.shape[1])
    for start in range(0, len(awake), _INTERVAL_FRAMES):
        part = slice(start, start + _INTERVAL_FRAMES)
        load = _load(record, busy[part].mean(0), prbs[part].mean(0))
        state = state.advance(load, _depth(awake[part]), FRAME_MS * len(awake[part]))
    time_ms = state.time_ms.sum(-1)
    asleep = state.time_ms[..., [PowerState.DEEP_SLEEP, PowerState.LIGHT_SLEEP]].sum(-1)
    return Consumption((state.energy / time_ms).numpy(), (asleep / time_ms).numpy())


def _depth(awake: Flags) -> Tensor:
    """Deep sleep once a cell is off for the whole of an interval."""
    return torch.from_numpy(np.where(awake.any(0), int(Sleep.NONE), int(Sleep.DEEP)))


def _load(record: Record, busy: Floats, prbs: Floats) -> Load:
    carrier, settings = record.stage.scenario.carrier, record.settings
    ssb_time = ssb_overhead(
        int(settings.ssb_positions.sum()),
        round(settings.ssb_period_ms),
        carrier.subcarrier_spacing_khz,
        carrier.resource_blocks,
        whole_symbols=True,
    )
    lone_ssb = (1.0 - busy) * ssb_time
    used = prbs + lone_ssb * _SSB_RESOURCE_BLOCKS / carrier.resource_blocks
    on_air = busy + lone_ssb
    return Load(
        dl_time_share=torch.from_numpy(on_air),
        prb_share=torch.from_numpy(np.minimum(used / on_air, 1.0)),
        tx_power_dbm=torch.from_numpy(10.0 * np.log10(settings.tx_power_mw)),
        trx_share=torch.ones(on_air.size),
        ul_time_share=torch.zeros(on_air.size),
    )
