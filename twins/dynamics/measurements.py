"""RSRP on its way to a handover: the layer-1 average of TS 38.133 9.2.5 and the layer-3 filter.

The filter is that of TS 38.331 5.5.3.2, whose coefficient assumes one input per measurement period
of layer 1; with inputs at every sample its weight is adapted so that its time constant stays.
"""

from dataclasses import dataclass, field

import numpy as np

from twins.dynamics.handover import SAMPLES, HandoverSettings
from twins.dynamics.randomness import CorrelatedNormals, Floats, gamma_power


@dataclass
class Measurements:
    """RSRP as UEs know it: fading and errors, averaged and filtered.

    Attributes:
        settings: filter and sampling.
        fades: of the samples, ``[U, C]``.
        error_db: standard deviation of one sample.
        ssb_bands: coherence bands that an SSB covers.
        random: source of the errors.
        filtered_dbm: ``[U, C]`` after the layer-3 filter.
    """

    settings: HandoverSettings
    fades: CorrelatedNormals
    error_db: float
    ssb_bands: float
    random: np.random.Generator
    filtered_dbm: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._samples: list[Floats] = []
        self._next_ms = 0.0

    def step(self, now_ms: float, rsrp_dbm: Floats, fading_m: Floats) -> None:
        """Sample when it is time; ``rsrp_dbm`` and ``fading_m`` are ``[U, C]``."""
        if now_ms < self._next_ms:
            return
        self._next_ms += self.settings.sample_ms
        fade = gamma_power(self.fades.step(), fading_m * self.ssb_bands)
        error_db = self.error_db * self.random.standard_normal(rsrp_dbm.shape)
        sample = rsrp_dbm + 10.0 * np.log10(np.maximum(fade, 1e-3)) + error_db
        self._samples = [*self._samples[-SAMPLES + 1 :], sample]
        layer1 = np.mean(self._samples, axis=0)
        if len(self._samples) == 1:
            self.filtered_dbm = layer1
        weight = self.settings.filter_weight
        self.filtered_dbm = (1.0 - weight) * self.filtered_dbm + weight * layer1
