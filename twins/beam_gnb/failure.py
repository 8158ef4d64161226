"""Beam failure detection and recovery (TS 38.321 clause 5.17, TS 38.213 clause 6).

Layer 1 indicates an instance while the hypothetical PDCCH of the served beam is below Qout, by
default that of radio link monitoring. Enough of them before the detection timer runs out are a beam
failure: the UE looks for a beam among the SSBs and asks for it by random access.
"""

import numpy as np

from twins.dynamics.handover import Q_OUT_DB
from twins.dynamics.randomness import Flags, Floats, Ints

INSTANCES = 4
"""beamFailureInstanceMaxCount n4, TS 38.331."""
TIMER_PERIODS = 3
"""beamFailureDetectionTimer pbfd3, in periods of indication, here frames."""
RECOVERY_FRAMES = 2
"""Random access and its answer, 20 ms."""


class BeamFailures:
    """Counters of all UEs.

    Attributes:
        recovering: ``[U]`` frames until the beam asked for is there; 0: not in recovery.
    """

    def __init__(self, ues: int) -> None:
        self._count: Ints = np.zeros(ues, dtype=np.int64)
        self._clean: Ints = np.zeros(ues, dtype=np.int64)
        self.recovering: Ints = np.zeros(ues, dtype=np.int64)

    def step(self, sinr_db: Floats, connected: Flags) -> tuple[Flags, Flags]:
        """One frame: ``[U]`` who fails now, and ``[U]`` whose new beam is to be found now."""
        back = self.recovering == 1
        self.recovering = np.where(connected, np.maximum(self.recovering - 1, 0), 0)
        watched = connected & (self.recovering == 0) & ~back
        bad = watched & (sinr_db < Q_OUT_DB)
        self._clean = np.where(bad, 0, self._clean + 1)
        self._count = np.where(bad, self._count + 1, self._count)
        self._count = np.where(watched & (self._clean < TIMER_PERIODS), self._count, 0)
        failed = self._count >= INSTANCES
        self._count = np.where(failed, 0, self._count)
        self.recovering = np.where(failed, RECOVERY_FRAMES, self.recovering)
        return failed, back & connected
