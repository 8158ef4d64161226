"""Laws of the model, trained or not, and of its pre-training."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.power.foundation.features import View
from tools.power.foundation.model import GraphFoundationModel, ModelSize
from tools.power.foundation.pretraining import HIDDEN_SHARE, Pretraining, hidden_view
from tools.power.graphs.families import FAMILIES, GAUSSIAN, MIX, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import OBJECTIVES, SUM_RATE, objective
from tools.power.graphs.rates import HIGHEST_MCS_BITS_PER_HZ, rates
from tools.power.graphs.solvers import full_power, values
from tools.power.graphs.stream import graphs

SMALL = ModelSize(width=16, heads=2, blocks=3, starts=4, rounds=3, edge_width=6, edge_channels=3)
seeds = st.integers(0, 10_000)
families = st.sampled_from(sorted(FAMILIES))


def model(seed: int = 0, size: ModelSize = SMALL) -> GraphFoundationModel:
    torch.manual_seed(seed)
    return GraphFoundationModel(size).double().eval()


def varied(name: str, links: int, seed: int, count: int = 3) -> LinkGraphs:
    family = Varied(FAMILIES[name])
    return family.draw(count, links, torch.Generator().manual_seed(seed)).to(torch.float64)


@given(families, st.integers(2, 12), seeds, st.sampled_from(sorted(OBJECTIVES)))
@settings(max_examples=40)
def test_numbering_links_differently_changes_nothing(name, links, seed, wanted):
    some, goal = varied(name, links, seed), objective(wanted)
    order = torch.randperm(links, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        one, other = model(seed)(some, goal), model(seed)(some.permuted(order), goal)
    assert torch.allclose(one.power[:, order], other.power, rtol=1e-5, atol=1e-8)
    assert torch.allclose(one.state[:, order], other.state, rtol=1e-5, atol=1e-8)


@given(families, st.integers(2, 8), seeds)
@settings(max_examples=20)
def test_a_graph_is_answered_alike_in_any_batch(name, links, seed):
    some = varied(name, links, seed)
    with torch.no_grad():
        together, alone = model()(some).power, model()(some[1:2]).power
    assert torch.allclose(together[1:2], alone, rtol=1e-6)


@given(families, st.integers(2, 8), seeds, st.floats(0.1, 10.0))
@settings(max_examples=20)
def test_only_relative_weights_count(name, links, seed, factor):
    some = varied(name, links, seed)
    scaled = LinkGraphs(some.gain, some.weight * factor, some.limit)
    with torch.no_grad():
        assert torch.allclose(model()(some).power, model()(scaled).power, rtol=1e-5, atol=1e-9)


@given(families, st.integers(2, 8), seeds)
@settings(max_examples=20)
def test_a_limit_is_a_gain(name, links, seed):
    """Half of full power on twice the gain is the same link."""
    some = varied(name, links, seed)
    folded = LinkGraphs.of(some.scaled, some.weight)
    with torch.no_grad():
        assert torch.allclose(model()(some).power, model()(folded).power, rtol=1e-6)


@pytest.mark.parametrize("links", [1, 2, 57, 200])
@pytest.mark.parametrize("wanted", sorted(OBJECTIVES))
def test_any_number_of_links_and_any_objective(links, wanted):
    some = graphs(MIX, links, 0, 2)
    answer = model().float().answer(some, objective(wanted))
    assert answer.power.shape == (2, links)
    assert ((answer.power >= 0.0) & (answer.power <= 1.0)).all()
    assert torch.isfinite(answer.value).all()


def test_a_link_without_power_or_worth_is_harmless():
    some = varied("mix", 6, 0)
    dead = LinkGraphs.of(some.gain, some.weight.clone(), some.limit.clone())
    dead.weight[:, 0] = 0.0
    dead.limit[:, 0] = 0.0
    answer = model().answer(dead)
    assert torch.isfinite(answer.value).all()
    alive = LinkGraphs.of(some.gain[:, 1:, 1:], some.weight[:, 1:], some.limit[:, 1:])
    said = values(alive, answer.power[:, 1:, None], SUM_RATE)[:, 0]
    assert torch.allclose(said, answer.value)


@given(families, st.integers(2, 10), seeds, st.sampled_from(sorted(OBJECTIVES)))
@settings(max_examples=30)
def test_the_answer_is_the_best_that_was_found(name, links, seed, wanted):
    some, goal = varied(name, links, seed), objective(wanted)
    answer = model().answer(some, goal)
    with torch.no_grad():
        found = values(some, model()(some, goal).power, goal)
    assert (answer.value >= found.amax(1) - 1e-9).all()
    again = values(some, answer.power[..., None], goal)[:, 0]
    assert torch.allclose(again, answer.value)


def test_even_untrained_it_beats_full_power():
    some = graphs(GAUSSIAN, 10, 0, 32)
    value = GraphFoundationModel().answer(some).value
    assert (value > values(some, full_power(some), SUM_RATE)[:, 0]).all()


def test_under_a_cap_no_link_sends_more_than_it_can_use():
    some = varied("mix", 10, 1)
    with torch.no_grad():
        power = model()(some, cap_bits_per_hz=HIGHEST_MCS_BITS_PER_HZ).power
    # the others lowered theirs too, so a rate may end a little above the cap
    before = model()(some).power.detach()
    assert (power.sum(1) < before.sum(1)).any()
    assert rates(some, power).mean() < rates(some, before).mean()


def test_hidden_gains_are_hidden():
    some = varied("mix", 6, 3)
    view = hidden_view(some, torch.Generator().manual_seed(1))
    assert view.hidden is not None
    share = view.hidden.double().mean()
    assert share == pytest.approx(HIDDEN_SHARE * 5 / 6, abs=0.15)
    assert not view.hidden.diagonal(dim1=1, dim2=2).any()
    assert (view.graphs.gain[view.hidden] == 0.0).all()
    louder = some.gain * torch.where(view.hidden, 100.0, 1.0)
    other = hidden_view(
        LinkGraphs(louder, some.weight, some.limit), torch.Generator().manual_seed(1)
    )
    with torch.no_grad():
        assert torch.equal(model()(view).state, model()(other).state)


def test_the_network_sees_that_something_is_hidden():
    some = varied("mix", 6, 3)
    gone = torch.ones_like(some.gain, dtype=torch.bool) & ~torch.eye(6, dtype=torch.bool)
    silent = LinkGraphs(some.gain.masked_fill(gone, 0.0), some.weight, some.limit)
    with torch.no_grad():
        quiet, masked = model()(silent).state, model()(View(silent, gone)).state
    assert not torch.allclose(quiet, masked)


def test_the_teacher_learns_from_the_student_alone():
    torch.manual_seed(0)
    both = Pretraining(GraphFoundationModel(SMALL))
    some = graphs(MIX, 8, 0, 8)
    both.loss(some, torch.Generator().manual_seed(0)).backward()
    assert all(p.grad is None for p in both.teacher.parameters())
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in both.model.parameters())
    with torch.no_grad():
        for p in both.model.parameters():
            p.add_(1.0)
    before = [p.clone() for p in both.teacher.parameters()]
    both.follow()
    moved = [n - o for n, o in zip(both.teacher.parameters(), before, strict=True)]
    assert all(torch.allclose(m, torch.full_like(m, 0.004), atol=1e-4) for m in moved)


def test_pre_training_learns_to_fill_in_edges():
    torch.manual_seed(1)
    both = Pretraining(GraphFoundationModel(SMALL), agreement=False)
    optimiser = torch.optim.Adam([p for p in both.parameters() if p.requires_grad], 5e-3)
    losses = []
    for i in range(60):
        some = graphs(MIX, 10, 5, 64, first=64 * i)
        loss = both.loss(some, torch.Generator().manual_seed(i))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])
