"""Intents become problems: guard-rails expanded, domains inside every limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.formulate import demanded, formulate
from contracts.action import ParameterChange
from contracts.errors import ExitCode, RanwrightError
from contracts.kpi import Kpi
from contracts.problem import Objective
from contracts.requirement import Condition
from contracts.risk import within_step
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


def problem(wanted=None, taken=None, policy=POLICY, **more):
    return formulate(wanted or intent(), taken or snapshot(), policy, SCENARIO.equipment, **more)


def to(from_mw, to_mw):
    return ParameterChange(cell_id=1, from_mw=from_mw, to_mw=to_mw)


def test_a_problem_names_what_it_was_made_from():
    wanted, taken = intent(), snapshot()
    made = problem(wanted, taken, evidence=cited(wanted))
    assert made.intent_digest == wanted.digest
    assert made.snapshot_digest == taken.digest
    assert made.policy_digest == POLICY.digest
    assert made.thresholds == POLICY.thresholds
    assert made.evidence == cited(wanted)


def test_guard_rails_stand_in_every_problem_for_every_cell_that_serves():
    listed = [(s.origin, s.requirement.cells) for s in problem().requirements]
    assert listed == [
        ("intent", (1,)),
        ("intent", (1, 2, 3)),
        ("guard_rail:no_ue_loses_coverage", (1, 2, 3)),
        ("guard_rail:cell_mean_throughput", (1,)),
        ("guard_rail:cell_mean_throughput", (2,)),  # cell 3 serves no UE
    ]


def test_demanded_keeps_conditions_and_bounds_of_the_rails():
    rails = {r.name: r for r in POLICY.guard_rails}
    for requirement, origin in demanded(intent(), snapshot(), POLICY)[2:]:
        rail = rails[origin.removeprefix("guard_rail:")]
        assert (requirement.kpi, requirement.condition, requirement.bound) == (
            rail.kpi,
            rail.condition,
            rail.bound,
        )


@pytest.mark.parametrize(
    ("kpi", "objective"),
    [
        (Kpi.UE_THP_DL_P5, Objective.LOW_PERCENTILE),
        (Kpi.UE_THP_DL_MEAN, Objective.MEAN_THROUGHPUT),
        (Kpi.TX_POWER_TOTAL, Objective.MIN_POWER),
        (Kpi.PEE_AVG_POWER, Objective.MIN_POWER),
        (Kpi.WEAK_RSRP_RATIO, Objective.COVERAGE),
        (Kpi.LOW_SINR_RATIO, Objective.COVERAGE),
    ],
)
def test_the_first_target_is_the_objective(kpi, objective):
    made = problem(intent(demand(kpi, (2,)), NO_MORE_POWER))
    assert (made.objective, made.objective_cells) == (objective, (2,))


@given(
    st.sampled_from(GRID_MW),
    st.sampled_from([0.5, 1.0, 3.0, 6.0, 10.0]),
)
def test_domains_lie_on_the_grid_inside_the_step_limit(power_mw, step_db):
    policy = POLICY.model_copy(
        update={"action": POLICY.action.model_copy(update={"max_step_db": step_db})}
    )
    taken = snapshot(cells=(cell(1, power_mw), cell(2), cell(3)))
    variable = problem(taken=taken, policy=policy).variables[0]
    assert variable.current_mw == power_mw
    assert {variable.lower_mw, variable.upper_mw} <= set(GRID_MW)
    assert variable.lower_mw <= power_mw <= variable.upper_mw
    reachable = [mw for mw in GRID_MW if within_step(to(power_mw, mw), step_db)]
    assert variable.lower_mw in reachable
    assert variable.upper_mw in reachable
    # rounding to whole milliwatts costs at most one step of the grid
    assert reachable.index(variable.lower_mw) <= 1
    assert reachable.index(variable.upper_mw) >= len(reachable) - 2


def test_only_cells_that_the_policy_allows_are_variables():
    action = POLICY.action.model_copy(update={"allowed_cells": (1, 3, 99)})
    made = problem(policy=POLICY.model_copy(update={"action": action}))
    assert [v.cell_id for v in made.variables] == [1, 3]
    assert all(v.current_mw == v.upper_mw == FULL_MW for v in made.variables)


@pytest.mark.parametrize(
    "kpi", [k for k in Kpi if k not in (Kpi.TX_POWER_TOTAL, Kpi.PEE_AVG_POWER)][:4]
)
def test_ue_kpis_of_idle_cells_are_refused(kpi):
    with pytest.raises(RanwrightError) as caught:
        problem(intent(demand(kpi, (3,))))
    assert caught.value.code == "problem.cell_without_ues"
    assert caught.value.exit_code is ExitCode.REFUSED


def test_power_of_idle_cells_may_be_asked_for():
    asked = demand(Kpi.TX_POWER_TOTAL, (3,), Condition.AT_MOST, -10)
    assert problem(intent(asked)).objective is Objective.MIN_POWER


def test_reserve_is_attached_to_what_was_missed_only():
    missed = demand().describe()
    made = problem(reserve_share={missed: 0.04})
    assert [s.reserve_share for s in made.requirements] == [0.04, 0.0, 0.0, 0.0, 0.0]


def test_equal_inputs_give_the_same_bytes():
    taken = snapshot((ue(1, 1), ue(2, 2)))
    assert problem(taken=taken).canonical() == problem(taken=taken).canonical()
