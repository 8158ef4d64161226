"""Laws of WMMSE and FP on random links, one network or many at once."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.power.fp import fp_step, solve_fp
from tools.power.links import Links, SolverLimits, weighted_sum_rate
from tools.power.runtime import DTYPE
from tools.power.wmmse import solve_wmmse, wmmse_step

seeds = st.integers(0, 10_000)
UPPER = 40_000.0


def network(seed: int, sub_bands: int = 1, batch: int = 2, ues: int = 12, cells: int = 4):
    generator = torch.Generator().manual_seed(seed)
    serving = torch.randint(cells, (batch, ues), generator=generator)
    gain_db = -60.0 + 20.0 * torch.rand(
        batch, ues, cells, sub_bands, generator=generator, dtype=DTYPE
    )
    own = torch.nn.functional.one_hot(serving, cells).bool()[..., None]
    gain = 10.0 ** ((gain_db + 15.0 * own) / 10.0)
    index = serving[:, :, None, None].expand(-1, -1, -1, sub_bands)
    links = Links(gain.gather(2, index).squeeze(2), gain.masked_fill(own, 0.0), serving)
    weights = torch.rand(batch, ues, generator=generator, dtype=DTYPE)
    power = (
        UPPER * torch.rand(batch, cells, sub_bands, generator=generator, dtype=DTYPE) / sub_bands
    )
    return links, weights, power.clamp(min=1.0)


def limits(cells: int = 4, lower: float = 0.0, total: float | None = None) -> SolverLimits:
    return SolverLimits(
        torch.full((cells,), lower, dtype=DTYPE),
        torch.full((cells,), UPPER, dtype=DTYPE),
        None if total is None else torch.tensor(total, dtype=DTYPE),
    )


@given(seeds, st.sampled_from([wmmse_step, fp_step]), st.sampled_from([1, 3]))
@settings(max_examples=40, deadline=None)
def test_the_weighted_sum_rate_never_falls(seed, step, sub_bands):
    links, weights, power = network(seed, sub_bands)
    inside = limits()
    before = weighted_sum_rate(power, links, weights)
    for _ in range(15):
        power = step(power, links, weights, inside)
        after = weighted_sum_rate(power, links, weights)
        assert (after >= before - 1e-9 * before.abs() - 1e-12).all()
        before = after


@given(seeds, st.sampled_from([wmmse_step, fp_step]), st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
def test_it_never_falls_under_a_total_limit_either(seed, step, sub_bands):
    links, weights, power = network(seed, sub_bands)
    total = 50_000.0
    power = power * (total / power.sum((1, 2), keepdim=True)).clamp(max=1.0)
    inside = limits(total=total)
    before = weighted_sum_rate(power, links, weights)
    for _ in range(8):
        power = step(power, links, weights, inside)
        assert (power.sum((1, 2)) <= total * (1 + 1e-9)).all()
        after = weighted_sum_rate(power, links, weights)
        assert (after >= before * (1 - 1e-7)).all()
        before = after


@given(seeds, st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
def test_wmmse_and_fp_agree_from_the_same_start(seed, sub_bands):
    links, weights, power = network(seed, sub_bands)
    one = solve_wmmse(power, links, weights, limits(), 20)
    other = solve_fp(power, links, weights, limits(), 20)
    assert torch.allclose(one, other, rtol=1e-7, atol=1e-6)


@given(seeds, st.sampled_from([wmmse_step, fp_step]), st.floats(0.0, 20_000.0))
@settings(max_examples=40, deadline=None)
def test_every_cell_stays_inside_its_limits(seed, step, lower):
    links, weights, power = network(seed)
    inside = limits(lower=lower)
    for _ in range(10):
        power = step(power.clamp(min=max(lower, 1e-3)), links, weights, inside)
        assert (power >= lower * (1 - 1e-12)).all()
        assert (power <= UPPER * (1 + 1e-12)).all()


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_sub_bands_share_their_cells_limit(seed):
    links, weights, power = network(seed, sub_bands=4)
    solved = solve_wmmse(power, links, weights, limits(), 30)
    assert (solved.sum(-1) <= UPPER * (1 + 1e-9)).all()


@given(seeds, st.floats(0.01, 100.0), st.sampled_from([solve_wmmse, solve_fp]))
@settings(max_examples=25, deadline=None)
def test_scaling_gains_up_and_powers_down_scales_the_answer(seed, factor, solve):
    links, weights, power = network(seed)
    scaled = Links(links.direct * factor, links.leak * factor, links.serving)
    box = limits()
    small = SolverLimits(box.lower / factor, box.upper / factor)
    one = solve(power, links, weights, box, 30)
    other = solve(power / factor, scaled, weights, small, 30)
    assert torch.allclose(one, other * factor, rtol=1e-6, atol=1e-6)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_a_batch_equals_its_members(seed):
    links, weights, power = network(seed, batch=3)
    together = solve_wmmse(power, links, weights, limits(), 20)
    for b in range(3):
        row = slice(b, b + 1)
        alone = Links(links.direct[row], links.leak[row], links.serving[row])
        solved = solve_wmmse(power[row], alone, weights[row], limits(), 20)
        assert torch.allclose(solved, together[row], rtol=1e-9)


@pytest.mark.parametrize("solve", [solve_wmmse, solve_fp])
def test_without_interference_every_cell_with_ues_sends_at_full_power(solve):
    links, weights, power = network(3)
    quiet = Links(links.direct, torch.zeros_like(links.leak), links.serving)
    solved = solve(power, quiet, weights, limits(), 400)
    served = torch.stack([torch.bincount(s, minlength=4) > 0 for s in links.serving])
    assert (solved[..., 0][served] > 0.99 * UPPER).all()


def test_the_gradient_vanishes_at_an_inner_solution():
    links, weights, power = network(11, batch=1)
    solved = solve_wmmse(power, links, weights, limits(), 3000).requires_grad_()
    (slope,) = torch.autograd.grad(weighted_sum_rate(solved, links, weights).sum(), solved)
    inner = (solved > 1.0) & (solved < 0.999 * UPPER)
    assert (slope[inner].abs() * UPPER < 1e-3).all()
