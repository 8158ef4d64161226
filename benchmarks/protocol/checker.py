"""Breadth-first exploration of all states, with the shortest way to whatever is wrong."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.protocol.invariants import LAWS, append_only, settled
from benchmarks.protocol.model import initial, steps
from benchmarks.protocol.rules import ALL, Rules
from benchmarks.protocol.state import State, Step

Trace = tuple[Step, ...]


@dataclass(frozen=True)
class Violation:
    """A law that does not hold, and the shortest run that shows it."""

    law: str
    trace: Trace

    def __str__(self) -> str:
        lines = [f"{n:3d}  {step.label}" for n, step in enumerate(self.trace, 1)]
        return "\n".join([f"{self.law} is broken by", *lines])


@dataclass(frozen=True)
class Exploration:
    """What was explored. ``depth`` is the longest of the shortest ways to a state."""

    plans: int
    faults: int
    states: int
    transitions: int
    depth: int
    violation: Violation | None


class Explorer:
    """Explores the model under some rules; keeps every state and how it was reached first."""

    def __init__(self, plans: int, faults: int, rules: Rules = ALL) -> None:
        self._bounds = plans, faults
        self._rules = rules
        start = initial(plans, faults)
        self._number: dict[State, int] = {start: 0}
        self._states = [start]
        self._parent = array("l", [-1])
        self._depth = array("l", [0])
        self._onward: list[tuple[int, ...]] = []

    def run(self) -> Exploration:
        """Explore until a law is broken or no state is new; then look at the ends of runs."""
        violation = self._safety() or self._liveness()
        transitions, self.transitions = self.transitions, 0
        return Exploration(
            *self._bounds, len(self._states), transitions, max(self._depth), violation
        )

    transitions = 0

    def _safety(self) -> Violation | None:
        at = 0
        while at < len(self._states):
            state, onward = self._states[at], []
            for step in steps(state, self._rules):
                self.transitions += 1
                if step.kind == "refusal":
                    continue
                number = self._number.get(step.state)
                if number is None:
                    number = self._add(step.state, at)
                    for law in LAWS:
                        if not law(step.state):
                            return Violation(law.__name__, self.trace_to(number))
                if not append_only(state, step.state):
                    return Violation("append_only", self.trace_to(number))
                if step.kind == "progress":
                    onward.append(number)
            self._onward.append(tuple(onward))
            at += 1
        return None

    def _add(self, state: State, parent: int) -> int:
        number = self._number[state] = len(self._states)
        self._states.append(state)
        self._parent.append(parent)
        self._depth.append(self._depth[parent] + 1)
        return number

    def _liveness(self) -> Violation | None:
        """Without further faults and choices every run ends, and ends settled.

        A state is removed when all that follow it are; what is left over lies on a circle.
        """
        for number, onward in enumerate(self._onward):
            if not onward and not settled(self._states[number]):
                return Violation("settled_in_the_end", self.trace_to(number))
        left = [len(o) for o in self._onward]
        before: list[list[int]] = [[] for _ in left]
        for number, onward in enumerate(self._onward):
            for following in onward:
                before[following].append(number)
        ended = [n for n, count in enumerate(left) if not count]
        for number in ended:
            for previous in before[number]:
                left[previous] -= 1
                if not left[previous]:
                    ended.append(previous)
        if len(ended) == len(left):
            return None
        circling = next(n for n, count in enumerate(left) if count)
        return Violation("every_run_ends", self.trace_to(circling))

    def state(self, number: int) -> State:
        """A state by its number, in the order of discovery."""
        return self._states[number]

    def trace_to(self, number: int) -> Trace:
        """The shortest run to a state."""
        numbers = []
        while number >= 0:
            numbers.append(number)
            number = self._parent[number]
        numbers.reverse()
        return tuple(self._steps_along(numbers))

    def first_of_each_kind(self) -> Iterator[Trace]:
        """For every kind of step the shortest run that makes it, shortest first."""
        seen: set[tuple[str, str]] = set()
        for number, state in enumerate(self._states):
            for step in steps(state, self._rules):
                if (step.actor, step.event) not in seen:
                    seen.add((step.actor, step.event))
                    yield (*self.trace_to(number), step)

    def _steps_along(self, numbers: list[int]) -> Iterator[Step]:
        for here, there in pairwise(numbers):
            target = self._states[there]
            yield next(s for s in steps(self._states[here], self._rules) if s.state == target)


def explore(plans: int, faults: int, rules: Rules = ALL) -> Exploration:
    """Explore everything within the bounds."""
    return Explorer(plans, faults, rules).run()
