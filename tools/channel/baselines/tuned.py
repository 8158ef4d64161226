"""The classical predictors as tuned on the training part.

Values are those that ``python -m tools.channel.baselines.tuning`` printed: for 8 past and 8 future
samples, the least mean NMSE in dB over the training configurations of TR 38.901 (no random rays),
at each SNR by itself.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tools.channel.baselines.autoregression import Autoregression, Pad, PronyVector
from tools.channel.baselines.kalman import Kalman
from tools.channel.baselines.predictor import Hold, Linear, Predictor
from tools.channel.baselines.spectrum import CommonSpectrum
from tools.channel.baselines.wiener import Wiener

_BY_SNR: Mapping[float, Mapping[str, Predictor]] = MappingProxyType(
    {
        5.0: {
            "linear": Linear(3, 0.0),
            "prony": PronyVector(7, 0.1),
            "ar": Autoregression(7, 1e-5),
            "pad": Pad(5, 1e-5, 3, 0.8),
            "wiener": Wiener(32, 0.35, 0.0),
            "kalman": Kalman(6, 1e-5, 0.6),
        },
        10.0: {
            "linear": Linear(2, 0.0),
            "prony": PronyVector(7, 1e-5),
            "ar": Autoregression(7, 1e-5),
            "pad": Pad(5, 1e-5, 3, 0.95),
            "wiener": Wiener(32, 0.35, 0.01),
            "kalman": Kalman(7, 3e-2, 0.6),
        },
        20.0: {
            "linear": Linear(2, 0.0),
            "prony": PronyVector(7, 1e-5),
            "ar": Autoregression(7, 1e-5),
            "pad": Pad(5, 1e-4, 3, 0.999),
            "wiener": Wiener(32, 0.35, 0.0),
            "kalman": Kalman(7, 3e-3, 0.6),
        },
    }
)


def classical(snr_db: float) -> dict[str, Predictor]:
    """All classical predictors by name, tuned for the nearest of 5, 10 and 20 dB.

    Whoever uses them needs no more knowledge than that; the learned model gets less, since it
    estimates the noise.
    """
    nearest = min(_BY_SNR, key=lambda tuned_db: abs(tuned_db - snr_db))
    return {"hold": Hold(), **_BY_SNR[nearest], "common spectrum": CommonSpectrum()}
