"""The near-RT solver: against brute force, its slopes against differences, and always lawful."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.problem import Objective, PowerVariable
from tools.near_rt.limits import Limits
from tools.near_rt.model import Links, Network, Radio
from tools.near_rt.objective import Floor, Goal, MeanFloors, statistic, tangent
from tools.near_rt.solver import PowerSolver

RADIO = Radio(-120.0, 3.0, 7.4, 0.14, 2.0)
ON_RATES = [
    Objective.LOW_PERCENTILE,
    Objective.MEAN_THROUGHPUT,
    Objective.PROPORTIONAL_FAIRNESS,
    Objective.MAX_MIN,
]


def network(users: int, cells: int, seed: int, reach_db: float = 35.0) -> Network:
    rng = np.random.default_rng(seed)
    places, masts = rng.uniform(0, 1000, (users, 2)), rng.uniform(0, 1000, (cells, 2))
    distance = np.hypot(*(places[:, None] - masts[None]).transpose(2, 0, 1)).clip(30.0)
    snr_db = reach_db - 46.0 - 30.0 * np.log10(distance / 300.0) + rng.normal(0, 6, distance.shape)
    gain = 10.0 ** (snr_db / 10.0)
    return Network(gain, gain.argmax(1), rng.uniform(0.1, 0.9, users))


def variable(cell: int, current: int, steps_down: int, steps_up: int) -> PowerVariable:
    grid = [round(40_000 * 10.0 ** (-k / 10.0)) for k in range(16)]
    place = grid.index(current)
    return PowerVariable(
        cell_id=cell,
        current_mw=current,
        lower_mw=grid[min(15, place + steps_down)],
        upper_mw=grid[max(0, place - steps_up)],
        step_db=1.0,
        equipment_max_mw=40_000,
    )


def goal(objective: Objective, users: int, floors: tuple[Floor, ...] = ()) -> Goal:
    return Goal(objective, np.arange(users), floors, 1.0)


@pytest.mark.parametrize("objective", ON_RATES)
@pytest.mark.parametrize("seed", range(4))
def test_close_to_the_best_of_all_settings_of_three_cells(objective, seed):
    net = network(24, 3, seed)
    envelope = [variable(c, 20_047, 3, 3) for c in (1, 2, 3)]
    limits = Limits.of(envelope, 3 * 20_047, (1, 2, 3))
    present = np.full(3, 20_047.0)
    links = Links.under(present, net, RADIO)
    aim = goal(objective, 24)
    solver = PowerSolver(RADIO, limits)
    for _ in range(3):  # warm
        found = solver.solve(net, links, present, aim)
    every = np.array(list(itertools.product(*limits.grid_mw)))
    every = every[every.sum(1) <= limits.total_mw]
    values = aim.value(links.rates(every), every)
    now = float(aim.value(links.rates(present), present))
    reached = float(aim.value(links.rates(found.power_mw), found.power_mw))
    assert reached >= now + 0.7 * (values.max() - now)


def test_saving_power_stops_at_the_floor_that_was_promised():
    net = network(40, 4, 3)
    envelope = [variable(c, 40_000, 8, 0) for c in (1, 2, 3, 4)]
    limits = Limits.of(envelope, 4 * 40_000, (1, 2, 3, 4))
    present = np.full(4, 40_000.0)
    links = Links.under(present, net, RADIO)
    least = 0.97 * float(statistic("low", links.rates(present)))
    aim = Goal(Objective.MIN_POWER, np.arange(40), (Floor("low", np.arange(40), least),), 160_000.0)
    found = PowerSolver(RADIO, limits).solve(net, links, present, aim)
    assert found.power_mw.sum() < present.sum()
    assert statistic("low", links.rates(found.power_mw)) >= 0.99 * least


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 8), st.floats(0.5, 1.5))
def test_many_means_are_held_as_one_by_one(seed, count, level):
    rng = np.random.default_rng(seed)
    rates = rng.lognormal(size=(3, 30))
    groups = [np.flatnonzero(rng.random(30) < 0.4) for _ in range(count)]
    groups = [g for g in groups if len(g)] or [np.arange(30)]
    least = [level * float(rates[0, g].mean()) for g in groups]
    shares = np.zeros((len(groups), 30))
    for row, group in zip(shares, groups, strict=True):
        row[group] = 1.0 / len(group)
    one = [Floor("mean", g, at) for g, at in zip(groups, least, strict=True)]
    aims = [
        Goal(Objective.MEAN_THROUGHPUT, np.arange(30), floors, 1.0)
        for floors in (one, [MeanFloors(shares, np.array(least))])
    ]
    values = [aim.value(rates, np.ones((3, 2))) for aim in aims]
    assert values[1] == pytest.approx(values[0], abs=1e-9)
    if abs(level - 1.0) > 1e-9:  # there a floor is neither missed nor kept
        assert aims[1].weights(rates[0]) == pytest.approx(aims[0].weights(rates[0]), abs=1e-12)


@pytest.mark.parametrize("kind", ["mean", "log"])
def test_slopes_are_those_of_differences(kind):
    net = network(30, 5, 7)
    power = np.full(5, 15_000.0)
    links = Links.under(power, net, RADIO)
    slope = links.slope(power, tangent(kind, links.rates(power)))
    for cell in range(5):
        step = np.zeros(5)
        step[cell] = 1e-5
        up, down = power * np.exp(step), power * np.exp(-step)
        values = statistic(kind, links.rates(np.stack([up, down])))
        assert slope[cell] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-3, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_never_outside_envelope_total_and_grid(data):
    cells = data.draw(st.integers(1, 6))
    grid = [round(40_000 * 10.0 ** (-k / 10.0)) for k in range(16)]
    envelope = [
        variable(
            c,
            data.draw(st.sampled_from(grid)),
            data.draw(st.integers(0, 6)),
            data.draw(st.integers(0, 6)),
        )
        for c in range(1, cells + 1)
        if data.draw(st.booleans()) or c == 1
    ]
    spare = data.draw(st.integers(0, 20_000))
    total = sum(v.current_mw for v in envelope) + spare
    ids = tuple(range(1, cells + 1))
    limits = Limits.of(envelope, total, ids)
    solver = PowerSolver(RADIO, limits)
    present = np.full(cells, 10_048.0)
    for v in envelope:
        present[v.cell_id - 1] = v.current_mw
    objective = data.draw(st.sampled_from([*ON_RATES, Objective.MIN_POWER]))
    users = data.draw(st.integers(1, 12))
    for seed in range(3):
        net = network(users, cells, seed)
        links = Links.under(present, net, RADIO)
        found = solver.solve(net, links, present, goal(objective, users))
        powers = {c: round(float(p)) for c, p in zip(ids, found.power_mw, strict=True)}
        assert limits.holds(powers, ids)
        for v in envelope:
            assert v.lower_mw <= powers[v.cell_id] <= v.upper_mw
        still = set(ids) - {v.cell_id for v in envelope}
        assert all(powers[c] == present[c - 1] for c in still)
        aim = goal(objective, users)
        one, other = (PowerSolver(RADIO, limits).solve(net, links, present, aim) for _ in "12")
        assert (one.power_mw == other.power_mw).all()
        present = found.power_mw


def test_an_objective_counts_a_ue_wherever_it_is_served():
    gain = np.array([[1.0, 0.5], [0.2, 1.0]])
    net = Network(gain, np.array([0, 1]), np.array([0.5, 0.5]))
    assert net.served_under(np.array([1.0, 1.0]), RADIO).tolist() == [0, 1]
    assert net.served_under(np.array([1.0, 2.9]), RADIO).tolist() == [0, 1]  # less than 2 dB better
    assert net.served_under(np.array([1.0, 3.5]), RADIO).tolist() == [1, 1]


@pytest.mark.parametrize("module", ["tools.near_rt.solver", "xapps.power_control.control"])
def test_no_torch_comes_with_it(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'twins' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
