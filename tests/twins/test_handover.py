from dataclasses import replace

import numpy as np
import pytest

from twins.dynamics.handover import (
    PREPARATION_MS,
    REESTABLISHMENT_MS,
    Cause,
    Handover,
    HandoverSettings,
)
from twins.dynamics.measurements import Measurements
from twins.dynamics.randomness import CorrelatedNormals, stream

FRAME_MS = 10.0
SETTINGS = HandoverSettings(
    a3_offset_db=2.0,
    hysteresis_db=0.0,
    time_to_trigger_ms=160.0,
    filter_coefficient=0.0,
    t310_ms=1000.0,
    ssb_period_ms=20.0,
    individual_offset_db=np.zeros((2, 2)),
)


def run(
    neighbour_db: np.ndarray,
    settings: HandoverSettings = SETTINGS,
    sinr_db: np.ndarray | None = None,
    open_cells: tuple[bool, bool] = (True, True),
    awake: tuple[bool, bool] = (True, True),
) -> Handover:
    """One UE in cell 0; ``neighbour_db`` is how much stronger cell 1 is, frame by frame."""
    handover = Handover(settings, np.array([0]), FRAME_MS)
    for frame, better_db in enumerate(neighbour_db):
        sinr = 10.0 if sinr_db is None else sinr_db[frame]
        handover.step(
            frame * FRAME_MS,
            np.array([[-90.0, -90.0 + better_db]]),
            np.array([sinr]),
            np.array(open_cells),
            np.array(awake),
        )
    return handover


def causes(handover: Handover) -> list[Cause]:
    return [e.cause for e in handover.events]


def test_the_time_from_the_event_to_the_handover() -> None:
    better_db = np.where(np.arange(100) >= 20, 3.0, 0.0)
    event = run(better_db).events[0]
    assert (event.cause, event.source, event.target) == (Cause.HANDOVER, 0, 1)
    assert event.at_ms == 200.0 + SETTINGS.time_to_trigger_ms + PREPARATION_MS


def test_an_interruption_lasts_as_long_as_the_standard_says() -> None:
    better_db = np.full(100, 3.0)
    away = []
    for frames in range(1, 60):
        away.append(not run(better_db[:frames]).connected[0])
    # 32 ms and an SSB period, in frames
    assert sum(away) == np.ceil((32.0 + SETTINGS.ssb_period_ms) / FRAME_MS)


@pytest.mark.parametrize(("better_db", "moves"), [(1.9, False), (2.1, True)])
def test_the_offset_decides(better_db: float, moves: bool) -> None:
    assert (Cause.HANDOVER in causes(run(np.full(60, better_db)))) is moves


def test_hysteresis_and_individual_offset_shift_the_border() -> None:
    assert not causes(run(np.full(60, 3.0), replace(SETTINGS, hysteresis_db=1.5)))
    towards = np.array([[0.0, 3.0], [0.0, 0.0]])
    assert Cause.HANDOVER in causes(
        run(np.full(60, -0.5), replace(SETTINGS, individual_offset_db=towards))
    )
    away = np.array([[0.0, 0.0], [3.0, 0.0]])  # of the other direction: no effect here
    assert not causes(run(np.full(60, -0.5), replace(SETTINGS, individual_offset_db=away)))


def test_a_condition_that_breaks_off_starts_anew() -> None:
    flicker = np.where(np.arange(400) % 15 == 0, 0.0, 3.0)  # never longer than 140 ms
    assert not causes(run(flicker))
    assert causes(run(flicker, replace(SETTINGS, time_to_trigger_ms=100.0)))


def test_back_and_forth_within_a_second_is_a_ping_pong() -> None:
    swing = np.where((np.arange(80) // 40) % 2 == 0, 3.0, -3.0)
    assert causes(run(swing)).count(Cause.PING_PONG) == 1
    slow = np.where((np.arange(480) // 160) % 2 == 0, 3.0, -3.0)
    assert Cause.HANDOVER in causes(run(slow))
    assert Cause.PING_PONG not in causes(run(slow))


def test_out_of_sync_for_t310_is_a_failure_and_too_late_if_elsewhere() -> None:
    sinr = np.where(np.arange(400) >= 50, -20.0, 10.0)
    handover = run(np.where(np.arange(400) >= 50, 20.0, 0.0), sinr_db=sinr)
    assert causes(handover)[:2] == [Cause.COMMAND_LOST, Cause.TOO_LATE]
    late = handover.events[1]
    # Qout is an average of 200 ms: from 10 to -20 dB it takes about 180
    start_ms = 500.0 + SETTINGS.t310_ms + REESTABLISHMENT_MS
    assert start_ms + 100.0 <= late.at_ms <= start_ms + 250.0


def test_in_sync_again_stops_the_timer() -> None:
    sinr = np.where((np.arange(300) >= 50) & (np.arange(300) < 120), -20.0, 10.0)
    assert not causes(run(np.full(300, -10.0), sinr_db=sinr))


def test_failure_soon_after_a_handover_is_blamed_on_it() -> None:
    frames = np.arange(300)
    better_db = np.where(frames < 30, 3.0, -20.0)
    sinr = np.where(frames < 30, 10.0, -20.0)
    short = replace(SETTINGS, t310_ms=100.0)
    happened = [c for c in causes(run(better_db, short, sinr)) if c is not Cause.COMMAND_LOST]
    assert happened[:2] == [Cause.HANDOVER, Cause.TOO_EARLY]


def test_a_closed_cell_hands_over_at_once_and_a_locked_one_not_at_all() -> None:
    weaker = np.full(60, -15.0)
    closed = run(weaker, open_cells=(False, True))
    assert [(e.cause, e.at_ms) for e in closed.events] == [(Cause.HANDOVER, PREPARATION_MS)]
    locked = run(
        np.full(300, -15.0),
        sinr_db=np.full(300, -90.0),
        open_cells=(False, True),
        awake=(False, True),
    )
    assert causes(locked)[0] is Cause.TOO_LATE


@pytest.mark.parametrize("ssb_period_ms", [20.0, 160.0])
@pytest.mark.parametrize("coefficient", [0, 4, 8])
def test_the_filter_keeps_its_time_constant_at_every_sample_rate(
    coefficient: int, ssb_period_ms: float
) -> None:
    """After a step, the layer-3 filter has covered 1 - (1 - a)^n of it after n layer-1 periods."""
    settings = replace(SETTINGS, filter_coefficient=float(coefficient), ssb_period_ms=ssb_period_ms)
    period_ms = max(200.0, 5.0 * ssb_period_ms)
    samples = round(3 * period_ms / settings.sample_ms)
    kept = (1.0 - settings.filter_weight) ** samples
    assert kept == pytest.approx((1.0 - 0.5 ** (coefficient / 4.0)) ** 3)


def test_measurements_are_unbiased_enough_and_steadier_when_filtered() -> None:
    def spread(coefficient: float) -> tuple[float, float]:
        settings = replace(SETTINGS, filter_coefficient=coefficient)
        measurements = Measurements(
            settings,
            CorrelatedNormals(np.zeros((1, 1)), (400, 2), stream("f")),
            1.0,
            3.6,
            stream("e"),
        )
        for step in range(60):
            rsrp_dbm = np.full((400, 2), -80.0)
            measurements.step(40.0 * step, rsrp_dbm, np.full((400, 2), 2.0))
        return float(measurements.filtered_dbm.mean()), float(measurements.filtered_dbm.std())

    (mean, raw), (_, filtered) = spread(0), spread(8)
    assert mean == pytest.approx(-80.0, abs=0.5)  # the mean of a dB value lies below
    assert filtered < 0.6 * raw
