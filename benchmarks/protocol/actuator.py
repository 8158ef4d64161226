"""The actuator, write by write: admission, the action, the way to the ledger.

A step ends with the next durable write or message, so that its death between any two of them is
explored. The way back and recovery are in :mod:`benchmarks.protocol.way_back`.
"""

from collections.abc import Iterator

from benchmarks.protocol.admission import refusal
from benchmarks.protocol.delivery import ACTOR, flush
from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import (
    KEPT,
    STAGES,
    Act,
    Certificate,
    Control,
    Entry,
    Kind,
    Record,
    State,
    Step,
    Value,
    counted,
    expired,
    hurt,
    put,
    target,
)


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
        case "waiting":
            yield from _answer(state, rules, act, about)
        case "acknowledged":
            yield from flush(state, rules, act, "confirming")
        case "confirming":
            yield from _confirm(state, rules, act, about)
        case "watching":
            yield from _judge(state, rules, act, certificate)
        case _:
            yield from _announce(state, rules, act, certificate)


def _announce(state: State, rules: Rules, act: Act, certificate: Certificate) -> Iterator[Step]:
    """The ledger holds what is about to happen before it happens."""
    about = certificate.approval
    match act.at:
        case "claimed":
            yield from flush(state, rules, act, "announcing", _unsent)
        case "announcing":
            then = state._replace(act=act._replace(at="logged"))
            yield write(then, about, "logged", "writes logged")
        case "logged":
            yield write_sending(state, act, about, "writes sending")
        case "sending" if Rule.LOG_BEFORE_SEND in rules:
            yield from flush(state, rules, act, "send", _unsent)
        case _:
            yield _send(state, rules, act, certificate)


def _admit(state: State, rules: Rules, act: Act, certificate: Certificate) -> Step:
    about = certificate.approval
    if code := refusal(state, rules, certificate, again=True):
        gone = state._replace(act=None)
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
        return _send(state, rules, act, certificate)
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
    act = state.act
    assert act is not None
    if act.stage > 1:
        return state._replace(act=act._replace(at="reverting"))
    return state._replace(act=act._replace(at="ending", end="not_applied"))


def write_sending(state: State, act: Act, about: int, event: str) -> Step:
    """The journal holds the stage, and the version that its control is for, before it is sent."""
    then = state._replace(act=act._replace(at="sending"))
    step = write(then, about, "sending", event, (f"sent{act.stage}", about))
    entry = step.state.journal[about]
    assert entry is not None
    entry = entry._replace(stage=act.stage, sent=act.version)
    return step._replace(state=step.state._replace(journal=put(step.state.journal, about, entry)))


def _send(state: State, rules: Rules, act: Act, certificate: Certificate) -> Step:
    about, cells = certificate.approval, STAGES[act.stage - 1]
    value = tuple(certificate.plan + 1 if c in cells else KEPT for c, _ in enumerate(STAGES))
    bound = Rule.BOUND_TO_LAST_ACK in rules
    version = act.version if bound else state.plant.version
    control = Control("act", about, version, value, act.life, act.stage)
    sent = state._replace(sends=counted(state.sends, about, act.stage))
    return Step("progress", ACTOR, f"sends act {act.stage} of", about, send(sent, act, control))


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
    record = (f"answered{act.stage}", about)
    first = act.stage == 1
    told = state._replace(outbox=(*state.outbox, record), answer=None)
    match state.answer:
        case ("ack", version):
            then = told._replace(act=act._replace(at="acknowledged", version=version, control=None))
            yield write(then, about, "acknowledged", "writes acknowledged")
        case ("refused", _):
            after = _settling(act, fence=False) if first else act._replace(at="reverting")
            then = told._replace(act=after._replace(control=None))
            yield Step("progress", ACTOR, "is refused", about, then)
    if (over := lost(told)) is not None and state.answer is None:
        fence = Rule.FENCE_WHEN_LOST in rules
        after = _settling(act, fence) if first else act._replace(at="reverting")
        then, late = over
        kind: Kind = "fault" if late else "progress"
        event = "waits in vain for" if late else "hears nothing of"
        yield Step(kind, ACTOR, event, about, then._replace(act=after._replace(control=None)))


def _settling(act: Act, fence: bool) -> Act:
    return act._replace(at="settling", fence=fence, end="not_applied")


def _confirm(state: State, rules: Rules, act: Act, about: int) -> Iterator[Step]:
    """Read back what was acknowledged."""
    plant, entry = state.plant, state.journal[about]
    assert entry is not None
    stands = plant.version == act.version and plant.value == _target(state, entry, act)
    if not plant.up:
        yield start_rollback(state, act, about, "cannot read back")
    elif stands or Rule.READ_BACK not in rules:
        yield write(state._replace(act=act._replace(at="watching")), about, "watching", "watches")
    elif plant.version != act.version:
        yield start_rollback(state, act, about, "reads back another version")
    elif act.stage > 1:
        yield start_rollback(state, act, about, "reads back other values in a later stage")
    else:
        then = state._replace(act=_settling(act, fence=True))
        yield Step("progress", ACTOR, "reads back other values", about, then)


def _judge(state: State, rules: Rules, act: Act, certificate: Certificate) -> Iterator[Step]:
    about, plant = certificate.approval, state.plant
    entry = state.journal[about]
    assert entry is not None
    stands = plant.version == act.version and plant.value == _target(state, entry, act)
    unmoved = plant.up and stands
    measured = entry._replace(measured=entry.measured + unmoved)
    then = state._replace(journal=put(state.journal, about, measured))
    if act.stage < len(STAGES):
        if unmoved or Rule.EACH_STAGE_IS_JUDGED not in rules:
            following = act._replace(stage=act.stage + 1)
            yield write_sending(then, following, about, "judges it good, writes sending")
    elif unmoved or Rule.WATCH not in rules:
        yield end(then, act, about, "fulfilled", "measures the effect")
    yield start_rollback(state, act, about, "misses the effect")


def _target(state: State, entry: Entry, act: Act) -> Value:
    plan = state.plans[entry.certificate.plan]
    assert plan is not None
    return target(plan.before, entry.certificate.plan, act.stage)


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
