"""What a run measured, under TS 28.552 names.

The first second (of short runs, the first tenth) is left out: queues, filters and outer loops
start empty there.
"""

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from contracts.canonical import Contract
from twins.dynamics.consumption import consumption
from twins.dynamics.handover import Cause
from twins.dynamics.link import FRAME_MS
from twins.dynamics.randomness import Flags, Floats
from twins.dynamics.simulate import Record

WARM_UP_MS = 1000.0

THROUGHPUT = "DRB.UEThpDl.Mean"
THROUGHPUT_P5 = "DRB.UEThpDl.P5"
VOLUME = "DRB.PdcpSduVolumeDL"
DELAY = "DRB.RlcSduDelayDl.Mean"
DELAY_P95 = "DRB.RlcSduDelayDl.P95"
IN_TIME = "InTimeRatio"
PRB_USAGE = "RRU.PrbTotDl"
CONNECTED = "RRC.ConnMean"
SINR = "SinrMean"
BLOCK_ERRORS = "BlockErrorRatio"
HANDOVERS = "MM.HoExeIntraFreqSucc"
PING_PONGS = "HandoverPingPongs"
TOO_LATE = "HO.IntraSys.TooLate"
TOO_EARLY = "HO.IntraSys.TooEarly"
WRONG_CELL = "HO.IntraSys.ToWrongCell"
LINK_FAILURES = "RadioLinkFailures"
POWER = "PEE.AvgPower"
ASLEEP = "SleepRatio"
INTERRUPTED = "InterruptionRatio"

SOURCES = {
    THROUGHPUT: "TS 28.552 5.1.1.3, without the tick that empties the buffer; mean over the UEs",
    THROUGHPUT_P5: "TS 28.552 5.1.1.3, 5th percentile over the UEs",
    VOLUME: "TS 28.552 5.1.2.1.1, delivered",
    DELAY: "TS 28.552 5.1.3.3.3, waiting included; packets that never came count with their wait",
    DELAY_P95: "TS 28.552 5.1.3.3.3, 95th percentile over the packets",
    IN_TIME: "Ranwright: packets complete within their delay budget (TS 23.501 5.7.3.4)",
    PRB_USAGE: "TS 28.552 5.1.1.2.1, mean over the cells",
    CONNECTED: "TS 28.552 5.1.1.4.1",
    SINR: "Ranwright: wideband SINR of the serving cell, dB mean over UEs and frames",
    BLOCK_ERRORS: "TS 28.552 5.1.1.7: first transmissions in error; slot level only",
    HANDOVERS: "TS 28.552 5.1.1.6.5",
    PING_PONGS: "TR 36.839: back within a second",
    TOO_LATE: "TS 28.552 5.1.1.25.1",
    TOO_EARLY: "TS 28.552 5.1.1.25.1",
    WRONG_CELL: "TS 28.552 5.1.1.25.1",
    LINK_FAILURES: "TS 38.331 5.3.10.3: all radio link failures",
    POWER: "TS 28.552 5.1.1.19.2.1 by TR 38.864 clause 5.1, in its unit: deep sleep is 1; mean",
    ASLEEP: "Ranwright: share of the time in light or deep sleep, mean over the cells",
    INTERRUPTED: "Ranwright: share of the UEs' time without a connection",
}
"""What each measurement is, and where it is defined."""

_UNITS = {
    THROUGHPUT: "mbps",
    THROUGHPUT_P5: "mbps",
    VOLUME: "mbit",
    DELAY: "ms",
    DELAY_P95: "ms",
    IN_TIME: "percent",
    PRB_USAGE: "percent",
    SINR: "db",
    BLOCK_ERRORS: "percent",
    POWER: "relative",
    ASLEEP: "percent",
    INTERRUPTED: "percent",
}
_FAILURES = (Cause.TOO_LATE, Cause.TOO_EARLY, Cause.WRONG_CELL, Cause.SAME_CELL)
_COUNTS = {
    HANDOVERS: (Cause.HANDOVER,),
    PING_PONGS: (Cause.PING_PONG,),
    TOO_LATE: (Cause.TOO_LATE,),
    TOO_EARLY: (Cause.TOO_EARLY,),
    WRONG_CELL: (Cause.WRONG_CELL,),
    LINK_FAILURES: _FAILURES,
}


class Measurement(Contract):
    """One figure."""

    name: str = Field(description="key of SOURCES")
    scope: str = Field(description="network, or group, slice or cell with its name")
    unit: str = Field(description="mbps, mbit, ms, percent, db, relative or count")
    value: float | None = Field(description="nothing where it is undefined")


