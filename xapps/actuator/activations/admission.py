"""Everything that must hold before an activation goes live, one check a function.

``authentic`` comes first; nothing of an activation is read before. Raised are
:class:`RanwrightError` with the codes that each function names.
"""

from datetime import datetime, timedelta

from pydantic import ValidationError

from contracts.action import ParameterChange
from contracts.activation import ACTIVATION_PAYLOAD_TYPE, Activation, ActivationPlan
from contracts.certificate import APPROVAL_PAYLOAD_TYPE, Approval, Certificate
from contracts.dsse import SignedEnvelope, signer_key, verify
from contracts.errors import RanwrightError
from contracts.measure import measure_kpi
from contracts.plant_link import NodeInfo
from contracts.policy import ActivationRules, Policy
from contracts.problem import PowerVariable
from contracts.requirement import RelativeChange
from contracts.risk import AUTOMATIC_PREFIX, activation_risk_class, within_step
from contracts.trust import TrustStore
from xapps.actuator.activations.board import Board
from xapps.actuator.course import powers_after, powers_of, stages_of
from xapps.actuator.journal import Journal
from xapps.actuator.repair import certificate_of

_TOLERANCE_SHARE = 1e-6
"""Between a promise's value before and the one measured here; both compute it alike."""


def authentic(envelope: SignedEnvelope, trust: TrustStore, now: datetime) -> Activation:
    """Signed by the verifier's present key. Codes: ``signature.*``, ``key.*``,
    ``activation.malformed``.
    """
    payload = verify(envelope, ACTIVATION_PAYLOAD_TYPE, "verifier", trust, now)
    try:
        return Activation.parse(payload)
    except ValidationError as error:
        raise refused("activation.malformed", f"Not an activation: {error}") from error


def still_trusted(envelope: SignedEnvelope, activation: Activation, trust: TrustStore) -> None:
    """No key that it rests on was revoked since; one that was rotated out goes on counting. Codes:
    ``key.unknown``, ``key.revoked``.
    """
    for signed in (envelope, activation.approval):
        key = trust.find(signer_key(signed))
        if key.revoked_at is not None:
            raise refused(
                "key.revoked", f"The {key.role}'s key was revoked: {key.reason or 'no reason'}."
            )


def in_time(activation: Activation, rules: ActivationRules, now: datetime) -> None:
    """Neither expired nor from the future nor valid for too long. Codes: ``activation.expired``,
    ``activation.not_yet_valid``, ``activation.valid_too_long``.
    """
    still_in_time(activation, now)
    validity = activation.expires_at - activation.issued_at.wall_time
    most_s = min(rules.max_validity_s, activation.plan.validity_s)
    if validity > timedelta(seconds=most_s):
        raise refused("activation.valid_too_long", f"Plan and policy allow {most_s} s.")


def still_in_time(activation: Activation, now: datetime) -> None:
    """Neither expired nor, by a clock that jumped, from the future. Codes as in :func:`in_time`."""
    if now >= activation.expires_at:
        expired = activation.expires_at.isoformat()
        raise refused("activation.expired", f"It expired at {expired}.")
    if now < activation.issued_at.wall_time:
        issued = activation.issued_at.wall_time.isoformat()
        raise refused("activation.not_yet_valid", f"It is issued at {issued}.")


def under_policy(activation: Activation, policy: Policy, rules: ActivationRules) -> None:
    """Made under the policy in force, for a holder it allows, watched as it says. Codes:
    ``policy.changed``, ``activation.holder_not_allowed``, ``activation.other_watch``,
    ``activation.interval_too_short``, ``activation.guard_rail_missing``.
    """
    plan = activation.plan
    if activation.policy_digest != policy.digest:
        raise refused("policy.changed", "The policy in force is not the one it was made under.")
    if plan.holder.name not in rules.allowed_xapps:
        raise refused("activation.holder_not_allowed", f"The policy keeps {plan.holder.name} out.")
    if plan.watch_window_ms != rules.watch_window_ms or plan.thresholds != policy.thresholds:
        raise refused("activation.other_watch", "It would not be watched as the policy says.")
    if plan.least_interval_ms < rules.least_interval_ms:
        raise refused(
            "activation.interval_too_short",
            f"A move every {plan.least_interval_ms} ms; the policy's least is"
            f" {rules.least_interval_ms} ms.",
        )
    promised = {p.origin for p in plan.promises}
    missing = [r.name for r in policy.guard_rails if f"guard_rail:{r.name}" not in promised]
    if missing:
        raise refused("activation.guard_rail_missing", f"Not promised: {', '.join(missing)}.")


