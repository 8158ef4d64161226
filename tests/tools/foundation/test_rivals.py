"""Learned rivals: they keep the laws of the field, and learn."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.learning.fitting import fit
from tools.power.foundation.losses import utility_loss
from tools.power.foundation.rivals import EdgeConvolution, UnrolledWmmse
from tools.power.graphs.families import ADHOC, FAMILIES, PCGNN, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.rates import weighted_sum_rate
from tools.power.graphs.solvers import full_power, wmmse
from tools.power.graphs.stream import graphs

RIVALS = {"edge_convolution": EdgeConvolution, "unrolled_wmmse": UnrolledWmmse}
rivals = st.sampled_from(sorted(RIVALS))


@given(rivals, st.sampled_from(sorted(FAMILIES)), st.integers(2, 10), st.integers(0, 1000))
@settings(max_examples=30)
def test_rivals_do_not_mind_the_order_of_links(rival, name, links, seed):
    torch.manual_seed(seed)
    model = RIVALS[rival]().double()
    generator = torch.Generator().manual_seed(seed)
    some = Varied(FAMILIES[name]).draw(2, links, generator).to(torch.float64)
    order = torch.randperm(links, generator=generator)
    with torch.no_grad():
        one, other = model(some).power, model(some.permuted(order)).power
    assert one.shape == (2, links, 1)
    assert ((one >= 0.0) & (one <= 1.0)).all()
    assert torch.allclose(one[:, order], other, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rival", sorted(RIVALS))
def test_rivals_learn(rival):
    torch.manual_seed(0)
    model, some = RIVALS[rival](), graphs(PCGNN, 10, 1, 64)
    with torch.no_grad():
        before = weighted_sum_rate(some, model(some).power).mean()
    losses = fit(
        model.parameters(),
        lambda i: utility_loss(model, graphs(PCGNN, 8, 0, 64, first=64 * i)),
        100,
        1e-2,
    )
    with torch.no_grad():
        after = weighted_sum_rate(some, model(some).power).mean()
    assert len(losses) == 100
    assert after > 1.03 * before


def test_unrolled_wmmse_without_its_network_is_wmmse():
    some = graphs(ADHOC, 8, 0, 4).to(torch.float64)
    model = UnrolledWmmse(layers=5).double()
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        for out in model._out:
            out.bias[1] = -1e3  # no shift; the scale is exp(0)
        power = model(some).power
    assert torch.allclose(power, wmmse(some, full_power(some), 5), rtol=1e-6)


def test_a_fit_that_breaks_down_says_so():
    model = UnrolledWmmse()
    with torch.no_grad():
        next(model.parameters()).fill_(torch.nan)
    some = LinkGraphs.of(torch.ones(2, 3, 3))
    with pytest.raises(FloatingPointError, match="not finite"):
        fit(model.parameters(), lambda _: utility_loss(model, some), 1, 1e-3)
