import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from twins.flow import FlowModel, FlowResult
from twins.scenario import load_scenario
from twins.sionna.slot import SlotModel, _Fading

SCENARIO = load_scenario("munich")
GAIN_DB = torch.full((1, 4, 9), -140.0)
GAIN_DB[0, torch.arange(4), torch.tensor([0, 0, 1, 2])] = torch.tensor(
    [-95.0, -110.0, -100.0, -118.0]
)
SERVING = torch.tensor([[0, 0, 1, 2]])


def inputs() -> dict[str, torch.Tensor]:
    return {
        "gain_db": GAIN_DB,
        "fading_m": torch.full((1, 4, 9), 3.0),
        "serving": SERVING,
        "tx_power_mw": torch.full((1, 9), 10_000.0),
        "activity": torch.full((1, 4), 0.9),
    }


def run(steps: int = 1, seed: int = 1) -> FlowResult:
    return SlotModel(SCENARIO).run(
        **inputs(), steps=steps, generator=torch.Generator().manual_seed(seed)
    )


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Many small operations: more threads only slow them down."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def result() -> FlowResult:
    return run()


def test_shapes_and_ranges(result: FlowResult) -> None:
    assert result.volume_mbit.shape == result.active_ms.shape == result.sinr_db.shape == (1, 4)
    assert result.prb_usage.shape == (1, 9)
    assert float(result.active_ms.max()) <= 100.0
    assert float(result.volume_mbit.min()) >= 0.0
    assert float(result.prb_usage[0, 3:].max()) == 0.0


def test_stays_near_the_flow_level(result: FlowResult) -> None:
    flow = FlowModel(SCENARIO).run(
        **inputs(), steps=200, generator=torch.Generator().manual_seed(2)
    )
    seen = result.active_ms > 0
    ratio = (result.throughput_mbps() / flow.throughput_mbps())[seen]
    assert bool(((ratio > 0.5) & (ratio < 2.0)).all()), ratio


def test_deterministic_under_a_seed(result: FlowResult) -> None:
    assert torch.equal(run().volume_mbit, result.volume_mbit)


def test_fading_has_the_moments_of_nakagami() -> None:
    m = torch.tensor([1.0, 2.0, 10.0]).reshape(1, 1, 3)
    fading = _Fading.start(m, 400_000, 0.97, torch.Generator().manual_seed(0))
    for _ in range(2):
        power = fading.power[0, :, 0]
        assert power.mean(0).tolist() == pytest.approx([1.0, 1.0, 1.0], rel=0.01)
        drawn = power.mean(0).square() / power.var(0)
        assert drawn.tolist() == pytest.approx([1.0, 2.0, 10.0], rel=0.03)
        fading.advance(torch.Generator().manual_seed(1))


def test_needs_no_llvm() -> None:
    code = (
        "import sys\n"
        "from twins.sionna.system import load_system_level\n"
        "load_system_level(1)\n"
        "assert 'mitsuba' not in sys.modules and 'drjit' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"DRJIT_LIBLLVM_PATH": "/nonexistent"}
    )
