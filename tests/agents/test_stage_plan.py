"""Stages of a plan: whatever the plan, they lead there on the grid, in steps, canaries first."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.verifier.stages import fallback, stage_changes
from contracts.action import ActionPlan, ParameterChange
from contracts.errors import RanwrightError
from contracts.policy import StageRules
from tests.agents.city import POLICY, SCENARIO, snapshot

GRID = SCENARIO.equipment.grid_mw()
BASE = snapshot()
DIGEST = "sha256:" + "0" * 64

powers = st.tuples(st.sampled_from(GRID), st.sampled_from(GRID)).filter(lambda p: p[0] != p[1])
plans = st.dictionaries(st.sampled_from([1, 2, 3]), powers, min_size=1)


def plan_of(changes: dict[int, tuple[int, int]]) -> ActionPlan:
    return ActionPlan(
        problem_digest=DIGEST,
        snapshot_digest=DIGEST,
        resource_version=0,
        changes=tuple(
            ParameterChange(cell_id=c, from_mw=a, to_mw=b) for c, (a, b) in changes.items()
        ),
    )


@given(plans, st.integers(0, 4), st.sampled_from([0.5, 1.0, 3.0, 20.0]))
def test_stages_lead_to_the_plan(changes, canary_cells, max_step_db):
    rules = POLICY.stages.model_copy(
        update={"canary_cells": canary_cells, "max_step_db": max_step_db}
    )
    plan = plan_of(changes)
    stages = stage_changes(plan, BASE, rules, GRID)
    here = {c: a for c, (a, _) in changes.items()}
    for stage in stages:
        assert len({c.cell_id for c in stage}) == len(stage) > 0
        for c in stage:
            assert c.from_mw == here[c.cell_id]
            assert c.to_mw in GRID
            assert abs(10 * math.log10(c.to_mw / c.from_mw)) <= max_step_db + 0.01
            low, high = sorted(changes[c.cell_id])
            assert low <= c.to_mw <= high
            here[c.cell_id] = c.to_mw
    assert here == {c: b for c, (_, b) in changes.items()}
    if 0 < canary_cells < len(changes):
        assert len(stages[0]) == canary_cells
        assert len(stages) > 1
    longest = max(abs(10 * math.log10(b / a)) for a, b in changes.values())
    assert len(stages) <= max(1, math.ceil(longest / max_step_db - 0.05)) + 1


def test_the_least_exposed_cell_goes_first():
    plan = plan_of({c: (40_000, GRID[-2]) for c in (1, 2, 3)})
    first = stage_changes(plan, BASE, POLICY.stages, GRID)[0]
    ues = {c: len(BASE.cohort([c])) for c in (1, 2, 3)}
    assert [c.cell_id for c in first] == [min(ues, key=lambda c: (ues[c], c))]


def test_a_stage_shorter_than_the_equipments_step_is_refused():
    rules = POLICY.stages.model_copy(update={"max_step_db": 0.1})
    with pytest.raises(RanwrightError) as caught:
        stage_changes(plan_of({1: (40_000, GRID[-3])}), BASE, rules, GRID)
    assert caught.value.code == "policy.stage_step"


def test_the_fall_back_is_for_the_plans_cells():
    rules = StageRules(canary_cells=0, max_step_db=3, window_ms=1000, fallback_tx_power_mw=GRID[-1])
    last = fallback(plan_of({2: (GRID[-1], GRID[-5])}), rules)
    assert [(c.cell_id, c.from_mw, c.to_mw) for c in last] == [(2, GRID[-5], GRID[-1])]
