"""Population search over powers: sees handovers, which gradients do not.

Differential evolution (Storn, Price, J. Global Optimization 11, 1997), scheme current-to-best/1/bin in
dB with dithered step, seeded, a fixed number of generations. Every trial is projected onto the limits,
so all powers stay inside them.
"""

import torch
from torch import Tensor

from tools.power.evaluation import Evaluator
from tools.power.limits import PowerLimits
from tools.power.rounding import scores_of
from tools.power.runtime import DTYPE

_CROSSOVER = 0.8
_TOWARDS_BEST = 0.5


def evolve(
    evaluator: Evaluator, limits: PowerLimits, starts: Tensor, generations: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Improve a population of powers [B, C]; no member's score ever falls.

    Returns:
        Powers [B, C] and scores [B], best first.
    """
    generator = torch.Generator().manual_seed(seed)
    level, score = starts.log10(), scores_of(evaluator, starts)
    size, cells = level.shape
    for _ in range(generations):
        others = torch.rand(size, size, generator=generator).fill_diagonal_(2.0).argsort(-1)
        one, two = level[others[:, 0]], level[others[:, 1]]
        stride = 0.3 + 0.6 * torch.rand(size, 1, generator=generator, dtype=DTYPE)
        best = level[score.argmax()]
        mutant = level + _TOWARDS_BEST * stride * (best - level) + stride * (one - two)
        crossed = torch.rand(size, cells, generator=generator) < _CROSSOVER
        trial = limits.project(torch.pow(10.0, torch.where(crossed, mutant, level)))
        trial_score = scores_of(evaluator, trial)
        wins = trial_score > score
        level = torch.where(wins[:, None], trial.log10(), level)
        score = torch.where(wins, trial_score, score)
    order = score.argsort(descending=True, stable=True)
    return limits.project(torch.pow(10.0, level[order])), score[order]
