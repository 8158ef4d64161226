"""The gNB with the xApp's decision code beside it, without processes: reports pass the bits of CSI.

An order that follows from the reports of one frame counts two frames, 20 ms, later.
"""

import json
from collections import Counter, deque
from pathlib import Path
from typing import Any

import numpy as np

import xapps.beam_management
from benchmarks.beam_management.scenes import Scene
from contracts.e2.llc.beam_sets import read_csi, write_csi
from contracts.errors import RanwrightError
from twins.beam_gnb.gnb import BeamGnb
from twins.dynamics.handover import Cause
from twins.dynamics.link import FRAME_MS
from xapps.beam_management.manager import Manager, Outcome
from xapps.beam_management.settings import Settings

CONTROLS: dict[str, Any] = json.loads(
    (Path(xapps.beam_management.__file__).parent / "config-file.json").read_text(encoding="utf-8")
)["controls"]
DELAY_FRAMES = 1
"""Frames between that of a report and that in which its order is taken."""
OWN_PERIOD_MS = 80
"""Of the gNB's own sweeps where the xApp leaves it UEs."""

METHODS: dict[str, dict[str, Any]] = {
    "hold": {"own_ms": None},
    **{f"gNB, {ms} ms": {"own_ms": ms} for ms in (20, 40, 80, 160)},
    **{
        f"xApp, {name}": {"predictor": name} for name in ("last", "alpha_beta", "kalman", "network")
    },
    "xApp, last, never falls back": {"predictor": "last", "most_wander_db2_per_s": 1000.0},
    "xApp, last, hands over": {"predictor": "last", "hand_over": True},
}
"""By name: the gNB's own sweeps alone, or the controls of the xApp that differ from its own."""
SLOW = "xApp, network"
"""Ten milliseconds a UE and report: measured with the first seed alone."""
_FAILURES = (Cause.TOO_LATE, Cause.TOO_EARLY, Cause.WRONG_CELL, Cause.SAME_CELL)


def run(speed_kmh: int, seed: int, method: str) -> dict[str, float]:
    """One run; all figures are of its UEs together."""
    wanted = METHODS[method]
    if "own_ms" in wanted:
        own_ms = wanted["own_ms"]
        stage = Scene(speed_kmh, seed, own_ms or 1000).stage()
        gnb = BeamGnb(stage, own_sweeps=own_ms is not None)
        for _ in range(stage.frames):
            gnb.frame()
        return figures(gnb, Counter())
    stage = Scene(speed_kmh, seed, OWN_PERIOD_MS).stage()
    gnb = BeamGnb(stage)
    settings = Settings.of({**CONTROLS, **wanted})
    manager = Manager("gnb", settings)
    counts: Counter[str] = Counter()
    late: deque[Outcome | None] = deque([None] * DELAY_FRAMES)
    for _ in range(stage.frames):
        if (due := late.popleft()) is not None:
            _obey(gnb, due, settings.hand_over, counts)
        frame = gnb.frame()
        reports = [read_csi(write_csi(r, gnb.cell_ids, 1), gnb.cell_ids) for r in frame.reports]
        late.append(manager.take(round(gnb.now_ms), reports) if reports else None)
    return figures(gnb, counts)


def _obey(gnb: BeamGnb, outcome: Outcome, hand_over: bool, counts: Counter[str]) -> None:
    gnb.order(outcome.orders)
    counts.update(measure.value for measure in outcome.measures)
    counts["proposed"] += len(outcome.proposals)
    for proposal in outcome.proposals if hand_over else ():
        try:
            gnb.hand_over(proposal.ue_id, proposal.target_cell)
            counts["carried_out"] += 1
        except RanwrightError:
            counts["refused"] += 1


def figures(gnb: BeamGnb, counts: Counter[str]) -> dict[str, float]:
    """Of a run that has ended."""
    tally = gnb.tally
    frames = tally.ue_frames + tally.away_ue_frames
    minutes = frames * FRAME_MS / 60_000.0
    events = Counter(event.cause for event in gnb.events)
    return {
        "near_share": tally.near / tally.ue_frames,
        "loss_db": tally.loss_db / tally.ue_frames,
        "sinr_db": tally.sinr_db / tally.ue_frames,
        "away_share": tally.away_ue_frames / frames,
        "beam_failures_per_min": tally.beam_failures / minutes,
        "link_failures_per_min": sum(events[c] for c in _FAILURES) / minutes,
        "handovers_per_min": events[Cause.HANDOVER] / minutes,
        "ping_pongs_per_min": events[Cause.PING_PONG] / minutes,
        "beams_per_s": tally.measured / minutes / 60.0,
        **{f"count_{name}": float(count) for name, count in sorted(counts.items())},
    }


def interval(values: list[float], seed: int = 0) -> tuple[float, float, float]:
    """Mean of the seeds, and 95 % bootstrap interval over them."""
    array = np.array(values)
    draws = np.random.default_rng(seed).choice(array, (2000, array.size)).mean(1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(array.mean()), float(low), float(high)
