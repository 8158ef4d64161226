"""Lawful: the plan follows the certificate that it names, and stays inside every limit."""

from agents.verifier.activation.papers import ActivationPapers
from contracts.activation import Promise
from contracts.certificate import Certificate
from contracts.dictionary import check_value
from contracts.errors import RanwrightError
from contracts.measure import measure_kpi
from contracts.problem import PowerVariable
from contracts.units import mw_to_dbm
from contracts.verdict import Check

_ROUNDING_DB = 0.01
"""Grid values are whole milliwatts, which moves an end by up to so much."""


def check_lawful(papers: ActivationPapers) -> list[Check]:
    """All deterministic checks of an activation plan; nothing here believes the planner."""
    return [
        _same_papers(papers),
        _fulfilled(papers),
        _promises(papers),
        _known_targets(papers),
        _starts_from_now(papers),
        _range(papers),
        _width(papers),
        _timing(papers),
        _holder(papers),
        _beside(papers),
    ]


def promises_of(certificate: Certificate) -> tuple[Promise, ...]:
    """What an action promised, and the values before it that this is held against.

    Raises:
        RanwrightError: ``kpi.*`` when a KPI cannot be measured on the baseline.
    """
    baseline, thresholds = certificate.baseline, certificate.watch.thresholds
    return tuple(
        Promise(
            requirement=s.requirement,
            origin=s.origin,
            before_in_kpi_unit=measure_kpi(
                s.requirement.kpi, s.requirement.cells, baseline, baseline, thresholds
            ),
        )
        for s in certificate.watch.requirements
    )


def _same_papers(papers: ActivationPapers) -> Check:
    plan, certificate, receipt = papers.plan, papers.certificate, papers.receipt
    thresholds = papers.policy.thresholds
    wanted = {
        "plan.snapshot": (plan.snapshot_digest, papers.snapshot.digest),
        "plan.certificate": (plan.certificate_id, certificate.certificate_id),
        "plan.node": (plan.node_name, papers.observation.node_name),
        "plan.thresholds": (plan.thresholds, thresholds),
        "receipt.certificate": (receipt.certificate_id, certificate.certificate_id),
        "receipt.plan": (receipt.plan_digest, certificate.plan.digest),
        "receipt.trace": (receipt.trace_id, certificate.trace_id),
        "certificate.node": (certificate.node_name, papers.observation.node_name),
        "certificate.policy": (certificate.policy_digest, papers.policy.digest),
        "certificate.scenario": (certificate.scenario_digest, papers.scenario.digest),
        "certificate.thresholds": (certificate.watch.thresholds, thresholds),
    }
    wrong = [name for name, (found, expected) in wanted.items() if found != expected]
    return Check(
        name="lawful.same_papers",
        passed=not wrong,
        reason=f"mismatch in {', '.join(wrong)}" if wrong else "all papers speak of one another",
    )


def _fulfilled(papers: ActivationPapers) -> Check:
    status = papers.receipt.status
    return Check(
        name="lawful.fulfilled",
        passed=status == "fulfilled",
        reason=f"the action that it follows is {status.replace('_', ' ')}",
    )


def _promises(papers: ActivationPapers) -> Check:
    right = promises_of(papers.certificate)
    return Check(
        name="lawful.promises",
        passed=papers.plan.promises == right,
        reason=f"all {len(right)} promises are those of the action"
        if papers.plan.promises == right
        else f"the action promised {'; '.join(p.requirement.describe() for p in right)},"
        " each against its own baseline",
    )


def _known_targets(papers: ActivationPapers) -> Check:
    limits, known = papers.policy.action, set(papers.snapshot.cell_ids)
    unknown = [
        f"{v.parameter} of cell {v.cell_id}"
        for v in papers.plan.envelope
        if v.parameter not in limits.allowed_parameters
        or v.cell_id not in known & set(limits.allowed_cells)
    ]
    unknown += [f"objective on cell {c}" for c in papers.plan.objective_cells if c not in known]
    return Check(
        name="lawful.known_targets",
        passed=not unknown,
        reason=f"policy does not allow {', '.join(unknown)}"
        if unknown
        else "every cell and parameter is known and allowed",
    )


