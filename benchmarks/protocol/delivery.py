"""The way to the ledger: in order, at least once; what was not confirmed stays in the outbox."""

from collections.abc import Callable, Iterator

from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import Act, State, Step, hurt

ACTOR = "actuator"
Then = Callable[[State], State]


def flush(
    state: State, rules: Rules, act: Act, good: str, failed: Then | None = None
) -> Iterator[Step]:
    """Bring the outbox to the ledger, item by item, then go on.

    Args:
        state: the state.
        rules: the rules in force.
        act: what the actuator is doing.
        good: what it does when the outbox is empty; nothing for ``""``.
        failed: what follows when the ledger is not there; without it, the same.
    """
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
