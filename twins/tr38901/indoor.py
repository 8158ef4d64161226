"""UEs in buildings: height by floor (TR 38.901 Table 7.2-1), penetration loss (clause 7.4.3.1)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

GROUND_M = 1.5
_FLOOR_M = 3.0
_FLOORS = (4, 8)


@dataclass(frozen=True)
class Facade:
    """A building's outer wall (Table 7.4.3-2): glass share, and which glass.

    Attributes:
        glass_share: of the wall's area; the rest is concrete.
        glass_db: loss of the glass in dB, as offset and slope over GHz (Table 7.4.3-1).
        deviation_db: of the normal term, drawn once for a UE.
    """

    glass_share: float
    glass_db: tuple[float, float]
    deviation_db: float

    def loss_db(self, frequency_hz: float) -> float:
        """Loss through the wall, dB, without its random term."""
        ghz = frequency_hz / 1e9
        glass = 10.0 ** (-(self.glass_db[0] + self.glass_db[1] * ghz) / 10.0)
        concrete = 10.0 ** (-(5.0 + 4.0 * ghz) / 10.0)
        through = self.glass_share * glass + (1.0 - self.glass_share) * concrete
        return 5.0 - 10.0 * math.log10(through)


LOW_LOSS = Facade(glass_share=0.3, glass_db=(2.0, 0.2), deviation_db=4.4)
HIGH_LOSS = Facade(glass_share=0.7, glass_db=(23.0, 0.3), deviation_db=6.5)
"""Infrared-reflecting glass."""

INDOOR_LOSS_DB_PER_M = 0.5
INDOOR_DISTANCE_M = 25.0


@dataclass(frozen=True)
class Placement:
    """Where UEs are with respect to buildings.

    Attributes:
        indoor: ``[P]`` bool.
        height_m: ``[P]``.
        indoor_distance_m: ``[P]`` horizontal way inside the building; 0 outdoors.
        penetration_db: ``[P]`` loss into and inside the building; 0 outdoors.
    """

    indoor: Tensor
    height_m: Tensor
    indoor_distance_m: Tensor
    penetration_db: Tensor


def place(
    count: int,
    indoor_share: float,
    high_loss_share: float,
    outdoor_height_m: float,
    frequency_hz: float,
    generator: torch.Generator,
) -> Placement:
    """Draw the placement of UEs, each independently.

    Indoor UEs are on a floor of a building of 4 to 8 floors, at the lesser of two uniform
    distances of up to 25 m behind the wall.
    """

    def uniform() -> Tensor:
        return torch.rand(count, generator=generator)

    indoor = uniform() < indoor_share
    floors = (_FLOORS[0] + ((_FLOORS[1] - _FLOORS[0] + 1) * uniform()).floor()).clamp(
        max=_FLOORS[1]
    )
    floor = (floors * uniform()).floor()
    distance = torch.minimum(uniform(), uniform()) * INDOOR_DISTANCE_M
    high = uniform() < high_loss_share
    wall = torch.where(high, HIGH_LOSS.loss_db(frequency_hz), LOW_LOSS.loss_db(frequency_hz))
    deviation = torch.where(high, HIGH_LOSS.deviation_db, LOW_LOSS.deviation_db)
    loss = (
        wall + INDOOR_LOSS_DB_PER_M * distance + deviation * torch.randn(count, generator=generator)
    )
    return Placement(
        indoor=indoor,
        height_m=torch.where(indoor, GROUND_M + _FLOOR_M * floor, outdoor_height_m),
        indoor_distance_m=torch.where(indoor, distance, 0.0),
        penetration_db=torch.where(indoor, loss, 0.0),
    )
