"""TR 38.901 V16.1.0 a second time: Table 7.5-6 as Sionna wrote it down, path loss once more."""

import json
import math
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from twins.tr38901.large_scale import LinkState, Parameter

_FILES = {LinkState.LOS: "LoS", LinkState.NLOS: "NLoS", LinkState.O2I: "O2I"}
_LEAST_FREQUENCY_GHZ = {"UMa": 6.0, "UMi": 2.0}
_NAMES = {
    Parameter.SHADOWING: "SF",
    Parameter.RICIAN_K: "K",
    Parameter.DELAY_SPREAD: "DS",
    Parameter.ASD: "ASD",
    Parameter.ASA: "ASA",
    Parameter.ZSD: "ZSD",
    Parameter.ZSA: "ZSA",
}
_IN_DB = (Parameter.SHADOWING, Parameter.RICIAN_K)


class Transcription:
    """Sionna's parameters of one environment, link state and frequency."""

    def __init__(self, environment: str, state: LinkState, frequency_hz: float) -> None:
        spec = find_spec("sionna")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError("sionna")
        folder = Path(spec.submodule_search_locations[0]) / "phy/channel/tr38901/models/v16_1"
        path = folder / f"{environment}_{_FILES[state]}.json"
        self._values: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        self._ghz = max(frequency_hz / 1e9, _LEAST_FREQUENCY_GHZ[environment])
        self._state = state

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters that links of this state have."""
        return tuple(p for p in Parameter if p is not Parameter.RICIAN_K or self._state == "LOS")

    @staticmethod
    def path_loss_db(
        environment: str,
        distance_2d_m: Tensor,
        ue_height_m: Tensor,
        site_height_m: float,
        ghz: float,
        environment_height_m: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """With and without line of sight: Table 7.4.1-1, written down a second time."""
        d3 = torch.hypot(distance_2d_m, site_height_m - ue_height_m)
        lg_d, lg_f = torch.log10(d3), 20.0 * math.log10(ghz)
        above = (site_height_m - environment_height_m) * (ue_height_m - environment_height_m)
        break_point = 4.0 * above * ghz / 0.3
        fall = torch.log10(break_point**2 + (site_height_m - ue_height_m) ** 2)
        if environment == "UMa":
            near, far = 28.0 + 22.0 * lg_d + lg_f, 28.0 + 40.0 * lg_d + lg_f - 9.0 * fall
            hidden = 13.54 + 39.08 * lg_d + lg_f - 0.6 * (ue_height_m - 1.5)
        else:
            near, far = 32.4 + 21.0 * lg_d + lg_f, 32.4 + 40.0 * lg_d + lg_f - 9.5 * fall
            hidden = 22.4 + 35.3 * lg_d + 21.3 * math.log10(ghz) - 0.3 * (ue_height_m - 1.5)
        seen = torch.where(distance_2d_m <= break_point, near, far)
        return seen, torch.maximum(seen, hidden)

    def mean(self, parameter: Parameter) -> float:
        """Mean; that of shadowing is 0. The zenith spread of departure is standardised before."""
        if parameter in (Parameter.SHADOWING, Parameter.ZSD):
            return 0.0
        return self._value("mu", parameter)

    def deviation(self, parameter: Parameter) -> float:
        """Standard deviation."""
        if parameter is Parameter.ZSD:
            return 1.0
        return self._value("sigma", parameter)

    def correlation_m(self, parameter: Parameter) -> float:
        """Correlation distance over the ground."""
        return float(self._values[f"corrDist{_NAMES[parameter]}"])

    def correlation(self, first: Parameter, second: Parameter) -> float:
        """Cross-correlation of two parameters at one place."""
        a, b = _NAMES[first], _NAMES[second]
        return float(self._values.get(f"corr{a}vs{b}", self._values.get(f"corr{b}vs{a}", 0.0)))

    def _value(self, kind: str, parameter: Parameter) -> float:
        name = f"{kind}{_NAMES[parameter]}"
        if parameter in _IN_DB:
            return float(self._values[name])
        slope, shift, offset = (self._values[f"{name}{k}"] for k in "abc")
        return float(offset + slope * math.log10(shift + self._ghz))