def measure(record: Record) -> tuple[Measurement, ...]:
    """All figures of a run after its first second."""
    return tuple(
        Measurement(
            name=name,
            scope=scope,
            unit=_UNITS.get(name, "count"),
            value=round(value, 6) if np.isfinite(value) else None,
        )
        for name, scope, value in _figures(record)
    )


def _figures(record: Record) -> Iterator[tuple[str, str, float]]:
    stage, profile = record.stage, record.stage.profile
    delay_ms, judged = _delays(record)
    scopes: list[tuple[str, Flags]] = [("network", np.ones(stage.ues, dtype=bool))]
    for scope, names, of in (
        ("group", [g.name for g in profile.groups], stage.group_of),
        ("slice", [s.name for s in profile.slices], stage.slice_of),
    ):
        scopes += [(f"{scope} {name}", of == i) for i, name in enumerate(names)]
    for scope, members in scopes:
        if members.any():
            yield from ((name, scope, value) for name, value in _traffic(record, members))
            packets = judged & members[stage.arrivals.ue]
            yield from (
                (name, scope, value)
                for name, value in _packets(delay_ms[packets], stage.arrivals.budget_ms[packets])
            )
    yield from ((name, "network", value) for name, value in _network(record))
    frames = _counted(record)
    used = consumption(record, frames)
    yield POWER, "network", float(used.relative_power.mean())
    yield ASLEEP, "network", 100.0 * float(used.asleep_share.mean())
    for column, cell_id in enumerate(stage.scenario.cell_ids):
        scope = f"cell {cell_id}"
        served = record.connected[frames] & (record.serving[frames] == column)
        yield PRB_USAGE, scope, 100.0 * float(record.prb_share[frames, column].mean())
        yield POWER, scope, float(used.relative_power[column])
        yield CONNECTED, scope, float(served.sum(1).mean())


def _traffic(record: Record, members: Flags) -> Iterator[tuple[str, float]]:
    queues = record.queues
    ticks = slice(round(_warm_up_ms(record) / queues.tick_ms), None)
    served_mbit, waiting = queues.served[ticks, members] / 1e6, queues.waiting[ticks, members]
    burst_s = waiting.sum(0) * queues.tick_ms / 1000.0
    long = burst_s > 0
    rate_mbps = (served_mbit * waiting).sum(0)[long] / burst_s[long]
    yield THROUGHPUT, float(rate_mbps.mean()) if rate_mbps.size else np.nan
    yield THROUGHPUT_P5, float(np.quantile(rate_mbps, 0.05)) if rate_mbps.size else np.nan
    yield VOLUME, float(served_mbit.sum())


def _delays(record: Record) -> tuple[Floats, Flags]:
    """``[N]`` delays, and which packets can be judged.

    They came after the warm-up, and their budget ended within the run; those without a budget came
    as long before the end as the warm-up lasts.
    """
    arrivals, end_ms = record.stage.arrivals, record.stage.frames * FRAME_MS
    waited_ms = end_ms - arrivals.at_ms
    warm_up_ms = _warm_up_ms(record)
    needed_ms = np.where(np.isinf(arrivals.budget_ms), warm_up_ms, arrivals.budget_ms)
    judged = (arrivals.at_ms >= warm_up_ms) & (waited_ms >= needed_ms)
    return np.minimum(record.queues.delay_ms(), waited_ms), judged


def _packets(delay_ms: Floats, budget_ms: Floats) -> Iterator[tuple[str, float]]:
    if delay_ms.size:
        yield DELAY, float(delay_ms.mean())
        yield DELAY_P95, float(np.quantile(delay_ms, 0.95))
    bound = np.isfinite(budget_ms)
    if bound.any():
        yield IN_TIME, 100.0 * float((delay_ms[bound] <= budget_ms[bound]).mean())


def _network(record: Record) -> Iterator[tuple[str, float]]:
    frames = _counted(record)
    yield PRB_USAGE, 100.0 * float(record.prb_share[frames].mean())
    yield SINR, float(record.sinr_db[frames].mean())
    yield INTERRUPTED, 100.0 * float(1.0 - record.connected[frames].mean())
    blocks = int(record.blocks[frames].sum())
    yield BLOCK_ERRORS, 100.0 * record.failed[frames].sum() / blocks if blocks else np.nan
    start_ms = _warm_up_ms(record)
    for name, causes in _COUNTS.items():
        events = (e for e in record.events if e.cause in causes and e.at_ms >= start_ms)
        yield name, float(sum(1 for _ in events))


def _warm_up_ms(record: Record) -> float:
    """A tenth of runs shorter than ten times the warm-up."""
    return min(WARM_UP_MS, record.stage.frames * FRAME_MS / 10.0)


def _counted(record: Record) -> slice:
    return slice(round(_warm_up_ms(record) / FRAME_MS), None)
