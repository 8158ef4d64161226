import numpy as np
import pytest

from twins.dynamics.profile import FileTransfer, FullBuffer, Sporadic, Video
from twins.dynamics.randomness import stream
from twins.dynamics.traffic import Arrivals, Queues, draw_arrivals


def serve(queues: Queues, bits_per_tick: float) -> None:
    for tick in range(queues.ticks):
        backlog = queues.backlog_bits(tick)
        queues.deliver(tick, np.full(backlog.size, bits_per_tick))


def test_the_times_of_two_packets_by_hand() -> None:
    arrivals = Arrivals(
        ue=np.array([0, 0]),
        at_ms=np.array([0.5, 2.5]),
        bits=np.array([250.0, 100.0]),
        budget_ms=np.array([np.inf, np.inf]),
        full_buffer=np.array([False]),
    )
    queues = Queues(arrivals, tick_ms=1.0, ticks=6)
    serve(queues, 100.0)
    # 250 bit from tick 1 on, 100 a tick: complete with tick 3, which has 50 left for the second
    assert queues.served[:, 0].tolist() == [0.0, 100.0, 100.0, 100.0, 50.0, 0.0]
    assert queues.delay_ms().tolist() == [3.5, 2.5]
    assert queues.waiting[:, 0].tolist() == [False, True, True, True, False, False]


def test_who_is_not_served_waits() -> None:
    kind = Sporadic(packet_byte=100, packets_per_s=1000.0, delay_budget_ms=10.0)
    queues = Queues(draw_arrivals((kind,), 50.0, stream("waits")), 1.0, 50)
    for tick in range(50):
        queues.backlog_bits(tick)
    assert queues.waiting[5:].all()
    assert np.isinf(queues.delay_ms()).all()


def test_nothing_is_lost_and_nothing_delivered_twice() -> None:
    kinds = (FileTransfer(file_mbyte=0.01, files_per_s=20.0), FullBuffer(), FullBuffer())
    arrivals = draw_arrivals(kinds, 1500.0, stream("conserve"))
    queues = Queues(arrivals, 0.5, 4000)
    serve(queues, 2000.0)
    assert queues.served[:, 0].sum() == pytest.approx(arrivals.bits.sum())
    assert np.isfinite(queues.delay_ms()).all()
    assert queues.served[:, 1].sum() == pytest.approx(4000 * 2000.0)


def test_delay_is_that_of_a_queue_with_poisson_arrivals_and_constant_service() -> None:
    """M/D/1: the mean wait is rho s / (2 (1 - rho)), the mean stay s more (Pollaczek, Khinchin)."""
    service_ms, load = 40.0, 0.5
    kind = FileTransfer(file_mbyte=0.05, files_per_s=1000.0 * load / service_ms)
    queues = Queues(draw_arrivals((kind,) * 40, 60_000.0, stream("md1")), 1.0, 60_000)
    serve(queues, 8e6 * 0.05 / service_ms)
    delay_ms = queues.delay_ms()
    delay_ms = delay_ms[np.isfinite(delay_ms)]
    half_a_tick = 0.5  # what comes within a tick waits for the next
    expected_ms = service_ms + load * service_ms / (2.0 * (1.0 - load)) + half_a_tick
    assert delay_ms.mean() == pytest.approx(expected_ms, rel=0.02)


def test_video_has_the_moments_of_the_model() -> None:
    kind = Video(rate_mbps=30.0, frames_per_s=60.0, delay_budget_ms=10.0)
    arrivals = draw_arrivals((kind,), 600_000.0, stream("video"))
    assert len(arrivals.ue) == pytest.approx(36_000, abs=1)
    mean_bits = 30e6 / 60
    assert arrivals.bits.mean() == pytest.approx(mean_bits, rel=2e-3)
    assert arrivals.bits.std() == pytest.approx(0.105 * mean_bits, rel=0.02)
    assert arrivals.bits.min() >= 0.5 * mean_bits
    assert arrivals.bits.max() <= 1.5 * mean_bits
    gaps_ms = np.diff(arrivals.at_ms)
    assert gaps_ms.mean() == pytest.approx(1000.0 / 60, rel=1e-3)
    assert gaps_ms.min() >= 1000.0 / 60 - 8.0 - 1e-9
    assert (arrivals.budget_ms == 10.0).all()


@pytest.mark.parametrize(
    "kind",
    [
        FileTransfer(file_mbyte=0.5, files_per_s=3.0),
        Sporadic(packet_byte=32, packets_per_s=3.0, delay_budget_ms=10.0),
    ],
)
def test_poisson_arrivals(kind: FileTransfer | Sporadic) -> None:
    arrivals = draw_arrivals((kind,) * 20, 300_000.0, stream("poisson"))
    counts = np.bincount(arrivals.ue, minlength=20)
    assert counts.mean() == pytest.approx(900.0, rel=0.03)
    gaps_s = np.diff(arrivals.at_ms[arrivals.ue == 0]) / 1000.0
    # exponential gaps: standard deviation and mean are equal
    assert gaps_s.std() == pytest.approx(gaps_s.mean(), rel=0.1)
