"""Precoders for UEs: monotone solvers, an exact max-min, limits that hold, bounds that bound."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad, minimize

from benchmarks.beam_design.scenes import link_case
from contracts.errors import RanwrightError
from tools.beams.design.arrays import Complex, Real
from tools.beams.design.fractional import fractional_step
from tools.beams.design.limits import flatten, unflatten
from tools.beams.design.linear import (
    guarded_zero_forcing,
    maximum_ratio,
    regularised_zero_forcing,
    zero_forcing,
)
from tools.beams.design.link_ascent import LinkAscent
from tools.beams.design.link_problem import LinkProblem, link_problem
from tools.beams.design.links import design_links, matched_filter_bound, water_filling
from tools.beams.design.max_min import max_min
from tools.beams.design.requirements import BeamRequirements, BrightZone, Circle
from tools.beams.design.scene import Scene, twin_scene
from tools.beams.design.wmmse import wmmse, wmmse_step
from twins.scenario import load_scenario

Step = Callable[[LinkProblem, tuple[Complex, ...], Real], tuple[Complex, ...]]


def small(
    seed: int, cap_dbm: float | None = None, ues: int = 5, minimum_sinr_db: float | None = None
) -> tuple[Scene, BeamRequirements]:
    """Two sites with arrays of 2 x 4."""
    scene, wanted = link_case(seed, cap_dbm, ues, minimum_sinr_db=minimum_sinr_db)
    sites = tuple(replace(s, array=replace(s.array, rows=2, columns=4)) for s in scene.sites)
    return replace(scene, sites=sites), wanted


def test_fields_and_sinr_by_hand() -> None:
    problem = link_problem(*small(0))
    beams = maximum_ratio(problem)
    streams = {
        int(ue): (site, column)
        for site in range(2)
        for column, ue in enumerate(problem.served(site))
    }
    for k in range(5):
        power = [
            abs(problem.channels[site][k] @ beams[site][:, column]) ** 2
            for site, column in (streams[j] for j in range(5))
        ]
        expected = power[k] / (sum(power) - power[k] + problem.noise_mw)
        assert problem.sinr(beams)[k] == pytest.approx(expected)


def test_zero_forcing_leaves_no_interference() -> None:
    problem = link_problem(*small(1))
    power = abs(problem.fields(zero_forcing(problem))) ** 2
    assert (power - np.diag(np.diagonal(power))).max() < 1e-12 * np.diagonal(power).min()
    with pytest.raises(RanwrightError) as caught:
        zero_forcing(link_problem(*small(1, ues=9)))
    assert caught.value.code == "beams.too_few_antennas"


def test_nulled_directions_spare_the_dark_zone() -> None:
    problem = link_problem(*small(1, -90.0, ues=3))
    plain, guarded = zero_forcing(problem), guarded_zero_forcing(problem, step=1)
    assert problem.rates_bps_hz(guarded).sum() > problem.rates_bps_hz(plain).sum()
    assert problem.use(guarded).max() <= 1.0 + 1e-9
    many = link_problem(*small(1, -90.0, ues=9))
    assert guarded_zero_forcing(many)[0].shape == regularised_zero_forcing(many)[0].shape


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 50),
    pooled=st.booleans(),
    step=st.sampled_from([wmmse_step, fractional_step]),
)
def test_no_round_lowers_the_weighted_sum_rate(seed: int, pooled: bool, step: Step) -> None:
    problem = replace(link_problem(*small(seed, ues=10)), pooled=pooled)
    weights = np.random.default_rng(seed).uniform(0.5, 2.0, 10)
    beams = regularised_zero_forcing(problem)
    before = float(weights @ problem.rates_bps_hz(beams))
    for _ in range(15):
        beams = step(problem, beams, weights)
        now = float(weights @ problem.rates_bps_hz(beams))
        assert now >= before - 1e-9 * before
        assert problem.use(beams).max() <= 1.0 + 1e-6
        before = now


def test_wmmse_gains_and_pooled_power_is_worth_no_less() -> None:
    problem = link_problem(*small(3, ues=10))
    start = regularised_zero_forcing(problem)
    own = problem.rates_bps_hz(wmmse(problem, start)).sum()
    pooled = replace(problem, pooled=True)
    assert own > problem.rates_bps_hz(start).sum()
    assert pooled.rates_bps_hz(wmmse(pooled, wmmse(problem, start))).sum() >= own - 1e-9
    assert own <= matched_filter_bound(problem)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_water_has_one_level(gains: list[float], power: float) -> None:
    found = water_filling(np.array(gains), power)
    assert found.sum() == pytest.approx(power)
    levels = found + 1 / np.array(gains)
    wet = found > 1e-12 * power
    np.testing.assert_allclose(levels[wet], levels[wet][0], rtol=1e-9)
    assert (levels[~wet] >= levels[wet][0] * (1 - 1e-9)).all()


@pytest.mark.parametrize(("seed", "cap_dbm"), [(0, None), (1, None), (2, -80.0), (3, -90.0)])
def test_max_min_is_within_its_bound_and_balanced(seed: int, cap_dbm: float | None) -> None:
    problem = link_problem(*small(seed, cap_dbm))
    targets = np.array([1.0, 2.0, 1.0, 0.5, 1.0])
    found = max_min(problem, targets)
    assert problem.use(found.beams).max() <= 1.0 + 1e-9
    assert found.level == pytest.approx((problem.sinr(found.beams) / targets).min())
    assert 1.0 <= found.bound / found.level < 1.01
    for other in (zero_forcing(problem), maximum_ratio(problem)):
        assert (problem.sinr(other) / targets).min() <= found.bound


def test_another_solver_finds_no_better_worst_ue() -> None:
    problem = link_problem(*small(4, -80.0, ues=3))
    found = max_min(problem)
    shapes = [beam.shape for beam in found.beams]
    amplitude = np.sqrt(problem.sites[0].max_power_mw)

    def beams(flat: Real) -> list[Complex]:
        return [amplitude * beam for beam in unflatten(flat, shapes)]

    start = flatten([0.3 * beam / amplitude for beam in found.beams])
    answer = minimize(
        lambda x: -x[-1],
        np.append(start, 0.0),
        method="SLSQP",
        constraints=[
            {"type": "ineq", "fun": lambda x: np.log(problem.sinr(beams(x[:-1]))) - x[-1]},
            {"type": "ineq", "fun": lambda x: 1.0 - problem.use(beams(x[:-1]))},
        ],
        options={"maxiter": 200},
    )
    reached = problem.sinr(problem.within_limits(beams(answer.x[:-1]))).min()
    assert 0.5 * found.level < reached <= found.bound * (1 + 1e-6)


def test_pooled_max_min_is_no_worse() -> None:
    problem = link_problem(*small(5))
    pooled = max_min(replace(problem, pooled=True))
    assert pooled.bound >= max_min(problem).level


def test_the_gradient_of_the_ascent() -> None:
    problem = link_problem(*small(2, -80.0, ues=3, minimum_sinr_db=10.0))
    ascent = LinkAscent(problem)
    random = np.random.default_rng(1)
    shapes = [(8, len(problem.served(site))) for site in range(2)]
    flat = 0.1 * random.normal(size=2 * 8 * 3)
    above, below = ascent._violations(shapes, flat)
    upper, lower = random.uniform(size=len(above)), random.uniform(size=len(below))

    def lagrangian(x: Real) -> tuple[float, Real]:
        return ascent._lagrangian(shapes, 3.0, x, upper, lower, 2.0)

    error = check_grad(lambda x: lagrangian(x)[0], lambda x: lagrangian(x)[1], flat)
    assert error < 1e-4 * np.linalg.norm(lagrangian(flat)[1])


@pytest.mark.parametrize("seed", range(3))
def test_the_sum_rate_under_a_dark_zone(seed: int) -> None:
    scene, wanted = small(seed, -90.0)
    found = design_links(scene, wanted)
    problem = link_problem(scene, wanted)
    assert found.feasible, found.slacks
    assert found.value <= found.bound
    assert found.value >= problem.rates_bps_hz(guarded_zero_forcing(problem)).sum() - 1e-9
    assert found.reachable is None


def test_minimums_are_held_where_they_can_be_and_denied_where_not() -> None:
    scene, wanted = small(1, -80.0, minimum_sinr_db=0.0)
    level_db = design_links(scene, wanted, "max_min").value
    kept = small(1, -80.0, minimum_sinr_db=level_db - 1.0)[1]
    found = design_links(scene, kept)
    assert found.feasible, found.slacks
    assert found.reachable
    assert found.value >= sum(design_links(scene, kept, "max_min").rates_bps_hz)
    denied = design_links(scene, small(1, -80.0, minimum_sinr_db=level_db + 1.0)[1])
    assert denied.reachable is False
    assert denied.infeasible
    assert set(denied.infeasible) <= {ue.name for ue in wanted.ues}


def test_equal_seeds_give_equal_answers_on_a_site_twin() -> None:
    scene = twin_scene(load_scenario("munich"), rows=2, columns=4)
    wanted = BeamRequirements.model_validate(
        {"ues": [{"name": f"u{i}", "position_m": (40.0 * i, 30.0)} for i in range(4)]}
    )
    first, second = design_links(scene, wanted, seed=1), design_links(scene, wanted, seed=1)
    assert first.rates_bps_hz == second.rates_bps_hz
    assert first.rates_bps_hz != design_links(scene, wanted, seed=2).rates_bps_hz


def test_questions_that_links_do_not_answer() -> None:
    scene, wanted = small(0, -80.0)
    empty = wanted.model_copy(update={"ues": ()})
    with pytest.raises(RanwrightError) as caught:
        design_links(scene, empty)
    assert caught.value.code == "beams.no_ue"
    bright = BrightZone(name="b", area=Circle(centre_m=(0.0, 0.0), radius_m=9.0))
    with pytest.raises(RanwrightError) as caught:
        design_links(scene, wanted.model_copy(update={"bright": (bright,)}))
    assert caught.value.code == "beams.mixed"
