"""Population search over powers: sees handovers, which gradients do not.

Differential evolution (Storn, Price, J. Global Optimization 11, 1997) in dB with the scheme
current-to-pbest/1/bin of JADE (Zhang, Sanderson, IEEE Trans. Evolutionary Computation 13, 2009) and
dithered steps; seeded, a fixed number of generations. Every trial is projected onto the limits, so
all powers stay inside them.
"""

import torch
from torch import Tensor

from tools.power.evaluation import Evaluator
from tools.power.limits import PowerLimits
from tools.power.rounding import score as scores_at
from tools.power.runtime import DTYPE

_CROSSOVER = 0.9
_LEADING_SHARE = 0.15


def evolve(
    evaluator: Evaluator, limits: PowerLimits, starts: Tensor, generations: int, seed: int
) -> Tensor:
    """Improve a population of powers [B, C], each judged at its nearest grid point.

    Returns:
        Grid indices [B, C], best first; no member is worse than the start it replaced.
    """
    generator = torch.Generator().manual_seed(seed)
    level, score = starts.log10(), scores_at(evaluator, limits, limits.snap(starts))
    size, cells = level.shape
    for _ in range(generations):
        others = torch.rand(size, size, generator=generator).fill_diagonal_(2.0).argsort(-1)
        one, two = level[others[:, 0]], level[others[:, 1]]
        stride = 0.3 + 0.6 * torch.rand(size, 1, generator=generator, dtype=DTYPE)
        leading = score.argsort(descending=True, stable=True)[: max(1, int(_LEADING_SHARE * size))]
        goal = level[leading[torch.randint(len(leading), (size,), generator=generator)]]
        mutant = level + stride * (goal - level) + stride * (one - two)
        crossed = torch.rand(size, cells, generator=generator) < _CROSSOVER
        trial = limits.project(torch.pow(10.0, torch.where(crossed, mutant, level)))
        trial_score = scores_at(evaluator, limits, limits.snap(trial))
        wins = trial_score > score
        level = torch.where(wins[:, None], trial.log10(), level)
        score = torch.where(wins, trial_score, score)
    order = score.argsort(descending=True, stable=True)
    return limits.snap(limits.project(torch.pow(10.0, level[order])))