def _starts_from_now(papers: ActivationPapers) -> Check:
    present_mw = papers.snapshot.tx_power_mw
    left_mw = papers.baseline.tx_power_mw | {
        c.cell_id: c.to_mw for c in papers.certificate.plan.changes
    }
    moved = {v.cell_id for other in papers.beside for v in other.plan.envelope}
    wrong = {v.cell_id for v in papers.plan.envelope if present_mw.get(v.cell_id) != v.current_mw}
    wrong |= {c for c in left_mw if c not in moved and present_mw.get(c) != left_mw[c]}
    return Check(
        name="lawful.starts_from_now",
        passed=not wrong,
        reason=f"cells {sorted(wrong)} are not as the plan says, or not as the action left them"
        if wrong
        else "the powers in force are those that the action left",
    )


def _range(papers: ActivationPapers) -> Check:
    equipment = papers.scenario.equipment
    grid, power = set(equipment.grid_mw()), equipment.configured_max_tx_power
    try:
        for v in papers.plan.envelope:
            check_value(v.parameter, v.lower_mw, equipment)
            check_value(v.parameter, v.upper_mw, equipment)
    except RanwrightError as error:
        return Check(name="lawful.range", passed=False, reason=f"{error.message} ({error.code})")
    off_grid = [
        v.cell_id
        for v in papers.plan.envelope
        if not {v.lower_mw, v.upper_mw} <= grid
        or (v.step_db, v.top_mw) != (power.step_db, power.max_mw)
    ]
    return Check(
        name="lawful.range",
        passed=not off_grid,
        reason=f"cells {off_grid}: ends or steps that {equipment.name} does not have"
        if off_grid
        else f"every setting lies in the range of {equipment.name}",
    )


def _width(papers: ActivationPapers) -> Check:
    envelope, most = papers.plan.envelope, papers.policy.activation.max_half_width_db
    widest_db = max(half_width_db(v) for v in envelope)
    cells = papers.policy.action.max_changed_cells
    movable = any(v.lower_mw < v.upper_mw for v in envelope)
    return Check(
        name="lawful.width",
        passed=widest_db <= most + _ROUNDING_DB and len(envelope) <= cells and movable,
        reason=f"at most {widest_db:.2f} dB from the powers in force of {most:g} dB allowed,"
        f" {len(envelope)} cells of {cells} allowed"
        if movable
        else "no cell could move",
    )


def half_width_db(variable: PowerVariable) -> float:
    """Distance of the farther end from the power in force."""
    present_dbm = mw_to_dbm(variable.current_mw)
    return max(abs(mw_to_dbm(mw) - present_dbm) for mw in (variable.lower_mw, variable.upper_mw))


def _timing(papers: ActivationPapers) -> Check:
    plan, rules = papers.plan, papers.policy.activation
    wrong = {
        f"valid for {plan.validity_s} s of {rules.max_validity_s} s": plan.validity_s
        > rules.max_validity_s,
        f"moves every {plan.least_interval_ms} ms, {rules.least_interval_ms} ms is the least": (
            plan.least_interval_ms < rules.least_interval_ms
        ),
        f"watched over {plan.watch_window_ms} ms, not {rules.watch_window_ms} ms": (
            plan.watch_window_ms != rules.watch_window_ms
        ),
    }
    failed = [reason for reason, is_wrong in wrong.items() if is_wrong]
    return Check(
        name="lawful.timing",
        passed=not failed,
        reason="; ".join(failed) or "validity, interval and window are as the policy says",
    )


def _holder(papers: ActivationPapers) -> Check:
    name = papers.plan.holder.name
    allowed = name in papers.policy.activation.allowed_xapps
    return Check(
        name="lawful.holder",
        passed=allowed,
        reason=f"{name} {'may' if allowed else 'may not'} move powers under this policy",
    )


def _beside(papers: ActivationPapers) -> Check:
    plan, rules = papers.plan, papers.policy.activation
    ids = tuple(other.activation_id for other in papers.beside)
    wrong = [
        reason
        for reason, is_wrong in {
            "the plan names others than were given": ids != plan.beside or len(set(ids)) < len(ids),
            f"{len(ids) + 1} at the same time, {rules.max_live} are allowed": len(ids)
            >= rules.max_live,
            "another follows another action, or another policy": any(
                other.plan.certificate_id != plan.certificate_id
                or other.policy_digest != papers.policy.digest
                for other in papers.beside
            ),
        }.items()
        if is_wrong
    ]
    return Check(
        name="lawful.beside",
        passed=not wrong,
        reason="; ".join(wrong) or f"{len(ids)} others move at the same time, of the same action",
    )
