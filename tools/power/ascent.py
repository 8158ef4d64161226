"""Gradient ascent on the probability that all requirements hold (sample-average approximation).

Adam on powers in dB, with the association held for a few steps. Sum limits are kept by projection
after every step. Blind to handovers, which is why a population search goes before it.
"""

import torch
from torch import Tensor

from contracts.kpi import CATALOGUE
from tools.power.evaluation import Evaluator
from tools.power.limits import PowerLimits
from tools.power.model import State

_ASSOCIATION_PERIOD = 5
_ADAM = (0.85, 0.97, 1e-9)


def ascend(
    evaluator: Evaluator, limits: PowerLimits, starts: Tensor, iterations: int, rate_db: float
) -> Tensor:
    """Improve powers [B, C] by ``iterations`` steps, the first about ``rate_db`` long."""
    level = _to_db(limits.project(starts))
    mean, square = torch.zeros_like(level), torch.zeros_like(level)
    first, second, tiny = _ADAM
    association = None
    for i in range(iterations):
        level = level.detach().requires_grad_()
        power = torch.pow(10.0, level / 10.0)
        if i % _ASSOCIATION_PERIOD == 0:
            association = evaluator.model.associate(power)
        value = smooth_score(evaluator, evaluator.state(power, association))
        (slope,) = torch.autograd.grad(value.sum(), level)
        with torch.no_grad():
            mean = first * mean + (1.0 - first) * slope
            square = second * square + (1.0 - second) * slope**2
            step = (mean / (1.0 - first ** (i + 1))) / (
                (square / (1.0 - second ** (i + 1))).sqrt() + tiny
            )
            decay = 1.0 - 0.95 * i / iterations
            level = _to_db(limits.project(_to_mw(level + rate_db * decay * step)))
    return _to_mw(level.detach())


def smooth_score(evaluator: Evaluator, state: State) -> Tensor:
    """The smooth stand-in [B] for :meth:`Evaluator.score`: a penalty in place of counted ratios."""
    margins = evaluator.margins(state, smooth=True)
    kinds = [s.requirement.kpi for s in evaluator.problem.requirements]
    counted = [j for j, k in enumerate(kinds) if CATALOGUE[k].unit == "percent"]
    penalty = margins[..., counted].clamp(max=0.0).sum(-1).mean(-1)
    log_held = evaluator.log_held(margins, smooth=True) + penalty
    return evaluator.combine(log_held, evaluator.gain(state, smooth=True))


def _to_db(power_mw: Tensor) -> Tensor:
    return 10.0 * torch.log10(power_mw)


def _to_mw(level_dbm: Tensor) -> Tensor:
    return torch.pow(10.0, level_dbm / 10.0)
