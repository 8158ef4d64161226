"""The way back and recovery: what was interrupted or went wrong is brought to its end.

The fall-back is in :mod:`benchmarks.protocol.fall_back`.
"""

from collections.abc import Iterator

from benchmarks.protocol.actuator import end, lost, send, start_rollback, write
from benchmarks.protocol.delivery import ACTOR, flush
from benchmarks.protocol.fall_back import rescue, rescue_answer
from benchmarks.protocol.rules import Rule, Rules
from benchmarks.protocol.state import (
    KEPT,
    STAGES,
    Act,
    Control,
    Entry,
    State,
    Step,
    Value,
    counted,
    hurt,
    open_entries,
    target,
)

_UNSENT = ("received", "logged")


def requested(state: State) -> Iterator[Step]:
    """Somebody asks for the way back of an action that is fulfilled."""
    if state.act is not None or open_entries(state) or (state.outbox and state.ledger_up):
        return
    for about, entry in enumerate(state.journal):
        if entry is None:
            continue
        if code := _rollback_refusal(state, entry):
            yield Step("refusal", ACTOR, f"refuses undo {code}", about, state)
        else:
            act = Act("rolling", entry.certificate)
            yield start_rollback(state, act, about, "is asked back")._replace(kind="choice")


def _rollback_refusal(state: State, entry: Entry) -> str:
    plant, plan = state.plant, state.plans[entry.certificate.plan]
    assert plan is not None
    if not plant.up:
        return "plant.not_connected"
    if entry.step != "fulfilled":
        return "rollback.not_available"
    if plan.life != plant.life:
        return "rollback.other_node"
    number = entry.certificate.plan
    after = plan.version + len(STAGES), target(plan.before, number, len(STAGES))
    if (plant.version, plant.value) != after:
        return "rollback.stale"
    return ""


def maintenance(state: State, rules: Rules) -> Iterator[Step]:
    """What the actuator does of itself: repair, and delivery of what waits for the ledger."""
    unfinished = open_entries(state)
    if unfinished and state.plant.up:
        yield from _repair(state, rules, unfinished[0])
    elif state.outbox and state.ledger_up:
        yield from flush(state, rules, Act("ended"), "")


def _repair(state: State, rules: Rules, about: int) -> Iterator[Step]:
    entry = state.journal[about]
    assert entry is not None
    act, plan = Act("settling", entry.certificate), state.plans[entry.certificate.plan]
    assert plan is not None
    if state.plant.life != plan.life:
        yield end(state, act, about, "not_applied", "finds another life of the node")
    elif entry.step in _UNSENT:
        yield end(state, act, about, "not_applied", "finds it unsent")
    elif entry.step == "sending" and _is_settled(entry, rules):
        yield _settle_again(state, rules, act, about)
    elif entry.step in ("failed", "fallen_back"):
        if _is_tried_again(entry, rules):
            trying = act._replace(at="taking", end="rolled_back", once=True)
            yield Step("progress", ACTOR, "tries again", about, state._replace(act=trying))
    elif entry.step == "watching" and Rule.UNWATCHED_IS_TAKEN_BACK not in rules:
        yield end(state, act, about, "fulfilled", "finds it applied")
    else:
        yield start_rollback(state, act, about, "finds it interrupted")


def _is_settled(entry: Entry, rules: Rules) -> bool:
    """Of a first stage it may be that nothing stands."""
    dropped = {Rule.LATER_STAGES_ARE_TAKEN_BACK, Rule.NEVER_RESENT} - rules
    return entry.stage == 1 or bool(dropped)


def _is_tried_again(entry: Entry, rules: Rules) -> bool:
    failed = entry.step == "failed"
    rule = Rule.FAILED_IS_TRIED_AGAIN if failed else Rule.FALLEN_BACK_IS_TRIED_AGAIN
    return rule in rules


def _settle_again(state: State, rules: Rules, act: Act, about: int) -> Step:
    if Rule.NEVER_RESENT not in rules:
        entry, certificate = state.journal[about], act.certificate
        assert entry is not None
        assert certificate is not None
        value = tuple(
            certificate.plan + 1 if c in STAGES[entry.stage - 1] else KEPT for c in (0, 1)
        )
        plant, stage = state.plant, entry.stage
        resent = Control("act", about, plant.version, value, plant.life, stage)
        sends = counted(state.sends, about, stage)
        then = send(state._replace(sends=sends), act._replace(stage=stage), resent)
        return Step("progress", ACTOR, "sends act again", about, then)
    fence = Rule.FENCE_AT_RECOVERY in rules
    settling = act._replace(fence=fence, end="not_applied")
    return Step("progress", ACTOR, "settles", about, state._replace(act=settling))


def returning(state: State, rules: Rules, act: Act) -> Iterator[Step]:
    """What the way back does next."""
    certificate = act.certificate
    assert certificate is not None
    about = certificate.approval
    match act.at:
        case "ending":
            yield end(state, act, about, act.end, f"ends {act.end}")
        case "reverting":
            yield start_rollback(state, act, about, "takes its stages back")
        case "rolling":
            yield from flush(state, rules, act, "taking")
        case "falling":
            yield from flush(state, rules, act._replace(cell=0, resort=False), "rescuing")
        case "waiting" if act.cell >= 0:
            yield from rescue_answer(state, act, about)
        case "waiting":
            yield from _answer(state, rules, act, about)
        case "rescuing":
            yield from _give_up(state, act, about)
            if state.plant.up and not _other_node(state, act):
                stale = overtaken(state, act, rules, way_back=True)
                yield rescue(state, rules, act, _before(state, act), stale)
        case _:
            yield from _give_up(state, act, about)
            if state.plant.up and not _other_node(state, act):
                settles = act.at in ("settling", "fenced")
                yield (_settle if settles else _take)(state, rules, act, about)


