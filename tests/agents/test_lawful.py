"""Lawful and physical checks: each one fails for its own reason, and only then."""

import pytest

from agents.formulate import formulate
from agents.verifier.lawful import check_lawful
from agents.verifier.papers import Papers
from agents.verifier.physical import check_physical
from agents.verifier.verify import verify
from contracts.action import ActionPlan, ParameterChange
from contracts.kpi import Kpi
from contracts.measure import Thresholds
from contracts.requirement import Condition, RelativeChange
from tests.agents.city import (
    FULL_MW,
    NO_MORE_POWER,
    POLICY,
    SCENARIO,
    cell,
    cited,
    demand,
    intent,
    snapshot,
    ue,
)

GRID_MW = SCENARIO.equipment.grid_mw()
HALF_MW = min(GRID_MW, key=lambda mw: abs(mw - FULL_MW / 2))


def change(cell_id=1, to_mw=HALF_MW, **more):
    return ParameterChange(
        cell_id=cell_id, from_mw=more.pop("from_mw", FULL_MW), to_mw=to_mw, **more
    )


def papers(*changes, taken=None, wanted=None, problem=None, **plan):
    """Papers that agree with each other, but for what a test changes."""
    taken, wanted = taken or snapshot(), wanted or intent()
    right = formulate(wanted, taken, POLICY, SCENARIO.equipment, cited(wanted))
    problem = problem(right) if problem else right
    values = {
        "problem_digest": problem.digest,
        "snapshot_digest": taken.digest,
        "resource_version": taken.resource_version,
        "changes": changes or (change(),),
    }
    return Papers(wanted, problem, ActionPlan(**values | plan), taken, POLICY, SCENARIO, OTHER)


def failed(checks):
    return [c.name for c in checks if not c.passed]


def edited(**changes):
    return lambda problem: problem.model_copy(update=changes)


def without(origin):
    def drop(problem):
        kept = tuple(s for s in problem.requirements if not s.origin.startswith(origin))
        return problem.model_copy(update={"requirements": kept})

    return drop


def without_last(problem):
    return problem.model_copy(update={"requirements": problem.requirements[:-1]})


def weaker(problem):
    """The intent's goal halved."""
    first, *others = problem.requirements
    bound = RelativeChange(change_percent=10)
    goal = first.requirement.model_copy(update={"bound": bound})
    changed = first.model_copy(update={"requirement": goal})
    return problem.model_copy(update={"requirements": (changed, *others)})


def inverted(problem):
    """The intent's goal with the comparator turned around."""
    first, *others = problem.requirements
    goal = first.requirement.model_copy(update={"condition": Condition.AT_MOST})
    changed = first.model_copy(update={"requirement": goal})
    return problem.model_copy(update={"requirements": (changed, *others)})


def disguised(problem):
    """A guard-rail that says it comes from the intent."""
    *others, last = problem.requirements
    changed = last.model_copy(update={"origin": "intent"})
    return problem.model_copy(update={"requirements": (*others, changed)})


OTHER = "sha256:" + "0" * 64
UNLAWFUL = {
    "dropped guard-rail": (papers(problem=without("guard_rail:no_ue")), "lawful.faithful"),
    "dropped guard-rail of one cell": (papers(problem=without_last), "lawful.faithful"),
    "dropped intent": (papers(problem=without("intent")), "lawful.faithful"),
    "weaker goal": (papers(problem=weaker), "lawful.faithful"),
    "inverted comparator": (papers(problem=inverted), "lawful.faithful"),
    "disguised guard-rail": (papers(problem=disguised), "lawful.faithful"),
    "other thresholds": (
        papers(problem=edited(thresholds=Thresholds(weak_rsrp_dbm=-130, low_sinr_db=-3))),
        "lawful.same_papers",
    ),
    "problem of another intent": (
        papers(problem=edited(intent_digest=OTHER)),
        "lawful.same_papers",
    ),
    "problem on another snapshot": (
        papers(problem=edited(snapshot_digest=OTHER)),
        "lawful.same_papers",
    ),
    "problem under another policy": (
        papers(problem=edited(policy_digest=OTHER)),
        "lawful.same_papers",
    ),
    "plan of another problem": (papers(problem_digest=OTHER), "lawful.same_papers"),
    "plan on another snapshot": (papers(snapshot_digest=OTHER), "lawful.same_papers"),
    "plan on another version": (papers(resource_version=8), "lawful.same_papers"),
    "wrong start": (papers(change(from_mw=GRID_MW[-2])), "lawful.starts_from_now"),
    "too large a step": (papers(change(to_mw=GRID_MW[0])), "lawful.step_limits"),
    "too many cells": (papers(*(change(c) for c in (1, 2, 3))), "lawful.step_limits"),
}


