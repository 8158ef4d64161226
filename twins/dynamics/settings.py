"""What the knobs stand at: every parameter of a run in real units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.dynamics.beams import SSB_BEAMS
from twins.dynamics.handover import HandoverSettings
from twins.dynamics.profile import Profile
from twins.dynamics.randomness import Flags, Floats, Ints
from twins.dynamics.scheduling import SlicePolicy
from twins.scenario import Scenario

Texts = NDArray[np.str_]

HYSTERESIS_DB = 0.0
TIME_TO_TRIGGER_MS = 160.0
FILTER_COEFFICIENT = 1
"""Set 3 of TR 36.839, which has an A3 offset of 2 dB and no hysteresis."""

T310_MS = 1000.0
"""TR 36.839."""

SSB_PERIOD_MS = 20.0
"""What a UE assumes that searches a cell (TS 38.213 clause 4.1)."""


@dataclass(frozen=True)
class Settings:
    """One value of everything that can be set; cells and slices in the order of their documents.

    Attributes:
        tx_power_mw: ``[C]``.
        tilt_deg: ``[C]`` down positive.
        administrative_state: ``[C]`` UNLOCKED, LOCKED or SHUTTINGDOWN.
        energy_saving: ``[C]`` TO_BE_ENERGY_SAVING or TO_BE_NOT_ENERGY_SAVING.
        individual_offset_db: ``[C, C]`` from serving cell to neighbour.
        a3_offset_db: of event A3.
        hysteresis_db: of event A3.
        time_to_trigger_ms: of event A3.
        filter_coefficient: k of the layer-3 filter.
        t310_ms: timer of radio link failure.
        ssb_period_ms: of the SSB bursts.
        ssb_positions: ``[8]`` which SSBs of a burst are sent.
        dedicated_percent: ``[S]``.
        min_percent: ``[S]``.
        max_percent: ``[S]``.
    """

    tx_power_mw: Floats
    tilt_deg: Floats
    administrative_state: Texts
    energy_saving: Texts
    individual_offset_db: Floats
    a3_offset_db: float
    hysteresis_db: float
    time_to_trigger_ms: float
    filter_coefficient: float
    t310_ms: float
    ssb_period_ms: float
    ssb_positions: Flags
    dedicated_percent: Floats
    min_percent: Floats
    max_percent: Floats

    @property
    def locked(self) -> Flags:
        """``[C]`` off the air at once, UEs or not."""
        return np.asarray(self.administrative_state == "LOCKED")

    @property
    def open(self) -> Flags:
        """``[C]`` cells that take UEs; the others hand theirs over, unless they are locked."""
        saving = self.energy_saving == "TO_BE_ENERGY_SAVING"
        return np.asarray((self.administrative_state == "UNLOCKED") & ~saving)

    def handover(self) -> HandoverSettings:
        """The part that handovers read."""
        return HandoverSettings(
            a3_offset_db=self.a3_offset_db,
            hysteresis_db=self.hysteresis_db,
            time_to_trigger_ms=self.time_to_trigger_ms,
            filter_coefficient=self.filter_coefficient,
            t310_ms=self.t310_ms,
            ssb_period_ms=self.ssb_period_ms,
            individual_offset_db=self.individual_offset_db,
        )

    def slices(self, slice_of: Ints) -> SlicePolicy:
        """The part that schedulers read.

        Args:
            slice_of: ``[U]`` index of each UE's slice.

        Raises:
            RanwrightError: ``dynamics.slice_ratios``.
        """
        return SlicePolicy(
            self.dedicated_percent / 100.0,
            self.min_percent / 100.0,
            self.max_percent / 100.0,
            slice_of,
        )


def start_settings(scenario: Scenario, profile: Profile) -> Settings:
    """Everything as scenario and profile say; usual values where neither does."""
    cells, sectors = len(scenario.cell_ids), scenario.sectors
    return Settings(
        tx_power_mw=np.array([float(s.configured_max_tx_power_mw) for s in sectors]),
        tilt_deg=np.array([s.digital_tilt_decidegrees / 10.0 for s in sectors]),
        administrative_state=np.full(cells, "UNLOCKED", dtype=object),
        energy_saving=np.full(cells, "TO_BE_NOT_ENERGY_SAVING", dtype=object),
        individual_offset_db=np.zeros((cells, cells)),
        a3_offset_db=scenario.radio.handover_offset_db,
        hysteresis_db=HYSTERESIS_DB,
        time_to_trigger_ms=TIME_TO_TRIGGER_MS,
        filter_coefficient=FILTER_COEFFICIENT,
        t310_ms=T310_MS,
        ssb_period_ms=SSB_PERIOD_MS,
        ssb_positions=np.ones(SSB_BEAMS.beams, dtype=bool),
        dedicated_percent=np.array([float(s.dedicated_ratio_percent) for s in profile.slices]),
        min_percent=np.array([float(s.min_ratio_percent) for s in profile.slices]),
        max_percent=np.array([float(s.max_ratio_percent) for s in profile.slices]),
    )
