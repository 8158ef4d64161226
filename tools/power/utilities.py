"""Objectives as utilities: relative improvement against present power, larger is better."""

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.kpi import Kpi
from contracts.problem import Objective, Problem
from tools.power.kpis import KpiModel, low_percentile
from tools.power.model import State

SOFT_MIN_WIDTH = 0.1
"""Width of the soft minimum, as a share of the present mean rate."""


def utility(
    problem: Problem, kpis: KpiModel, state: State, before: State, smooth: bool = False
) -> Tensor:
    """Utility of states [B, S] for the problem's objective, 0 at present power.

    Shares: 0.1 means ten percent better than now. Coverage counts weak-RSRP and low-SINR UEs in
    percentage points over 100; maximum minimum and percentile are in shares of their present value.
    """
    cells = problem.objective_cells
    match problem.objective:
        case Objective.MIN_POWER:
            total = kpis.value(Kpi.TX_POWER_TOTAL, cells, state, before)
            present = kpis.value(Kpi.TX_POWER_TOTAL, cells, before, before)
            return 1.0 - total / present
        case Objective.COVERAGE:
            poor = _poor_share(kpis, cells, state, before, smooth)
            return _poor_share(kpis, cells, before, before, smooth) - poor
    cohort = kpis.cohort(cells, True)
    rates, present = state.rates_mbps[..., cohort], before.rates_mbps[..., cohort]
    return _rate_utility(problem.objective, rates, present, smooth)


def _rate_utility(objective: Objective, rates: Tensor, present: Tensor, smooth: bool) -> Tensor:
    match objective:
        case Objective.MEAN_THROUGHPUT:
            return rates.mean(-1) / present.mean(-1) - 1.0
        case Objective.PROPORTIONAL_FAIRNESS:
            return (rates.clamp(min=1e-6) / present.clamp(min=1e-6)).log().mean(-1)
        case Objective.MAX_MIN:
            low = soft_minimum if smooth else _minimum
        case Objective.LOW_PERCENTILE:
            low = smooth_low_percentile if smooth else _fifth
        case _:
            raise RanwrightError(
                "tool.unknown_objective",
                f"{objective} is not an objective on rates.",
                "Reformulate.",
            )
    return low(rates) / low(present).clamp(min=1e-6) - 1.0


def soft_minimum(rates: Tensor) -> Tensor:
    """``-t log mean exp(-r / t)`` over the last axis; concave, between minimum and mean."""
    width = SOFT_MIN_WIDTH * rates.detach().mean(-1, keepdim=True).clamp(min=1e-6)
    count = rates.shape[-1]
    log_mean = torch.logsumexp(-rates / width, dim=-1) - torch.log(torch.tensor(float(count)))
    return -width.squeeze(-1) * log_mean


def smooth_low_percentile(rates: Tensor) -> Tensor:
    """5th percentile smoothed over ranks: mean of the lowest tenth, weighted towards its middle.

    Triangular weights around the percentile's rank, two ranks or 5 % wide; a gradient then reaches
    all UEs that the next steps could make the lowest.
    """
    count = rates.shape[-1]
    centre = 0.05 * (count - 1)
    width = max(2.0, 0.05 * count)
    reach = min(count, int(centre + width) + 1)
    lowest = rates.topk(reach, dim=-1, largest=False, sorted=True).values
    ranks = torch.arange(reach, dtype=rates.dtype)
    weights = (1.0 - (ranks - centre).abs() / width).clamp(min=1e-9)
    return (lowest * (weights / weights.sum())).sum(-1)


def _minimum(rates: Tensor) -> Tensor:
    return rates.amin(-1)


def _fifth(rates: Tensor) -> Tensor:
    return low_percentile(rates, 5.0)


def _poor_share(
    kpis: KpiModel, cells: tuple[int, ...], state: State, before: State, smooth: bool
) -> Tensor:
    weak = kpis.value(Kpi.WEAK_RSRP_RATIO, cells, state, before, smooth)
    noisy = kpis.value(Kpi.LOW_SINR_RATIO, cells, state, before, smooth)
    return (weak + noisy) / 100.0
