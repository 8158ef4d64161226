"""The beam tool: answers as torch does without it, keeps its contract, and falls back in time."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.beams import BeamOrigin, BeamWindow
from contracts.errors import RanwrightError
from contracts.tool import LearnedTool, ToolUnavailableError
from tools.beams.answers import forecast
from tools.beams.card import card_of
from tools.beams.check import check_beam_tool
from tools.beams.checkpoint import load_model
from tools.beams.frames import TRACKER, frames
from tools.beams.predictor import outlook
from tools.beams.synthetic import DriveBy
from tools.check import ToolContractError
from tools.near_rt.beam_model import BeamModel
from tools.near_rt.beam_predictor import LEAST_FAMILIARITY, SHIPPED, BeamPredictor

MADE = DriveBy().windows(200, 77)


@pytest.fixture(scope="module")
def tool():
    return BeamPredictor.load()


def window(power, **changes):
    """A window of linear powers [past, beams]."""
    level_dbm = 10.0 * np.log10(power) - 60.0
    return BeamWindow(power_dbm=tuple(map(tuple, level_dbm.tolist())), step_s=0.1, **changes)


def noise(seed, samples=8, beams=64):
    return np.random.default_rng(seed).exponential(size=(samples, beams))


def test_numpy_says_what_torch_says(tool):
    shown = frames(MADE.past, 5)
    one, other = tool.model.outlook(shown, 64), outlook(load_model(SHIPPED), MADE.past)
    assert np.allclose(one.best, other.best, atol=1e-5)
    seen = np.isfinite(other.near)
    assert (np.isfinite(one.near) == seen).all()
    assert np.allclose(one.near[seen], other.near[seen], atol=1e-4, rtol=1e-5)


def test_the_tool_keeps_the_contract(tool):
    cases = [window(p, promise=q) for p in MADE.past[:6] for q in (0.9, 0.98)]
    cases += [window(noise(1)), window(noise(2, samples=3)), window(noise(3, beams=16))]
    check_beam_tool(tool, [*cases, window(MADE.past[0], horizons=2)])
    assert isinstance(tool, LearnedTool)


def test_familiar_windows_are_the_networks(tool):
    answers = [tool.solve(window(p)) for p in MADE.past[:100]]
    score = np.array([a.familiarity for a in answers])
    by = np.array([a.choices[0].origin is BeamOrigin.NETWORK for a in answers])
    assert (by == (score >= LEAST_FAMILIARITY)).all()
    assert by.mean() > 0.9
    said = forecast(
        tool.model.outlook(frames(MADE.past[:100], 5), 64), tool.model.judgement.calibration
    )
    first = np.array([[c.beam for c in a.choices] for a in answers])
    assert (first[by] == said.ranked[by, :, 0]).mean() > 0.99


def test_the_promise_decides_what_is_measured(tool):
    counts = [
        np.mean(
            [len(c.measure) for p in MADE.past for c in tool.solve(window(p, promise=q)).choices]
        )
        for q in (0.9, 0.95, 0.98)
    ]
    assert counts == sorted(counts)
    assert counts[0] < 5
    best = MADE.future.max(-1)
    kept = []
    for n, past in enumerate(MADE.past):
        for h, choice in enumerate(tool.solve(window(past)).choices):
            used = list(choice.measure) or [choice.beam]
            kept.append(MADE.future[n, h, used].max() >= best[n, h] * 10**-0.1)
    assert np.mean(kept) > 0.93


@pytest.mark.parametrize(
    ("strange", "asked"),
    [
        (noise(4), True),
        (noise(4, samples=5), False),
        (noise(4, beams=32), False),
    ],
)
def test_strange_windows_are_the_trackers(tool, strange, asked):
    answer = tool.solve(window(strange))
    assert (answer.familiarity is not None) == asked
    expected = np.clip(TRACKER.positions(strange[None], 5)[0].round(), 0, strange.shape[1] - 1)
    for choice, beam in zip(answer.choices, expected, strict=True):
        assert choice.origin is BeamOrigin.TRACKER
        assert choice.confidence is None
        assert abs(choice.beam - beam) <= 1
        assert len(choice.measure) == strange.shape[1]


@pytest.mark.parametrize("changes", [{"step_s": 0.02}, {"horizons": 9}])
def test_another_pace_or_a_longer_view_is_the_trackers(tool, changes):
    answer = tool.solve(window(MADE.past[0]).model_copy(update=changes))
    assert {c.origin for c in answer.choices} == {BeamOrigin.TRACKER}
    assert len(answer.choices) == changes.get("horizons", 5)


@given(st.integers(0, 10_000), st.integers(2, 9), st.sampled_from((8, 16, 64)))
@settings(max_examples=15, deadline=None)
def test_every_window_has_an_answer(tool_seed, samples, beams):
    tool = BeamPredictor.load()
    rng = np.random.default_rng(tool_seed)
    level_dbm = rng.integers(-100, -97, (samples, beams)).astype(float)  # as coarse as reports
    level_dbm[:, rng.integers(beams)] = -90.0
    check_beam_tool(tool, [BeamWindow(power_dbm=tuple(map(tuple, level_dbm.tolist())), step_s=0.1)])


@pytest.mark.parametrize(
    "power_dbm",
    [
        ((1.0,) * 8, tuple(range(8))),
        (tuple(range(8)), tuple(range(9))),
        (tuple(range(7)),) * 2,
        (tuple(range(8)),),
        ((float("nan"), *range(7)),) * 2,
    ],
)
def test_windows_that_say_nothing_are_refused(power_dbm):
    with pytest.raises(ValidationError):
        BeamWindow(power_dbm=power_dbm, step_s=0.1)


class Broken:
    name, version = "beams.broken", "1"

    def __init__(self, tool, change):
        self._tool, self._change, self._asked = tool, change, 0

    def solve(self, one):
        self._asked += 1
        answer = self._tool.solve(one)
        own = {"tool": self.name, "tool_version": self.version}
        return self._change(answer.model_copy(update=own), self._asked)


def edited(**changes):
    def change(answer, _asked):
        first = answer.choices[0].model_copy(update=changes)
        return answer.model_copy(update={"choices": (first, *answer.choices[1:])})

    return change


BROKEN = {
    "identity": lambda a, _: a.model_copy(update={"tool_version": "2"}),
    "steps": lambda a, _: a.model_copy(update={"choices": a.choices[:-1]}),
    "domain": edited(beam=64, measure=()),
    "measure": edited(beam=3, measure=(4, 5)),
    "promise": edited(confidence=None, measure=()),
    "deterministic": lambda a, n: edited(beam=n, measure=())(a, n),
    "unit": lambda a, n: edited(beam=n // 3, measure=())(a, n),
}


@pytest.mark.parametrize("clause", BROKEN)
def test_a_broken_tool_is_caught_by_the_clause_it_breaks(tool, clause):
    with pytest.raises(ToolContractError) as caught:
        check_beam_tool(Broken(tool, BROKEN[clause]), [window(MADE.past[0])])
    assert caught.value.clause == clause


def test_the_shipped_file_is_small_and_its_cards():
    assert SHIPPED.stat().st_size < 2_000_000
    assert SHIPPED.with_suffix(".md").read_text(encoding="utf-8") == card_of(SHIPPED)


def test_a_changed_file_is_not_used(tmp_path):
    path = tmp_path / SHIPPED.name
    for code in ("model.missing", "model.missing", "model.damaged"):
        with pytest.raises(ToolUnavailableError) as caught:
            BeamPredictor.load(path)
        assert caught.value.code == code
        if path.exists():
            path.with_suffix(".md").write_bytes(SHIPPED.with_suffix(".md").read_bytes())
        else:
            path.write_bytes(SHIPPED.read_bytes()[:-1])


@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_files_without_a_whole_model_are_refused(content, tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(
        SHIPPED.read_bytes().replace(b"fall-back/policies", b"fall-back/policied")
        if content is None
        else content
    )
    with pytest.raises(RanwrightError) as caught:
        BeamModel.load(path)
    assert caught.value.code == "model.malformed"


def test_it_needs_no_torch():
    code = "import sys, tools.near_rt.beam_predictor; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
