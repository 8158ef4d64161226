"""The rate model against the snapshot it was calibrated on, finite differences, and the twin."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.kpi import Kpi
from contracts.measure import measure_kpi
from contracts.problem import Objective
from tools.power.evaluation import Evaluator
from tools.power.kpis import low_percentile
from tools.power.model import RateModel
from tools.power.runtime import DTYPE, numerics
from tools.power.samples import gaussian_sampler, posterior_sampler, share_spread
from tools.power.utilities import smooth_low_percentile, soft_minimum
from tools.power.workbench import Workbench
from twins.kpis import kpi_samples
from twins.rollout import Twin

rows = st.lists(st.floats(0.01, 100.0), min_size=2, max_size=60)


@pytest.fixture(scope="module")
def model(city):
    return RateModel.from_snapshot(city.problem, city.snapshot, city.scenario)


def test_the_present_is_reproduced(city, model):
    known = model.knowledge
    state = model.evaluate(known.power_mw[None])
    measured = known.throughput_mbps
    unclipped = (model.efficiency > 0.5) & (model.efficiency < 2.0) & ~measured.isnan()
    assert unclipped.float().mean() > 0.9
    assert torch.allclose(state.rates_mbps[0, 0][unclipped], measured[unclipped], rtol=1e-9)
    assert torch.allclose(state.consumed_w[0, 0], known.consumed_w)
    assert torch.equal(model.associate(known.power_mw[None]).serving[0, 0], known.serving)


def test_rsrp_follows_the_snapshot_and_the_power(city, model):
    known = model.knowledge
    by_id = {ue.ue_id: ue for ue in city.snapshot.ues}
    serving = torch.tensor([by_id[u].serving_rsrp_dbm for u in known.ue_ids], dtype=DTYPE)
    state = model.evaluate(known.power_mw[None])
    assert torch.allclose(state.rsrp_dbm[0, 0], serving)
    fixed = model.associate(known.power_mw[None])
    halved = model.evaluate(known.power_mw[None] / 2.0, fixed)
    assert torch.allclose(halved.rsrp_dbm, state.rsrp_dbm - 10 * np.log10(2.0))


def test_gradients_equal_finite_differences(model):
    power = model.knowledge.power_mw[None] * 0.7
    fixed = model.associate(power)
    assert torch.autograd.gradcheck(
        lambda p: model.evaluate(p * 1e4, fixed).rates_mbps.sum(-1), (power / 1e4).requires_grad_()
    )


def test_more_interference_never_helps(model):
    power = model.knowledge.power_mw[None].repeat(2, 1) * 0.5
    power[1, 0] *= 1.5
    fixed = model.associate(power[:1])
    one, other = (model.evaluate(p[None], fixed).rates_mbps for p in power)
    elsewhere = model.knowledge.serving != 0
    assert (other[..., elsewhere] <= one[..., elsewhere] + 1e-12).all()


def test_predictions_before_are_the_measured_kpis(city, model):
    judge = Evaluator(city.problem, city.snapshot, model, model)
    for p in judge.predictions(model.knowledge.power_mw[None])[0]:
        measured = measure_kpi(
            p.kpi, p.cells, city.snapshot, city.snapshot, city.problem.thresholds
        )
        assert p.before_in_kpi_unit == pytest.approx(measured)
        assert p.after_in_kpi_unit == pytest.approx(measured)


@pytest.mark.parametrize("sampler", [gaussian_sampler, posterior_sampler])
def test_samples_are_repeatable_and_start_with_the_measured_network(city, model, sampler):
    known = model.knowledge
    one, other = (sampler(city.snapshot, city.scenario, known, 8, 3) for _ in range(2))
    assert torch.equal(one.gain_db, other.gain_db)
    assert torch.equal(one.after.rate_factor, other.after.rate_factor)
    assert torch.equal(one.gain_db[0], known.gain_db)
    assert one.gain_db.shape[0] == one.activity.shape[0] == one.trust.shape[0] == 9
    spread = (one.gain_db[1:] - known.gain_db).abs()[:, known.gain_sd_db < 1.0]
    assert spread.mean() < 2.0


def test_margins_agree_with_the_twin(city):
    """Mean and deviation of every throughput margin, half power on one site."""
    with numerics():
        bench = Workbench.prepare(city.problem, city.snapshot, city.scenario, posterior_sampler)
        power = bench.robust.model.knowledge.power_mw.clone()
        power[3:] *= 0.5
        state = bench.robust.state(power[None])
        ours = bench.robust.values(state)[0, 1:] / bench.robust.before_kpis[0, 1:]
    after_mw = dict(zip(city.snapshot.cell_ids, power.int().tolist(), strict=True))
    paired = Twin(city.scenario, city.snapshot).roll_out(after_mw, 64, 1, city.snapshot.window_ms)
    for j, sourced in enumerate(city.problem.requirements):
        r = sourced.requirement
        if r.kpi is Kpi.UE_THP_DL_MEAN:
            before, after = kpi_samples(
                r.kpi, r.cells, city.snapshot, paired, city.problem.thresholds
            )
            ratio = (after / before).double()
            assert float(ours[:, j].mean()) == pytest.approx(float(ratio.mean()), abs=0.04)
            assert 0.5 < float(ours[:, j].std()) / float(ratio.std()) < 2.0


@given(rows)
def test_the_percentile_is_numpys(values):
    ours = low_percentile(torch.tensor(values, dtype=DTYPE), 5.0)
    assert float(ours) == pytest.approx(float(np.percentile(values, 5.0)))


@given(rows, st.floats(0.1, 10.0))
@settings(deadline=None)
def test_smooth_low_rates_scale_and_stay_between_minimum_and_mean(values, factor):
    rates = torch.tensor(values, dtype=DTYPE)
    for low in (smooth_low_percentile, soft_minimum):
        value = float(low(rates))
        assert min(values) - 1e-6 <= value <= float(rates.mean()) + 1e-6
        assert float(low(rates * factor)) == pytest.approx(value * factor, rel=1e-6, abs=1e-9)


def test_share_spread_is_that_of_the_binomial():
    serving = torch.zeros(9, dtype=torch.long)
    activity = torch.full((9,), 0.8, dtype=DTYPE)
    others = torch.distributions.Binomial(8, torch.tensor(0.8)).sample((20_000,))
    shares = 1.0 / (1.0 + others)
    exact = float(shares.std() / shares.mean()) / 0.8**0.5
    assert float(share_spread(serving, activity)[0]) == pytest.approx(exact, rel=0.2)


def test_torch_is_left_as_it_was_found():
    threads = torch.get_num_threads()
    with numerics():
        assert torch.get_num_threads() == 1
        assert float(torch.tensor(2.3e-308, dtype=DTYPE) * 0.1) == 0.0
    assert torch.get_num_threads() == threads
    assert float(torch.tensor(2.3e-308, dtype=DTYPE) * 0.1) != 0.0


def test_objectives_are_zero_at_present(city, model):
    for objective in Objective:
        problem = city.problem.model_copy(update={"objective": objective})
        judge = Evaluator(problem, city.snapshot, model, model)
        for smooth in (False, True):
            gain = judge.gain(judge.state(model.knowledge.power_mw[None]), smooth)
            assert float(gain) == pytest.approx(0.0, abs=1e-9)
