"""The actuator, write by write: admission, the action, the way to the ledger.

A step ends with the next durable write or message, so that its death between any two of them is
explored. The way back and recovery are in :mod:`benchmarks.protocol.way_back`.
"""

from collections.abc import Callable, Iterator

from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import (
    Act,
    Certificate,
    Control,
    Entry,
    Record,
    State,
    Step,
    expired,
    hurt,
    open_entries,
    put,
)

ACTOR = "actuator"
Then = Callable[[State], State]
_LIVE = (
    "measuring",
    "admitted",
    "claimed",
    "announcing",
    "logged",
    "sending",
    "send",
    "confirming",
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
        return "rpc.unreachable"
    if plan.life != plant.life and Rule.NODE_NAME in rules:
        return "action.other_node"
    if plan.version != plant.version and Rule.STALE_PLAN in rules:
        return "plan.stale"
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


def acting(state: State, rules: Rules, act: Act) -> Iterator[Step]:
    """What the action does next, from admission to the watch."""
    certificate = act.certificate
    assert certificate is not None
    about = certificate.approval
    match act.at:
        case "measuring":
            yield _admit(state, rules, act, certificate)
        case "admitted":
            yield _claim(state, rules, act, certificate)
        case "claimed":
            yield from flush(state, rules, act, "announcing", _unsent)
        case "announcing":
            then = state._replace(act=act._replace(at="logged"))
            yield write(then, about, "logged", "writes logged")
        case "logged":
            then = state._replace(act=act._replace(at="sending"))
            yield write(then, about, "sending", "writes sending", ("sent", about))
        case "sending" if Rule.LOG_BEFORE_SEND in rules:
            yield from flush(state, rules, act, "send", _unsent)
        case "sending" | "send":
            yield _send(state, act, certificate)
        case "waiting":
            yield from _answer(state, rules, act, about)
        case "acknowledged":
            yield from flush(state, rules, act, "confirming")
        case "confirming":
            yield from _confirm(state, rules, act, about)
        case "watching":
            yield from _judge(state, rules, act, certificate)


def _admit(state: State, rules: Rules, act: Act, certificate: Certificate) -> Step:
    about = certificate.approval
    if code := refusal(state, rules, certificate, again=True):
        gone = state._replace(act=None)
        code = "precondition.silence" if code == "rpc.unreachable" else code
        return Step("progress", ACTOR, f"refuses after measuring {code}", about, gone)
    admitted = act._replace(
        at="admitted",
        version=state.plant.version,
        life=state.plant.life,
        in_time=not expired(state, certificate),
    )
    return Step("progress", ACTOR, "admits", about, state._replace(act=admitted))


def _claim(state: State, rules: Rules, act: Act, certificate: Certificate) -> Step:
    about = certificate.approval
    if Rule.JOURNAL_BEFORE_SEND not in rules:
        return _send(state, act, certificate)
    before = state.journal[about]
    claims = 1 if before is None else min(2, before.claims + 1)
    entry = Entry("received", certificate, act.in_time, claims)
    then = state._replace(
        journal=put(state.journal, about, entry),
        outbox=(*state.outbox, ("started", about)),
        act=act._replace(at="claimed"),
    )
    return Step("progress", ACTOR, "writes received", about, then)


def _unsent(state: State) -> State:
    """The ledger did not confirm what is about to happen: it does not happen."""
    assert state.act is not None
    return state._replace(act=state.act._replace(at="ending", end="not_applied"))


def _send(state: State, act: Act, certificate: Certificate) -> Step:
    about = certificate.approval
    control = Control("act", about, act.version, certificate.plan + 1, act.life)
    sends = put(state.sends, about, min(2, state.sends[about] + 1))
    sent = state._replace(sends=sends)
    return Step("progress", ACTOR, "sends act", about, send(sent, act, control))


def send(state: State, act: Act, control: Control) -> State:
    """A control sets out; the actuator waits for the answer."""
    waiting = act._replace(at="waiting", control=control, struck_next=False, link="")
    wire = tuple(sorted((*state.wire, control)))
    return state._replace(wire=wire, act=waiting, answer=None)


def lost(state: State) -> tuple[State, bool] | None:
    """The state in which the wait for an answer is over, and whether it was a fault of the wire.

    ``None`` while an answer is there, or while its being late would be one fault too many.
    """
    act = state.act
    assert act is not None
    if state.answer is not None:
        return None
    late = state.plant.up and act.control in state.wire
    if late and not state.faults:
        return None
    return (hurt(state) if late else state), late


def _answer(state: State, rules: Rules, act: Act, about: int) -> Iterator[Step]:
    """The answer to the action's own control."""
    record = ("answered", about)
    told = state._replace(outbox=(*state.outbox, record), answer=None)
    match state.answer:
        case ("ack", version):
            then = told._replace(act=act._replace(at="acknowledged", version=version, control=None))
            yield write(then, about, "acknowledged", "writes acknowledged")
        case ("refused", _):
            settling = act._replace(at="settling", fence=False, control=None, end="not_applied")
            yield Step("progress", ACTOR, "is refused", about, told._replace(act=settling))
    if (over := lost(told)) is not None and state.answer is None:
        fence = Rule.FENCE_WHEN_LOST in rules
        settling = act._replace(at="settling", fence=fence, control=None, end="not_applied")
        then, late = over
        kind = "fault" if late else "progress"
        event = "waits in vain for" if late else "hears nothing of"
        yield Step(kind, ACTOR, event, about, then._replace(act=settling))


def _confirm(state: State, rules: Rules, act: Act, about: int) -> Iterator[Step]:
    """Read back what was acknowledged."""
    plant, entry = state.plant, state.journal[about]
    assert entry is not None
    if not plant.up:
        yield start_rollback(state, act, about, "cannot read back")
    elif plant.value == entry.certificate.plan + 1 or Rule.READ_BACK not in rules:
        yield write(state._replace(act=act._replace(at="watching")), about, "watching", "watches")
    else:
        settling = act._replace(at="settling", fence=True, end="not_applied")
        then = state._replace(act=settling)
        yield Step("progress", ACTOR, "reads back other values", about, then)


def _judge(state: State, rules: Rules, act: Act, certificate: Certificate) -> Iterator[Step]:
    about, plant = certificate.approval, state.plant
    entry = state.journal[about]
    assert entry is not None
    unmoved = plant.up and plant.version == act.version and plant.value == certificate.plan + 1
    if unmoved or Rule.WATCH not in rules:
        measured = put(state.journal, about, entry._replace(measured=unmoved))
        then = state._replace(journal=measured)
        yield end(then, act, about, "fulfilled", "measures the effect")
    yield start_rollback(state, act, about, "misses the effect")


def start_rollback(state: State, act: Act, about: int, event: str) -> Step:
    """The way back is in the journal before it is taken."""
    then = state._replace(act=act._replace(at="rolling", end="rolled_back"))
    return write(then, about, "rolling_back", event, ("rollback", about))


def write(state: State, about: int, step: str, event: str, *records: Record) -> Step:
    """One transaction of the journal: a step, and what the ledger must hear of it."""
    assert state.act is not None
    assert state.act.certificate is not None
    entry = state.journal[about] or Entry(step, state.act.certificate, True, 1)
    journal = put(state.journal, about, entry._replace(step=step))
    then = state._replace(journal=journal, outbox=(*state.outbox, *records))
    return Step("progress", ACTOR, event, about, then)


def end(state: State, act: Act, about: int, status: str, event: str) -> Step:
    """The receipt, signed and in the journal."""
    after = Act("ended", act.certificate)
    return write(state._replace(act=after), about, status, event, (status, about))


def flush(
    state: State, rules: Rules, act: Act, good: str, failed: Then | None = None
) -> Iterator[Step]:
    """Bring the outbox to the ledger, item by item, then go on; without ``failed``, also if it fails."""
    done = act._replace(at=good, struck_next=False, link="") if good else None
    about = state.outbox[0][1] if state.outbox else -1
    if act.struck_next:
        struck = act._replace(struck_next=False)
        then = state._replace(outbox=state.outbox[1:], act=struck)
        yield Step("progress", ACTOR, f"strikes out {state.outbox[0][0]}", about, then)
    elif not state.outbox:
        yield Step("progress", ACTOR, "goes on", -1, state._replace(act=done))
    elif state.ledger_up and act.link != "broken":
        item = state.outbox[0]
        held = state._replace(ledger=state.ledger | {item})
        then = held._replace(act=act._replace(struck_next=True, link="up"))
        yield Step("progress", "ledger", f"holds {item[0]}", about, then)
        if state.faults:
            dead = hurt(held._replace(ledger_up=False))
            then = _unflushed(dead, rules, act, done, failed)
            yield Step("fault", "ledger", f"holds, unanswered, {item[0]}", about, then)
    else:
        then = _unflushed(state, rules, act, done, failed)
        yield Step("progress", ACTOR, "cannot reach the ledger", -1, then)


def _unflushed(
    state: State, rules: Rules, act: Act, done: Act | None, failed: Then | None
) -> State:
    if Rule.OUTBOX_KEPT not in rules:
        state = state._replace(outbox=())
    if failed is None:
        return state._replace(act=done)
    return failed(state._replace(act=act._replace(struck_next=False, link="")))
