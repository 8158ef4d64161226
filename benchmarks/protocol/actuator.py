"""The actuator, write by write: admission, the action, the way to the ledger.

A step ends with the next durable write or message, so that its death between any two of them is
explored. The way back and recovery are in :mod:`benchmarks.protocol.way_back`.
"""

from collections.abc import Iterator

from benchmarks.protocol.admission import refusal
from benchmarks.protocol.delivery import ACTOR, flush
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
    put,
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
            then = state._replace(act=act._replace(at="sending"))
            yield write(then, about, "sending", "writes sending", ("sent", about))
        case "sending" if Rule.LOG_BEFORE_SEND in rules:
            yield from flush(state, rules, act, "send", _unsent)
        case _:
            yield _send(state, act, certificate)


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
