"""Interference graphs as PyTorch Geometric data, and back."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.power.graphs.families import FAMILIES, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.pyg import from_data, to_data


@given(st.sampled_from(sorted(FAMILIES)), st.integers(1, 9), st.integers(0, 1000), st.randoms())
@settings(max_examples=30)
def test_geometric_data_gives_the_graphs_back(name, links, seed, random):
    made = Varied(FAMILIES[name]).draw(3, links, torch.Generator().manual_seed(seed))
    data = to_data(made)
    for one in data:
        order = list(range(one.edge_index.shape[1]))
        random.shuffle(order)
        one.edge_index, one.edge_attr = one.edge_index[:, order], one.edge_attr[order]
    back = from_data(data)
    assert torch.equal(back.gain, made.gain)
    assert torch.equal(back.weight, made.weight)
    assert torch.equal(back.limit, made.limit)


def test_an_edge_points_from_transmitter_to_receiver():
    gain = torch.tensor([[[5.0, 1.0], [2.0, 7.0]]])
    (data,) = to_data(LinkGraphs.of(gain))
    heard = dict(zip(map(tuple, data.edge_index.T.tolist()), data.edge_attr[:, 0], strict=True))
    assert heard[(1, 0)] == 1.0  # transmitter 1 at receiver 0
    assert heard[(0, 1)] == 2.0


def test_data_with_a_missing_or_a_double_edge_is_refused():
    (data,) = to_data(LinkGraphs.of(torch.rand(1, 4, 4)))
    data.edge_index, data.edge_attr = data.edge_index[:, 1:], data.edge_attr[1:]
    with pytest.raises(RanwrightError, match="one edge"):
        from_data([data])
    data.edge_index = torch.cat([data.edge_index, data.edge_index[:, :1]], 1)
    data.edge_attr = torch.cat([data.edge_attr, data.edge_attr[:1]])
    with pytest.raises(RanwrightError, match="one edge"):
        from_data([data])


def test_graphs_of_different_sizes_are_no_dense_batch():
    data = to_data(LinkGraphs.of(torch.rand(1, 4, 4))) + to_data(LinkGraphs.of(torch.rand(1, 3, 3)))
    with pytest.raises(RanwrightError, match="as many as the others"):
        from_data(data)
