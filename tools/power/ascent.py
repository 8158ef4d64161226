"""Gradient ascent on the worst margin over samples (sample-average approximation).

Adam on powers in dB. What is maximised is smooth: a soft minimum over throughput margins in each
sample, then a soft minimum over samples (an entropic risk), less a penalty for lost coverage and the
like. Sum limits are kept by projection after every step.
"""

import torch
from torch import Tensor

from contracts.kpi import Kpi
from tools.power.evaluation import HARM_CAP, THROUGHPUT, Evaluator
from tools.power.limits import PowerLimits
from tools.power.model import State

_REQUIREMENT_WIDTH = 0.01
_SAMPLE_WIDTH = 0.02
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
    """The smooth stand-in [B] for :meth:`Evaluator.score`."""
    margins = evaluator.margins(state, smooth=True)
    kinds = [s.requirement.kpi for s in evaluator.problem.requirements]
    rated = [j for j, k in enumerate(kinds) if k in THROUGHPUT]
    stepped = [j for j, k in enumerate(kinds) if k not in (*THROUGHPUT, Kpi.TX_POWER_TOTAL)]
    gain = evaluator.gain(state, smooth=True)
    safe = torch.full_like(gain, HARM_CAP)
    if rated:
        by_sample = _soft_min(margins[..., rated].clamp(max=HARM_CAP), _REQUIREMENT_WIDTH)
        safe = _soft_min(by_sample, _SAMPLE_WIDTH, mean=True)
    penalty = margins[..., stepped].clamp(max=0.0).sum(-1).mean(-1) if stepped else 0.0
    if evaluator.saves_first:
        return 5.0 * safe.clamp(max=0.03) + gain + penalty
    return safe + 0.02 * gain + penalty


def _soft_min(values: Tensor, width: float, mean: bool = False) -> Tensor:
    total = torch.logsumexp(-values / width, dim=-1)
    if mean:
        total = total - torch.log(torch.tensor(float(values.shape[-1]), dtype=values.dtype))
    return -width * total


def _to_db(power_mw: Tensor) -> Tensor:
    return 10.0 * torch.log10(power_mw)


def _to_mw(level_dbm: Tensor) -> Tensor:
    return torch.pow(10.0, level_dbm / 10.0)
