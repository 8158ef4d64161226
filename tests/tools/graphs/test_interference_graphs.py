"""Interference graphs: what they refuse, families, streams."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.power.graphs.families import (
    BLOCK,
    CUI,
    FAMILIES,
    GAUSSIAN,
    HELD_OUT,
    MIX,
    PCGNN,
    TRAINING,
    Varied,
)
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.placement import street_loss_db
from tools.power.graphs.stream import batches, graphs
from tools.power.graphs.twin import TwinCells
from twins.scenario import load_scenario

families = st.sampled_from(sorted(FAMILIES))


@pytest.mark.parametrize(
    ("gain", "weight", "limit", "fault"),
    [
        (torch.ones(1, 2, 3), None, None, "shape"),
        (torch.ones(2, 2), None, None, "shape"),
        (-torch.ones(1, 2, 2), None, None, "negative"),
        (torch.full((1, 2, 2), torch.nan), None, None, "not finite"),
        (torch.ones(1, 2, 2), torch.ones(1, 3), None, "weights of shape"),
        (torch.ones(1, 2, 2), torch.full((1, 2), torch.inf), None, "not finite"),
        (torch.ones(1, 2, 2), None, torch.full((1, 2), 1.5), "above full power"),
    ],
)
def test_malformed_graphs_are_refused(gain, weight, limit, fault):
    with pytest.raises(RanwrightError, match=fault) as caught:
        LinkGraphs.of(gain, weight, limit)
    assert caught.value.code == "graph.malformed"


@given(families, st.integers(2, 12), st.integers(0, 200), st.integers(1, 100))
@settings(max_examples=20)
def test_a_graph_is_the_same_whatever_the_batch(name, links, first, size):
    family = FAMILIES[name]
    stream = batches(family, links, seed=3, size=size, first=first)
    one, two = next(stream), next(stream)
    assert torch.equal(
        torch.cat([one.gain, two.gain]), graphs(family, links, 3, 2 * size, first).gain
    )


@pytest.mark.parametrize("name", sorted(FAMILIES))
@pytest.mark.parametrize("links", [2, 200])
def test_families_give_lawful_graphs_that_seeds_tell_apart(name, links):
    made = graphs(FAMILIES[name], links, seed=0, count=2)
    LinkGraphs.of(made.gain, made.weight, made.limit)
    assert not torch.equal(made.gain, graphs(FAMILIES[name], links, seed=1, count=2).gain)
    assert not torch.equal(made.gain[0], made.gain[1])


def test_one_family_is_kept_out_of_training():
    assert not set(HELD_OUT) & set(TRAINING)
    assert set(HELD_OUT) | set(TRAINING) == set(FAMILIES.values())


def test_dense_families_have_the_published_statistics():
    amplitude = graphs(PCGNN, 20, 0, 2 * BLOCK).gain / 10.0
    power = graphs(GAUSSIAN, 20, 0, 2 * BLOCK).gain / 10.0
    # Rayleigh amplitude of a CN(0, 1) channel: mean sqrt(pi) / 2, second moment 1
    assert amplitude.mean() == pytest.approx(0.8862, rel=0.01)
    assert amplitude.square().mean() == pytest.approx(1.0, rel=0.02)
    assert power.mean() == pytest.approx(1.0, rel=0.02)


def test_street_loss_by_hand():
    # at the break point 4 h^2 / lambda = 72.05 m: |20 log10(lambda^2 / (8 pi h^2))| + 6 = 77.2 dB
    loss = street_loss_db(torch.tensor([72.05, 7.205, 720.5]), 2.4e9, 1.5)
    assert loss.tolist() == pytest.approx([77.18, 57.18, 117.18], abs=0.02)


def test_wanted_links_of_cui_lie_in_the_published_range():
    snr_db = 10.0 * graphs(CUI, 50, 0, BLOCK).gain.diagonal(dim1=1, dim2=2).log10()
    noise_dbm = -102.01
    reach = street_loss_db(torch.tensor([2.0, 65.0]), 2.4e9, 1.5)
    nearest, farthest = (40.0 + 2.5 - reach - noise_dbm).tolist()
    assert farthest - 0.01 <= snr_db.min() < farthest + 1.5
    assert nearest - 3.0 < snr_db.max() <= nearest + 0.01


def test_mixed_graphs_differ_in_density():
    gain = graphs(MIX, 20, 0, 2 * BLOCK)
    ratio_db = 10.0 * (gain.leak.sum(2) / gain.direct).log10()
    per_graph = ratio_db.median(1).values
    assert per_graph.quantile(0.9) - per_graph.quantile(0.1) > 10.0


def test_varied_graphs_keep_their_gains():
    family = Varied(GAUSSIAN)
    made = family.draw(8, 5, torch.Generator().manual_seed(2))
    assert torch.equal(made.gain, GAUSSIAN.draw(8, 5, torch.Generator().manual_seed(2)).gain)
    assert torch.allclose(made.weight.mean(1), torch.ones(8))
    assert 0.1 <= made.limit.min() < made.limit.max() <= 1.0


def test_graphs_of_a_twin():
    family = TwinCells(load_scenario("munich"))
    made = graphs(family, family.cells, seed=5, count=12)
    LinkGraphs.of(made.gain, made.weight, made.limit)
    assert torch.equal(made.gain, graphs(family, family.cells, seed=5, count=20).gain[:12])
    assert torch.allclose(made.weight.mean(1), torch.ones(12))
    # a cell without UEs neither sends nor counts
    assert torch.equal(made.weight == 0.0, made.limit == 0.0)
    # UEs are served by the cell they hear best on average, so mostly on a sub-band too
    served = made.limit > 0.0
    strongest = made.gain.argmax(2) == torch.arange(family.cells)
    assert strongest[served].double().mean() > 0.6
    # the sub-bands of a drop differ, and so do drops
    assert len({tuple(g.flatten().tolist()) for g in made.gain}) == 12


def test_a_twin_has_its_own_size():
    with pytest.raises(RanwrightError, match="9 cells") as caught:
        graphs(TwinCells(load_scenario("munich")), 10, seed=0, count=1)
    assert caught.value.code == "graph.wrong_size"
