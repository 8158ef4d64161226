import itertools
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import RanwrightError
from tests.twins import synthetic
from twins.antenna import ELEMENT, ColumnAntenna, sector_gain_dbi
from twins.channel import NO_PATH_DB, candidate_points, load_link_map
from twins.dynamics.beam_sweep import (
    SSB_PERIODS_MS,
    BeamTracker,
    MeasurementError,
    csi_rs_overhead,
    csi_rs_sweep,
    interpolated,
    ssb_overhead,
    ssb_sweep,
)
from twins.dynamics.beams import (
    CSI_RS_BEAMS,
    MACRO_PANEL,
    SSB_BEAMS,
    Codebook,
    Panel,
    beam_gain_db,
    panel_angles,
    refinements,
)
from twins.runtime import seeded
from twins.scenario import load_scenario

FULL = Codebook(
    panel=MACRO_PANEL, active_rows=8, active_columns=8, vertical_beams=8, horizontal_beams=8
)
REFINES = refinements(SSB_BEAMS, CSI_RS_BEAMS)
BOOKS = pytest.mark.parametrize("book", [SSB_BEAMS, CSI_RS_BEAMS, FULL], ids=["ssb", "csi", "full"])
WALK_POINTS = 6


def gains(book: Codebook, azimuth_deg, elevation_deg, tilt_deg=0.0) -> torch.Tensor:
    """Gain of every beam over the element, [..., beams]."""
    azimuth, elevation = torch.broadcast_tensors(
        torch.as_tensor(azimuth_deg, dtype=torch.float64),
        torch.as_tensor(elevation_deg, dtype=torch.float64),
    )
    horizontal, vertical = book.factors(azimuth, elevation, tilt_deg)
    return (horizontal[..., :, None] * vertical[..., None, :]).flatten(-2)


def angles(book: Codebook) -> tuple[torch.Tensor, torch.Tensor]:
    left, up = book.directions.double().unbind(-1)
    elevation = torch.asin(up)
    return torch.rad2deg(torch.asin(left / torch.cos(elevation))), torch.rad2deg(elevation)


def visible(book: Codebook) -> torch.Tensor:
    return book.directions.square().sum(-1) < 1.0


@BOOKS
def test_a_beam_peaks_where_it_points_and_every_other_is_silent_there(book: Codebook) -> None:
    seen = visible(book)
    azimuth, elevation = angles(book)
    at_peaks = gains(book, azimuth[seen], elevation[seen])
    expected = torch.eye(book.beams)[seen] * book.active_rows * book.active_columns
    torch.testing.assert_close(at_peaks, expected.double(), atol=1e-4, rtol=0)


@given(azimuth=st.floats(-180, 180), elevation=st.floats(-90, 90), tilt=st.floats(-10, 20))
def test_a_complete_codebook_shares_out_all_power(azimuth, elevation, tilt) -> None:
    # Parseval: orthogonal beams of unit power split the 64 of an element's field among them
    assert float(gains(FULL, azimuth, elevation, tilt).sum()) == pytest.approx(64.0, abs=1e-3)


@BOOKS
def test_the_sector_is_covered_within_the_scalloping_of_one_step(book: Codebook) -> None:
    azimuth = torch.linspace(-60, 60, 2401)
    horizontal, _ = book.factors(azimuth, torch.zeros(2401), 0.0)
    assert float(10 * torch.log10(horizontal.amax(-1) / book.active_columns).min()) > -3.93
    reach = 0.5 * book.vertical_beams / (0.8 * book.active_rows)
    reach = min(reach, 0.5)
    elevation = torch.rad2deg(torch.asin(torch.linspace(-reach, reach, 1001)))
    _, vertical = book.factors(torch.zeros(1001), elevation, 0.0)
    assert float(10 * torch.log10(vertical.amax(-1) / book.active_rows).min()) > -3.93


def test_neighbours_cross_four_decibels_down() -> None:
    # sin(pi/2) / (8 sin(pi/16)): halfway between two beams of eight columns
    crossing = 20 * math.log10(1 / (8 * math.sin(math.pi / 16)))
    horizontal, _ = FULL.factors(torch.tensor(0.0), torch.tensor(0.0), 0.0)
    assert 10 * math.log10(float(horizontal.max()) / 8) == pytest.approx(crossing, abs=1e-3)


