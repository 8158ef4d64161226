"""Equipment profiles: what the equipment allows where the standard leaves the range open."""

from typing import Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.power_grid import grid_between


class PowerRange(Contract):
    """Range and grid of a transmit power, milliwatts with steps in dB below the maximum."""

    min_mw: int = Field(gt=0)
    max_mw: int = Field(gt=0)
    step_db: float = Field(ge=0.01)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_mw > self.max_mw:
            raise ValueError(f"empty range {self.min_mw}..{self.max_mw} mW")
        return self

    def grid_mw(self) -> tuple[int, ...]:
        """Values the equipment can be set to: the maximum and every step down to the minimum.

        Rounded to whole milliwatts, ascending, each once.
        """
        return grid_between(self.max_mw, self.step_db, self.min_mw, self.max_mw)


class EquipmentProfile(Contract):
    """Limits of one kind of radio equipment; ``source`` says where they come from."""

    name: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1, max_length=500)
    configured_max_tx_power: PowerRange

    def grid_mw(self) -> tuple[int, ...]:
        """Grid of configuredMaxTxPower, see :meth:`PowerRange.grid_mw`."""
        return self.configured_max_tx_power.grid_mw()
