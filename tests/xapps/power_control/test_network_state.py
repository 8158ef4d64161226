"""The smoothed state: averages, newcomers and leavers, and what is strange."""

import numpy as np
import pytest

from xapps.power_control.readings import Readings
from xapps.power_control.state import NetworkState, StrangeError

CELLS = (1, 2, 5)
NAN = float("nan")
POWER = {1: 10_000, 2: 10_000, 5: 1_000}


def readings(at_ms, ues, version=3):
    """``ues``: id -> (serving cell, active ms, RSRP of each cell)."""
    rows = sorted(ues.items())
    return Readings(
        at_ms,
        version,
        np.array([i for i, _ in rows], np.int64),
        np.array([v[0] for _, v in rows], np.int64),
        np.array([v[1] for _, v in rows], float),
        np.array([v[2] for _, v in rows], float).reshape(len(rows), len(CELLS)),
    )


def fresh():
    return NetworkState(CELLS, 200, 2_000, -120.0)


def gain_db(state):
    return 10.0 * np.log10(state.network().gain)


def test_a_gain_is_rsrp_over_power_and_noise():
    state = fresh()
    state.take(readings(200, {7: (1, 100.0, (-80.0, -90.0, -100.0))}), POWER)
    assert gain_db(state)[0] == pytest.approx([-80 - 40 + 120, -90 - 40 + 120, -100 - 30 + 120])
    assert state.network().activity.tolist() == [0.5]
    assert state.network().serving.tolist() == [0]


def test_errors_of_readings_average_out():
    state, rng = fresh(), np.random.default_rng(4)
    for k in range(1, 200):
        rsrp = np.array([-80.0, -90.0, -100.0]) + rng.normal(0, 1, 3)
        state.take(readings(200 * k, {7: (1, 200.0, rsrp)}), POWER)
    assert gain_db(state)[0] == pytest.approx([0.0, -10.0, -10.0], abs=1.0)
    assert state.steady()


def test_a_change_of_power_is_no_change_of_gain():
    state = fresh()
    state.take(readings(200, {7: (1, 200.0, (-80.0, -90.0, -100.0))}), POWER)
    before = gain_db(state)
    state.take(readings(400, {7: (1, 200.0, (-83.0, -90.0, -100.0))}), {**POWER, 1: 5_012})
    assert gain_db(state) == pytest.approx(before, abs=1e-3)


def test_a_cell_that_is_not_heard_lies_below_those_that_are():
    state = fresh()
    state.take(readings(200, {7: (1, 200.0, (-80.0, NAN, NAN))}), POWER)
    assert gain_db(state)[0, 1] == pytest.approx(-80 - 10 - 40 + 120)
    state.take(readings(400, {7: (1, 200.0, (-80.0, -85.0, NAN))}), POWER)
    heard = gain_db(state)[0, 1]
    state.take(readings(600, {7: (1, 200.0, (-80.0, NAN, NAN))}), POWER)
    assert gain_db(state)[0, 1] < heard


def test_who_left_is_forgotten_and_who_is_new_has_no_past():
    state = fresh()
    first = (1, 200.0, (-80.0, -90.0, -100.0))
    state.take(readings(200, {7: first, 9: first}), POWER)
    state.take(readings(400, {8: (2, 0.0, (-90.0, -70.0, -99.0)), 9: first}), POWER)
    assert state.network().activity.tolist() == [0.0, 1.0]
    assert gain_db(state)[0, 1] == pytest.approx(-70 - 40 + 120)
    state.take(readings(600, {7: (1, 0.0, (-60.0, -90.0, -100.0)), 9: first}), POWER)
    assert gain_db(state)[0, 0] == pytest.approx(-60 - 40 + 120)


GOOD = (1, 200.0, (-80.0, -90.0, -100.0))


@pytest.mark.parametrize(
    ("at_ms", "ues", "why"),
    [
        (400, {7: (3, 200.0, (-80.0, -90.0, -100.0))}, "does not have"),
        (400, {7: (1, 200.0, (NAN, -90.0, -100.0))}, "does not measure"),
        (400, {7: (1, 200.0, (-20.0, -90.0, -100.0))}, "RSRP"),
        (400, {7: (1, 200.0, (float("inf"), -90.0, -100.0))}, "RSRP"),
        (400, {7: (1, 300.0, (-80.0, -90.0, -100.0))}, "active"),
        (400, {7: (1, NAN, (-80.0, -90.0, -100.0))}, "active"),
        (400, {}, "no UE"),
        (200, {7: GOOD}, "0 ms"),
        (100, {7: GOOD}, "-100 ms"),
        (9_000, {7: GOOD}, "8800 ms"),
    ],
)
def test_strange_readings_begin_the_state_anew(at_ms, ues, why):
    state = fresh()
    state.take(readings(200, {7: GOOD}), POWER)
    with pytest.raises(StrangeError, match=why):
        state.take(readings(at_ms, ues), POWER)
    assert len(state.network().activity) == 0
    assert not state.steady()
    state.take(readings(20_000, {7: GOOD}), POWER)


def test_a_ue_twice_is_strange():
    twice = readings(200, {7: GOOD, 8: GOOD})
    twice.ue_ids[1] = 7
    with pytest.raises(StrangeError, match="twice"):
        fresh().take(twice, POWER)