def _before(state: State, act: Act) -> Value:
    assert act.certificate is not None
    plan = state.plans[act.certificate.plan]
    assert plan is not None
    return plan.before


def _other_node(state: State, act: Act) -> bool:
    assert act.certificate is not None
    plan = state.plans[act.certificate.plan]
    return plan is not None and plan.life != state.plant.life


def _settle(state: State, rules: Rules, act: Act, about: int) -> Step:
    """Nothing of it ever stood: fence it off. Something may have: go back, journaled first."""
    fenced, stale = act.at == "fenced", overtaken(state, act, rules)
    ours = fenced and state.plant.version == act.version
    if state.plant.value != _before(state, act) or (stale and not ours):
        if Rule.WAY_BACK_JOURNALED in rules:
            return start_rollback(state, act._replace(control=None), about, "finds it moved on")
        taking = act._replace(at="taking", control=None)
        return Step("progress", ACTOR, "finds it moved on", about, state._replace(act=taking))
    if stale or not act.fence:
        return end(state, act, about, "not_applied", "finds it unchanged")
    if fenced:
        return _again(state, act, about, "reads back no fence")
    return _control(state, act)


def _take(state: State, rules: Rules, act: Act, about: int) -> Step:
    """The previous values must stand on a later version than the action's control was made for."""
    if state.plant.value == _before(state, act) and overtaken(state, act, rules, way_back=True):
        return end(state, act, about, "rolled_back", "reads the previous values")
    if act.at == "taken":
        return _again(state, act, about, "reads other values")
    return _control(state, act)


def overtaken(state: State, act: Act, rules: Rules, way_back: bool = False) -> bool:
    """Whether the newest control of the action is stale by now, as far as the rules look."""
    if way_back and Rule.WAY_BACK_OVERTAKES not in rules:
        return True
    assert act.certificate is not None
    entry, plan = state.journal[act.certificate.approval], state.plans[act.certificate.plan]
    assert entry is not None
    assert plan is not None
    sent = entry.sent if Rule.OVERTAKES_THE_NEWEST in rules else plan.version
    return state.plant.version > sent


def _control(state: State, act: Act) -> Step:
    """Set the previous values where others stand; where none do, that is a fence."""
    assert act.certificate is not None
    about, plant, before = act.certificate.approval, state.plant, _before(state, act)
    kind = "fence" if plant.value == before else "rollback"
    differing = tuple(b if b != v else KEPT for b, v in zip(before, plant.value, strict=True))
    value = before if kind == "fence" else differing
    control = Control(kind, about, plant.version, value, plant.life)
    return Step("progress", ACTOR, f"sends {kind}", about, send(state, act, control))


def _answer(state: State, rules: Rules, act: Act, about: int) -> Iterator[Step]:
    """The answer to a control of the way back."""
    assert act.control is not None
    kind, settles = act.control.kind, act.end == "not_applied"
    told = state._replace(answer=None)
    match state.answer:
        case ("ack", _) if settles and Rule.FENCE_READ_BACK not in rules:
            yield end(told, act, about, "not_applied", f"hears of {kind} and ends")
        case ("ack", _):
            version = state.answer[1]
            at = "fenced" if settles else "taken"
            then = act._replace(at=at, version=version, control=None)
            yield Step("progress", ACTOR, f"hears of {kind}", about, told._replace(act=then))
        case ("refused", _):
            yield _again(told, act, about, f"is refused {kind}")
        case None:
            if (over := lost(told)) is not None:
                then_state, late = over
                event = f"waits in vain for {kind}" if late else f"hears nothing of {kind}"
                step = _again(then_state, act, about, event)
                yield step._replace(kind="fault") if late else step


def _again(state: State, act: Act, about: int, event: str) -> Step:
    """Another try; a repair of what failed has one each time, and one of the fall-back."""
    next_try = act._replace(at="settling" if act.end == "not_applied" else "taking", control=None)
    falls = act._replace(at="rescuing", control=None, cell=0, resort=False)
    return Step(
        "progress", ACTOR, event, about, state._replace(act=falls if act.once else next_try)
    )


def _give_up(state: State, act: Act, about: int) -> Iterator[Step]:
    """The time of the way back is over, or the node is another one."""
    unreachable = not state.plant.up or _other_node(state, act)
    if act.once:
        if unreachable and act.at == "rescuing":
            gone = state._replace(act=Act("ended"))
            yield Step("progress", ACTOR, "cannot reach the plant to fall back", about, gone)
        elif unreachable:
            yield _again(state, act, about, "cannot reach the plant")
        return
    if unreachable:
        yield _given_up(state, act, about, "gives up")
    elif state.faults:
        step = _given_up(hurt(state), act, about, "gives up, the plant being silent,")
        yield step._replace(kind="fault")


def _given_up(state: State, act: Act, about: int, event: str) -> Step:
    """After the way back the fall-back has its time; after that, or while settling, it failed."""
    if act.at in ("taking", "taken"):
        then = state._replace(act=act._replace(at="falling", control=None))
        return write(then, about, "falling_back", f"{event} the way back", ("fall_back", about))
    return end(state, act, about, "failed", f"{event} {act.at}")
