"""Measured and made windows: what is parted, what is dropped, what follows from a seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tests.data import reference_data
from tools.beams.deepsense import load
from tools.beams.synthetic import BLOCK, DriveBy
from tools.beams.windows import (
    Sequence,
    held_out_scenarios,
    held_out_sequences,
    indices_only,
    windows,
)


def write(folder, power, index, position):
    for name, values in (
        ("unit1_pwr_60ghz", power),
        ("seq_index", index),
        ("unit2_loc", position),
    ):
        np.save(folder / f"scenario1_{name}_1-{len(index)}.npy", values)


@pytest.fixture
def recorded(tmp_path):
    power = np.random.default_rng(0).uniform(0.1, 1.0, (30, 64))
    index = np.repeat([1, 2, 3], 10)
    position = np.stack([33.4 + 1e-6 * np.arange(30), np.full(30, -111.9)], 1)
    return tmp_path, power, index, position


def lengths(folder):
    return [len(s.power) for s in load(folder, (1,))]


def test_sequences_follow_the_index(recorded):
    write(*recorded)
    assert lengths(recorded[0]) == [10, 10, 10]
    assert [s.number for s in load(recorded[0], (1,))] == [1, 2, 3]


@pytest.mark.parametrize("dead", [np.nan, 0.0, -1.0, np.inf])
def test_a_dead_sample_parts_a_sequence_and_is_left_out(recorded, dead):
    recorded[1][14, 3] = dead
    write(*recorded)
    assert lengths(recorded[0]) == [10, 4, 5, 10]


def test_equal_powers_on_all_beams_are_no_measurement(recorded):
    recorded[1][0] = 0.3
    write(*recorded)
    assert lengths(recorded[0]) == [9, 10, 10]


def test_a_jump_parts_a_sequence(recorded):
    recorded[3][26:, 0] += 1e-3  # 111 m
    write(*recorded)
    assert lengths(recorded[0]) == [10, 10, 6, 4]


def test_missing_and_unfitting_files_are_refused(recorded):
    folder, power, index, position = recorded
    with pytest.raises(RanwrightError) as caught:
        load(folder, (1,))
    assert caught.value.code == "beams.no_data"
    write(folder, power, index, position[:-1])
    with pytest.raises(RanwrightError) as caught:
        load(folder, (1,))
    assert caught.value.code == "beams.malformed_data"


def test_the_measured_set():
    where = reference_data("deepsense")
    sequences = load(where)
    assert (len(sequences), len(windows(sequences))) == (232, 9226)


@given(st.integers(1, 60), st.integers(1, 3))
@settings(max_examples=30)
def test_windows_are_pieces_of_their_sequence(length, stride):
    power = np.arange(length, dtype=float)[:, None] + np.zeros(4)
    count = max(0, length - 12 * stride)
    if not count:
        with pytest.raises(RanwrightError):
            windows([Sequence(1, 1, power)], stride=stride)
        return
    found = windows([Sequence(1, 1, power)], stride=stride)
    assert len(found) == count
    whole = np.concatenate([found.past, found.future], 1)[..., 0]
    assert (np.diff(whole, axis=1) == stride).all()
    assert (whole[:, 0] == np.arange(count)).all()


@given(st.integers(0, 100))
@settings(max_examples=20)
def test_no_sequence_is_in_two_parts(seed):
    some = [Sequence(s, n, np.ones((2, 4))) for s in (1, 2, 3) for n in range(12)]
    splits = [held_out_sequences(some, seed), held_out_scenarios(some, (2,), seed)]
    for split in splits:
        names = [(s.scenario, s.number) for p in vars(split).values() for s in p]
        assert len(names) == len(set(names)) == len(some)
    assert {s.scenario for s in splits[1].test} == {2}
    assert 2 not in {s.scenario for s in splits[1].training + splits[1].validation}


def test_indices_alone_say_which_beam_was_best_and_no_more(made):
    seen = indices_only(made)
    assert (seen.past.argmax(-1) == made.past.argmax(-1)).all()
    assert len(np.unique(seen.past)) == 2
    assert seen.future is made.future


def test_made_windows_follow_from_the_seed(made):
    again, other = DriveBy().windows(BLOCK, 5), DriveBy().windows(3, 6)
    assert np.array_equal(made.past, again.past)
    assert not np.array_equal(made.past[:3], other.past)
    assert np.array_equal(DriveBy().windows(7, 5).future, made.future[:7])
    assert np.isfinite(made.past).all()
    assert (made.past > 0).all()
    assert (made.past.shape, made.future.shape) == ((256, 8, 64), (256, 5, 64))
