"""What really happened to UEs: the plant's own measure of beams, which no report carries."""

from dataclasses import dataclass, field

import numpy as np

from twins.dynamics.randomness import Flags, Floats

NEAR_DB = 1.0
"""TR 38.843 counts a beam as right within 1 dB of the best."""


@dataclass
class Tally:
    """Counts over frames of connected UEs.

    Attributes:
        ue_frames: frames times connected UEs.
        near: of them, with a beam within :data:`NEAR_DB` of the cell's best.
        loss_db: sum of what the served beam is below the best.
        sinr_db: sum of the served SINR.
        away_ue_frames: frames times UEs that were not connected.
        beam_failures: how often a beam failed.
        measured: narrow beams that UEs measured.
        switches: changes of a UE's beam within a cell.
    """

    ue_frames: int = 0
    near: int = 0
    loss_db: float = 0.0
    sinr_db: float = 0.0
    away_ue_frames: int = 0
    beam_failures: int = 0
    measured: int = 0
    switches: int = 0
    last_loss_db: Floats = field(default_factory=lambda: np.zeros(0))

    def add(self, loss_db: Floats, sinr_db: Floats, connected: Flags) -> None:
        """One frame, ``[U]`` each."""
        self.last_loss_db = np.where(connected, loss_db, np.nan)
        self.ue_frames += int(connected.sum())
        self.away_ue_frames += int((~connected).sum())
        self.near += int((connected & (loss_db <= NEAR_DB)).sum())
        self.loss_db += float(loss_db[connected].sum())
        self.sinr_db += float(sinr_db[connected].sum())
