"""The exported model: the same as the trained one, without torch."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tools.near_rt.link_model import Graph, LinkModel
from tools.power.foundation.checkpoint import load_model
from tools.power.foundation.model import GraphFoundationModel
from tools.power.graphs.families import ADHOC, CUI, FAMILIES, Varied
from tools.power.graphs.objectives import SUM_RATE
from tools.power.graphs.rates import HIGHEST_MCS_BITS_PER_HZ
from tools.power.graphs.solvers import values, wmmse
from tools.power.graphs.stream import graphs
from tools.power.runtime import numerics


@pytest.fixture(scope="module")
def pair(weights) -> tuple[GraphFoundationModel, LinkModel]:
    return load_model(weights).double(), LinkModel.load(weights).in_double_precision()


def both(some) -> Graph:
    return Graph(some.scaled[0].numpy(), some.weight[0].numpy())


@given(
    st.sampled_from(sorted(FAMILIES)),
    st.integers(1, 24),
    st.integers(0, 10_000),
    st.sampled_from((None, HIGHEST_MCS_BITS_PER_HZ)),
)
@settings(max_examples=40, deadline=None)
def test_equals_the_trained_model(pair, name, links, seed, cap):
    trained, exported = pair
    generator = torch.Generator().manual_seed(seed)
    some = Varied(FAMILIES[name]).draw(1, links, generator).to(torch.float64)
    with numerics(), torch.no_grad():
        expected = trained(some, cap_bits_per_hz=cap).power[0].numpy()
    assert np.abs(exported.starts(both(some), cap) - expected).max() < 1e-5


def test_single_precision_loses_nothing_that_counts(weights):
    trained, exported = load_model(weights), LinkModel.load(weights)
    some = graphs(CUI, 20, 99, 16)
    with numerics():
        expected = trained.answer(some).value
    for i in range(len(some)):
        graph = both(some[i : i + 1])
        assert graph.gain.dtype == exported.starts(graph).dtype == np.float32
        value = graph.value(exported.answer(graph)[:, None])[0]
        assert value == pytest.approx(float(expected[i]), rel=1e-3)


def test_refinement_is_wmmse_and_never_hurts(pair):
    _, exported = pair
    some = graphs(ADHOC, 12, 99, 1).to(torch.float64)
    graph = both(some)
    power = exported.starts(graph)
    with numerics():
        plain = wmmse(some, torch.tensor(power)[None], 1)[0].numpy()
    assert np.allclose(graph.refined(power, 1), plain, rtol=1e-9)
    one, other = (
        graph.value(exported.answer(graph, n, HIGHEST_MCS_BITS_PER_HZ)[:, None], None)[0]
        for n in (0, 20)
    )
    assert np.isfinite([one, other]).all()
    refined = graph.value(exported.answer(graph, 20)[:, None])[0]
    assert refined >= graph.value(exported.answer(graph)[:, None])[0]


def test_values_are_those_of_the_tools(pair):
    some = graphs(ADHOC, 9, 98, 1).to(torch.float64)
    power = np.random.default_rng(0).random((9, 5))
    for cap in (None, 2.0):
        expected = values(some, torch.tensor(power)[None], SUM_RATE, cap)[0].numpy()
        assert np.allclose(both(some).value(power, cap), expected)


def test_needs_no_torch():
    code = "import sys, tools.near_rt.link_model; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_no_model_is_refused(tmp_path):
    path = tmp_path / "m.safetensors"
    with pytest.raises(RanwrightError) as caught:
        LinkModel.load(path)
    assert caught.value.code == "model.missing"
    path.write_bytes(b"no model")
    with pytest.raises(RanwrightError) as caught:
        LinkModel.load(path)
    assert caught.value.code == "model.malformed"
