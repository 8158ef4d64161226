import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twins.synthetic import scenario
from twins.flow import FlowModel, _faded, _proportional_fair, serving_cells

CELLS = 9


@pytest.fixture(scope="module")
def model() -> FlowModel:
    return FlowModel(scenario())


def networks(batch: int, ues: int, seed: int = 1) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    gain = -105.0 + 10.0 * torch.randn(batch, ues, CELLS, generator=generator)
    return {
        "gain_db": gain,
        "fading_m": 1.0 + 3.0 * torch.rand(batch, ues, CELLS, generator=generator),
        "serving": serving_cells(gain, None, 2.0),
        "tx_power_mw": 40000.0 * torch.rand(batch, CELLS, generator=generator).clamp_min(0.05),
        "activity": torch.full((batch, ues), 0.6),
    }


def run(model: FlowModel, steps: int = 20, seed: int = 3, **inputs: torch.Tensor):
    return model.run(**inputs, steps=steps, generator=torch.Generator().manual_seed(seed))


def test_equal_seeds_give_equal_bits(model):
    first, second = (run(model, **networks(3, 12)) for _ in range(2))
    assert torch.equal(first.volume_mbit, second.volume_mbit)
    assert torch.equal(first.sinr_db, second.sinr_db)
    assert torch.equal(first.prb_usage, second.prb_usage)


def test_other_seeds_give_other_fading(model):
    inputs = networks(1, 12)
    assert not torch.equal(
        run(model, **inputs, seed=1).volume_mbit, run(model, **inputs, seed=2).volume_mbit
    )


def test_a_batch_equals_its_members_bit_for_bit(model):
    inputs = networks(4, 12)
    together = run(model, **inputs)
    generator = torch.Generator().manual_seed(3)
    for b in range(4):
        alone = model.run(
            **{name: value[b : b + 1] for name, value in inputs.items()},
            steps=20,
            generator=generator,
        )
        assert torch.equal(alone.volume_mbit[0], together.volume_mbit[b])
        assert torch.equal(alone.active_ms[0], together.active_ms[b])


def test_inputs_of_one_network_are_shared_by_the_batch(model):
    inputs = networks(1, 8)
    shared = inputs | {"gain_db": inputs["gain_db"].expand(3, -1, -1)}
    assert run(model, **shared).volume_mbit.shape == (3, 8)


def test_inputs_are_left_alone(model):
    inputs = networks(2, 8)
    copies = {name: value.clone() for name, value in inputs.items()}
    run(model, **inputs)
    assert all(torch.equal(inputs[name], copies[name]) for name in inputs)


def test_throughput_grows_with_power_when_nobody_interferes(model):
    rates = []
    for power_mw in (10.0, 100.0, 1000.0, 10_000.0):
        powers = torch.zeros(1, CELLS)
        powers[0, 0] = power_mw
        result = run(
            model,
            gain_db=torch.full((1, 1, CELLS), -110.0),
            fading_m=torch.full((1, 1, CELLS), 2.0),
            serving=torch.zeros(1, 1, dtype=torch.long),
            tx_power_mw=powers,
            activity=torch.ones(1, 1),
        )
        rates.append(result.throughput_mbps().item())
    assert rates == sorted(rates)
    assert rates[-1] > 5 * rates[0]


def test_rate_without_interference_follows_the_attenuated_shannon_bound(model):
    powers = torch.zeros(1, CELLS)
    powers[0, 0] = 1000.0
    result = run(
        model,
        steps=200,
        gain_db=torch.full((1, 1, CELLS), -105.0),
        fading_m=torch.full((1, 1, CELLS), 1000.0),
        serving=torch.zeros(1, 1, dtype=torch.long),
        tx_power_mw=powers,
        activity=torch.ones(1, 1),
    )
    width_hz = 273 * 12 * 30e3
    noise_dbm = -174.0 + 9.0 + 10 * torch.log10(torch.tensor(width_hz)).item()
    snr_db = 30.0 - 105.0 - noise_dbm
    shannon = torch.log2(torch.tensor(1 + 10 ** ((snr_db - 3.0) / 10))).item()
    assert result.sinr_db.item() == pytest.approx(snr_db, abs=0.01)
    expected_mbps = width_hz * 0.86 * shannon / 1e6
    assert result.throughput_mbps().item() == pytest.approx(expected_mbps, rel=1e-3)


def test_an_idle_neighbour_interferes_with_its_overhead_only(model):
    gain = torch.full((1, 2, CELLS), -250.0)
    gain[0, :, :2] = -95.0
    common = {
        "gain_db": gain,
        "fading_m": torch.full((1, 2, CELLS), 1000.0),
        "serving": torch.tensor([[0, 1]]),
        "tx_power_mw": torch.full((1, CELLS), 40000.0),
    }
    idle = run(model, **common, activity=torch.tensor([[1.0, 0.0]]))
    busy = run(model, **common, activity=torch.tensor([[1.0, 1.0]]))
    assert idle.sinr_db[0, 0].item() == pytest.approx(
        -10 * torch.tensor(0.14).log10().item(), abs=0.1
    )
    assert busy.sinr_db[0, 0].item() == pytest.approx(0.0, abs=0.1)
    assert idle.prb_usage[0, :2].tolist() == [1.0, 0.0]
    assert idle.throughput_mbps()[0, 1].isnan()


def test_fading_has_the_wanted_mean_and_shape():
    normals = torch.randn(400_000, generator=torch.Generator().manual_seed(0))
    for shape in (6.0, 12.0, 60.0):
        drawn = _faded(normals.clone(), torch.tensor(2.0), torch.tensor(shape))
        assert drawn.mean().item() == pytest.approx(2.0, rel=3e-3)
        assert drawn.var().item() == pytest.approx(4.0 / shape, rel=2e-2)


def test_equal_users_share_equally():
    rate = torch.full((1, 4, 5), 8.0)
    volume = _proportional_fair(rate, torch.ones(1, 5), torch.ones(5, 1))
    assert torch.allclose(volume, torch.full((1, 5), 4 * 8.0 / 5))


def test_proportional_fairness_gives_each_user_its_better_band():
    rate = torch.tensor([[[10.0, 1.0], [1.0, 10.0]]])
    volume = _proportional_fair(rate, torch.ones(1, 2), torch.ones(2, 1))
    assert (volume > 9.0).all()


@settings(deadline=None, max_examples=60)
@given(
    ues=st.integers(1, 8),
    cells=st.integers(1, 3),
    bands=st.integers(1, 4),
    seed=st.integers(0, 2**31),
)
def test_no_cell_gives_more_than_it_has(ues, cells, bands, seed):
    generator = torch.Generator().manual_seed(seed)
    rate = 50.0 * torch.rand(3, bands, ues, generator=generator)
    active = (torch.rand(3, ues, generator=generator) < 0.7).float()
    serving = torch.randint(cells, (ues,), generator=generator)
    member = torch.nn.functional.one_hot(serving, cells).float()
    volume = _proportional_fair(rate, active, member)
    assert (volume[active == 0] == 0).all()
    best = (rate * active.unsqueeze(1)).unsqueeze(-1) * member
    capacity = best.amax(2).sum(1)
    assert (volume @ member <= capacity * (1 + 1e-5) + 1e-6).all()


def test_association_waits_for_the_handover_offset():
    rsrp = torch.tensor([[-90.0, -89.0], [-90.0, -87.0]])
    previous = torch.tensor([0, 0])
    assert serving_cells(rsrp, previous, 2.0).tolist() == [0, 1]
    assert serving_cells(rsrp, None, 2.0).tolist() == [1, 1]
