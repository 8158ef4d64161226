"""Laws of the classical solvers, and of the objectives they climb."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.power.graphs.families import FAMILIES, GAUSSIAN, MIX, PCGNN, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import (
    OBJECTIVES,
    SUM_RATE,
    EnergyEfficiency,
    LowPercentile,
    MaxMin,
    MinRate,
    ProportionalFair,
    objective,
)
from tools.power.graphs.rates import HIGHEST_MCS_BITS_PER_HZ, rates, weighted_sum_rate
from tools.power.graphs.rules import (
    greedy_on_off,
    least_powers,
    open_loop,
    rounded,
    switched,
    switched_in_pairs,
)
from tools.power.graphs.solvers import (
    best,
    best_wmmse,
    fractional_programming,
    full_power,
    max_min,
    random_starts,
    trimmed,
    values,
    wmmse,
)
from tools.power.graphs.stream import graphs
from tools.power.graphs.wmmse import fp_step, wmmse_step

seeds = st.integers(0, 10_000)
families = st.sampled_from(sorted(FAMILIES))


def varied(name: str, links: int, seed: int, count: int = 3) -> LinkGraphs:
    family = Varied(FAMILIES[name])
    return family.draw(count, links, torch.Generator().manual_seed(seed)).to(torch.float64)


@given(families, st.integers(2, 12), seeds, st.sampled_from([wmmse_step, fp_step]))
@settings(max_examples=40)
def test_the_weighted_sum_rate_never_falls(name, links, seed, step):
    some = varied(name, links, seed)
    power = random_starts(some, 4, seed)
    before = weighted_sum_rate(some, power)
    for _ in range(12):
        power = step(some, power)
        after = weighted_sum_rate(some, power)
        assert (after >= before - 1e-9 * before).all()
        assert (power >= 0.0).all()
        assert (power <= 1.0).all()
        before = after


@given(families, st.integers(2, 12), seeds)
@settings(max_examples=20)
def test_fp_and_wmmse_are_one_iteration(name, links, seed):
    some = varied(name, links, seed)
    starts = random_starts(some, 3, seed)
    one = weighted_sum_rate(some, wmmse(some, starts, 40))
    other = weighted_sum_rate(some, fractional_programming(some, starts, 40))
    assert torch.allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_single_precision_is_enough(name):
    some = graphs(FAMILIES[name], 20, 1, 16)
    starts = random_starts(some, 5)
    single = best(some, wmmse(some, starts)).value
    exact = some.to(torch.float64)
    double = best(exact, wmmse(exact, starts.double())).value
    assert torch.allclose(single.double(), double, rtol=1e-3)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_two_links_reach_the_best_of_a_fine_grid(name):
    some = varied(name, 2, 11, count=16)
    levels = torch.linspace(0.0, 1.0, 201, dtype=torch.float64)
    # the optimum of two links has one of them at its limit (Gjendemsjo et al., 2008)
    grid = torch.tensor([*itertools.product(levels, [1.0]), *itertools.product([1.0], levels)])
    everything = grid.T.expand(16, -1, -1).to(torch.float64)
    exhaustive = weighted_sum_rate(some, everything).amax(1)
    found = best_wmmse(some, 20, iterations=400, exponent=3.0).value
    assert (found >= exhaustive * (1.0 - 1e-3)).all()


def test_fp_best_of_100_has_the_published_value_on_the_pcgnn_set():
    some = graphs(PCGNN, 20, 7, 64)
    power = fractional_programming(some, random_starts(some, 100))
    assert best(some, power).value.mean() == pytest.approx(4.652, abs=0.15)


def test_bold_rounds_stay_finite_where_a_link_has_fallen_to_nothing():
    gain = torch.tensor([[[1e15, 1e15], [1.0, 1e-6]]])
    some = LinkGraphs.of(gain, torch.tensor([[1.0, 1e-9]]))
    for start in (0.0, 1e-30, 1.0):
        power = wmmse(some, torch.tensor([[[start], [1e-38]]]), 20, exponent=5.0)
        assert torch.isfinite(power).all()


def test_over_relaxation_gets_further_in_the_same_rounds():
    some = graphs(MIX, 20, 2, 64)
    plain, relaxed = (
        weighted_sum_rate(some, wmmse(some, full_power(some), 20, exponent=e)) for e in (1.0, 5.0)
    )
    assert relaxed.mean() > 1.005 * plain.mean()


@given(families, st.integers(2, 10), seeds, st.sampled_from(sorted(OBJECTIVES)))
@settings(max_examples=40)
def test_marginals_are_the_slopes_of_the_smooth_value(name, links, seed, wanted):
    """Where the smooth value is the exact one; soft steps are tested below."""
    if wanted in ("max_min", "low_percentile", "min_rate"):
        return
    some = varied(name, links, seed)
    goal = objective(wanted)
    power = (0.1 + 0.8 * random_starts(some, 1, seed)).requires_grad_()
    rate = (0.5 + 4.0 * torch.rand(3, links, 1, dtype=torch.float64)).requires_grad_()
    by_rate, by_power = torch.autograd.grad(
        goal.smooth(some, rate, power).sum(), (rate, power), allow_unused=True
    )
    slopes = goal.marginals(some, rate.detach(), power.detach())
    scale = by_rate / slopes.rate
    assert torch.allclose(scale, scale[:, :1].expand_as(scale))
    if slopes.power is None:
        assert by_power is None
    else:
        # rates count in nats beside a power price
        price = -by_power / scale
        assert torch.allclose(price * torch.log(torch.tensor(2.0)), slopes.power)


@pytest.mark.parametrize("wanted", sorted(OBJECTIVES))
def test_reweighted_wmmse_beats_random_powers(wanted):
    some, goal = graphs(MIX, 10, 4, 64), objective(wanted)
    found = best_wmmse(some, 5, goal).value
    random = values(some, random_starts(some, 20, 9), goal).amax(1)
    assert (found >= random - 1e-6 * random.abs()).double().mean() > 0.8
    assert found.mean() > random.mean()


@given(families, st.integers(2, 10), seeds)
@settings(max_examples=12)
def test_max_min_gives_all_links_one_rate_that_nothing_exceeds(name, links, seed):
    some = varied(name, links, seed)
    power = max_min(some, 1000)
    rate = rates(some, power)
    assert torch.allclose(rate, rate[:, :1].expand_as(rate), rtol=1e-2)
    others = values(some, random_starts(some, 50, seed), MaxMin()).amax(1)
    assert (others <= rate.amin(1)[:, 0] * 1.01).all()


@given(families, st.integers(2, 8), seeds)
@settings(max_examples=12)
def test_least_powers_are_feasible_where_any_are(name, links, seed):
    some = varied(name, links, seed)
    reachable = values(some, max_min(some, 1000), MaxMin()).amin().item()
    least = least_powers(some, 0.9 * reachable, 1000)
    assert rates(some, least).amin() >= 0.9 * reachable * 0.99
    beyond = values(some, max_min(some, 1000), MaxMin()).amax().item()
    assert rates(some, least_powers(some, 1.1 * beyond, 300)).amin() < 1.1 * beyond


def test_a_minimum_rate_that_can_be_kept_is_kept():
    gain = torch.tensor([[[100.0, 1.0], [20.0, 10.0]]], dtype=torch.float64)
    some, goal = LinkGraphs.of(gain), MinRate(minimum_bits_per_hz=0.5)
    free = best(some, wmmse(some, random_starts(some, 10), 200))
    assert rates(some, free.power[..., None]).min() < 0.5
    kept = best_wmmse(some, 10, goal, iterations=400)
    assert rates(some, kept.power[..., None]).min() > 0.5 * 0.95


def test_energy_efficiency_saves_power():
    some = graphs(MIX, 10, 4, 16)
    goal = EnergyEfficiency(static_w=0.05)
    frugal, lavish = best_wmmse(some, 5, goal), best_wmmse(some, 5)
    assert (frugal.power.sum(1) < lavish.power.sum(1)).all()
    assert (frugal.value > values(some, lavish.power[..., None], goal)[:, 0]).all()


@given(families, st.integers(2, 12), seeds)
@settings(max_examples=20)
def test_trimming_to_a_cap_costs_nobody(name, links, seed):
    some = varied(name, links, seed)
    power = random_starts(some, 3, seed)
    cap = HIGHEST_MCS_BITS_PER_HZ
    before, after = (rates(some, p, cap) for p in (power, trimmed(some, power, cap)))
    assert (after >= before - 1e-9).all()


def test_capped_rates_are_optimised_as_such():
    some = graphs(MIX, 20, 6, 32)
    cap = HIGHEST_MCS_BITS_PER_HZ
    aware = best_wmmse(some, 5, cap_bits_per_hz=cap).value
    blind = best_wmmse(some, 5).power[..., None]
    assert aware.mean() > values(some, blind, objective("sum_rate"), cap).mean()


@given(st.sampled_from(["pcgnn", "gaussian", "mix"]), st.integers(2, 8), seeds)
@settings(max_examples=20)
def test_switching_ends_where_no_single_switch_helps(name, links, seed):
    some = varied(name, links, seed, count=2)
    power = greedy_on_off(some)
    value = values(some, power, objective("sum_rate"))[:, 0]
    for i in range(links):
        other = power.clone()
        other[:, i] = 1.0 - other[:, i]
        assert (weighted_sum_rate(some, other)[:, 0] <= value * (1.0 + 1e-5)).all()


def test_switching_serves_any_objective():
    some, goal = graphs(GAUSSIAN, 8, 0, 8), ProportionalFair()
    start = rounded(random_starts(some, 2)[..., 1:])
    before, after = values(some, start, goal), values(some, switched(some, start, goal), goal)
    assert (after >= before).all()
    assert (after > before).any()


def test_open_loop_control_follows_the_path_loss():
    some = graphs(MIX, 11, 3, 8)
    power = open_loop(some)
    snr = some.gain.diagonal(dim1=1, dim2=2)[..., None]
    assert torch.allclose(power.median(1).values, torch.tensor(0.5))
    # below the limit every received power is P_0 + (1 - alpha) of the path gain
    received = torch.where(power < 1.0, power * snr**0.8, torch.nan)
    spread = received.nan_to_num(-torch.inf).amax(1) / received.nan_to_num(torch.inf).amin(1)
    assert torch.allclose(spread, torch.ones_like(spread), rtol=1e-3)
    assert torch.equal(open_loop(some, compensation=0.0), torch.full_like(power, 0.5))


def test_low_percentile_interpolates():
    some = graphs(MIX, 21, 0, 1)
    rate = torch.arange(21.0)[None, :, None]
    assert LowPercentile(5.0).value(some, rate, rate)[0, 0] == pytest.approx(1.0)
    assert LowPercentile(10.0).value(some, rate, rate)[0, 0] == pytest.approx(2.0)


def test_an_unknown_objective_is_refused():
    with pytest.raises(RanwrightError, match="Choose one of: sum_rate") as caught:
        objective("fastest")
    assert caught.value.code == "graph.unknown_objective"


def test_pairs_of_switches_find_what_single_ones_do_not():
    some = graphs(PCGNN, 20, 7, 64)
    single = switched(some, torch.zeros_like(some.weight)[..., None])
    paired = switched_in_pairs(some, single)
    before, after = (values(some, p, SUM_RATE)[:, 0] for p in (single, paired))
    assert (after >= before * (1.0 - 1e-5)).all()
    assert (after > before * 1.001).any()
    capped = switched_in_pairs(some, single, cap_bits_per_hz=1.0)
    before, after = (values(some, p, SUM_RATE, 1.0)[:, 0] for p in (single, capped))
    assert (after >= before * (1.0 - 1e-5)).all()
