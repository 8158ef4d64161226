"""What verification found: the checks, the roll-out evidence, the bound and its conditions."""

from typing import Literal

from pydantic import Field

from contracts.canonical import Contract, Digest
from contracts.kpi import Kpi
from contracts.problem import SourcedRequirement
from contracts.requirement import CellId
from contracts.stages import EffectForecast

VERDICT_PAYLOAD_TYPE = "application/vnd.ranwright.verdict+json"


class Check(Contract):
    """One check by name; ``reason`` says what was compared, also when it passed."""

    name: str = Field(description="stable, e.g. lawful.range")
    passed: bool
    reason: str

    @property
    def about_plant(self) -> bool:
        """Whether it speaks of the plant, so that no other plan passes it."""
        return self.name.startswith("gap.")


class KpiInterval(Contract):
    """Central 90 % interval and median of a KPI over the roll-outs, before and after the action."""

    kpi: Kpi
    cells: tuple[CellId, ...]
    before_median: float
    after_low: float
    after_median: float
    after_high: float


class RequirementEvidence(Contract):
    """How often a requirement was missed in the roll-outs."""

    requirement: SourcedRequirement
    missed_rollouts: int = Field(ge=0)


class RolloutBound(Contract):
    """At this confidence P(any requirement missed) <= bound, and what that is conditional on."""

    rollouts: int = Field(gt=0)
    missed_rollouts: int = Field(ge=0)
    confidence: float = Field(gt=0, lt=1)
    probability_bound: float = Field(ge=0, le=1)
    allowed_probability: float = Field(gt=0, lt=1)
    conditional_on: str


class GapEvidence(Contract):
    """How usual this plant is among those that the twin was compared with."""

    record_digest: Digest = Field(description="of the outcomes on those plants")
    plants: int = Field(gt=0)
    discrepancy: dict[str, float] = Field(description="how far twin and snapshot differ, by name")
    p_value: float = Field(gt=0, le=1, description="share of plants at least as far off")


class EnvelopeEvidence(Contract):
    """What was rolled out of an envelope, besides what the bound counts."""

    corners: int = Field(gt=0, description="settings that bound what any other does to a UE")
    interior_points: int = Field(ge=0, description="random settings, to contradict the corners")
    interior_missed_rollouts: int = Field(
        ge=0, description="roll-outs in which one of them missed a promise; the bound counts them"
    )
    interior_outside: int = Field(
        ge=0, description="KPIs at random settings that were worse than the corners let foresee"
    )
    stretch_factor: float = Field(
        ge=1, description="by which KPIs were moved away from their median before they were judged"
    )


class Verdict(Contract):
    """The verifier's judgement of one plan.

    Of an activation plan ``problem_digest`` is that of the certificate that it follows: there
    stands what it has to keep. Its ``intervals`` are those of the worst that its envelope lets
    happen.
    """

    plan_digest: Digest = Field(description="of an action plan or an activation plan")
    problem_digest: Digest
    snapshot_digest: Digest
    policy_digest: Digest
    scenario_digest: Digest
    calibration_digest: Digest
    attempt: int = Field(ge=1)
    passed: bool
    checks: tuple[Check, ...]
    evidence: tuple[RequirementEvidence, ...] = ()
    intervals: tuple[KpiInterval, ...] = ()
    bound: RolloutBound | None = None
    gap: GapEvidence | None = None
    forecast: EffectForecast | None = None
    envelope: EnvelopeEvidence | None = None
    seed: int = Field(ge=0)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it failed; empty when it passed."""
        return tuple(f"{c.name}: {c.reason}" for c in self.checks if not c.passed)


RiskClass = Literal["low", "high"]
"""``low`` may be approved automatically where the policy says so; ``high`` needs a person."""
