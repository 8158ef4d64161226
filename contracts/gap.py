"""What became of actions on plants that the twin was compared with."""

from pydantic import Field

from contracts.canonical import Contract, Digest
from contracts.policy import StageRules


class GapOutcome(Contract):
    """One action on one plant: foretold on the twin, carried out, measured."""

    seed: int = Field(ge=0, description="of the plant and of the action")
    discrepancy: dict[str, float] = Field(description="of twin and snapshot, before the action")
    worst_residual: float = Field(
        ge=0,
        description="largest distance of a measured KPI from the roll-outs' median, in half-widths"
        " of their 90 % interval, over all KPIs and stages",
    )


class GapRecord(Contract):
    """Outcomes on one scenario under one way of rolling out, with one state of the code."""

    scenario_digest: Digest
    code_digest: Digest
    stages: StageRules
    settle_ms: int = Field(ge=0)
    watch_window_ms: int = Field(gt=0)
    report_ms: int = Field(gt=0)
    runtime: dict[str, str | int]
    outcomes: tuple[GapOutcome, ...]
