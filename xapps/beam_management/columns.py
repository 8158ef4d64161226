"""Where the column of the best beam goes: predictors of azimuth over the codebook's eight columns.

The shipped network knows 64 beams in the order of their azimuth, in steps of 0.1 s. Columns are in
that order, too, so it is shown eight of them drawn out to 64 places by a spline over decibels;
whether that resembles what it was trained on, it says itself (``familiarity``), and where it does
not, its own Kalman filter answers.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from contracts.beams import BeamOrigin, BeamTool, BeamWindow
from contracts.e2.llc.beam_sets import COLUMNS
from tools.beams.frames import TRACKER
from tools.beams.trackers import AlphaBeta, Tracker

STEPS = 8
"""Samples of a window: what the shipped network was trained on."""
_NETWORK_BEAMS = 64
_PER_COLUMN = _NETWORK_BEAMS // COLUMNS

Window = NDArray[np.float64]
"""``[STEPS, COLUMNS]`` dBm of the strongest beam of each column, the newest last."""


@dataclass(frozen=True)
class ColumnForecast:
    """The column after one step.

    Attributes:
        column: of the best beam.
        is_trusted: it may be used unmeasured.
        familiarity: what the network says of the window, where one was asked.
    """

    column: int
    is_trusted: bool = False
    familiarity: float | None = None


class ColumnPredictor(Protocol):
    """Any of them. A window may be strange, never absent."""

    def forecast(self, window: Window, step_s: float) -> ColumnForecast:
        """The column one step after the window."""
        ...


@dataclass(frozen=True)
class Tracked:
    """A tracker of positions over the columns."""

    tracker: Tracker

    def forecast(self, window: Window, step_s: float) -> ColumnForecast:
        """See :class:`ColumnPredictor`."""
        power = 10.0 ** ((window - window.max()) / 10.0)
        return ColumnForecast(int(np.rint(self.tracker.positions(power[None], 1)[0, 0])))


@dataclass(frozen=True)
class Networked:
    """A beam tool over columns drawn out to 64 places."""

    tool: BeamTool

    def forecast(self, window: Window, step_s: float) -> ColumnForecast:
        """See :class:`ColumnPredictor`."""
        at = (np.arange(_NETWORK_BEAMS) + 0.5) / _PER_COLUMN - 0.5
        drawn = CubicSpline(np.arange(COLUMNS), window, axis=1)(at.clip(0, COLUMNS - 1))
        answer = self.tool.solve(
            BeamWindow(power_dbm=tuple(map(tuple, drawn.tolist())), step_s=step_s, horizons=1)
        )
        choice = answer.choices[0]
        return ColumnForecast(
            choice.beam // _PER_COLUMN,
            choice.origin is BeamOrigin.NETWORK and not choice.measure,
            answer.familiarity,
        )


ALPHA_BETA = Tracked(AlphaBeta(alpha=0.6, beta=0.2, centroid=True))
KALMAN = Tracked(TRACKER)
