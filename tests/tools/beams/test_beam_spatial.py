"""BM-Case 1: codebook, reports, and that every predictor finds what a single path hides."""

import numpy as np
import pytest
import torch

from tools.beams.spatial import DftGrid, DftInterpolation, Linear, held, learned, reported, spline
from tools.channel.data.configuration import Array as Panel
from tools.channel.data.rays import steering_vectors

GRID = DftGrid(Panel(4, 8))


def single_paths(count, seed):
    """[count, beams] dB of one plane wave each."""
    rng = torch.Generator().manual_seed(seed)
    azimuth = (torch.rand(count, generator=rng) - 0.5) * 2.0
    zenith = torch.pi / 2 + (torch.rand(count, generator=rng) - 0.5) * 0.8
    return GRID.rsrp_db(steering_vectors(GRID.panel, azimuth, zenith)[:, None])


def test_beams_are_orthogonal_and_peak_where_they_point():
    across, up = torch.from_numpy(GRID.directions).T
    zenith = torch.arccos(-up)
    azimuth = torch.arcsin((across / zenith.sin()).clamp(-1.0, 1.0))
    here = (across / zenith.sin()).abs() <= 1.0
    power = 10 ** (GRID.rsrp_db(steering_vectors(GRID.panel, azimuth, zenith)[:, None]) / 10)
    assert (power.argmax(1) == np.arange(32))[here].all()
    assert np.allclose(power.max(1)[here], 32.0, rtol=1e-4)
    # orthogonal beams of unit power split what an antenna each receives
    assert np.allclose(power.sum(1), 32.0, rtol=1e-4)


def test_a_quarter_is_measured_evenly():
    column, row = np.divmod(GRID.measured, 4)
    assert len(GRID.measured) == 8
    assert (np.bincount(row) == 2).all()
    assert (np.bincount(column) == 1).all()


def test_reports_have_whole_decibels_and_the_error_asked_for():
    true_db = np.zeros((4000, 2))
    seen_db = reported(true_db, 2.0, 7)
    assert (seen_db == np.rint(seen_db)).all()
    assert np.std(seen_db) == pytest.approx((4.0 + 1 / 12) ** 0.5, rel=0.05)
    assert (seen_db == reported(true_db, 2.0, 7)).all()
    assert (reported(true_db, 0.0, 7) == 0.0).all()


def test_learned_predictors_see_between_the_measured_beams():
    true_db, after_db = single_paths(3000, 1), single_paths(500, 2)
    seen_db, now_db = (
        reported(p, 0.5, n)[:, GRID.measured] for n, p in enumerate((true_db, after_db))
    )
    scores = {
        "held": held(GRID, now_db),
        "spline": spline(GRID, now_db),
        "DFT": DftInterpolation(GRID, 2, 2)(now_db),
        "linear": Linear.fitted(seen_db, true_db)(now_db),
        "network": learned(seen_db, true_db, seed=0, steps=250).score(now_db),
    }
    right = {n: (s.argmax(1) == after_db.argmax(1)).mean() for n, s in scores.items()}
    assert right["held"] < 0.4
    assert right["linear"] > right["held"]
    assert right["DFT"] > right["held"]
    assert right["network"] > 0.85


def test_splines_pass_through_what_was_measured():
    seen_db = single_paths(5, 3)[:, GRID.measured]
    assert np.allclose(spline(GRID, seen_db)[:, GRID.measured], seen_db, atol=1e-6)


def test_dft_interpolation_passes_through_what_was_measured_and_only_ratios_count():
    seen_db = single_paths(5, 3)[:, GRID.measured]
    near = DftInterpolation(GRID, 4, 3)
    apart_db = seen_db - seen_db.mean(1, keepdims=True)
    assert np.allclose(near(seen_db)[:, GRID.measured], apart_db, rtol=0.01, atol=0.5)
    assert np.allclose(near(seen_db - 30.0), near(seen_db), atol=1e-3)


def test_dft_interpolation_finds_a_single_term():
    across = GRID.directions[:, 0]
    true_db = 5.0 * np.cos(np.pi * (across - 0.3))[None]
    found = DftInterpolation(GRID, 2, 1)(true_db[:, GRID.measured])
    assert found.argmax() in np.flatnonzero(np.isclose(true_db[0], true_db.max()))


def test_networks_follow_from_the_seed():
    true_db = single_paths(300, 4)
    seen_db = true_db[:, GRID.measured]
    one, again, other = (learned(seen_db, true_db, s, 5).score(seen_db) for s in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
