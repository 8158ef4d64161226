"""Which configurations training sees, and which it never does. One table for all code.

Seen: CDL-A, -B, -D, UMi, UMa, random rays and beats from 0.7 to 39 GHz with 8 to 32 antennas.
Never seen: the profiles CDL-C and -E, UMi at 6.7 GHz, UMa at 5.9 and 28 GHz, arrays of 64 antennas,
128 subcarriers, and the traced cities.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from tools.channel.data.configuration import Array, Configuration, GeneratorName

SPEEDS_KMH = (3.0, 10.0, 30.0, 60.0, 100.0)
"""At which results are given."""

_GHZ, _KHZ, _MS, _NS = 1e9, 1e3, 1e-3, 1e-9


def _configuration(
    generator: GeneratorName,
    carrier_ghz: float,
    array: tuple[int, int],
    subcarriers: int,
    spacing_khz: float,
    step_ms: float,
    speed_kmh: tuple[float, float],
    delay_spread_ns: float = 100.0,
    time_steps: int = 16,
) -> Configuration:
    return Configuration(
        generator=generator,
        array=Array(*array),
        subcarriers=subcarriers,
        time_steps=time_steps,
        carrier_hz=carrier_ghz * _GHZ,
        subcarrier_spacing_hz=spacing_khz * _KHZ,
        time_step_s=step_ms * _MS,
        speed_kmh=speed_kmh,
        delay_spread_s=delay_spread_ns * _NS,
    )


TRAINING: Mapping[str, Configuration] = MappingProxyType(
    {
        "umi-2.1": _configuration("umi", 2.1, (2, 4), 32, 180, 1.0, (0, 60)),
        "umi-3.5": _configuration("umi", 3.5, (2, 4), 32, 180, 0.5, (0, 100)),
        "umi-4.9": _configuration("umi", 4.9, (4, 4), 32, 180, 0.5, (0, 60)),
        "umi-26": _configuration("umi", 26.0, (4, 8), 16, 720, 0.125, (0, 60)),
        "umi-39": _configuration("umi", 39.0, (2, 8), 32, 720, 0.125, (0, 30)),
        "uma-0.7": _configuration("uma", 0.7, (1, 8), 16, 90, 2.0, (0, 120)),
        "uma-2.1": _configuration("uma", 2.1, (2, 8), 32, 180, 1.0, (3, 100)),
        "uma-3.5": _configuration("uma", 3.5, (2, 4), 64, 90, 0.5, (3, 120), time_steps=24),
        "uma-4.9": _configuration("uma", 4.9, (1, 8), 32, 360, 0.5, (0, 100)),
        "cdl-a-0.7": _configuration("cdl-a", 0.7, (1, 8), 16, 180, 2.0, (0, 120), 300),
        "cdl-a-3.5": _configuration("cdl-a", 3.5, (2, 4), 32, 180, 0.5, (0, 120), 100),
        "cdl-b-2.1": _configuration("cdl-b", 2.1, (4, 4), 32, 180, 1.0, (0, 60), 300),
        "cdl-b-4.9": _configuration("cdl-b", 4.9, (2, 4), 16, 360, 0.5, (0, 100), 100),
        "cdl-d-3.5": _configuration("cdl-d", 3.5, (2, 4), 32, 180, 0.5, (0, 120), 100),
        "cdl-d-26": _configuration("cdl-d", 26.0, (4, 8), 16, 720, 0.125, (0, 60), 30),
        "rays-2.1": _configuration("rays", 2.1, (2, 8), 32, 180, 1.0, (0, 60), 300),
        "rays-3.5": _configuration("rays", 3.5, (2, 4), 32, 180, 0.5, (0, 120), 200),
        "rays-28": _configuration("rays", 28.0, (4, 4), 32, 360, 0.125, (0, 60), 60),
        "beats-2.1": _configuration("beats", 2.1, (4, 4), 16, 180, 1.0, (3, 60), 100),
        "beats-3.5": _configuration("beats", 3.5, (2, 4), 32, 180, 0.5, (3, 60), 100),
    }
)
"""All that training, validation and the tuning of classical predictors draw from."""


CHOOSING: Mapping[str, Configuration] = MappingProxyType(
    {
        "streets-2.1": _configuration("streets", 2.1, (4, 4), 32, 180, 1.0, (3, 60)),
        "streets-3.5": _configuration("streets", 3.5, (2, 4), 32, 180, 0.5, (3, 60)),
    }
)
"""What the choice between predictors is fitted on beside the training's configurations."""


def _at(configuration: Configuration, speed_kmh: float) -> Configuration:
    return replace(configuration, speed_kmh=(speed_kmh, speed_kmh))


_CDL_C = _configuration("cdl-c", 3.5, (2, 4), 32, 180, 0.5, (0, 0), 100)
_CDL_E = _configuration("cdl-e", 3.5, (2, 4), 32, 180, 0.5, (0, 0), 100)

UNSEEN: Mapping[str, Configuration] = MappingProxyType(
    {f"cdl-c-{v:.0f}kmh": _at(_CDL_C, v) for v in SPEEDS_KMH}
    | {f"cdl-e-{v:.0f}kmh": _at(_CDL_E, v) for v in SPEEDS_KMH}
    | {
        "umi-6.7": _configuration("umi", 6.7, (4, 4), 64, 180, 0.5, (3, 50)),
        "uma-5.9": _configuration("uma", 5.9, (2, 8), 64, 90, 0.5, (30, 100)),
        "uma-28": _configuration("uma", 28.0, (4, 8), 32, 360, 0.125, (30, 100)),
        "umi-3.5-64": _configuration("umi", 3.5, (8, 8), 32, 180, 0.5, (3, 60)),
        "uma-2.1-128": _configuration("uma", 2.1, (1, 8), 128, 90, 1.0, (3, 60), time_steps=24),
        "site-munich": _configuration("site-munich", 3.5, (2, 4), 32, 180, 0.5, (3, 60)),
        "site-florence": _configuration("site-florence", 3.5, (4, 4), 32, 180, 0.5, (3, 60)),
        "site-etoile": _configuration("site-etoile", 3.5, (2, 8), 32, 180, 0.5, (3, 60)),
    }
)
"""What nothing is trained or tuned on."""

SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "unseen generator": tuple(n for n in UNSEEN if n.startswith("cdl-")),
        "unseen configuration": ("umi-6.7", "uma-5.9", "uma-28", "umi-3.5-64", "uma-2.1-128"),
        "site twins": tuple(n for n in UNSEEN if n.startswith("site-")),
    }
)
"""The unseen sets by what is new in them."""
