"""What one intent came to: the decision that the command line prints and the ledger keeps."""

from enum import StrEnum

from pydantic import Field

from contracts.action import ParameterChange
from contracts.canonical import Contract, Digest
from contracts.clock import Instant
from contracts.errors import ExitCode
from contracts.evidence import Evidence
from contracts.kpi import Kpi
from contracts.problem import SourcedRequirement
from contracts.requirement import CellId
from contracts.stages import EffectForecast
from contracts.verdict import Check, RolloutBound


class Outcome(StrEnum):
    """How an intent ended."""

    FULFILLED = "fulfilled"
    ALREADY_FULFILLED = "already_fulfilled"
    REFUSED = "refused"
    INFEASIBLE = "infeasible"
    CLARIFICATION_NEEDED = "clarification_needed"
    AWAITING_APPROVAL = "awaiting_approval"
    DENIED = "denied"
    ROLLED_BACK = "rolled_back"
    FALLEN_BACK = "fallen_back"
    NOT_APPLIED = "not_applied"
    FAILED = "failed"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command line."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Outcome.FULFILLED: ExitCode.FULFILLED,
    Outcome.ALREADY_FULFILLED: ExitCode.FULFILLED,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.INFEASIBLE: ExitCode.INFEASIBLE,
    Outcome.CLARIFICATION_NEEDED: ExitCode.CLARIFICATION_NEEDED,
    Outcome.AWAITING_APPROVAL: ExitCode.AWAITING_APPROVAL,
    Outcome.DENIED: ExitCode.REFUSED,
    Outcome.ROLLED_BACK: ExitCode.ROLLED_BACK,
    Outcome.FALLEN_BACK: ExitCode.FALLEN_BACK,
    Outcome.NOT_APPLIED: ExitCode.REFUSED,
    Outcome.FAILED: ExitCode.DEFECT,
}


class KpiComparison(Contract):
    """One requirement: value before, predicted with its 90 % interval, and measured after."""

    requirement: SourcedRequirement
    kpi: Kpi
    cells: tuple[CellId, ...]
    before: float = Field(description="measured in the snapshot, in the KPI's unit")
    threshold: float
    predicted_low: float | None
    predicted_median: float | None
    predicted_high: float | None
    measured: float | None
    met: bool | None


class Decision(Contract):
    """The whole answer to one sentence."""

    trace_id: str
    sentence: str
    outcome: Outcome
    code: str = Field(description="stable reason")
    reason: str
    remedy: str | None
    changes: tuple[ParameterChange, ...] = ()
    undo: tuple[ParameterChange, ...] = ()
    undo_command: str | None = None
    comparisons: tuple[KpiComparison, ...] = ()
    checks: tuple[Check, ...] = ()
    bound: RolloutBound | None = None
    forecast: EffectForecast | None = None
    evidence: tuple[Evidence, ...] = ()
    approved_by: str | None = None
    certificate_id: str | None = None
    plan_digest: Digest | None = None
    tool: str | None = None
    notes: tuple[str, ...] = ()
    figure: str | None = None
    stage_times_ms: dict[str, float] = Field(default_factory=dict)
    decided_at: Instant
