"""The transformer: begins as the tracker, mirrors exactly, learns, and comes back from its file."""

import numpy as np
import pytest
import torch

from contracts.errors import RanwrightError
from tools.beams.adaptation import Adaptation, adapted, fit
from tools.beams.answers import cover, forecast
from tools.beams.checkpoint import load_model, save_model
from tools.beams.examples import Examples, batch_of, loss, targets
from tools.beams.frames import OUT_REACH, TRACKER, frames
from tools.beams.predictor import calibrate, outlook
from tools.beams.training import untrained
from tools.beams.transformer import BeamTransformer, ModelSize
from tools.beams.windows import Sequence, Windows

SMALL = ModelSize(width=16, heads=2, layers=1, read_out=32)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return BeamTransformer(SMALL).eval()


def mirrored(some):
    return Windows(some.past[..., ::-1], some.future[..., ::-1], some.scenario, some.sequence)


def test_targets_stand_where_the_beams_do(made):
    shown = frames(made.past, 5)
    level_db = targets(shown, made)
    best = level_db.argmax(-1)
    found = np.take_along_axis(shown.beams, best[..., None], -1)[..., 0]
    inside = np.abs(made.future.argmax(-1) - shown.answer) < OUT_REACH
    assert inside.mean() > 0.8
    assert (found == made.future.argmax(-1))[inside].all()
    assert np.isneginf(level_db[shown.beams < 0]).all()


def test_a_mirrored_window_looks_the_same_and_has_the_mirrored_answer(model, made):
    # a beam that stands at the codebook's end for certain moves neither way
    moving = np.abs(TRACKER.positions(made.past, 5)[:, -1] - 31.5) < 31.5
    assert moving.mean() > 0.7
    made = made.where(moving)
    one, other = outlook(model, made.past), outlook(model, mirrored(made).past)
    assert np.allclose(one.best, other.best[..., ::-1], atol=1e-4)
    there = np.isfinite(one.near)
    assert (there == np.isfinite(other.near[..., ::-1])).all()
    assert np.allclose(one.near[there], other.near[..., ::-1][there], atol=1e-3)


def test_a_fresh_model_answers_about_as_the_tracker(model, made):
    said = outlook(model, made.past)
    tracked = TRACKER.positions(made.past, 5)
    assert np.median(np.abs(said.best.argmax(-1) - tracked)) < 2.0
    assert np.allclose(said.best.sum(-1), 1.0, atol=1e-5)


def test_fitting_lowers_the_loss_and_follows_from_the_seed(model, made):
    examples, adaptation = Examples(made), Adaptation(seed=3, steps=40, rate=3e-3, size=32)
    one, other = fit(model, examples, adaptation), fit(model, examples, adaptation)
    assert all(torch.equal(v, other.state_dict()[k]) for k, v in one.state_dict().items())
    everything = batch_of(examples.frames), examples.level_db
    with torch.no_grad():
        assert loss(one, *everything) < 0.95 * loss(model, *everything)


def test_adapting_takes_any_view_of_the_windows(model, made):
    way = [
        Sequence(1, 1, np.concatenate([p, f])) for p, f in zip(made.past, made.future, strict=True)
    ]
    long = [Sequence(1, 1, np.concatenate([w.power for w in way[i : i + 4]])) for i in range(8)]
    seen = []

    def view(some):
        seen.append(len(some))
        return some

    adapted(model, long, Adaptation(seed=0, steps=2, rate=1e-4, size=8), view)
    assert seen[0] > 12_000


def test_confidence_is_the_share_that_is_right(model, made):
    examples = Examples(made)
    learned = fit(model, examples, Adaptation(seed=0, steps=60, rate=3e-3, size=64))
    said = outlook(learned, made.past)
    calibration = calibrate(said, made)
    answer = forecast(said, calibration)
    best = made.future.max(-1)
    first = np.take_along_axis(made.future, answer.ranked[..., :1], -1)[..., 0]
    right = (first >= best * 10**-0.1).mean(0)
    assert np.abs(answer.confidence.mean(0) - right).max() < 0.02
    assert calibration.reach[0] == 1.0
    assert calibration.reach[1] > calibration.reach[10]


def test_swept_beams_cover_what_is_likely():
    best = np.zeros((1, 1, 16))
    best[..., [3, 9, 12]] = 0.5, 0.3, 0.2
    reach = np.array([1.0, 0.5, *[0.0] * 14])
    assert cover(best, reach, np.array([[3]]), 3).tolist() == [[[3, 9, 12]]]


def test_fresh_weights_follow_from_the_seed_alone():
    one = untrained(4).state_dict()
    torch.rand(3)
    again, other = untrained(4).state_dict(), untrained(5).state_dict()
    assert all(torch.equal(v, again[k]) for k, v in one.items())
    assert not torch.equal(one["_when"], other["_when"])


def test_a_model_comes_back_from_its_file(model, made, tmp_path):
    save_model(model, tmp_path / "m.safetensors", {"steps": 0})
    again = load_model(tmp_path / "m.safetensors")
    assert np.array_equal(outlook(model, made.past).best, outlook(again, made.past).best)


@pytest.mark.parametrize("content", [None, b"", b"rubbish"])
def test_files_that_hold_no_model_are_refused(content, tmp_path):
    path = tmp_path / "m.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RanwrightError) as caught:
        load_model(path)
    assert caught.value.code == ("model.missing" if content is None else "model.malformed")
