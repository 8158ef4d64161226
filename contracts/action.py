"""Action plans: absolute parameter values, and the way back."""

from typing import Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract, Digest
from contracts.kpi import Kpi
from contracts.problem import CONFIGURED_MAX_TX_POWER
from contracts.requirement import CellId


class ParameterChange(Contract):
    """One cell's parameter, absolute on both sides so that sending it twice changes nothing."""

    cell_id: CellId
    parameter: str = Field(default=CONFIGURED_MAX_TX_POWER, max_length=100)
    from_mw: int = Field(ge=0)
    to_mw: int = Field(ge=0)


class KpiPrediction(Contract):
    """A KPI before and after, as the tool or the verifier expects it; unit by the catalogue."""

    kpi: Kpi
    cells: tuple[CellId, ...]
    before_in_kpi_unit: float
    after_in_kpi_unit: float


class ActionPlan(Contract):
    """What shall be done to the network, made on one resource version.

    ``changes`` holds each cell at most once and only cells whose value changes.
    """

    problem_digest: Digest
    snapshot_digest: Digest
    resource_version: int = Field(ge=0)
    changes: tuple[ParameterChange, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        targets = [(c.cell_id, c.parameter) for c in self.changes]
        if len(set(targets)) != len(targets):
            raise ValueError("a parameter is changed twice")
        return self

    @property
    def rollback(self) -> tuple[ParameterChange, ...]:
        """The way back: the same parameters with both sides exchanged."""
        return tuple(
            c.model_copy(update={"from_mw": c.to_mw, "to_mw": c.from_mw}) for c in self.changes
        )


class Candidate(Contract):
    """A tool's answer: a plan, what it predicts, and where it comes from.

    ``changes`` may be empty: the tool's best answer is to leave the network alone.
    """

    tool: str
    tool_version: str
    tx_power_mw: dict[CellId, int]
    objective_value: float = Field(description="larger is better, in the tool's own scale")
    worst_margin: float = Field(
        description="smallest requirement margin as a share of its threshold; below 0 infeasible"
    )
    predictions: tuple[KpiPrediction, ...]
    solve_time_ms: float = Field(ge=0)
    origin: str | None = Field(default=None, description="which of the tool's ways found it")
    familiarity: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="share of what the tool's model was trained on that is stranger to it than this"
        " network; near 0 it was trained on nothing like it; None: nothing was learnt",
    )
    kind: Literal["candidate"] = "candidate"
