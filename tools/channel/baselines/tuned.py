"""The classical predictors as tuned on the training part.

Values are those that ``python -m tools.channel.baselines.tuning`` printed: for 8 past and 8 future
samples, the least mean NMSE in dB over the training configurations of TR 38.901 (no random rays),
at each SNR by itself.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tools.channel.baselines.autoregression import Autoregression, Pad, PronyVector
from tools.channel.baselines.frequency import LeastSquares, Lmmse, along_frequency
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

_RIDGES_BY_SNR: Mapping[float, tuple[float, float]] = MappingProxyType(
    {5.0: (0.3, 3e-3), 10.0: (0.1, 1e-5), 20.0: (0.03, 1e-5)}
)
"""Of least squares and of autoregression along frequency; nothing else hangs on the SNR there."""


def classical(snr_db: float) -> dict[str, Predictor]:
    """All classical predictors by name, tuned for the nearest of 5, 10 and 20 dB.

    Whoever uses them needs no more knowledge than that; the learned model gets less, since it
    estimates the noise.
    """
    return {"hold": Hold(), **_BY_SNR[_nearest_db(snr_db)], "common spectrum": CommonSpectrum()}


def classical_above(snr_db: float) -> dict[str, Predictor]:
    """Extrapolators in frequency by name, tuned to find the upper half of a band from its lower."""
    of_squares, of_series = _RIDGES_BY_SNR[_nearest_db(snr_db)]
    return {
        "least squares": LeastSquares(0.1, of_squares),
        "lmmse": Lmmse(0.75),
        "ar": along_frequency(Autoregression(7, of_series)),
        "pad": along_frequency(Pad(5, 1e-5, 3, 0.999)),
    }


def _nearest_db(snr_db: float) -> float:
    return min(_BY_SNR, key=lambda tuned_db: abs(tuned_db - snr_db))
