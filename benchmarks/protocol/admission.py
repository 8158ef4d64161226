"""Admission: the checks on a certificate, in the order of the actuator's code."""

from collections.abc import Iterator

from benchmarks.protocol.delivery import ACTOR
from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import Act, Certificate, State, Step, expired, open_entries

_LIVE = (
    "measuring",
    "admitted",
    "claimed",
    "announcing",
    "logged",
    "sending",
    "send",
    "confirming",
    "reverting",
)
"""Moments of an action that was asked for just now; another request is refused meanwhile."""


def presented(state: State, rules: Rules) -> Iterator[Step]:
    """Somebody hands the actuator a certificate; what waits for the ledger is delivered first."""
    if state.act is None and state.outbox and state.ledger_up:
        return
    for certificate in sorted(state.certificates):
        about = certificate.approval
        if state.act is not None and state.act.at in _LIVE:
            yield Step("refusal", ACTOR, "refuses action.overlapping", about, state)
        elif state.act is None and not (open_entries(state) and Rule.ONE_AT_A_TIME in rules):
            code = refusal(state, rules, certificate)
            if code:
                yield Step("refusal", ACTOR, f"refuses {code}", about, state)
            else:
                act = Act("measuring", certificate, in_time=not expired(state, certificate))
                yield Step("choice", ACTOR, "measures for", about, state._replace(act=act))


def refusal(state: State, rules: Rules, certificate: Certificate, again: bool = False) -> str:
    """The first check that fails, in the order of the code; empty when all pass."""
    if code := _paper_refusal(state, rules, certificate, again):
        return code
    plant, plan = state.plant, state.plans[certificate.plan]
    assert plan is not None
    if not plant.up:
        return "plant.not_connected"
    if plan.life != plant.life and Rule.NODE_NAME in rules:
        return "action.other_node"
    if plan.version != plant.version and Rule.STALE_PLAN in rules:
        return "plan.stale"
    if plan.before != plant.value and Rule.STALE_PLAN in rules:
        return "plan.stale_value"
    return ""


def _paper_refusal(state: State, rules: Rules, certificate: Certificate, again: bool) -> str:
    if state.journal[certificate.approval] is not None and Rule.USED in rules:
        return "certificate.used"
    carried_out = (
        e.certificate.plan == certificate.plan
        for e in state.journal
        if e and e.step != "not_applied"
    )
    if any(carried_out) and Rule.PLAN_USED in rules:
        return "plan.used"
    checked = Rule.EXPIRY in rules and (Rule.EXPIRY_AGAIN in rules or not again)
    if expired(state, certificate) and checked:
        return "certificate.expired"
    denied = ("denied", certificate.approval) in state.approvals
    if denied and Rule.ACTUATOR_WANTS_AN_APPROVAL in rules:
        return "approval.denied"
    if certificate.approval != certificate.plan and Rule.ACTUATOR_COMPARES_PAPERS in rules:
        return "approval.other_plan"
    return ""