def sphere(points: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    up = torch.linspace(-1, 1, 2 * points + 1, dtype=torch.float64)[1::2]
    azimuth = torch.linspace(-180, 180, points + 1, dtype=torch.float64)[:-1]
    return azimuth[:, None], torch.rad2deg(torch.asin(up))[None]


@BOOKS
def test_an_array_factor_averages_to_one_over_the_sphere(book: Codebook) -> None:
    # exact half a wavelength apart, where the field of one element does not couple to the next
    half = book.model_copy(update={"panel": Panel(rows=8, columns=8)})
    for factor in half.factors(*torch.broadcast_tensors(*sphere()), 6.0):
        mean = factor.mean((0, 1))
        torch.testing.assert_close(mean, torch.ones_like(mean), atol=5e-3, rtol=0)


@pytest.mark.parametrize("tilt_deg", [0.0, 6.0, 12.0])
@pytest.mark.parametrize("book", [SSB_BEAMS, CSI_RS_BEAMS], ids=["ssb", "csi"])
def test_no_beam_radiates_much_more_than_it_is_fed(book: Codebook, tilt_deg: float) -> None:
    azimuth, elevation = torch.broadcast_tensors(*sphere())
    element = torch.pow(10.0, sector_gain_dbi(ELEMENT, azimuth, elevation, 0.0) / 10.0)
    radiated = (element[..., None] * gains(book, azimuth, elevation, tilt_deg)).mean((0, 1))
    assert float(10.0 * torch.log10(radiated.max())) < 0.7


def test_a_column_is_a_codebook_of_one_beam() -> None:
    of = synthetic.scenario()
    links = synthetic.link_map(of, 50)
    column = Codebook(
        panel=Panel(rows=10, columns=1),
        active_rows=10,
        active_columns=1,
        vertical_beams=1,
        horizontal_beams=1,
    )
    expected = replace(links, antenna=ColumnAntenna(10, 0.5)).gain_db()
    torch.testing.assert_close(beam_gain_db(links, column)[..., 0], expected, atol=0.01, rtol=0)


def one_path(azimuth_deg: float, elevation_deg: float):
    links = synthetic.link_map(synthetic.scenario(), 1)
    ones = torch.ones(3, 1, 1)
    return replace(
        links,
        path_gain_db=-100.0 * ones,
        azimuth_deg=links.cell_azimuth_deg[0] + azimuth_deg * ones,
        elevation_deg=elevation_deg * ones,
        delay_ns=ones,
    )


def test_the_peak_of_a_narrow_beam_is_element_and_all_chains() -> None:
    left, up = CSI_RS_BEAMS.directions[18].tolist()
    azimuth_deg = math.degrees(math.asin(left))
    level = torch.full((9,), math.degrees(math.asin(up)))  # its tilt brings this layer to 0
    gain_db = beam_gain_db(one_path(azimuth_deg, 0.0), CSI_RS_BEAMS, level)[0, 0]
    element_dbi = 8.0 - 12.0 * (azimuth_deg / 65.0) ** 2
    assert int(gain_db.argmax()) == 18
    assert float(gain_db.max()) == pytest.approx(-100 + element_dbi + 10 * math.log10(64), abs=0.01)


def test_powers_of_paths_add_up() -> None:
    one = one_path(10.0, -3.0)
    two = replace(
        one,
        path_gain_db=one.path_gain_db.expand(3, 1, 2),
        azimuth_deg=one.azimuth_deg.expand(3, 1, 2),
        elevation_deg=one.elevation_deg.expand(3, 1, 2),
    )
    torch.testing.assert_close(
        beam_gain_db(two, SSB_BEAMS), beam_gain_db(one, SSB_BEAMS) + 10 * math.log10(2)
    )


def test_no_path_is_no_gain_and_tilts_come_in_batches() -> None:
    links = synthetic.link_map(synthetic.scenario(), 5)
    tilts = torch.stack([links.cell_tilt_deg, links.cell_tilt_deg + 5])
    batch = beam_gain_db(links, SSB_BEAMS, tilts)
    assert batch.shape == (2, 5, 9, 8)
    torch.testing.assert_close(batch[0], beam_gain_db(links, SSB_BEAMS))
    silent = replace(links, path_gain_db=torch.full_like(links.path_gain_db, -torch.inf))
    assert bool((beam_gain_db(silent, SSB_BEAMS) == NO_PATH_DB).all())


@given(tilt=st.floats(-30, 60), azimuth=st.floats(-179, 179), elevation=st.floats(-85, 85))
def test_leaning_is_a_rotation_to_the_normal(tilt, azimuth, elevation) -> None:
    def unit(azimuth_deg, elevation_deg):
        a, e = (torch.deg2rad(torch.as_tensor(x).double()) for x in (azimuth_deg, elevation_deg))
        return torch.stack([e.cos() * a.cos(), e.cos() * a.sin(), e.sin()])

    both = torch.tensor([[azimuth, 0.0], [elevation, -tilt]], dtype=torch.float64)
    seen = panel_angles(both[0], both[1], torch.tensor(tilt, dtype=torch.float64))
    before, after = unit(*both), unit(*seen)
    assert float(seen[0][1]) == pytest.approx(0.0, abs=1e-6)
    assert float(seen[1][1]) == pytest.approx(0.0, abs=1e-6)
    assert float(before[:, 0] @ before[:, 1]) == pytest.approx(float(after[:, 0] @ after[:, 1]))


def test_mechanical_and_electrical_tilt_agree_at_boresight() -> None:
    links = one_path(0.0, -10.0)
    none, ten = torch.zeros(9), torch.full((9,), 10.0)
    book = Codebook(
        panel=MACRO_PANEL, active_rows=8, active_columns=8, vertical_beams=1, horizontal_beams=1
    )
    mechanical = beam_gain_db(links, book, none, ten)[0, 0, 0]
    electrical = beam_gain_db(links, book, ten)[0, 0, 0]
    assert float(mechanical) == pytest.approx(-100 + 8 + 10 * math.log10(64), abs=1e-3)
    assert float(mechanical - electrical) == pytest.approx(12 * (10 / 65) ** 2, abs=1e-3)


def test_narrow_beams_are_shared_out_evenly() -> None:
    assert REFINES.sum(0).tolist() == [1] * CSI_RS_BEAMS.beams
    assert REFINES.sum(1).tolist() == [4] * SSB_BEAMS.beams


@pytest.mark.parametrize("change", [{"active_rows": 9}, {"horizontal_beams": 5}])
def test_impossible_codebooks_are_refused(change) -> None:
    with pytest.raises(ValidationError, match="must be"):
        Codebook.model_validate(SSB_BEAMS.model_dump() | change)


@pytest.fixture(scope="module")
def walks() -> tuple[torch.Tensor, torch.Tensor]:
    """Gains of the wide and the narrow beams of one cell, along straight streets of Munich."""
    scenario = load_scenario("munich")
    links = load_link_map(scenario)
    covered = candidate_points(scenario, links).tolist()
    at = {tuple(links.point_positions_m[i].round().tolist()): i for i in covered}
    step_m = scenario.channel.grid_step_m
    ways = [
        [at.get((x + k * step_m * east, y + k * step_m * (1 - east))) for k in range(WALK_POINTS)]
        for x, y in at
        for east in (0, 1)
    ]
    points = torch.tensor([way for way in ways if None not in way])[::8]
    assert len(points) > 200
    cell = links.gain_db()[points].mean(1).argmax(-1, keepdim=True)
    wide, narrow = (beam_gain_db(links, book) for book in (SSB_BEAMS, CSI_RS_BEAMS))
    return wide[points, cell], narrow[points, cell]


def test_an_exact_sweep_finds_the_best_beam(walks) -> None:
    for gain_db in walks:
        report = ssb_sweep(gain_db)
        assert torch.equal(gain_db.gather(-1, report.beam[..., None])[..., 0], gain_db.amax(-1))


def test_a_search_in_two_steps_loses_little(walks) -> None:
    wide, narrow = walks
    beam = csi_rs_sweep(narrow, ssb_sweep(wide).beam, REFINES).beam
    loss_db = narrow.amax(-1) - narrow.gather(-1, beam[..., None])[..., 0]
    assert float(loss_db.mean()) < 0.1
    assert float((loss_db == 0).float().mean()) > 0.95
    assert bool(REFINES[ssb_sweep(wide).beam, beam].all())


def test_narrow_beams_gain_over_wide_ones(walks) -> None:
    wide, narrow = walks
    gain_db = float((narrow.amax(-1) - wide.amax(-1)).mean())
    assert 4.0 < gain_db < 10 * math.log10(4) + 1.0


def test_reports_have_whole_decibels_within_their_range() -> None:
    rsrp_dbm = torch.tensor([[-80.4, -90.0], [-150.0, -151.0], [-30.0, -31.0]])
    assert ssb_sweep(rsrp_dbm).rsrp_dbm.tolist() == [-80.0, -140.0, -44.0]


def test_errors_pick_wrong_beams_and_repeat_with_their_seed(walks) -> None:
    def loss_db(deviation_db: float) -> float:
        error = MeasurementError(deviation_db, seeded("beams", 3))
        beam = ssb_sweep(walks[0], error).beam
        return float((walks[0].amax(-1) - walks[0].gather(-1, beam[..., None])[..., 0]).mean())

    assert 0.0 == loss_db(0.0) < loss_db(1.0) < loss_db(4.0)
    assert loss_db(2.0) == loss_db(2.0)


def test_a_longer_period_loses_more_for_a_moving_ue(walks) -> None:
    # 6 m in 40 samples of 5 ms: 30 m/s
    wide, narrow = (interpolated(gain_db, 40) for gain_db in walks)
    itself = torch.eye(CSI_RS_BEAMS.beams, dtype=torch.bool)

    def loss_db(tracker: BeamTracker, first: torch.Tensor, refines: torch.Tensor) -> float:
        return float(tracker.track(first, narrow, refines, 5).loss_db.mean())

    # searching all narrow beams leaves nothing but their age to lose by
    stale = [loss_db(BeamTracker(ms, ms), narrow, itself) for ms in SSB_PERIODS_MS]
    assert stale[0] == 0.0
    assert all(longer > shorter for shorter, longer in itertools.pairwise(stale))
    in_steps = [loss_db(BeamTracker(ms, ms), wide, REFINES) for ms in (20, 160)]
    assert in_steps[1] > 3 * in_steps[0]
    assert loss_db(BeamTracker(20, 20, delay_ms=100), wide, REFINES) > in_steps[0]


def test_beams_are_held_between_sweeps_and_refined_later() -> None:
    # the best narrow beam changes at every sample: 0, 4, 8, ...; each in an SSB beam of its own
    narrow = torch.eye(CSI_RS_BEAMS.beams)[torch.arange(0, 32, 4)]
    wide = narrow @ REFINES.T.float()
    track = BeamTracker(20, 40).track(wide, narrow, REFINES, 10)
    best, parent = narrow.argmax(-1), wide.argmax(-1)
    assert track.ssb_beam.tolist() == parent[[0, 0, 2, 2, 4, 4, 6, 6]].tolist()
    assert track.beam.tolist() == best[[0, 0, 0, 0, 4, 4, 4, 4]].tolist()
    assert track.loss_db.tolist() == [0, 1, 1, 1, 0, 1, 1, 1]
    late = BeamTracker(20, 40, delay_ms=10).track(wide, narrow, REFINES, 10)
    assert late.ssb_beam.tolist() == parent[[0, 0, 0, 2, 2, 4, 4, 6]].tolist()


def test_interpolation_starts_and_ends_at_points() -> None:
    gain_db = torch.tensor([[-80.0], [-90.0], [-70.0]])
    assert interpolated(gain_db, 2)[:, 0].tolist() == [-80.0, -85.0, -90.0, -80.0, -70.0]


@given(
    beams=st.integers(1, 7),
    period_ms=st.sampled_from(SSB_PERIODS_MS[:-1]),
    scs=st.sampled_from([15, 30]),
    whole=st.booleans(),
)
def test_overhead_falls_with_the_period_and_grows_with_beams(beams, period_ms, scs, whole) -> None:
    def share(beams: int, period_ms: int) -> float:
        return ssb_overhead(beams, period_ms, scs, 273, whole_symbols=whole)

    assert 0 < share(beams, 2 * period_ms) < share(beams, period_ms) < share(beams + 1, period_ms)
    assert csi_rs_overhead(beams, 2 * period_ms, scs) < csi_rs_overhead(beams, period_ms, scs)
    assert csi_rs_overhead(beams, period_ms, scs) < csi_rs_overhead(beams + 1, period_ms, scs)


def test_overhead_counts_resource_elements() -> None:
    # eight blocks of 4 x 240 in 40 slots of 14 x 3276
    assert ssb_overhead(8, 20, 30, 273) == pytest.approx(8 * 960 / (40 * 14 * 3276))
    assert ssb_overhead(8, 20, 30, 273, whole_symbols=True) == pytest.approx(32 / 560)
    # four resources of 3 x 273 in 40 slots
    assert csi_rs_overhead(4, 20, 30) == pytest.approx(4 * 3 * 273 / (40 * 14 * 3276))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((8, 25, 30, 273), r"beams\.period"), ((9, 20, 30, 273), r"beams\.burst")],
)
def test_impossible_bursts_are_refused(arguments, code) -> None:
    with pytest.raises(RanwrightError, match=code):
        ssb_overhead(*arguments)
    with pytest.raises(RanwrightError, match=r"beams\.period"):
        BeamTracker(25, 20)
