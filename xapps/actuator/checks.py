"""Everything that must hold before an action, one check a function.

Each raises :class:`RanwrightError` with its stable code and returns nothing of use to an attacker.
``authentic`` comes first; nothing of a certificate is read before.
"""

from datetime import datetime, timedelta

from pydantic import ValidationError

from contracts.canonical import Digest
from contracts.certificate import (
    APPROVAL_PAYLOAD_TYPE,
    CERTIFICATE_PAYLOAD_TYPE,
    Approval,
    Certificate,
)
from contracts.dictionary import lookup
from contracts.dsse import SignedEnvelope, verify
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from contracts.policy import Policy
from contracts.problem import CONFIGURED_MAX_TX_POWER
from contracts.risk import AUTOMATIC_PREFIX, risk_class, within_step
from contracts.trust import TrustStore
from xapps.actuator.course import powers_of
from xapps.actuator.stage_checks import inside_envelope, step_too_large
from xapps.actuator.stage_checks import refused as _refused
from xapps.actuator.way_back import applied


def authentic(envelope: SignedEnvelope, trust: TrustStore, now: datetime) -> Certificate:
    """Signed by the verifier's present key. Codes: ``signature.*``, ``key.*``,
    ``certificate.malformed``.
    """
    payload = verify(envelope, CERTIFICATE_PAYLOAD_TYPE, "verifier", trust, now)
    try:
        return Certificate.parse(payload)
    except ValidationError as error:
        raise RanwrightError(
            "certificate.malformed", f"Not a certificate: {error}", "Certify again."
        ) from error


def approved(certificate: Certificate, policy: Policy, trust: TrustStore, now: datetime) -> None:
    """Approved by the approver: this plan, this verdict, this trace, by who may. Codes:
    ``signature.*``, ``key.*``, ``approval.*``.
    """
    payload = verify(certificate.approval, APPROVAL_PAYLOAD_TYPE, "approver", trust, now)
    try:
        approval = Approval.parse(payload)
    except ValidationError as error:
        raise _refused("approval.malformed", f"Not an approval: {error}") from error
    if approval.decision != "approved":
        raise _refused("approval.denied", f"{approval.approved_by} denied this action.")
    if approval.plan_digest != certificate.plan.digest:
        raise _refused("approval.other_plan", "The approval is for another plan.")
    if approval.verdict_digest != certificate.verdict_digest:
        raise _refused("approval.other_verdict", "The approval is for another verdict.")
    if approval.trace_id != certificate.trace_id:
        raise _refused("approval.other_trace", "The approval is of another trace.")
    automatic = approval.approved_by.startswith(AUTOMATIC_PREFIX)
    if automatic and risk_class(certificate.plan, policy.approval) == "high":
        raise _refused("approval.person_required", "The policy asks for a person's approval.")


def in_time(certificate: Certificate, policy: Policy, now: datetime) -> None:
    """Neither expired nor from the future nor valid for longer than the policy allows. Codes:
    ``certificate.expired``, ``certificate.not_yet_valid``, ``certificate.valid_too_long``.
    """
    issued, expires = certificate.issued_at.wall_time, certificate.expires_at
    if now >= expires:
        raise _refused("certificate.expired", f"It expired at {expires.isoformat()}.")
    if now < issued:
        raise _refused("certificate.not_yet_valid", f"It is issued at {issued.isoformat()}.")
    if expires - issued > timedelta(seconds=policy.certificate.validity_s):
        raise _refused(
            "certificate.valid_too_long",
            f"The policy allows {policy.certificate.validity_s} s of validity.",
        )


def under_policy(certificate: Certificate, policy: Policy) -> None:
    """Made under the policy in force, and watched as it says. Codes: ``policy.changed``,
    ``certificate.other_watch``, ``certificate.guard_rail_missing``.
    """
    if certificate.policy_digest != policy.digest:
        raise _refused("policy.changed", "The policy in force is not the one it was made under.")
    watch = certificate.watch
    if watch.timing != policy.certificate or watch.thresholds != policy.thresholds:
        raise _refused("certificate.other_watch", "It would not be watched as the policy says.")
    held = {r.origin for r in watch.requirements}
    missing = [r.name for r in policy.guard_rails if f"guard_rail:{r.name}" not in held]
    if missing:
        raise _refused("certificate.guard_rail_missing", f"Not watched: {', '.join(missing)}.")


