"""The channel tool: its contract, its fall-back, and what comes with the package."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from contracts.errors import RanwrightError
from contracts.tool import LearnedTool, ToolUnavailableError
from tools.channel.check import check_channel_tool
from tools.channel.data import rays
from tools.channel.data.configuration import Array, Configuration
from tools.channel.data.sets import TRAINING
from tools.channel.data.store import normalised, sequences
from tools.channel.data.stream import with_noise
from tools.channel.portfolio import Portfolio
from tools.channel.shipped import SHIPPED, TrainedChannel, trained
from tools.channel.tool import ChannelForecast, ChannelPrediction, Method
from tools.channel.wifo.bayes import BinSpectra
from tools.check import ToolContractError

ARRAY = Array(2, 4)
RAYS = Configuration("rays", ARRAY, 16, 16, 3.5e9, 180e3, 0.5e-3, (5.0, 60.0))


def pasts(count: int, **changes: Any) -> torch.Tensor:
    clean = normalised(rays.draw(replace(RAYS, **changes), count, 3))
    snr_db = torch.full((count,), 15.0)
    return with_noise(clean, snr_db, torch.Generator().manual_seed(1))[:, :8]


def nothing() -> TrainedChannel:
    raise ToolUnavailableError("model.missing", "There is no model.", "Train one.")


def test_the_tool_keeps_its_contract():
    wide = Array(4, 4)
    cases = [(p, 8, ARRAY) for p in pasts(2)]
    cases.append((pasts(1, array=wide, subcarriers=9)[0], 3, wide))
    check_channel_tool(ChannelPrediction(), cases)
    check_channel_tool(ChannelPrediction(nothing), cases)


def test_paths_answer_where_there_are_few_and_the_model_where_there_are_many():
    tool = ChannelPrediction()
    few = tool.predict(pasts(1)[0], 8, ARRAY)
    assert (few.method, few.reason) == (Method.PATHS, "")
    assert few.share_of_paths > 0.8
    clean = sequences(TRAINING["umi-3.5"], "validation", 1)
    generator = torch.Generator().manual_seed(1)
    many = tool.predict(with_noise(clean, torch.tensor([20.0]), generator)[0, :8], 8, ARRAY)
    assert (many.method, many.reason) == (Method.MODEL, "")
    assert many.share_of_paths < 0.5


def test_a_fast_channel_of_many_paths_is_not_predicted_far_ahead():
    fast = replace(TRAINING["umi-3.5"], time_step_s=1e-3, time_steps=28, speed_kmh=(100.0, 100.0))
    clean = sequences(fast, "validation", 4)
    past = with_noise(clean, torch.full((4,), 20.0), torch.Generator().manual_seed(1))[:, :8]
    found = [ChannelPrediction().predict(p, 20, ARRAY) for p in past]
    assert any(f.far_from is not None and 0 < f.far_from < 20 for f in found)
    assert ChannelPrediction().predict(pasts(1)[0], 8, ARRAY).far_from is None


def test_what_is_familiar_is_answered_with_what_to_expect():
    tool, past = ChannelPrediction(), pasts(1)[0]
    found = tool.predict(past, 8, ARRAY)
    assert found.method is not Method.CLASSICAL
    assert found.expected_nmse_db[0] < found.expected_nmse_db[-1] < 0.0
    assert found.familiarity > 0.01
    assert isinstance(tool, LearnedTool)
    assert tool.weights() == SHIPPED.read_bytes()
    assert trained().digest.removeprefix("sha256:").startswith(tool.version.removeprefix("3+"))


def test_what_is_strange_is_left_to_the_classical_predictor():
    alternating = pasts(1)[0] * torch.tensor([1.0, 1e-3] * 4)[:, None, None]
    found = ChannelPrediction().predict(alternating, 8, ARRAY)
    assert found.method is Method.CLASSICAL
    assert found.familiarity < 0.01
    assert "resembles none" in found.reason
    assert torch.allclose(found.csi, BinSpectra()(alternating[None], 8, ARRAY)[0])


NOISE_SHAPES = [
    (8, 32, Array(2, 4)),
    (16, 9, Array(4, 4)),
    (5, 64, Array(1, 8)),
    (8, 32, Array(1, 1)),
]


@pytest.mark.parametrize(("times", "subcarriers", "array"), NOISE_SHAPES)
def test_noise_is_not_taken_for_paths(times, subcarriers, array):
    generator = torch.Generator().manual_seed(times)
    shape = (3, times, subcarriers, array.antennas)
    noise = torch.randn(shape, dtype=torch.complex64, generator=generator)
    tool = ChannelPrediction()
    for past in noise:
        found = tool.predict(past, 4, array)
        assert found.share_of_paths == 0.0
        assert found.method is not Method.PATHS
    check_channel_tool(tool, [(noise[0], 4, array)])


def test_what_noise_hides_is_not_promised():
    generator = torch.Generator().manual_seed(2)
    turn = 2.0 * torch.pi * torch.rand(4, 30, 4, generator=generator)
    turn[..., 0] *= 0.1
    gain = torch.randn(4, 30, dtype=torch.complex64, generator=generator)
    lengths = (16, 32, ARRAY.columns, ARRAY.rows)
    axes = [torch.exp(1j * turn[..., d, None] * torch.arange(n)) for d, n in enumerate(lengths)]
    rays_30 = torch.einsum("bp,bpt,bpk,bpc,bpr->btkcr", gain, *axes).flatten(3)
    clean = normalised(rays_30)
    past = with_noise(clean, torch.full((4,), -15.0), generator)[:, :8]
    with torch.inference_mode():
        found = Portfolio(trained().model).answer(past, 8, ARRAY)
    future = clean[:, 8:]
    error = (found.csi - future).abs().square().sum((1, 2, 3))
    met_db = 10.0 * torch.log10(error / future.abs().square().sum((1, 2, 3)))
    assert float(found.share.median()) == 0.0
    assert bool((found.expected_nmse_db.mean(1) > met_db - 4.0).all())


def test_a_past_without_noise_is_answered_or_held_with_the_reason():
    constant = torch.ones(8, 32, 8, dtype=torch.complex64)
    found = ChannelPrediction().predict(constant, 4, ARRAY)
    assert torch.allclose(found.csi, constant[:4], atol=1e-3)
    assert found.method is not Method.HELD or "no solution" in found.reason
    found = ChannelPrediction(nothing).predict(constant, 4, ARRAY)
    assert torch.allclose(found.csi, constant[:4], atol=1e-3)
    assert found.reason.startswith("There is no model.")


@pytest.mark.parametrize("exponent", [-100, -20, 0, 20, 100])
@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_any_scale_gets_the_same_answer(exponent, dtype):
    past = pasts(1)[0]
    plain = ChannelPrediction().predict(past, 4, ARRAY)
    scaled = ChannelPrediction().predict((past.to(dtype) * 2.0**exponent), 4, ARRAY)
    assert torch.equal(scaled.csi, plain.csi * 2.0**exponent)
    assert torch.equal(scaled.expected_nmse_db, plain.expected_nmse_db)


@pytest.mark.parametrize("level", [1e30, 3e37])
def test_loud_pasts_get_finite_answers(level):
    found = ChannelPrediction().predict(level * pasts(1)[0], 4, ARRAY)
    assert bool(torch.isfinite(torch.view_as_real(found.csi)).all())
    found = ChannelPrediction(nothing).predict(level * pasts(1)[0], 4, ARRAY)
    assert bool(torch.isfinite(torch.view_as_real(found.csi)).all())


def test_without_a_model_the_reason_is_told():
    tool = ChannelPrediction(nothing)
    found = tool.predict(pasts(1)[0], 4, ARRAY)
    assert (found.method, found.reason) == (Method.CLASSICAL, "There is no model.")
    assert tool.version == "3+classical"
    with pytest.raises(ToolUnavailableError):
        tool.weights()


def test_a_model_that_is_not_its_cards_is_refused(tmp_path: Path):
    copy = tmp_path / SHIPPED.name
    with pytest.raises(ToolUnavailableError) as caught:
        trained(copy)
    assert caught.value.code == "model.missing"
    copy.write_bytes(SHIPPED.read_bytes()[:-1] + b"?")
    copy.with_suffix(".md").write_text(SHIPPED.with_suffix(".md").read_text())
    with pytest.raises(ToolUnavailableError) as caught:
        trained(copy)
    assert caught.value.code == "model.damaged"


@pytest.mark.parametrize(
    "past",
    [
        torch.zeros(8, 16, 8, dtype=torch.complex64),
        torch.ones(8, 16, 8),
        torch.ones(8, 16, 4, dtype=torch.complex64),
        torch.ones(3, 16, 8, dtype=torch.complex64),
        torch.full((8, 16, 8), torch.nan, dtype=torch.complex64),
        torch.full((8, 16, 8), 1e200, dtype=torch.complex128),
        torch.full((8, 16, 8), 1e-200, dtype=torch.complex128),
    ],
)
def test_what_cannot_be_predicted_from_is_refused(past):
    with pytest.raises(RanwrightError) as caught:
        ChannelPrediction().predict(past, 4, ARRAY)
    assert caught.value.code == "csi.past"


@dataclass
class Broken:
    """The tool without a model, with one thing wrong."""

    clause: str
    name: str = "channel.broken"
    version: str = "1"
    turns: int = 0

    def predict(self, past: torch.Tensor, steps: int, array: Array) -> ChannelForecast:
        if self.clause == "refusal" and len(past) == 0:
            past = torch.ones(4, *past.shape[1:], dtype=past.dtype)
        found = ChannelPrediction(nothing).predict(past, steps, array)
        self.turns += 1
        if self.clause == "input_untouched":
            past += 1.0
        changes: dict[str, dict[str, Any]] = {
            "answer": {"csi": found.csi[:1]},
            "bounded": {"csi": 1e3 * found.csi},
            "evidence": {"reason": ""},
            "silence": {"csi": 0.0 * found.csi, "expected_nmse_db": torch.full((steps,), -9.0)},
            "deterministic": {"csi": found.csi * self.turns},
            "scale": {"csi": found.csi / found.csi.abs().max()},
        }
        return replace(found, **changes.get(self.clause, {}))


@pytest.mark.parametrize(
    "clause",
    [
        "identity",
        "input_untouched",
        "answer",
        "bounded",
        "evidence",
        "silence",
        "deterministic",
        "scale",
        "refusal",
    ],
)
def test_a_broken_tool_is_found_out(clause):
    tool = Broken(clause, name="" if clause == "identity" else "channel.broken")
    with pytest.raises(ToolContractError) as caught:
        check_channel_tool(tool, [(pasts(1)[0], 4, ARRAY)])
    assert caught.value.clause == clause
