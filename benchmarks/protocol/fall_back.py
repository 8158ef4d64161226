"""The fall-back: each cell on its own, to its previous value or else to that of last resort."""

from collections.abc import Iterator

from benchmarks.protocol.actuator import end, lost, send
from benchmarks.protocol.delivery import ACTOR
from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import KEPT, LAST_RESORT, Act, Control, State, Step, Value, put

_FENCED = 1
"""Cells beyond the last one: the round came to its fence."""


def rescue(state: State, rules: Rules, act: Act, before: Value, overtaken: bool) -> Step:
    """The next control of a round, or its end.

    Args:
        state: the state.
        rules: the rules in force.
        act: which cell the round has come to.
        before: the previous values.
        overtaken: whether the newest control of the action is stale by now.
    """
    assert act.certificate is not None
    about, plant = act.certificate.approval, state.plant
    cell, resort = act.cell, act.resort
    while cell < len(before):
        good = (before[cell], LAST_RESORT) if resort else (before[cell],)
        if plant.value[cell] not in good:
            nothing = (KEPT,) * len(before)
            value = put(nothing, cell, LAST_RESORT if resort else before[cell])
            after = act._replace(cell=cell + resort, resort=not resort)
            return _send(state, after, "fall_back", value)
        cell, resort = cell + 1, False
    certified = all(v in (b, LAST_RESORT) for v, b in zip(plant.value, before, strict=True))
    certified = certified or Rule.FALL_BACK_READ_BACK not in rules
    if certified and overtaken:
        return _ended(state, act, about, "rolled_back" if plant.value == before else "fallen_back")
    if certified and act.cell < len(before) + _FENCED:
        fenced = act._replace(cell=len(before) + _FENCED, resort=False)
        return _send(state, fenced, "fence", plant.value)
    again = Act("ended") if act.once else act._replace(cell=0, resort=False)
    return Step("progress", ACTOR, "restores too little", about, state._replace(act=again))


def _send(state: State, act: Act, kind: str, value: Value) -> Step:
    assert act.certificate is not None
    about, plant = act.certificate.approval, state.plant
    control = Control(kind, about, plant.version, value, plant.life)
    event = f"sends {kind} to rescue"
    return Step("progress", ACTOR, event, about, send(state, act, control))


def rescue_answer(state: State, act: Act, about: int) -> Iterator[Step]:
    """Whatever the answer, the plant is looked at next."""
    assert act.control is not None
    kind, on = act.control.kind, act._replace(at="rescuing", control=None)
    if state.answer is not None:
        told = state._replace(answer=None, act=on)
        heard = "hears of" if state.answer[0] == "ack" else "is refused"
        yield Step("progress", ACTOR, f"{heard} {kind} to rescue", about, told)
    elif (over := lost(state)) is not None:
        then, late = over
        event = f"{'waits in vain for' if late else 'hears nothing of'} {kind} to rescue"
        yield Step("fault" if late else "progress", ACTOR, event, about, then._replace(act=on))


def _ended(state: State, act: Act, about: int, found: str) -> Step:
    """What fell back before is not said to have fallen back again."""
    entry = state.journal[about]
    assert entry is not None
    if entry.step == found:
        still = state._replace(act=Act("ended"))
        return Step("progress", ACTOR, "still falls back", about, still)
    return end(state, act, about, found, f"ends the fall-back {found}")
