"""The controls of the xApp, as its descriptor has them and its schema checks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from typing import Any, Self

from tools.near_rt.model import Radio

_THERMAL_NOISE_DBM_PER_HZ = -174.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the xApp works.

    Attributes:
        period_ms: of KPM reports, and of solving.
        silence_timeout_s: after which a subscription is made anew.
        memory_ms: time constant over which readings are averaged.
        least_gain: predicted rise of the objective, as a share, that a move is worth.
        answer_timeout_s: how long the actuator may take for a move.
        radio: of the carrier.
    """

    period_ms: int
    silence_timeout_s: float
    memory_ms: int
    least_gain: float
    answer_timeout_s: float
    radio: Radio

    @classmethod
    def of(cls, controls: Mapping[str, Any]) -> Self:
        """The settings that controls, checked against the schema, say."""
        width_hz = 1000.0 * controls["subcarrier_spacing_khz"]
        noise_dbm = _THERMAL_NOISE_DBM_PER_HZ + 10.0 * log10(width_hz)
        return cls(
            period_ms=controls["period_ms"],
            silence_timeout_s=controls["silence_timeout_s"],
            memory_ms=controls["memory_ms"],
            least_gain=controls["least_gain_percent"] / 100.0,
            answer_timeout_s=controls["answer_timeout_s"],
            radio=Radio(
                noise_dbm=noise_dbm + controls["noise_figure_db"],
                snr_gap_db=controls["implementation_loss_db"],
                most_bits_per_hz=controls["max_spectral_efficiency"],
                idle_load=controls["overhead_share"],
                handover_offset_db=controls["handover_offset_db"],
            ),
        )
