"""The tools: limits, grid, refinement, objectives."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.problem import Objective
from contracts.requirement import Condition, PowerBound, RelativeChange, Requirement
from tools.check import check_tool
from tools.power import power_tools
from tools.power.ascent import ascend
from tools.power.examples import problem_on
from tools.power.limits import PowerLimits, _largest_mw
from tools.power.population import evolve
from tools.power.rounding import polish, score
from tools.power.runtime import numerics
from tools.power.samples import gaussian_sampler
from tools.power.solvers import RobustMargin, Wmmse
from tools.power.workbench import Workbench


@pytest.fixture(scope="module")
def bench(small):
    with numerics():
        return Workbench.prepare(small.problem, small.snapshot, small.scenario, gaussian_sampler)


shares = st.lists(st.floats(0.0, 3.0), min_size=3, max_size=3)


def powers(bench: Workbench, listed: list[float]) -> torch.Tensor:
    return (torch.tensor(listed, dtype=torch.float64) * bench.limits.upper)[None].clamp(min=1.0)


@given(shares)
@settings(deadline=None)
def test_projection_and_snapping_keep_every_limit(bench, listed):
    limits: PowerLimits = bench.limits
    projected = limits.project(powers(bench, listed))
    for power in (projected, limits.values(limits.snap(projected))):
        assert (power >= limits.lower - 1e-6).all()
        assert (power <= limits.upper + 1e-6).all()
        assert (power @ limits.members.T <= limits.sums + 1e-6).all()
    again = limits.project(projected)
    assert torch.allclose(again, projected)


@given(shares)
@settings(max_examples=15, deadline=None)
def test_grid_points_snap_to_themselves(bench, listed):
    index = bench.limits.snap(bench.limits.project(powers(bench, listed)))
    assert torch.equal(bench.limits.snap(bench.limits.values(index)), index)


@given(shares, st.booleans())
@settings(max_examples=10, deadline=None)
def test_polishing_never_lowers_the_score_or_loses_feasibility(bench, listed, pairs):
    index = bench.limits.snap(bench.limits.project(powers(bench, listed)))[0]
    found = polish(bench.robust, bench.limits, index, 3, pairs)
    before, after = score(bench.robust, bench.limits, torch.stack([index, found]))
    assert after >= before
    used = bench.limits.values(found[None]) @ bench.limits.members.T
    assert (used <= bench.limits.sums + 1e-6).all()


def test_a_population_never_gets_worse(bench):
    starts = bench.starts(random=8)
    before = score(bench.robust, bench.limits, bench.limits.snap(starts)).max()
    evolved = evolve(bench.robust, bench.limits, starts, 6, seed=1)
    scores = score(bench.robust, bench.limits, evolved)
    assert scores[0] >= before
    assert torch.equal(scores, scores.sort(descending=True).values)


def test_ascent_stays_inside_the_limits_and_climbs(bench):
    starts = bench.starts(random=4)
    climbed = ascend(bench.robust, bench.limits, starts, iterations=30, rate_db=0.3)
    assert (climbed <= bench.limits.upper * (1 + 1e-12)).all()
    assert (climbed >= bench.limits.lower * (1 - 1e-12)).all()
    assert bench.robust.score(climbed).mean() > bench.robust.score(starts).mean()


def ask(of, objective: Objective, goal: Requirement):
    return problem_on(of.snapshot, of.scenario, objective, goal)


def total_power(cells, bound) -> Requirement:
    return Requirement(
        kpi=Kpi.TX_POWER_TOTAL, cells=cells, condition=Condition.AT_MOST, bound=bound
    )


@pytest.mark.parametrize("objective", list(Objective))
def test_every_objective_keeps_the_contract(small, model, objective):
    goal = small.problem.requirements[0].requirement
    if objective is Objective.MIN_POWER:
        goal = total_power(small.snapshot.cell_ids, RelativeChange(change_percent=-10.0))
    problem = ask(small, objective, goal)
    for tool in power_tools(small.load, gaussian_sampler, model):
        check_tool(tool, [(problem, small.snapshot, small.scenario.equipment)])


def test_robust_margins_beat_the_other_tools(city, model):
    best = {
        tool.name: tool.solve(city.problem, city.snapshot)[0]
        for tool in power_tools(city.load, model=model)
    }
    margin = best.pop("power.margin")
    assert margin.worst_margin >= 0
    # to a hundredth: where WMMSE happens to end in the same optimum, rounding decides
    assert all(margin.objective_value >= other.objective_value - 0.01 for other in best.values())
    assert margin.objective_value > best["power.present"].objective_value + 1.0


@pytest.mark.parametrize("tool", [Wmmse, RobustMargin])
def test_a_power_cap_is_met(city, tool):
    cells = city.snapshot.cell_ids
    cap_w = 0.7 * sum(city.snapshot.tx_power_mw.values()) / 1000.0
    problem = ask(city, Objective.MIN_POWER, total_power(cells, PowerBound(threshold_w=cap_w)))
    best = tool(city.load).solve(problem, city.snapshot)[0]
    assert sum(best.tx_power_mw.values()) / 1000.0 <= cap_w


def test_saving_power_without_a_cap_goes_as_low_as_the_requirements_allow(city):
    goal = Requirement(
        kpi=Kpi.UE_THP_DL_MEAN,
        cells=city.snapshot.cell_ids,
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=-20.0),
    )
    problem = ask(city, Objective.MIN_POWER, goal)
    loose = tuple(s for s in problem.requirements if s.requirement.kpi is not Kpi.UE_THP_DL_MEAN)
    asked = next(s for s in problem.requirements if s.requirement == goal)
    problem = problem.model_copy(
        update={"requirements": (asked, *(s for s in loose if s.origin != "intent"))}
    )
    best = RobustMargin(city.load).solve(problem, city.snapshot)[0]
    present = sum(city.snapshot.tx_power_mw.values())
    assert best.worst_margin >= 0
    assert sum(best.tx_power_mw.values()) < 0.7 * present


def test_a_reserve_moves_the_answer_away_from_the_threshold(city):
    asked = city.problem.requirements[0].model_copy(update={"reserve_share": 0.08})
    stricter = city.problem.model_copy(
        update={"requirements": (asked, *city.problem.requirements[1:])}
    )
    tool = RobustMargin(city.load)
    plain, reserved = (tool.solve(p, city.snapshot)[0] for p in (city.problem, stricter))
    assert reserved.objective_value <= plain.objective_value
    assert (
        reserved.predictions[0].after_in_kpi_unit >= plain.predictions[0].after_in_kpi_unit * 0.98
    )


def test_cells_without_a_variable_keep_their_power(city, model):
    problem = city.problem.model_copy(update={"variables": city.problem.variables[:3]})
    for tool in power_tools(city.load, gaussian_sampler, model):
        best = tool.solve(problem, city.snapshot)[0]
        assert set(best.tx_power_mw) == {v.cell_id for v in problem.variables}


def test_an_unknown_cell_is_refused(small):
    odd = small.problem.variables[0].model_copy(update={"cell_id": 999})
    problem = small.problem.model_copy(update={"variables": (odd,)})
    with pytest.raises(RanwrightError) as caught:
        Wmmse(small.load, gaussian_sampler).solve(problem, small.snapshot)
    assert caught.value.code == "tool.unknown_cell"


def test_a_domain_without_a_grid_value_is_refused(small):
    v = small.problem.variables[0]
    empty = v.model_copy(update={"lower_mw": v.current_mw - 2, "upper_mw": v.current_mw - 1})
    problem = small.problem.model_copy(update={"variables": (empty,)})
    with pytest.raises(RanwrightError) as caught:
        Wmmse(small.load, gaussian_sampler).solve(problem, small.snapshot)
    assert caught.value.code == "tool.empty_domain"


@given(st.integers(0, 10_000_000), st.sampled_from([0.0, -10.0, -7.3, -33.3]))
def test_a_sum_at_the_limit_meets_the_requirement_exactly(total_mw, change):
    threshold_w = total_mw / 1000.0 * (1.0 + change / 100.0)
    most = _largest_mw(threshold_w)
    assert most / 1000.0 <= threshold_w < (most + 1) / 1000.0
