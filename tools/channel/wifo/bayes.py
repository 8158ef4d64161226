"""The Bayesian predictor without anything learned: the model's start, and its fall-back."""

from dataclasses import dataclass

from torch import Tensor

from tools.channel.baselines.transform import as_csi, from_angle_delay
from tools.channel.data.configuration import Array
from tools.channel.wifo.prior import Prior, conditional, evidence, prior

ROUNDS = 6
CAUTION = 0.3
"""Weight of the start beside the evidence."""


@dataclass(frozen=True)
class BinSpectra:
    """Wiener prediction with a Doppler spectrum of its own for each angle-delay bin.

    Args:
        rounds: steps of evidence maximisation.
        caution: weight of the spectrum that all bins share, beside a bin's own evidence.
    """

    rounds: int = ROUNDS
    caution: float = CAUTION

    def __call__(self, past: Tensor, steps: int, array: Array) -> Tensor:
        """See :class:`tools.channel.baselines.predictor.Predictor`."""
        given = prior(past, steps, array)
        mean, _ = conditional(given, maximised(given, self.rounds, self.caution))
        return from_angle_delay(as_csi(mean * given.scale[:, None, None], past), array)


def maximised(given: Prior, rounds: int = ROUNDS, caution: float = CAUTION) -> Tensor:
    """Weights [B, Q, P] after some steps from the prior's."""
    weights = given.weights
    for _ in range(rounds):
        seen = evidence(given, weights)
        drawn_back = caution * seen.expected
        found = seen.found + drawn_back * given.weights / weights
        weights = weights * (found / (seen.expected + drawn_back)).sqrt()
    return weights
