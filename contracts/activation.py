"""Policy activations: the permission to move inside a proven envelope, again and again, until then.

A certificate permits one action. What an xApp does between two plans is faster than any planner, so
an activation permits it in advance: every power setting inside the envelope keeps the requirements
on the twin, whatever the xApp computes and whatever is wrong with it. It travels to the actuator
and to the xApp as one A1 policy instance of the type :data:`ACTIVATION_POLICY_TYPE`, whose name is
the activation's. The xApp then asks the actuator for moves over RMR.
"""

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from contracts.canonical import Contract, Digest
from contracts.clock import Instant
from contracts.dsse import SignedEnvelope
from contracts.measure import Thresholds
from contracts.network import NetworkSnapshot
from contracts.problem import Objective, PowerVariable
from contracts.requirement import CellId, Requirement

ACTIVATION_PAYLOAD_TYPE = "application/vnd.ranwright.activation+json"
ACTIVATION_END_PAYLOAD_TYPE = "application/vnd.ranwright.activation-end+json"

CERTIFICATE_POLICY_TYPE = 20100
"""A1 policy type of one certified action: ``{"certificate": signed envelope}``, to the actuator."""

ACTIVATION_POLICY_TYPE = 20101
"""A1 policy type of an activation: ``{"activation": signed envelope}``, to actuator and xApp."""

MOVE_REQ, MOVE_ANSWER = 31000, 31001
"""RMR message types of a :class:`Move` and a :class:`MoveAnswer`, JSON; all takers get answers."""


class Holder(Contract):
    """The xApp that an activation is for, as it was onboarded."""

    name: str
    version: str
    package_digest: Digest


class Promise(Contract):
    """A requirement, and the value of its KPI that it is held against; absolute bounds ignore it.

    The value is that of the certificate's baseline: an activation goes on keeping what the action
    before it promised, and does not begin anew from what the action has reached.
    """

    requirement: Requirement
    origin: str = Field(pattern=r"^(intent|guard_rail:[a-z0-9_]+)$")
    before_in_kpi_unit: float


class ActivationPlan(Contract):
    """Which xApp shall move what, how far, how often, and what that keeps.

    ``envelope`` holds the powers in force as ``current_mw``: the network returns to them when the
    activation ends, however it ends. ``priority`` decides conflicts, larger first.
    """

    certificate_id: str = Field(pattern=r"^[0-9a-f]{32}$", description="of the action it follows")
    snapshot_digest: Digest
    node_name: str
    holder: Holder
    objective: Objective
    objective_cells: tuple[CellId, ...] = Field(min_length=1)
    envelope: tuple[PowerVariable, ...] = Field(min_length=1)
    max_total_power_mw: int = Field(gt=0, description="of the envelope's cells together")
    promises: tuple[Promise, ...] = Field(min_length=1)
    thresholds: Thresholds
    least_interval_ms: int = Field(gt=0, description="KPM time between two moves")
    watch_window_ms: int = Field(gt=0, description="KPM time over which promises are measured")
    priority: int = Field(ge=0, le=100)
    validity_s: int = Field(gt=0, le=86_400)
    beside: tuple[str, ...] = Field(
        default=(), description="live activations that the proof let move at the same time"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        cells = [v.cell_id for v in self.envelope]
        if cells != sorted(set(cells)):
            raise ValueError(f"cells must be distinct and ascending, got {cells}")
        outside = [v.cell_id for v in self.envelope if not v.lower_mw <= v.current_mw <= v.upper_mw]
        if outside:
            raise ValueError(f"cells {outside} are outside the envelope already")
        if sum(v.current_mw for v in self.envelope) > self.max_total_power_mw:
            raise ValueError("the powers in force are above the total")
        return self

    @property
    def base_mw(self) -> dict[int, int]:
        """The powers that the network returns to."""
        return {v.cell_id: v.current_mw for v in self.envelope}


class Activation(Contract):
    """The permission itself; signed by the verifier."""

    activation_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    trace_id: str
    plan: ActivationPlan
    verdict_digest: Digest
    policy_digest: Digest
    scenario_digest: Digest
    calibration_digest: Digest
    approval: SignedEnvelope
    issued_at: Instant
    expires_at: AwareDatetime


class Move(Contract):
    """What an xApp asks for: absolute powers of cells of the envelope; others stay as they are."""

    activation_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    sequence: int = Field(ge=0, description="rises; an answer repeats it")
    tx_power_mw: dict[CellId, int] = Field(min_length=1)


class MoveAnswer(Contract):
    """What became of a move; ``code`` is ``move.carried_out`` or why it was not."""

    activation_id: str
    sequence: int
    code: str
    reason: str
    resource_version: int | None = Field(default=None, ge=0, description="after it, where known")


EndStatus = Literal["expired", "ended", "revoked", "refused"]
"""``ended``: taken back on request; ``revoked``: the actuator ended it, for the reason it gives."""

ActivationStatus = Literal["live", "suspended", "ending", EndStatus]
"""``suspended``: at its base until another activation ends; ``ending``: on the way to its base."""


class ActivationEnd(Contract):
    """How an activation ended, and that its cells are at their base again; signed by the actuator.

    ``tx_power_mw`` and ``resource_version`` are as they were read back last; ``None`` where the
    node that they were of has begun anew, and nothing of it stands. ``measured`` is the window in
    which a promise was missed.
    """

    activation_id: str
    trace_id: str
    status: EndStatus
    code: str = Field(description="stable reason, e.g. activation.expired, promise.missed")
    reason: str
    moves: int = Field(ge=0, description="that were sent")
    tx_power_mw: dict[CellId, int] | None
    resource_version: int | None = Field(ge=0)
    measured: NetworkSnapshot | None
    finished_at: Instant
