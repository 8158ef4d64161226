"""What a set of CSI sequences follows from: array, grid of samples, band, speeds, generator."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from contracts.canonical import Digest, canonical_bytes, digest_bytes
from contracts.errors import ExitCode, RanwrightError

GeneratorName = Literal[
    "cdl-a",
    "cdl-b",
    "cdl-c",
    "cdl-d",
    "cdl-e",
    "umi",
    "uma",
    "rays",
    "beats",
    "streets",
    "site-munich",
    "site-florence",
    "site-etoile",
]
GENERATORS: tuple[str, ...] = get_args(GeneratorName)


@dataclass(frozen=True)
class Array:
    """Uniform planar array of vertically polarised elements, half a wavelength apart.

    Element n stands in column ``n // rows`` and row ``n % rows``; one row is a linear array.
    """

    rows: int
    columns: int

    @property
    def antennas(self) -> int:
        """Elements."""
        return self.rows * self.columns


@dataclass(frozen=True)
class Configuration:
    """A distribution of CSI sequences ``[T, K, N]``: time steps, subcarriers, antennas.

    Attributes:
        generator: a CDL profile or scenario of TR 38.901, a few random rays, rays that
            beat, image sources in a street, or a traced city.
        array: of the base station; the UE has one element.
        subcarriers: samples in frequency.
        time_steps: samples in time, past and future together.
        carrier_hz: carrier frequency.
        subcarrier_spacing_hz: between samples in frequency, so a multiple of the SCS.
        time_step_s: between samples in time.
        speed_kmh: lowest and highest, drawn uniformly.
        delay_spread_s: RMS, of CDL profiles (TR 38.901 Table 7.7.3-2), mean of rays; others
            draw their own.
    """

    generator: GeneratorName
    array: Array
    subcarriers: int
    time_steps: int
    carrier_hz: float
    subcarrier_spacing_hz: float
    time_step_s: float
    speed_kmh: tuple[float, float]
    delay_spread_s: float = 100e-9

    def __post_init__(self) -> None:
        """Refuse what no generator here can draw."""
        low, high = self.speed_kmh
        sizes = (self.array.antennas, self.subcarriers, self.time_steps)
        scales = (
            self.carrier_hz,
            self.subcarrier_spacing_hz,
            self.time_step_s,
            self.delay_spread_s,
        )
        if self.generator not in GENERATORS:
            raise _refused(f"No generator is called {self.generator!r}.")
        if min(sizes) < 1 or min(scales) <= 0.0 or not 0.0 <= low <= high:
            raise _refused("Sizes and scales are positive, speeds ascend from 0 km/h.")

    @property
    def digest(self) -> Digest:
        """Names the configuration in seeds and in the cache."""
        return digest_bytes(canonical_bytes(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "speed_kmh": list(self.speed_kmh)}


def _refused(message: str) -> RanwrightError:
    return RanwrightError("csi.configuration", message, "Correct it.", ExitCode.USAGE)
