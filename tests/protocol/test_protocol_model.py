"""The protocol's model holds its laws in all states within the bounds, and can fail."""

import pytest

from benchmarks.protocol.checker import Explorer, explore
from benchmarks.protocol.invariants import LAWS
from benchmarks.protocol.mutants import MUTANTS, REDUNDANT
from benchmarks.protocol.rules import ALL


@pytest.mark.parametrize(
    ("plans", "faults"),
    [
        (1, 2),
        (2, 1),
        pytest.param(1, 3, marks=pytest.mark.slow),
    ],
)
def test_every_law_holds_in_every_state(plans, faults):
    explored = explore(plans, faults)
    assert explored.violation is None, str(explored.violation)
    assert explored.states > 30_000, "the bounds leave something to explore"


def test_actions_do_come_to_every_end_in_the_model():
    explorer = Explorer(1, 1)
    explorer.run()
    events = {trace[-1].event for trace in explorer.first_of_each_kind()}
    assert {
        "measures the effect",
        "misses the effect",
        "finds it unchanged",
        "reads the previous values",
        "judges it good, writes sending",
        "takes its stages back",
        "gives up the way back",
        "ends the fall-back rolled_back",
        "is asked back",
        "refuses certificate.expired",
        "refuses certificate.used",
        "refuses plan.stale",
        "refuses action.other_node",
    } <= events


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_rule_that_is_dropped_is_missed(mutant):
    violation = mutant.hunt().violation
    assert violation is not None
    last = violation.trace[-1].state
    broken = [law.__name__ for law in LAWS if not law(last)]
    assert violation.law in (*broken, "settled_in_the_end", "every_run_ends", "append_only")


def test_every_rule_is_dropped_somewhere():
    assert frozenset().union(*(m.dropped for m in MUTANTS)) == ALL


@pytest.mark.parametrize("mutant", REDUNDANT, ids=lambda m: m.name)
def test_where_two_rules_guard_the_same_one_is_enough(mutant):
    for plans, faults in ((1, 1), (2, 0)):
        violation = explore(plans, faults, ALL - mutant.dropped).violation
        assert violation is None, str(violation)
