"""The protocol as a set of steps: who can do what next, in every state.

    initial(plans, faults) and steps(state, rules)

The model follows the code of approver, verifier, actuator, ledger and plant, one step for each
durable write or message. Bounds: so many plans, one passing of the expiry, so many faults in a run.
"""

from collections.abc import Iterator

from benchmarks.protocol.actuator import acting
from benchmarks.protocol.admission import presented
from benchmarks.protocol.delivery import ACTOR, flush
from benchmarks.protocol.office import office_steps
from benchmarks.protocol.rules import ALL, Rule, Rules
from benchmarks.protocol.state import STAGES, Act, State, Step, hurt, put
from benchmarks.protocol.surroundings import surrounding_steps
from benchmarks.protocol.way_back import maintenance, requested, returning

_RETURNING = (
    "ending",
    "reverting",
    "rolling",
    "settling",
    "fenced",
    "taking",
    "taken",
    "falling",
    "rescuing",
)


def initial(plans: int, faults: int) -> State:
    """The start of a run with so many plans in which so many things may go wrong."""
    none = (None,) * plans
    never = ((0,) * len(STAGES),) * plans
    return State(none, ("",) * plans, none, never, never, faults=faults)


def steps(state: State, rules: Rules = ALL) -> Iterator[Step]:
    """All steps out of a state. ``refusal`` steps lead back to it."""
    yield from office_steps(state, rules)
    yield from surrounding_steps(state, rules)
    yield from presented(state, rules)
    yield from requested(state)
    if state.act is None:
        yield from maintenance(state, rules)
        return
    yield from _death(state, rules, state.act)
    if state.act.at in _RETURNING or _waits_for_way_back(state.act):
        yield from returning(state, rules, state.act)
    elif state.act.at == "ended":
        yield from flush(state, rules, state.act, "")
    else:
        yield from acting(state, rules, state.act)


def _waits_for_way_back(act: Act) -> bool:
    return act.at == "waiting" and act.control is not None and act.control.kind != "act"


def _death(state: State, rules: Rules, act: Act) -> Iterator[Step]:
    """A kill -9: what it was doing is gone, and the connection on which an answer may come."""
    if not state.faults:
        return
    journal = state.journal
    if Rule.JOURNAL_DURABLE not in rules and act.certificate is not None:
        journal = put(journal, act.certificate.approval, None)
    dead = state._replace(act=None, answer=None, journal=journal)
    yield Step("fault", ACTOR, f"dies while {act.at}", -1, hurt(dead))