def test_honest_papers_pass_every_check():
    checks = check_lawful(papers())
    assert len(checks) == len({c.name for c in checks}) == 9
    assert failed(checks) == []
    assert all(c.reason for c in checks)


@pytest.mark.parametrize(("subject", "name"), UNLAWFUL.values(), ids=UNLAWFUL)
def test_each_check_fails_alone(subject, name):
    assert failed(check_lawful(subject)) == [name]


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        (change(42), {"lawful.known_targets", "lawful.starts_from_now"}),
        (
            change(parameter="NRCellDU.digitalTilt"),
            {"lawful.known_targets", "lawful.range", "lawful.supported"},
        ),
        (
            change(parameter="format_disk"),
            {"lawful.known_targets", "lawful.range", "lawful.supported"},
        ),
        (change(to_mw=HALF_MW + 1), {"lawful.range", "lawful.supported"}),
        (change(to_mw=80_000), {"lawful.range", "lawful.supported"}),
        (change(to_mw=0), {"lawful.range", "lawful.step_limits", "lawful.supported"}),
        (change(to_mw=1), {"lawful.range", "lawful.step_limits", "lawful.supported"}),
    ],
)
def test_unknown_targets_and_values_are_refused(wrong, names):
    assert set(failed(check_lawful(papers(wrong)))) == names


def test_a_cell_of_the_network_that_the_policy_does_not_name_is_refused():
    taken = snapshot(cells=tuple(cell(c) for c in (1, 2, 3, 4)))
    assert failed(check_lawful(papers(change(4), taken=taken))) == ["lawful.known_targets"]


def test_raised_power_is_recomputed():
    taken = snapshot(cells=(cell(1, HALF_MW), cell(2), cell(3)))
    subject = papers(change(from_mw=HALF_MW, to_mw=FULL_MW), taken=taken)
    assert failed(check_lawful(subject)) == []
    assert failed(check_physical(subject)) == ["physical.power"]


def test_power_may_move_between_cells():
    taken = snapshot(cells=(cell(1, HALF_MW), cell(2), cell(3)))
    moved = papers(change(from_mw=HALF_MW, to_mw=FULL_MW), change(2), taken=taken)
    assert failed(check_physical(moved)) == []


def test_lost_coverage_is_recomputed_and_named():
    taken = snapshot((ue(1, 1), ue(2, 1, rsrp_dbm=-119.0), ue(3, 2)))
    subject = papers(taken=taken)
    (lost,) = [c for c in check_physical(subject) if not c.passed]
    assert lost.name == "physical.coverage"
    assert "[2]" in lost.reason


def test_a_ue_that_another_cell_covers_is_not_lost():
    heard = {1: -119.0, 2: -119.5, 3: -130.0}
    taken = snapshot((ue(1, 1), ue(2, 1, rsrp_dbm=heard), ue(3, 2)))
    assert failed(check_physical(papers(taken=taken))) == []


def test_a_ue_without_coverage_before_cannot_lose_it():
    taken = snapshot((ue(1, 1), ue(2, 1, rsrp_dbm=-125.0), ue(3, 2)))
    assert failed(check_physical(papers(taken=taken))) == []


def test_an_unlawful_plan_is_not_worth_a_roll_out():
    def forbidden(_done, _of):
        raise AssertionError("the twin was asked")

    verdict = verify(UNLAWFUL["weaker goal"][0], 1, forbidden)
    assert not verdict.passed
    assert (verdict.bound, verdict.evidence) == (None, ())
    assert any("lawful.faithful" in reason for reason in verdict.reasons)


def test_a_snapshot_of_another_scenario_is_refused():
    verdict = verify(papers(taken=snapshot(scenario_digest=OTHER)), 1)
    assert "twin.same_scenario" in failed(verdict.checks)
    assert not verdict.passed


def test_the_seed_follows_from_the_papers_and_the_attempt():
    subject = UNLAWFUL["weaker goal"][0]
    seeds = [verify(subject, 1).seed, verify(subject, 1).seed, verify(subject, 2).seed]
    assert seeds[0] == seeds[1] != seeds[2]


def test_power_targets_of_the_intent_are_checked_too():
    asked = intent(demand(Kpi.TX_POWER_TOTAL, (1,), Condition.AT_MOST, -60), NO_MORE_POWER)
    assert failed(check_physical(papers(wanted=asked))) == ["physical.power"]
