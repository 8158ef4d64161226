"""The given answer: never worse than the classical one, minimum rates first, strangeness said."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.power.foundation.familiarity import Familiarity
from tools.power.foundation.model import GraphFoundationModel, ModelSize
from tools.power.foundation.portfolio import Origin, Portfolio
from tools.power.foundation.recipe import Recipe
from tools.power.graphs.families import FAMILIES, GAUSSIAN, MIX, PCGNN, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import OBJECTIVES, SUM_RATE, MinRate, objective
from tools.power.graphs.rates import HIGHEST_MCS_BITS_PER_HZ, rates
from tools.power.graphs.rules import least_powers
from tools.power.graphs.solvers import full_power, values, wmmse
from tools.power.graphs.stream import graphs

SMALL = ModelSize(width=16, heads=2, blocks=2, starts=4, rounds=3, edge_width=6, edge_channels=3)
seeds = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def model() -> GraphFoundationModel:
    torch.manual_seed(0)
    return GraphFoundationModel(SMALL).double().eval()


@given(
    st.sampled_from(sorted(FAMILIES)),
    st.integers(2, 10),
    seeds,
    st.sampled_from(sorted(OBJECTIVES)),
    st.sampled_from([None, HIGHEST_MCS_BITS_PER_HZ]),
)
@settings(max_examples=25)
def test_it_is_never_worse_than_wmmse_from_present_power(model, name, links, seed, wanted, cap):
    generator = torch.Generator().manual_seed(seed)
    some = Varied(FAMILIES[name]).draw(3, links, generator).to(torch.float64)
    present = torch.rand(3, links, generator=generator, dtype=torch.float64)
    goal, portfolio = objective(wanted), Portfolio(model, classical_rounds=30)
    chosen = portfolio.choose(some, goal, cap, present)
    classical = wmmse(some, present[..., None], 30, goal, cap)
    least = values(some, torch.cat([classical, present[..., None]], -1), goal, cap).amax(1)
    if wanted == "min_rate":
        # holding the minimum goes before the sum
        least = torch.where(chosen.feasible, -torch.inf, least)
    assert (chosen.value >= least - 1e-9).all()
    assert torch.allclose(values(some, chosen.power[..., None], goal, cap)[:, 0], chosen.value)


def test_its_parts_all_win_somewhere(model):
    origins = set()
    for family in (MIX, PCGNN, GAUSSIAN):
        some = graphs(family, 10, 0, 64).to(torch.float64)
        origins |= set(Portfolio(model).choose(some).origin)
        origins |= set(Portfolio(model, rounds=0, switches=0).choose(some).origin)
    assert {Origin.CLASSICAL, Origin.REFINED, Origin.SWITCHED} <= origins


def test_a_minimum_rate_is_held_wherever_it_can_be(model):
    some, goal = graphs(MIX, 6, 4, 64).to(torch.float64), MinRate(minimum_bits_per_hz=0.3)
    chosen = Portfolio(model, classical_rounds=30).choose(some, goal)
    possible = rates(some, least_powers(some, 0.3, 2000)).amin(1)[:, 0] >= 0.3 * (1.0 - 1e-5)
    held = rates(some, chosen.power[..., None]).amin(1)[:, 0] >= 0.3 * (1.0 - 1e-3)
    assert 0.1 < possible.double().mean() < 0.95
    assert torch.equal(chosen.feasible, held)
    # power iteration needs long where a minimum is only just possible
    assert (possible & ~held).double().mean() < 0.05
    assert not (held & ~possible).any()


def test_without_a_minimum_everything_is_feasible(model):
    chosen = Portfolio(model).choose(graphs(MIX, 6, 4, 8).to(torch.float64))
    assert chosen.feasible.all()


def test_it_beats_full_power_on_a_hard_graph(model):
    some = graphs(PCGNN, 20, 1, 16).to(torch.float64)
    value = Portfolio(model).choose(some).value
    assert (value > 2.0 * values(some, full_power(some), SUM_RATE)[:, 0]).all()


def test_strange_graphs_look_strange():
    torch.manual_seed(0)
    model = GraphFoundationModel(SMALL)
    recipe = Recipe(sizes=(8, 12), varied_share=0.0, edges_a_batch=4096, size=SMALL)
    known = Familiarity.learn(model, recipe, batches=60)
    like = torch.cat([known.score(model, recipe.batch(10_000_000 + i)) for i in range(12)])
    assert 0.35 < like.mean() < 0.65
    assert (like < 0.02).double().mean() < 0.1
    usual = graphs(GAUSSIAN, 10, 3, 32)
    loud = LinkGraphs.of(usual.gain * 1e9)
    silent = LinkGraphs.of(usual.gain * torch.eye(10))
    assert (known.score(model, usual) > 0.05).double().mean() > 0.7
    assert known.score(model, loud).max() < 0.01
    assert known.score(model, silent).max() < 0.01
