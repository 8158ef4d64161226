"""``beams.transformer``: beam prediction as a tool, in NumPy, for the near-RT loop and the planner.

The network answers windows of the kind that it was trained on. Others, and those that look strange
to it, are answered by the Kalman filter that it corrects, with no confidence: all beams are to be
measured then.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from contracts.beams import BeamAnswer, BeamChoice, BeamOrigin, BeamWindow
from contracts.canonical import digest_bytes
from tools.beams.answers import Forecast, around, forecast
from tools.beams.frames import TRACKER, Frames, frames
from tools.beams.judgement import PROMISES
from tools.learning.shipped import checked
from tools.near_rt.beam_model import BeamModel

SHIPPED = Path(__file__).parents[1] / "beams" / "weights" / "beams.safetensors"
"""Where it lies; its card has the same name and ends in ``.md``."""
LEAST_FAMILIARITY = 0.01
"""One in a hundred made windows is stranger."""
_BEAMS = 64
_FAINTEST_DB = -200.0
"""Below the strongest, so that no row of a window vanishes."""
_STEP_S = (0.08, 0.12)


@dataclass(frozen=True)
class BeamPredictor:
    """A :class:`contracts.beams.BeamTool`.

    Attributes:
        model: trained.
        data: the file it came from.
    """

    model: BeamModel
    data: bytes

    name = "beams.transformer"

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Self:
        """The model that comes with the package, or another with its card beside it.

        Raises:
            ToolUnavailableError: ``model.missing`` or ``model.damaged``.
            RanwrightError: ``model.malformed``.
        """
        data = checked(path, "beams")
        return cls(BeamModel.load(path), data)

    @cached_property
    def version(self) -> str:
        """Version of the method, and of the weights by their digest."""
        return f"1+{digest_bytes(self.data).removeprefix('sha256:')[:12]}"

    def weights(self) -> bytes:
        """See :meth:`contracts.tool.LearnedTool.weights`."""
        return self.data

    def solve(self, window: BeamWindow) -> BeamAnswer:
        """See :meth:`contracts.beams.BeamTool.solve`."""
        # relative to the strongest, so that no unit can overflow
        level_db = np.array(window.power_dbm)
        level_db = (level_db - level_db.max()).clip(_FAINTEST_DB)
        past = 10.0 ** (level_db / 10.0)[None]
        score: float | None = None
        if self._is_known(window):
            shown = frames(past, self.model.size["horizons"])
            score = float(self.model.judgement.familiarity.score(shown)[0])
        if score is not None and score >= LEAST_FAMILIARITY:
            choices = self._trusting(window, shown)
        else:
            tracked = around(TRACKER.positions(past, window.horizons), window.beams)
            choices = tuple(_unknown(window, tracked, h) for h in range(window.horizons))
        return BeamAnswer(
            tool=self.name,
            tool_version=self.version,
            window_digest=window.digest,
            choices=choices,
            familiarity=score,
        )

    def _is_known(self, window: BeamWindow) -> bool:
        """Whether the network was trained for the shape and the pace of a window."""
        size = self.model.size
        shape = len(window.power_dbm) == size["past"] and window.beams == _BEAMS
        low, high = _STEP_S
        return shape and window.horizons <= size["horizons"] and low <= window.step_s <= high

    def _trusting(self, window: BeamWindow, shown: Frames) -> tuple[BeamChoice, ...]:
        judgement = self.model.judgement
        said = forecast(self.model.outlook(shown, window.beams), judgement.calibration)
        tracked = around(shown.answer, window.beams)
        assert said.confidence is not None
        # the least promise that is no less than asked for; beyond the last, all beams are swept
        promise = next((i for i, p in enumerate(PROMISES) if p >= window.promise), None)
        choices = []
        for h in range(window.horizons):
            confidence = float(said.confidence[0, h])
            if confidence < judgement.least_confidence[h]:
                choices.append(_unknown(window, tracked, h))
                continue
            measure = np.arange(window.beams)
            if promise is not None:
                measure = judgement.policy(promise, h).beams(confidence, said.sweep[0, h], measure)
            choices.append(
                BeamChoice(
                    after_s=(h + 1) * window.step_s,
                    beam=int(said.ranked[0, h, 0]),
                    confidence=confidence,
                    measure=tuple(int(b) for b in measure),
                    origin=BeamOrigin.NETWORK,
                )
            )
        return tuple(choices)


def _unknown(window: BeamWindow, tracked: Forecast, h: int) -> BeamChoice:
    """The tracker's beam; as nothing is known of it, all are to be measured."""
    return BeamChoice(
        after_s=(h + 1) * window.step_s,
        beam=int(tracked.ranked[0, h, 0]),
        confidence=None,
        measure=tuple(range(window.beams)),
        origin=BeamOrigin.TRACKER,
    )
