"""The optimisation problem an intent becomes: objective, variables with domains, requirements."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract, Digest
from contracts.evidence import Evidence
from contracts.measure import Thresholds
from contracts.power_grid import grid_between, is_on_grid
from contracts.requirement import CellId, Requirement

CONFIGURED_MAX_TX_POWER: Literal["NRSectorCarrier.configuredMaxTxPower"] = (
    "NRSectorCarrier.configuredMaxTxPower"
)
"""The one parameter that plans of this release set; milliwatts, TS 28.541."""


class Objective(StrEnum):
    """What the tools optimise inside the requirements."""

    LOW_PERCENTILE = "low_percentile"
    MEAN_THROUGHPUT = "mean_throughput"
    PROPORTIONAL_FAIRNESS = "proportional_fairness"
    MAX_MIN = "max_min"
    MIN_POWER = "min_power"
    COVERAGE = "coverage"


class PowerVariable(Contract):
    """configuredMaxTxPower of one cell: present value and the domain the plan may choose from.

    The domain is the intersection of the equipment profile's range and the policy's step limit.
    Values lie on the profile's grid of ``step_db`` below its maximum, rounded to whole milliwatts;
    the power in force may be set whatever it is. See :mod:`contracts.power_grid`.
    """

    cell_id: CellId
    parameter: Literal["NRSectorCarrier.configuredMaxTxPower"] = CONFIGURED_MAX_TX_POWER
    current_mw: int = Field(gt=0)
    lower_mw: int = Field(gt=0)
    upper_mw: int = Field(gt=0)
    step_db: float = Field(gt=0)
    equipment_max_mw: int | None = Field(
        default=None, gt=0, description="that the grid counts down from; None: upper_mw"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.lower_mw <= self.upper_mw <= self.top_mw:
            raise ValueError(
                f"cell {self.cell_id}: empty domain {self.lower_mw}..{self.upper_mw} mW, at most"
                f" {self.top_mw} mW"
            )
        return self

    @property
    def top_mw(self) -> int:
        """The value that the grid counts down from."""
        return self.upper_mw if self.equipment_max_mw is None else self.equipment_max_mw

    @property
    def settable_mw(self) -> tuple[int, ...]:
        """All values that the domain lets through, ascending."""
        grid = grid_between(self.top_mw, self.step_db, self.lower_mw, self.upper_mw)
        return tuple(sorted({*grid, self.current_mw}))

    def is_settable(self, power_mw: int) -> bool:
        """Whether a power inside the domain's ends is on its grid, or the one in force."""
        on_grid = is_on_grid(power_mw, self.top_mw, self.step_db)
        return on_grid or power_mw == self.current_mw


class SourcedRequirement(Contract):
    """A requirement and who asks for it: the intent, or a guard-rail of the policy by name."""

    requirement: Requirement
    origin: str = Field(pattern=r"^(intent|guard_rail:[a-z0-9_]+)$")
    reserve_share: float = Field(
        default=0.0, description="share of the threshold that tools keep in reserve"
    )


class Problem(Contract):
    """Everything a tool needs besides the snapshot that ``snapshot_digest`` names."""

    intent_digest: Digest
    snapshot_digest: Digest
    policy_digest: Digest
    objective: Objective
    objective_cells: tuple[CellId, ...] = Field(min_length=1)
    variables: tuple[PowerVariable, ...] = Field(min_length=1)
    requirements: tuple[SourcedRequirement, ...] = Field(min_length=1)
    thresholds: Thresholds
    evidence: tuple[Evidence, ...] = Field(default=(), description="what its numbers rest on")