def consistent(certificate: Certificate) -> None:
    """Its parts speak of one network state. Code: ``certificate.inconsistent``."""
    plan, baseline = certificate.plan, certificate.baseline
    power_mw = baseline.tx_power_mw
    agree = (
        plan.snapshot_digest == baseline.digest
        and plan.resource_version == baseline.resource_version
        and certificate.scenario_digest == baseline.scenario_digest
        and all(power_mw.get(c.cell_id, c.from_mw) == c.from_mw for c in plan.changes)
    )
    if not agree:
        raise _refused("certificate.inconsistent", "Plan and baseline are of different states.")


def known_targets(certificate: Certificate, policy: Policy, node: NodeInfo) -> None:
    """Known network, parameters and cells; what is unknown is refused. Codes:
    ``action.other_network``, ``action.other_node``, ``action.unknown_parameter``,
    ``action.unknown_cell``, ``action.cell_not_allowed``.
    """
    if certificate.scenario_digest != node.scenario_digest:
        raise _refused("action.other_network", f"It was not made for {node.node_name}.")
    if certificate.node_name != node.node_name:
        raise _refused(
            "action.other_node", f"Made for {certificate.node_name}, this is {node.node_name}."
        )
    cells = {c.cell_id for c in node.cells}
    for change in certificate.plan.changes:
        _known_parameter(change.parameter, policy)
        if change.cell_id not in cells:
            raise _refused("action.unknown_cell", f"{node.node_name} has no cell {change.cell_id}.")
        if change.cell_id not in policy.action.allowed_cells:
            raise _refused(
                "action.cell_not_allowed", f"The policy keeps cell {change.cell_id} as it is."
            )


def inside_limits(certificate: Certificate, policy: Policy) -> None:
    """Inside the signed envelope, on its grid, inside the policy's step limits. Codes:
    ``action.no_change``, ``action.too_many_cells``, ``action.outside_envelope``,
    ``action.off_grid``, ``action.step_too_large``.
    """
    changes = certificate.plan.changes
    domains = {v.cell_id: v for v in certificate.envelope}
    if len(changes) > policy.action.max_changed_cells:
        raise _refused("action.too_many_cells", f"{len(changes)} cells at once.")
    for change in changes:
        inside_envelope(change, domains)
        if not within_step(change, policy.action.max_step_db):
            raise step_too_large(change, policy.action.max_step_db)


def not_stale(certificate: Certificate, node: NodeInfo) -> None:
    """The network is configured as it was planned for. Codes: ``plan.stale``,
    ``plan.stale_value``.
    """
    plan = certificate.plan
    if plan.resource_version != node.resource_version:
        raise _refused(
            "plan.stale",
            f"Planned on version {plan.resource_version}, the plant is at {node.resource_version}.",
        )
    present = powers_of(node)
    wrong = [c.cell_id for c in plan.changes if present.get(c.cell_id) != c.from_mw]
    if wrong:
        raise _refused("plan.stale_value", f"Cells {wrong} have other values than planned from.")


def plan_unused(plan_digest: Digest, acted_on: bool) -> None:
    """No other certificate carried the same plan to the plant. Code: ``plan.used``."""
    if acted_on:
        raise _refused("plan.used", f"Plan {plan_digest} was carried out before.")


def may_be_taken_back(
    step: str, applied_version: int | None, certificate: Certificate, node: NodeInfo
) -> None:
    """Fulfilled, not taken back before, on the same node, and nothing came after it. Codes:
    ``rollback.not_available``, ``rollback.other_node``, ``rollback.stale``.
    """
    if step != "fulfilled":
        raise RanwrightError(
            "rollback.not_available",
            f"The action ended as {step}; only a fulfilled one can be taken back, once.",
            "Nothing to do, or plan a new action.",
        )
    if certificate.node_name != node.node_name:
        raise _refused("rollback.other_node", f"{certificate.node_name} began anew since.")
    if node.resource_version != applied_version or not applied(node, certificate.plan.changes):
        raise _refused(
            "rollback.stale",
            f"The action left version {applied_version}, the plant is at {node.resource_version}.",
        )


def _known_parameter(parameter: str, policy: Policy) -> None:
    try:
        known = lookup(parameter).path == parameter
    except RanwrightError as error:
        raise _refused("action.unknown_parameter", error.message) from error
    settable = known and parameter == CONFIGURED_MAX_TX_POWER
    if not settable or parameter not in policy.action.allowed_parameters:
        raise _refused("action.unknown_parameter", f"{parameter!r} is not a parameter to set.")
