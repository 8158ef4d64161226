"""One cell with UEs of equal mean SNR, served by both levels."""

from dataclasses import replace

import numpy as np
import pytest

from twins.dynamics.link import FRAME_MS, Air, LinkLevel, LinkSetup, Served
from twins.dynamics.scheduling import SlicePolicy
from twins.dynamics.simulate import make_level
from twins.dynamics.slot_level import MAX_TRANSMISSIONS, Pending
from twins.dynamics.traffic import Arrivals, Queues
from twins.scenario import load_scenario

SCENARIO = load_scenario("munich")
FRAMES = 40
LEVELS = pytest.mark.parametrize("slot_level", [False, True])


def policy(
    ues: tuple[int, int], dedicated_percent: float, max_percent: float = 100.0
) -> SlicePolicy:
    share = np.array([dedicated_percent / 100.0, 0.0])
    return SlicePolicy(share, share, np.array([max_percent / 100.0, 1.0]), np.repeat([0, 1], ues))


def run(
    of: SlicePolicy,
    slot_level: bool,
    snr_db: float | np.ndarray = 18.0,
    m: float = 3.0,
    sending: np.ndarray | None = None,
) -> tuple[Queues, list[Served], LinkLevel]:
    ues = of.slice_of.size
    setup = LinkSetup(SCENARIO, 1, of, np.zeros(ues), SCENARIO.carrier.overhead_share)
    level = make_level(setup, 1, slot_level)
    ticks = round(FRAME_MS / level.tick_ms)
    none = np.empty(0)
    full = np.ones(ues, dtype=bool) if sending is None else sending
    arrivals = Arrivals(none.astype(int), none, none, none, full)
    queues = Queues(arrivals, level.tick_ms, ticks * FRAMES)
    air = Air(
        snr=np.broadcast_to(10.0 ** (np.asarray(snr_db) / 10.0), (ues,)).reshape(ues, 1),
        fading_m=np.full((ues, 1), m),
        serving=np.zeros(ues, dtype=int),
        connected=np.ones(ues, dtype=bool),
        awake=np.array([True]),
    )
    served = [level.serve(air, queues, frame * ticks) for frame in range(FRAMES)]
    return queues, served, level


def mbit(queues: Queues) -> np.ndarray:
    return queues.served.sum(0) / 1e6


@LEVELS
def test_a_dedicated_share_holds_whatever_the_other_slice_wants(slot_level: bool) -> None:
    def volume(others: int, *percent: float) -> float:
        return float(mbit(run(policy((3, others), *percent), slot_level)[0])[:3].sum())

    assert volume(24, 30.0, 30.0) == pytest.approx(volume(4, 30.0, 30.0), rel=0.05)
    assert volume(24, 30.0) > volume(24, 30.0, 30.0)  # its part of what is free comes on top
    assert volume(24, 0.0) < 0.4 * volume(4, 0.0)


@LEVELS
def test_a_dedicated_share_is_empty_while_its_slice_is(slot_level: bool) -> None:
    of = policy((3, 4), 30.0)
    sending = of.slice_of == 1
    _, served, _ = run(of, slot_level, sending=sending)
    usage = np.mean([s.prb_share for s in served[5:]])
    assert usage == pytest.approx(0.7, abs=0.01)


@LEVELS
def test_equal_channels_get_equal_shares(slot_level: bool) -> None:
    """Proportional fair is round robin then."""
    volume = mbit(run(policy((8, 0), 0.0), slot_level, m=1000.0)[0])
    assert volume == pytest.approx(np.full(8, volume.mean()), rel=0.15 if slot_level else 0.02)


@LEVELS
def test_unequal_channels_get_equal_time(slot_level: bool) -> None:
    """The law of proportional fairness: twice the rate alone is twice the rate in company."""
    snr_db = np.array([6.0, 6.0, 18.0, 18.0])
    of = policy((4, 0), 0.0)
    together = mbit(run(of, slot_level, snr_db, m=1000.0)[0])
    alone = np.array(
        [
            mbit(run(of, slot_level, snr_db, m=1000.0, sending=np.arange(4) == ue)[0])[ue]
            for ue in range(4)
        ]
    )
    assert together / alone == pytest.approx(np.full(4, 0.25), rel=0.2 if slot_level else 0.02)


def test_the_slot_level_gains_from_choosing_among_many() -> None:
    """Multi-user diversity: sum rate rises with the UEs under Rayleigh fading, not without."""
    few, many = (mbit(run(policy((n, 0), 0.0), True, m=1.0)[0]).sum() for n in (1, 12))
    assert many > 1.15 * few
    few, many = (mbit(run(policy((n, 0), 0.0), True, m=1000.0)[0]).sum() for n in (1, 12))
    assert many == pytest.approx(few, rel=0.1)


def test_a_failed_block_gathers_energy_until_it_arrives_or_is_given_up() -> None:
    pending = Pending.none(2)
    sent, sinr = np.array([True, True]), np.array([1.0, 2.0])
    groups, mcs = np.array([3, 5]), np.array([4, 7])
    pending = pending.after(sent, np.array([True, False]), groups, mcs, sinr)
    assert pending.groups.tolist() == [3, 0]
    assert pending.mcs.tolist() == [4, 0]
    for _ in range(MAX_TRANSMISSIONS - 2):
        pending = pending.after(np.array([True, False]), np.array([True, False]), groups, mcs, sinr)
        assert pending.groups.tolist() == [3, 0]
    last = pending.after(np.array([True, False]), np.array([True, False]), groups, mcs, sinr)
    assert last.groups.tolist() == [0, 0]
    assert pending.without(np.array([True, False])).groups.tolist() == [0, 0]


def test_combining_carries_a_ue_below_the_lowest_mcs() -> None:
    """At -4 dB no MCS of the tables holds 10 %, but two or three transmissions together do."""
    queues, served, _ = run(policy((1, 0), 0.0), True, snr_db=-4.0, m=1000.0)
    failed = sum(int(s.failed.sum()) for s in served) / sum(int(s.blocks.sum()) for s in served)
    assert failed > 0.9
    assert mbit(queues)[0] > 1.0


def test_flow_rate_without_fading_is_the_attenuated_shannon_rate() -> None:
    of = policy((1, 0), 0.0)
    queues, *_ = run(of, False, snr_db=10.0, m=1000.0)
    carrier, radio = SCENARIO.carrier, SCENARIO.radio
    gap = 10.0 ** (-radio.implementation_loss_db / 10.0)
    rate_mbps = 273 * 12 * 30e3 * (1 - carrier.overhead_share) * np.log2(1 + 10.0 * gap) / 1e6
    assert mbit(queues)[0] == pytest.approx(rate_mbps * FRAMES * FRAME_MS / 1000.0, rel=0.01)


def test_a_cell_that_is_off_serves_nobody() -> None:
    of = policy((2, 0), 0.0)
    _, _, level = run(of, False)
    arrivals = Arrivals(*(np.empty(0) for _ in range(4)), full_buffer=np.ones(2, dtype=bool))  # type: ignore[arg-type]
    queues = Queues(replace(arrivals, ue=np.empty(0, dtype=int)), level.tick_ms, 10)
    off = Air(
        np.full((2, 1), 100.0),
        np.ones((2, 1)),
        np.zeros(2, dtype=int),
        np.ones(2, dtype=bool),
        np.array([False]),
    )
    served = level.serve(off, queues, 0)
    assert queues.served.sum() < 1.0
    assert served.sinr_db.max() < -80.0
