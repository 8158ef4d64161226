"""The operator policy file: guard-rails, limits, who may approve. Without it nothing goes."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from contracts.canonical import Contract
from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.network import REPORT_PERIOD_MS
from contracts.requirement import Bound, CellId, Condition
from contracts.xapp_rules import XappRules


class GuardRail(Contract):
    """A requirement that every action keeps, on each cell alone or on all cells together."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    kpi: Kpi
    condition: Condition
    bound: Bound
    applies_to: Literal["each_cell", "all_cells"]


class ActionLimits(Contract):
    """Hard limits on one action."""

    allowed_parameters: tuple[str, ...] = Field(min_length=1)
    allowed_cells: tuple[CellId, ...] = Field(min_length=1)
    max_step_db: float = Field(gt=0, description="largest change of a cell's power in one action")
    max_changed_cells: int = Field(gt=0)


class VerificationLimits(Contract):
    """How sure verification must be."""

    max_miss_probability: float = Field(gt=0, le=0.05)
    confidence: float = Field(ge=0.95, lt=1)
    rollouts: int = Field(ge=59, le=10_000, description="at most, of one attempt")
    max_attempts: int = Field(ge=1, le=10)


class ApprovalRules(Contract):
    """When a person must approve."""

    automatic_up_to_changed_cells: int = Field(ge=0)
    automatic_up_to_step_db: float = Field(ge=0)


class CertificateRules(Contract):
    """Life time and watching of an action."""

    validity_s: int = Field(gt=0, le=86_400)
    settle_ms: int = Field(ge=0, description="KPM time between control and the watch window")
    watch_window_ms: int = Field(
        gt=0,
        le=1_800_000,
        multiple_of=REPORT_PERIOD_MS,
        description="KPM time over which the effect is measured, in whole reports",
    )
    effect_deadline_ms: int = Field(
        gt=0,
        description="KPM time, from a stage's acknowledgement, by which its effect must be known",
    )
    silence_timeout_s: float = Field(gt=0, description="wall time without a report that is silence")


class StageRules(Contract):
    """How an action is rolled out: a few cells first (canary), then all of them in steps (ramp)."""

    canary_cells: int = Field(ge=0, description="cells that take the first step alone")
    max_step_db: float = Field(gt=0, description="largest change of a cell's power in one stage")
    window_ms: int = Field(
        gt=0,
        le=1_800_000,
        multiple_of=REPORT_PERIOD_MS,
        description="KPM time over which each stage but the last is watched, in whole reports",
    )
    fallback_tx_power_mw: int = Field(
        gt=0, description="what a cell is set to when its previous power cannot be restored"
    )


class GapRules(Contract):
    """When a plant differs so much from those the twin was compared with that none is judged."""

    least_p_value: float = Field(
        gt=0, lt=1, description="a snapshot less usual than this is out of distribution"
    )
    max_half_widths: float = Field(
        gt=1, description="widest forecast, in half-widths of the roll-outs' 90 % interval"
    )


class ForecastRules(Contract):
    """What an effect may look like before it counts as unforeseen."""

    false_alarm_probability: float = Field(
        gt=0, le=0.1, description="of taking back an action although nothing is wrong"
    )
    gap: GapRules | Literal["unlimited"] = Field(
        description="how twin and plant may differ; unlimited: the twin is taken at its word"
    )

    @property
    def limited(self) -> GapRules | None:
        """The limits, if any are set. An empty field sets none and says nothing: it is refused."""
        return None if self.gap == "unlimited" else self.gap


class ActivationRules(Contract):
    """What an xApp may be let move by itself, between two plans, and how sure that must be."""

    allowed_xapps: tuple[str, ...] = Field(description="names; empty: none may move anything")
    max_half_width_db: float = Field(
        gt=0, description="largest distance of an envelope's ends from the powers in force"
    )
    max_validity_s: int = Field(gt=0, le=86_400, description="wall time")
    least_interval_ms: int = Field(
        gt=0, multiple_of=REPORT_PERIOD_MS, description="KPM time between two moves, whole reports"
    )
    watch_window_ms: int = Field(
        gt=0,
        le=1_800_000,
        multiple_of=REPORT_PERIOD_MS,
        description="KPM time over which promises are measured, again and again, in whole reports",
    )
    max_live: int = Field(ge=1, le=16, description="activations at the same time")
    rollouts: int = Field(ge=59, le=10_000, description="at most, of one attempt to prove one")
    interior_points: int = Field(
        ge=32,
        le=1_000,
        description="random settings inside an envelope in each look of 56 roll-outs",
    )
    automatic: bool = Field(description="whether the policy approves by itself, or a person must")


class Policy(Contract):
    """The whole policy; its digest stands in every verdict and certificate."""

    policy_id: str
    guard_rails: tuple[GuardRail, ...] = Field(min_length=1)
    thresholds: Thresholds
    action: ActionLimits
    verification: VerificationLimits
    approval: ApprovalRules
    certificate: CertificateRules
    stages: StageRules
    xapps: XappRules
    forecast: ForecastRules
    activation: ActivationRules

    @model_validator(mode="after")
    def _check(self) -> Self:
        timing = self.certificate
        longest_ms = max(timing.watch_window_ms, self.stages.window_ms)
        if timing.effect_deadline_ms < timing.settle_ms + longest_ms:
            raise ValueError("effect_deadline_ms ends before a stage has settled and been watched")
        return self


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        RanwrightError: ``policy.missing`` or ``policy.malformed``; there is no default policy.
    """
    remedy = f"Put a valid policy at {path}; without one nothing is verified or carried out."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RanwrightError(
            "policy.missing", f"The policy cannot be read: {error}.", remedy
        ) from error
    try:
        return Policy.model_validate(yaml.safe_load(data.decode("utf-8")))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise RanwrightError(
            "policy.malformed", f"The policy is malformed: {error}", remedy
        ) from error
