"""Network or tracker, window by window: the network's confidence decides, validation says where."""

from dataclasses import dataclass

import numpy as np

from tools.beams.answers import Forecast
from tools.beams.scores import scores
from tools.beams.trackers import Array

_CUTS = 20


@dataclass(frozen=True)
class Portfolio:
    """Confidence [H] from which the network's answer is taken and not the tracker's."""

    least_confidence: Array

    @classmethod
    def chosen(cls, network: Forecast, tracker: Forecast, future: Array) -> "Portfolio":
        """The thresholds that leave most validation windows within 1 dB, the lowest of equals."""
        assert network.confidence is not None
        ahead = scores(network, future).near - scores(tracker, future).near
        least = []
        for confidence, gain in zip(network.confidence.T, ahead.T, strict=True):
            cuts = np.quantile(confidence, np.arange(_CUTS) / _CUTS)
            values = [gain[confidence >= c].sum() for c in cuts]
            # the network is taken everywhere, nowhere, or above the cut that gains most
            options = [(0.0, float(gain.sum())), *zip(cuts.tolist(), values, strict=True)]
            best, value = max(options, key=lambda o: (o[1], -o[0]))
            least.append(best if value > 0.0 else np.inf)
        return cls(np.array(least))

    def forecast(self, network: Forecast, tracker: Forecast) -> Forecast:
        """Of windows for which both have answered; the network's confidence stays."""
        assert network.confidence is not None
        own = (network.confidence >= self.least_confidence)[..., None]
        return Forecast(
            np.where(own, network.ranked, tracker.ranked),
            np.where(own, network.sweep, tracker.sweep),
            network.confidence,
        )
