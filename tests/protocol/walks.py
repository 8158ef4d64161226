"""Traces of the model: to every step that it can make, and at random."""

import random
from collections.abc import Iterator

from benchmarks.protocol.checker import Explorer, Trace
from benchmarks.protocol.model import initial, steps
from benchmarks.protocol.state import State, Step

_WEIGHTS = {"progress": 10.0, "choice": 5.0, "fault": 0.3, "refusal": 0.2}
_RARE = ("makes a plan that fails", "writes denied", "passes the expiry")
"""Choices after which little happens; they are made, but seldom."""


def walk(start: State, rng: random.Random, length: int) -> Iterator[Step]:
    """A run at random: mostly the work that is to be done, now and then a fault."""
    state = start
    for _ in range(length):
        choices = list(steps(state))
        if not choices:
            return
        (step,) = rng.choices(choices, [_weight(s) for s in choices])
        yield step
        state = step.state


def _weight(step: Step) -> float:
    return 0.2 if step.event in _RARE else _WEIGHTS[step.kind]


def to_the_end(state: State, rng: random.Random) -> Iterator[Step]:
    """What is begun comes to its end without further faults."""
    while onward := [s for s in steps(state) if s.kind == "progress"]:
        step = rng.choice(onward)
        yield step
        state = step.state


def random_trace(plans: int, faults: int, seed: int, length: int = 120) -> Trace:
    """A run at random, brought to its end."""
    rng = random.Random(seed)
    begun = tuple(walk(initial(plans, faults), rng, length))
    return (*begun, *to_the_end(begun[-1].state, rng))


def kinds_of(trace: Trace) -> set[tuple[str, str]]:
    """The steps of a trace, whichever plan they are about."""
    return {(s.actor, s.event) for s in trace}


def covering_traces(plans: int, faults: int, seed: int) -> list[Trace]:
    """Shortest runs that together make every step that the model can make within the bounds."""
    explorer = Explorer(plans, faults)
    explorer.run()
    rng, covered, traces = random.Random(seed), set(), []
    for trace in reversed(list(explorer.first_of_each_kind())):
        if (trace[-1].actor, trace[-1].event) not in covered:
            traces.append((*trace, *to_the_end(trace[-1].state, rng)))
            covered |= kinds_of(traces[-1])
    return traces


def deep_traces(plans: int, faults: int, seed: int, count: int) -> Iterator[Trace]:
    """Shortest runs to states drawn evenly, brought to their end."""
    explorer = Explorer(plans, faults)
    states = explorer.run().states
    rng = random.Random(seed)
    for number in rng.sample(range(states), count):
        trace = explorer.trace_to(number)
        yield (*trace, *to_the_end(explorer.state(number), rng))
