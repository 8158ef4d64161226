"""A run of a few seconds: which beam serves a UE, which is best, what is lost."""

from collections import deque
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from benchmarks.beam_management.offline import CONTROLS, OWN_PERIOD_MS
from benchmarks.beam_management.scenes import Scene
from contracts.e2.llc.beam_sets import read_csi, write_csi
from twins.beam_gnb.gnb import BeamGnb
from twins.dynamics.link import FRAME_MS
from xapps.beam_management.manager import Manager, Outcome
from xapps.beam_management.settings import Settings

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "beam-management.png"
SPEED_KMH, SEED = 30, 1
_FRAMES = 1000

Values = NDArray[np.float64]


def draw() -> None:
    """Draw the UE whose beam changes most often, with the gNB alone and with the xApp."""
    alone = _losses(with_xapp=False)
    managed = _losses(with_xapp=True)
    ue = int(np.nan_to_num(alone[0]).sum(0).argmax())
    time_s = np.arange(_FRAMES) * FRAME_MS / 1000.0
    figure, (above, below) = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
    for (loss, measured), title, colour in (
        (alone, f"gNB's own sweeps, {OWN_PERIOD_MS} ms", "tab:grey"),
        (managed, "xApp", "tab:blue"),
    ):
        above.plot(time_s, loss[:, ue], color=colour, label=title, linewidth=1)
        below.plot(time_s, np.cumsum(measured) / loss.shape[1], color=colour, label=title)
    above.set_ylabel("below the best beam (dB)")
    above.legend()
    below.set_ylabel("beams measured, a UE")
    below.set_xlabel(f"time (s), {SPEED_KMH} km/h in Munich; above: UE {ue}, gaps: not connected")
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)


def _losses(with_xapp: bool) -> tuple[Values, Values]:
    """``[T, U]`` loss in dB and ``[T]`` beams measured by all UEs."""
    gnb = BeamGnb(Scene(SPEED_KMH, SEED, OWN_PERIOD_MS).stage())
    manager = Manager("gnb", Settings.of(CONTROLS))
    late: deque[Outcome | None] = deque([None])
    losses, measured, before = [], [], 0
    for _ in range(_FRAMES):
        if (due := late.popleft()) is not None and with_xapp:
            gnb.order(due.orders)
        frame = gnb.frame()
        reports = [read_csi(write_csi(r, gnb.cell_ids, 1), gnb.cell_ids) for r in frame.reports]
        late.append(manager.take(round(gnb.now_ms), reports) if reports else None)
        losses.append(gnb.tally.last_loss_db)
        measured.append(gnb.tally.measured - before)
        before = gnb.tally.measured
    return np.array(losses), np.array(measured, dtype=float)
