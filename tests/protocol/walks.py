"""Traces of the model: to every step that it can make, and at random."""

import random
from collections.abc import Iterator

from benchmarks.protocol.checker import Explorer, Trace
from benchmarks.protocol.model import initial, steps
from benchmarks.protocol.state import State, Step

_WEIGHTS = {"progress": 8.0, "choice": 4.0, "fault": 1.0, "refusal": 0.5}


def walk(start: State, rng: random.Random, length: int) -> Iterator[Step]:
    """A run at random: mostly the work that is to be done, now and then a fault."""
    state = start
    for _ in range(length):
        choices = list(steps(state))
        if not choices:
            return
        (step,) = rng.choices(choices, [_WEIGHTS[s.kind] for s in choices])
        yield step
        state = step.state


def to_the_end(state: State, rng: random.Random) -> Iterator[Step]:
    """What is begun comes to its end without further faults."""
    while onward := [s for s in steps(state) if s.kind == "progress"]:
        step = rng.choice(onward)
        yield step
        state = step.state


def random_trace(plans: int, faults: int, seed: int, length: int = 90) -> Trace:
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
