"""Plant, wire, ledger process and clock: what happens around the actuator, faults included.

The wire may hold a control back, lose it, or deliver it twice; an answer may be lost. The plant may
refuse a control, acknowledge it without carrying it out, forget the newest control of an action
without a new version, die with its state on disk, or begin anew as another life. Somebody else may
set a value once.
"""

from collections.abc import Iterator

from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import (
    FOREIGN,
    KEPT,
    LAST_RESORT,
    By,
    Control,
    Plant,
    State,
    Step,
    counted,
    hurt,
    put,
    without,
)

LAST_TIME = 1
"""One tick: the validity of everything issued before it is over."""


def surrounding_steps(state: State, rules: Rules) -> Iterator[Step]:
    """What can happen outside planner, office and actuator."""
    if state.time < LAST_TIME and (state.certificates or state.signing):
        yield Step("choice", "clock", "passes the expiry", -1, state._replace(time=state.time + 1))
    yield from _ledger(state)
    yield from _plant(state)
    for control in sorted(set(state.wire)):
        yield from _deliver(state, rules, control)
        yield from _wire(state, control)
    if state.answer is not None and state.faults:
        yield Step("fault", "wire", "loses the answer", -1, hurt(state._replace(answer=None)))


def _ledger(state: State) -> Iterator[Step]:
    if not state.ledger_up:
        yield Step("progress", "ledger", "starts", -1, state._replace(ledger_up=True))
    elif state.faults:
        yield Step("fault", "ledger", "dies", -1, hurt(ledger_died(state)))


def ledger_died(state: State) -> State:
    """The ledger process is gone, and with it the connection of a flush that goes on."""
    act = state.act
    if act is not None and act.link == "up":
        act = act._replace(link="broken")
    return state._replace(ledger_up=False, act=act)


def _plant(state: State) -> Iterator[Step]:
    plant = state.plant
    if not plant.up:
        then = state._replace(plant=plant._replace(up=True))
        yield Step("progress", "plant", "starts", -1, then)
        return
    if not state.faults:
        return
    dead = state._replace(plant=plant._replace(up=False), answer=None)
    yield Step("fault", "plant", "dies", -1, hurt(dead))
    new = state._replace(plant=Plant(life=plant.life + 1), answer=None)
    yield Step("fault", "plant", "begins anew", -1, hurt(new))
    if plant.past is not None:
        value, by = plant.past
        forgot = state._replace(plant=plant._replace(value=value, by=by, past=None))
        yield Step("fault", "plant", "forgets what it took", -1, hurt(forgot))
    if not state.foreign and plant.value[0] != FOREIGN:
        changed = plant._replace(
            version=plant.version + 1,
            value=put(plant.value, 0, FOREIGN),
            by=put(plant.by, 0, None),
            past=None,
        )
        then = state._replace(plant=changed, foreign=True)
        yield Step("fault", "somebody", "sets another value", -1, hurt(then))


def _deliver(state: State, rules: Rules, control: Control) -> Iterator[Step]:
    """The plant takes a control: carries it out, or refuses it for what it says."""
    plant = state.plant
    if not plant.up:
        return
    arrived = state._replace(wire=without(state.wire, control))
    wrong_node = control.life != plant.life and Rule.PLANT_KNOWS_ITS_LIFE in rules
    stale = control.version != plant.version and Rule.COMPARE_AND_SET in rules
    about = control.about
    if wrong_node or stale:
        code = "control.wrong_node" if wrong_node else "control.stale_version"
        then = _answered(arrived, control, ("refused", 0))
        yield Step("progress", "plant", f"refuses {code} {control.kind}", about, then)
        return
    yield Step("progress", "plant", f"takes {control.kind}", about, _taken(arrived, control))
    if state.faults and _awaited(state, control):
        refused = _answered(arrived, control, ("refused", 0))
        if state.wire.count(control) == 1:  # what it refuses once it refuses again
            event = f"does not want to take {control.kind}"
            yield Step("fault", "plant", event, about, hurt(refused))
        lied = _answered(arrived, control, ("ack", plant.version))
        yield Step("fault", "plant", f"acknowledges without {control.kind}", about, hurt(lied))


def _taken(state: State, control: Control) -> State:
    before, version, acts = state.plant, state.plant.version + 1, control.kind == "act"
    cells = [c for c, v in enumerate(control.value) if v != KEPT]
    value, by = before.value, before.by
    for cell in cells:
        value = put(value, cell, control.value[cell])
        by = put(by, cell, _by(control, before, cell))
    past = (before.value, before.by) if acts else None
    plant = before._replace(version=version, value=value, by=by, past=past)
    applied = counted(state.applied, control.about, control.stage) if acts else state.applied
    then = state._replace(plant=plant, applied=applied)
    return _answered(then, control, ("ack", version))


def _by(control: Control, before: Plant, cell: int) -> By:
    if control.kind == "act":
        return ("act", control.about)
    if control.value[cell] == before.value[cell]:
        return before.by[cell]  # a fence sets nothing anew
    return ("last_resort", control.about) if control.value[cell] == LAST_RESORT else None


def _awaited(state: State, control: Control) -> bool:
    act = state.act
    return (
        act is not None and act.at == "waiting" and act.control == control and state.answer is None
    )


def _answered(state: State, control: Control, answer: tuple[str, int]) -> State:
    """The answer sets out, if somebody still waits for it."""
    return state._replace(answer=answer) if _awaited(state, control) else state


def _wire(state: State, control: Control) -> Iterator[Step]:
    if not state.faults:
        return
    kind, about = control.kind, control.about
    lost = state._replace(wire=without(state.wire, control))
    yield Step("fault", "wire", f"loses {kind}", about, hurt(lost))
    twice = state._replace(wire=tuple(sorted((*state.wire, control))))
    yield Step("fault", "wire", f"repeats {kind}", about, hurt(twice))
