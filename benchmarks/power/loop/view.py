"""What a controller sees: readings that are noisy, incomplete and late, averaged over a second."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tools.near_rt.model import Array, Network, Radio
from tools.power.knowledge import UNDETECTED_OFFSET_DB, noise_dbm, rsrp_offset_db
from twins.reports import detected, read_rsrp_dbm
from twins.runtime import seeded
from twins.scenario import Scenario

_MEMORY_MS = 1000.0
"""Time constant of the averages."""
_LEAST_WEIGHT, _MOST_WEIGHT = 0.15, 0.6


@dataclass(frozen=True)
class Condition:
    """How measurements are.

    Attributes:
        age: of what a decision sees, control periods.
        rsrp_error_db: standard deviation of one reading.
        reported_cells: the strongest that a UE reports.
    """

    name: str
    age: int = 1
    rsrp_error_db: float = 1.0
    reported_cells: int = 9


CONDITIONS = {
    c.name: c
    for c in (
        Condition("usual"),
        Condition("noisy", rsrp_error_db=3.0),
        Condition("few neighbours", reported_cells=3),
        Condition("stale", age=5),
        Condition("all of it", age=5, rsrp_error_db=3.0, reported_cells=3),
    )
}


class View:
    """Readings of one plant, averaged, and handed on after their age.

    Args:
        period_ms: of the control.
        seed: of the readings' errors, the same for all methods.
    """

    def __init__(self, scenario: Scenario, condition: Condition, period_ms: int, seed: int) -> None:
        changes = {
            "rsrp_error_db": condition.rsrp_error_db,
            "max_reported_cells": condition.reported_cells,
        }
        self._measurement = scenario.measurement.model_copy(update=changes)
        self._offset_db = rsrp_offset_db(scenario)
        self._noise_dbm = noise_dbm(scenario)
        self._seed, self._reports = seed, 0
        weight = period_ms / _MEMORY_MS
        self._weight = min(_MOST_WEIGHT, max(_LEAST_WEIGHT, weight))
        self._gain_db: Tensor | None = None
        self._activity: Tensor | None = None
        self._late: deque[Network] = deque(maxlen=condition.age)

    def see(
        self, rsrp_dbm: Tensor, serving: Tensor, power_mw: Tensor, active_share: Tensor
    ) -> Network | None:
        """Take in a period's report; the network as far as it is old enough to be known.

        Args:
            rsrp_dbm: [U, C] true.
            serving: [U] index.
            power_mw: [C] that the readings were taken at.
            active_share: [U] of the period.
        """
        generator = seeded("loop", "readings", self._seed, self._reports)
        self._reports += 1
        reading = read_rsrp_dbm(self._measurement, rsrp_dbm, generator)
        seen = detected(self._measurement, reading, serving)
        weakest = reading.masked_fill(~seen, torch.inf).amin(1, keepdim=True)
        level = torch.where(seen, reading, weakest - UNDETECTED_OFFSET_DB)
        gain_db = level - 10.0 * torch.log10(power_mw) + self._offset_db
        self._gain_db = self._averaged(self._gain_db, gain_db)
        self._activity = self._averaged(self._activity, active_share)
        gain = torch.pow(10.0, (self._gain_db - self._noise_dbm) / 10.0)
        known = Network(gain.numpy(), serving.numpy().copy(), self._activity.double().numpy())
        self._late.append(known)
        return self._late[0] if len(self._late) == self._late.maxlen else None

    def _averaged(self, before: Tensor | None, now: Tensor) -> Tensor:
        return now if before is None else before + self._weight * (now - before)


def radio_of(scenario: Scenario) -> Radio:
    """The carrier as the rate model knows it; gains of :class:`View` are over noise already."""
    return Radio(
        noise_dbm=0.0,
        snr_gap_db=scenario.radio.implementation_loss_db,
        most_bits_per_hz=scenario.radio.max_spectral_efficiency,
        idle_load=scenario.carrier.overhead_share,
        handover_offset_db=scenario.radio.handover_offset_db,
    )


def grid_of(scenario: Scenario) -> Array:
    """[G] settable powers, ascending, mW."""
    return np.array(sorted(scenario.equipment.configured_max_tx_power.grid_mw()), np.float64)
