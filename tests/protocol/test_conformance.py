"""The real components do, step by step, what the model does.

Traces: shortest runs to every step that the model can make, deaths at every moment among them; runs
at random with two plans; and the counterexamples of rules that the code once broke.
"""

import pytest

from benchmarks.protocol.checker import Trace
from benchmarks.protocol.model import initial, steps
from benchmarks.protocol.rules import ALL, Rule, Rules
from tests.protocol.driver import Diverged
from tests.protocol.walks import covering_traces, deep_traces, random_trace

ONE_PLAN, TWO_PLANS = covering_traces(1, 1, seed=1), covering_traces(2, 0, seed=1)
SENT = (
    "planner: makes a plan that passes 0",
    "approver: writes approved 0",
    "approver: hands out approved 0",
    "verifier: signs 0",
    "verifier: hands out certificate 0 0",
    "actuator: measures for 0",
    "actuator: admits 0",
    "actuator: writes received 0",
    "ledger: holds started 0",
    "actuator: strikes out started 0",
    "actuator: goes on",
    "actuator: writes logged 0",
    "actuator: writes sending 0",
    "ledger: holds sent1 0",
    "actuator: strikes out sent1 0",
    "actuator: goes on",
    "actuator: sends act 1 of 0",
)
TOLD = (
    "ledger: holds answered1 0",
    "actuator: strikes out answered1 0",
    "ledger: holds rollback 0",
    "actuator: strikes out rollback 0",
    "actuator: goes on",
)
FAILED = (
    "ledger: holds answered1 0",
    "actuator: strikes out answered1 0",
    "ledger: holds failed 0",
    "actuator: strikes out failed 0",
    "actuator: goes on",
)
ONCE_BROKEN = {
    "a control that is late after a failure is fenced off": (
        *SENT,
        "plant: dies",
        "actuator: hears nothing of 0",
        "actuator: gives up settling 0",
        *FAILED,
        "plant: starts",
        "actuator: tries again 0",
        "actuator: sends fence 0",
        "plant: takes fence 0",
        "actuator: hears of fence 0",
        "actuator: reads the previous values 0",
        "plant: refuses control.stale_version act 0",
    ),
    "a control that comes twice is fenced off": (
        *SENT,
        "wire: repeats act 0",
        "plant: acknowledges without act 0",
        "actuator: writes acknowledged 0",
        "actuator: dies while acknowledged",
        "actuator: finds it interrupted 0",
        *TOLD,
        "actuator: sends fence 0",
        "plant: takes fence 0",
        "actuator: hears of fence 0",
        "actuator: reads the previous values 0",
        "plant: refuses control.stale_version act 0",
    ),
    "a fence that is acknowledged and not set is set again": (
        *SENT,
        "actuator: waits in vain for 0",
        "actuator: sends fence 0",
        "plant: acknowledges without fence 0",
        "actuator: hears of fence 0",
        "actuator: reads back no fence 0",
        "actuator: sends fence 0",
        "plant: takes fence 0",
        "actuator: hears of fence 0",
        "actuator: finds it unchanged 0",
        "plant: refuses control.stale_version act 0",
    ),
    "a way back that was interrupted is no action that never was": (
        *SENT,
        "plant: takes act 0",
        "actuator: dies while waiting",
        "actuator: settles 0",
        "actuator: finds it moved on 0",
        "ledger: holds rollback 0",
        "actuator: strikes out rollback 0",
        "actuator: goes on",
        "actuator: sends rollback 0",
        "plant: takes rollback 0",
        "actuator: dies while waiting",
        "actuator: finds it interrupted 0",
        "ledger: holds rollback 0",
        "actuator: strikes out rollback 0",
        "actuator: goes on",
        "actuator: reads the previous values 0",
    ),
    "a stage that the plant forgot is no action that never was": (
        *SENT,
        "plant: takes act 0",
        "plant: forgets what it took",
        "actuator: writes acknowledged 0",
        *TOLD[:2],
        "actuator: goes on",
        "actuator: reads back other values 0",
        "actuator: finds it moved on 0",
        *TOLD[2:],
        "actuator: reads the previous values 0",
    ),
    "two calls to certify give one certificate": (
        *SENT[:4],
        "verifier: signs once more while it signs 0",
        "verifier: hands out certificate 1 0",
        "verifier: hands out certificate 0 0",
    ),
}


OTHER_MODELS = {
    "that does not fence": (
        Rule.FENCE_AT_RECOVERY,
        (
            *SENT,
            "actuator: dies while waiting",
            "actuator: settles 0",
            "actuator: finds it unchanged 0",
        ),
    ),
    "that looks at the expiry once": (
        Rule.EXPIRY_AGAIN,
        (
            *SENT[:6],
            "clock: passes the expiry",
            "actuator: admits 0",
            "actuator: writes received 0",
        ),
    ),
    "that certifies a denial": (
        Rule.VERIFIER_WANTS_AN_APPROVAL,
        (
            SENT[0],
            "approver: writes denied 0",
            "approver: hands out denied 0",
            "verifier: signs 0",
            "verifier: hands out certificate 0 0",
        ),
    ),
}


def along(labels: tuple[str, ...], rules: Rules = ALL) -> Trace:
    """The model's run with these labels."""
    state, trace = initial(1, 3), []
    for label in labels:
        possible = [s for s in steps(state, rules) if s.label == label]
        assert possible, f"{label} is none of {[s.label for s in steps(state, rules)]}"
        trace.append(possible[0])
        state = possible[0].state
    return tuple(trace)


@pytest.mark.parametrize("labels", ONCE_BROKEN.values(), ids=ONCE_BROKEN)
def test_what_was_once_broken(conforms, labels):
    conforms(along(labels), 1)


@pytest.mark.parametrize(("rule", "labels"), OTHER_MODELS.values(), ids=OTHER_MODELS)
def test_the_real_components_are_not_another_model(conforms, rule, labels):
    with pytest.raises(Diverged):
        conforms(along(labels, ALL - {rule}), 1)


@pytest.mark.parametrize("trace", ONE_PLAN, ids=lambda t: t[-1].label)
def test_every_step_is_made_by_the_real_components(conforms, trace):
    conforms(trace, 1)


@pytest.mark.parametrize("trace", TWO_PLANS, ids=lambda t: t[-1].label)
def test_every_step_of_two_plans_is_made_by_the_real_components(conforms, trace):
    conforms(trace, 2)


@pytest.mark.parametrize(
    "seed", [n if n < 8 else pytest.param(n, marks=pytest.mark.slow) for n in range(60)]
)
def test_runs_at_random(conforms, seed):
    conforms(random_trace(2, 3, seed), 2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_step_with_two_faults_is_made_by_the_real_components(conforms):
    known = {(s.actor, s.event) for trace in ONE_PLAN for s in trace}
    for trace in covering_traces(1, 2, seed=1):
        if not {(s.actor, s.event) for s in trace} <= known:
            conforms(trace, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_runs_to_deep_states(conforms):
    for trace in deep_traces(1, 2, seed=3, count=150):
        conforms(trace, 1)
