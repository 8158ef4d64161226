"""Equipment profiles: the ranges that standards leave to the vendor, cited as such."""

from typing import Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.units import dbm_to_mw, mw_to_dbm


class PowerRange(Contract):
    """Settable values of configuredMaxTxPower: a grid of ``step_db`` downwards from ``max_mw``."""

    min_mw: int = Field(gt=0)
    max_mw: int = Field(gt=0)
    step_db: float = Field(gt=0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_mw > self.max_mw:
            raise ValueError(f"empty power range {self.min_mw}..{self.max_mw} mW")
        return self

    def grid_mw(self) -> tuple[int, ...]:
        """Settable powers in milliwatts, ascending, rounded to whole milliwatts."""
        top_dbm = mw_to_dbm(self.max_mw)
        steps = int((top_dbm - mw_to_dbm(self.min_mw)) / self.step_db + 1e-9)
        return tuple(round(dbm_to_mw(top_dbm - i * self.step_db)) for i in range(steps, -1, -1))


class EquipmentProfile(Contract):
    """What the installed radio can do."""

    name: str
    source: str
    configured_max_tx_power: PowerRange
