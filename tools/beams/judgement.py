"""What a trained model's answers are worth: how they are read, and when they are not followed.

NumPy alone, so that xApps can use it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tools.beams.answers import Calibration
from tools.beams.familiarity import Familiarity
from tools.beams.policy import Policy
from tools.beams.trackers import Array

PROMISES = (0.9, 0.95, 0.98)
"""Shares within 1 dB for which a checkpoint holds policies."""


@dataclass(frozen=True)
class Judgement:
    """Learned on windows that the weights were not fitted to.

    Attributes:
        least_confidence: [H] below which the tracker's answer is taken.
        policies: [promises, H, 3] fields of :class:`tools.beams.policy.Policy`.
    """

    calibration: Calibration
    familiarity: Familiarity
    least_confidence: Array
    policies: Array

    def policy(self, promise: int, horizon: int) -> Policy:
        """By places among the promises and the horizons."""
        trust, few, count = self.policies[promise, horizon].tolist()
        return Policy(trust, few, int(count))

    def arrays(self) -> dict[str, Array]:
        """By name, as they stand in checkpoints."""
        parts = {
            "calibration": vars(self.calibration),
            "familiarity": vars(self.familiarity),
            "fall-back": {"least_confidence": self.least_confidence, "policies": self.policies},
        }
        named = {f"{part}/{name}": v for part, own in parts.items() for name, v in own.items()}
        return {name: np.asarray(v, np.float64) for name, v in named.items()}

    @classmethod
    def of(cls, arrays: dict[str, Array]) -> Self:
        """From what :meth:`arrays` gave.

        Raises:
            KeyError, TypeError: something is missing.
        """

        def part(kind: str) -> dict[str, Array]:
            start = f"{kind}/"
            return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}

        rest = part("fall-back")
        return cls(
            Calibration(**part("calibration")),
            Familiarity(**part("familiarity")),
            rest["least_confidence"],
            rest["policies"],
        )
