"""What is signed before anything moves: approvals, certificates, and the actuator's receipts."""

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.action import ActionPlan, ParameterChange
from contracts.canonical import Contract, Digest
from contracts.clock import Instant
from contracts.dsse import SignedEnvelope
from contracts.measure import Thresholds
from contracts.network import NetworkSnapshot
from contracts.policy import CertificateRules
from contracts.problem import PowerVariable, SourcedRequirement
from contracts.record import RecordKind
from contracts.stages import EffectForecast
from contracts.verdict import RiskClass

APPROVAL_PAYLOAD_TYPE = "application/vnd.ranwright.approval+json"
CERTIFICATE_PAYLOAD_TYPE = "application/vnd.ranwright.certificate+json"
RECEIPT_PAYLOAD_TYPE = "application/vnd.ranwright.receipt+json"


class Approval(Contract):
    """A decision on exactly one plan and its verdict; signed by the approver."""

    trace_id: str
    plan_digest: Digest
    verdict_digest: Digest
    decision: Literal["approved", "denied"]
    risk_class: RiskClass
    approved_by: str = Field(description="`policy:<id>` for automatic approval, else the person")
    decided_at: Instant


class EffectWatch(Contract):
    """What must be measured after the action, and when silence counts as failure (KPM time)."""

    requirements: tuple[SourcedRequirement, ...] = Field(min_length=1)
    thresholds: Thresholds
    timing: CertificateRules
    forecast: EffectForecast
    fallback: tuple[ParameterChange, ...] = Field(
        min_length=1, description="powers of last resort, where the previous cannot be restored"
    )


class Certificate(Contract):
    """The permission to act once: plan, evidence, limits, expiry; signed by the verifier.

    ``envelope`` repeats each variable's domain: values outside it are refused even if the plan
    holds them. ``baseline`` is the snapshot itself, because the actuator re-checks and watches
    against it and must not depend on another process for that. ``node_name`` is the node it was
    taken of: a node that began anew has another name.
    """

    certificate_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    trace_id: str
    plan: ActionPlan
    envelope: tuple[PowerVariable, ...]
    baseline: NetworkSnapshot
    node_name: str
    verdict_digest: Digest
    policy_digest: Digest
    scenario_digest: Digest
    calibration_digest: Digest = Field(description="of the twin that the verdict rests on")
    watch: EffectWatch
    approval: SignedEnvelope
    issued_at: Instant
    expires_at: AwareDatetime


ActionStatus = Literal[
    "refused", "fulfilled", "rolled_back", "fallen_back", "not_applied", "failed"
]


class Receipt(Contract):
    """How an action ended, with the measured margins; signed by the actuator.

    ``not_applied``: a crash or a plant refusal before anything changed. ``fallen_back``: every cell
    is at its previous power or at its power of last resort. ``failed``: not even that. Both need a
    person; the actuator tries the way back again meanwhile and refuses new actions.
    """

    certificate_id: str
    trace_id: str
    plan_digest: Digest
    status: ActionStatus
    code: str = Field(description="stable reason, e.g. effect.confirmed, effect.requirement_missed")
    reason: str
    measured: NetworkSnapshot | None
    finished_at: Instant


def receipt_key(receipt: Receipt) -> str:
    """The key under which the ledger holds the record of a receipt."""
    return f"{receipt.certificate_id}:{RecordKind.RECEIPT.value}:{receipt.status}"