def approved(
    activation: Activation, rules: ActivationRules, trust: TrustStore, now: datetime
) -> None:
    """Approved by the approver: this plan, this verdict, this trace, by who may. Codes:
    ``signature.*``, ``key.*``, ``approval.*``.
    """
    payload = verify(activation.approval, APPROVAL_PAYLOAD_TYPE, "approver", trust, now)
    try:
        approval = Approval.parse(payload)
    except ValidationError as error:
        raise refused("approval.malformed", f"Not an approval: {error}") from error
    if approval.decision != "approved":
        raise refused("approval.denied", f"{approval.approved_by} denied this activation.")
    if approval.plan_digest != activation.plan.digest:
        raise refused("approval.other_plan", "The approval is for another plan.")
    if approval.verdict_digest != activation.verdict_digest:
        raise refused("approval.other_verdict", "The approval is for another verdict.")
    if approval.trace_id != activation.trace_id:
        raise refused("approval.other_trace", "The approval is of another trace.")
    automatic = approval.approved_by.startswith(AUTOMATIC_PREFIX)
    if automatic and activation_risk_class(rules) == "high":  # the approver's rule
        raise refused("approval.person_required", "The policy asks for a person's approval.")


def inside_limits(plan: ActivationPlan, policy: Policy, rules: ActivationRules) -> None:
    """The envelope is inside the policy's limits. Codes: ``activation.cell_not_allowed``,
    ``activation.unknown_parameter``, ``activation.too_wide``.
    """
    most_db = min(rules.max_half_width_db, policy.action.max_step_db)
    for domain in plan.envelope:
        cell = domain.cell_id
        if cell not in policy.action.allowed_cells:
            raise refused("activation.cell_not_allowed", f"The policy keeps cell {cell} as it is.")
        if domain.parameter not in policy.action.allowed_parameters:
            raise refused("activation.unknown_parameter", f"{domain.parameter} is not to be set.")
        if not (
            _within(domain, domain.lower_mw, most_db) and _within(domain, domain.upper_mw, most_db)
        ):
            raise refused(
                "activation.too_wide",
                f"Cell {cell}: {domain.lower_mw} to {domain.upper_mw} mW is more than"
                f" {most_db:g} dB from {domain.current_mw} mW.",
            )


def followed_action(plan: ActivationPlan, journal: Journal) -> Certificate:
    """The action that it follows was fulfilled, and none came after it; its certificate. Codes:
    ``activation.no_action``, ``activation.action_superseded``.
    """
    entry = journal.find(plan.certificate_id)
    if entry is None or entry.step != "fulfilled":
        found = "unknown here" if entry is None else entry.step.replace("_", " ")
        raise refused("activation.no_action", f"The action it follows is {found}, not fulfilled.")
    newest = journal.newest()
    if newest is None or newest.certificate_id != plan.certificate_id:
        raise refused(
            "activation.action_superseded", "Another action came after the one it follows."
        )
    return certificate_of(entry)


def promises_as_measured(plan: ActivationPlan, certificate: Certificate) -> None:
    """What is promised relative to a value is so to that of the action's baseline. Code:
    ``activation.other_baseline``.
    """
    for promise in plan.promises:
        requirement, baseline = promise.requirement, certificate.baseline
        if not isinstance(requirement.bound, RelativeChange):
            continue
        before = measure_kpi(
            requirement.kpi, requirement.cells, baseline, baseline, plan.thresholds
        )
        if abs(before - promise.before_in_kpi_unit) > _TOLERANCE_SHARE * max(1.0, abs(before)):
            raise refused(
                "activation.other_baseline",
                f"{requirement.describe()}: it was {before:g} before the action, not"
                f" {promise.before_in_kpi_unit:g}.",
            )


def as_left(activation: Activation, certificate: Certificate, node: NodeInfo, board: Board) -> None:
    """The node is the one it was made for, every cell as the action left it but for those that
    others may move, and its own at the base. Codes: ``activation.other_network``,
    ``activation.other_node``, ``activation.unknown_cell``, ``activation.not_at_base``,
    ``activation.network_changed``.
    """
    plan, present_mw = activation.plan, powers_of(node)
    if activation.scenario_digest != node.scenario_digest:
        raise refused("activation.other_network", f"It was not made for {node.node_name}.")
    if plan.node_name != node.node_name:
        raise refused(
            "activation.other_node", f"Made for {plan.node_name}, this is {node.node_name}."
        )
    if unknown := sorted(plan.base_mw.keys() - present_mw.keys()):
        raise refused("activation.unknown_cell", f"{node.node_name} has no cells {unknown}.")
    left_mw = powers_after(certificate, len(stages_of(certificate)))
    off = [c for c, mw in plan.base_mw.items() if not present_mw[c] == mw == left_mw.get(c)]
    if off:
        raise refused(
            "activation.not_at_base",
            f"Cells {off} are not at the powers that the action left and it begins from.",
        )
    own = plan.base_mw.keys()
    if strangers := [c for c in board.strangers(present_mw, left_mw) if c not in own]:
        raise refused(
            "activation.network_changed", f"Cells {strangers} are not as the action left them."
        )


def refused(code: str, message: str) -> RanwrightError:
    """A refusal after which only a new activation helps."""
    return RanwrightError(code, message, "Take a fresh snapshot and have a new one proven.")


def _within(domain: PowerVariable, power_mw: int, most_db: float) -> bool:
    change = ParameterChange(cell_id=domain.cell_id, from_mw=domain.current_mw, to_mw=power_mw)
    return within_step(change, most_db)
