"""Planner, approver and verifier: how papers come to be.

The planner may be anybody: it presents any paper it ever held, mixed in any way, at any time. What
a process refuses leaves the state as it is. Decisions and certificates are handed out only after
the ledger holds them; a call that dies before is simply made again.
"""

from collections.abc import Iterator
from itertools import product

from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import Certificate, Plan, State, Step, hurt, put


def office_steps(state: State, rules: Rules) -> Iterator[Step]:
    """What planner, approver and verifier can do next."""
    yield from _plan(state)
    for number in range(len(state.plans)):
        if state.plans[number] is not None:
            yield from _approve(state, rules, number)
    for number, approval in product(range(len(state.plans)), repeat=2):
        if state.plans[number] is not None:
            yield from _certify(state, rules, number, approval)
    yield from _record_certificates(state, rules)
    yield from _deaths(state, rules)


def _plan(state: State) -> Iterator[Step]:
    """Observe, plan and verify: one step, since a verdict is a pure function of signed papers."""
    number = sum(p is not None for p in state.plans)
    plant = state.plant
    if number == len(state.plans) or not plant.up:
        return
    for passed in (True, False):
        plan = Plan(plant.version, plant.value, plant.life, passed)
        event = "makes a plan that passes" if passed else "makes a plan that fails"
        then = state._replace(plans=put(state.plans, number, plan))
        yield Step("choice", "planner", event, number, then)


def _approve(state: State, rules: Rules, number: int) -> Iterator[Step]:
    plan, decision = state.plans[number], state.decisions[number]
    assert plan is not None
    if not plan.passed and Rule.APPROVER_WANTS_A_PASSED_VERDICT in rules:
        yield Step("refusal", "approver", "refuses approval.verdict_failed", number, state)
        return
    for wanted in ("approved", "denied"):
        if decision == "":
            then = state._replace(decisions=put(state.decisions, number, wanted))
            yield Step("choice", "approver", f"writes {wanted}", number, then)
        elif decision != wanted and state.ledger_up:
            yield Step("refusal", "approver", "refuses approval.already_decided", number, state)
    if decision and (decision, number) not in state.approvals and state.ledger_up:
        heard = {("approved", number), ("denied", number)} & state.ledger
        ledger = state.ledger if heard else state.ledger | {(decision, number)}
        then = state._replace(ledger=ledger, approvals=state.approvals | {(decision, number)})
        yield Step("choice", "approver", f"hands out {decision}", number, then)


def _certify(state: State, rules: Rules, number: int, approval: int) -> Iterator[Step]:
    for decision in ("approved", "denied"):
        if (decision, approval) not in state.approvals:
            continue
        code = _refusal(state, rules, number, approval, decision)
        if code:
            event = f"refuses {code} with approval {approval}"
            yield Step("refusal", "verifier", event, number, state)
        elif known := {c for c in state.standing if c.approval == approval}:
            event = f"answers what stands for approval {approval}"
            then = state._replace(certificates=state.certificates | known)
            yield Step("refusal" if then == state else "choice", "verifier", event, number, then)
        else:
            yield from _sign(state, number, approval)


def _refusal(state: State, rules: Rules, number: int, approval: int, decision: str) -> str:
    plan = state.plans[number]
    assert plan is not None
    if not plan.passed and Rule.VERIFIER_WANTS_A_PASSED_VERDICT in rules:
        return "certify.verdict_failed"
    if decision == "denied" and Rule.VERIFIER_WANTS_AN_APPROVAL in rules:
        return "certify.not_approved"
    if number != approval and Rule.VERIFIER_COMPARES_PAPERS in rules:
        return "certify.papers_differ"
    return ""


def _sign(state: State, number: int, approval: int) -> Iterator[Step]:
    """Sign in memory. A second call that overlaps the first one is the fault of a hasty planner."""
    serial = sum(c.approval == approval for c in state.signing)
    if serial and not state.faults:
        return
    certificate = Certificate(approval, number, state.time, serial)
    then = state._replace(signing=tuple(sorted((*state.signing, certificate))))
    event = "signs once more while it signs" if serial else "signs"
    yield Step("choice", "verifier", event, number, hurt(then) if serial else then)


def _record_certificates(state: State, rules: Rules) -> Iterator[Step]:
    """The ledger keeps the first certificate under an approval, which is the answer."""
    if not state.ledger_up:
        return
    for own in state.signing:
        held = {c for c in state.standing if c.approval == own.approval} or {own}
        answer = held if Rule.STANDING_CERTIFICATE in rules else {own}
        then = state._replace(
            signing=tuple(c for c in state.signing if c != own),
            standing=state.standing | held,
            ledger=state.ledger | {("certificate", own.approval)},
            certificates=state.certificates | answer,
        )
        yield Step("choice", "verifier", f"hands out certificate {own.serial}", own.approval, then)


def _deaths(state: State, rules: Rules) -> Iterator[Step]:
    if state.signing and state.faults:
        yield Step("fault", "verifier", "dies", -1, hurt(state._replace(signing=())))
    if not any(state.decisions):
        return
    if Rule.DECISIONS_STAND in rules:
        yield Step("refusal", "approver", "dies and forgets nothing", -1, state)
    elif state.faults:
        then = hurt(state._replace(decisions=("",) * len(state.plans)))
        yield Step("fault", "approver", "dies", -1, then)
