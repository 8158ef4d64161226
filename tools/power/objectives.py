"""Outer loop: utilities and requirements become weights of a weighted-sum-rate solver.

At the present rates the Lagrangian ``utility(r) + sum_j lambda_j margin_j(r)`` is replaced by its
tangent: a UE's weight is the slope in its rate times the rate of one nat. Requirements on
throughput enter as multipliers by dual ascent: a missed margin raises its ``lambda``, a kept one
lowers it. Power limits are the solver's own. UEs at the highest MCS get no weight: more SINR would
be wasted on them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log

import torch
from torch import Tensor

from contracts.problem import Objective
from tools.power.evaluation import THROUGHPUT, Evaluator
from tools.power.limits import PowerLimits
from tools.power.links import Links, SolverLimits
from tools.power.model import Association, State

Step = Callable[[Tensor, Links, Tensor, SolverLimits], Tensor]
"""One solver round: powers [B, C, K], links, weights [B, U], limits -> powers."""

OUTER_ROUNDS = 24
INNER_STEPS = 4
_DUAL_STEP = 4.0
_DUAL_LIMIT = 30.0
_FAIRNESS_SHARE = 1e-2


@dataclass(frozen=True)
class Proposals:
    """Powers [B, C] with their score [B] on the evaluator that produced them."""

    power_mw: Tensor
    score: Tensor


def reweighted(evaluator: Evaluator, limits: PowerLimits, step: Step, starts: Tensor) -> Proposals:
    """Best powers of each start by alternating reweighting and solver rounds.

    Args:
        evaluator: judges on one sample, the measured network.
        starts: [B, C] mW. For power saving, the sum of each start is an upper limit for its result.
    """
    power = limits.project(starts)
    solver = _solver_limits(evaluator, limits, power)
    duals = torch.ones(len(power), len(evaluator.problem.requirements), dtype=power.dtype)
    best = Proposals(power, evaluator.score(power))
    for _ in range(OUTER_ROUNDS):
        association = evaluator.model.associate(power)
        state = evaluator.state(power, association)
        weights, margins = tangent(evaluator, state, association, duals)
        links = Links.of(association, 10.0 ** (_gap_db(evaluator) / 10.0))
        for _ in range(INNER_STEPS):
            power = step(power[..., None], links, weights, solver).squeeze(-1)
        power = limits.project(power)
        duals = risen(duals, margins)
        best = _better(best, Proposals(power, evaluator.score(power)))
    return best


def risen(duals: Tensor, margins: Tensor) -> Tensor:
    """Multipliers after a step of dual ascent."""
    return (duals - _DUAL_STEP * margins).clamp(0.0, _DUAL_LIMIT)


def tangent(
    evaluator: Evaluator, state: State, association: Association, duals: Tensor
) -> tuple[Tensor, Tensor]:
    """Weights [B, U] of the weighted sum rate in nats, largest 1, and the present margins [B, R].

    Args:
        duals: [B, R] multipliers of the requirements.
    """
    rates = state.rates_mbps.detach().requires_grad_()
    varied = replace(state, rates_mbps=rates)
    margins = evaluator.margins(varied)[:, 0]
    on_rates = torch.tensor(
        [float(s.requirement.kpi in THROUGHPUT) for s in evaluator.problem.requirements]
    )
    lagrangian = (duals * on_rates * margins).sum(-1) + evaluator.gain(varied, smooth=True)
    fairness = rates.clamp(min=1e-6).log().mean((1, 2))
    total = (lagrangian + _FAIRNESS_SHARE * fairness).sum()
    (slope,) = torch.autograd.grad(total, rates)
    rate_of_a_nat = evaluator.model.rate_unit_mbps * association.share[:, 0] / log(2.0)
    most = evaluator.model.scenario.radio.max_spectral_efficiency * log(2.0) * rate_of_a_nat
    useful = (state.rates_mbps[:, 0] < most * (1.0 - 1e-9)).to(rates.dtype)
    weights = (slope[:, 0] * rate_of_a_nat * useful).clamp(min=0.0)
    return weights / weights.amax(-1, keepdim=True).clamp(min=1e-12), margins.detach()


def _solver_limits(evaluator: Evaluator, limits: PowerLimits, power: Tensor) -> SolverLimits:
    """The widest sum limit of the problem; for power saving, the sum of each start."""
    if evaluator.problem.objective is Objective.MIN_POWER:
        return SolverLimits(limits.lower, limits.upper, total=power.sum(-1))
    if not len(limits.sums):
        return SolverLimits(limits.lower, limits.upper)
    widest = int(limits.members.sum(-1).argmax())
    return SolverLimits(
        limits.lower, limits.upper, total=limits.sums[widest], members=limits.members[widest]
    )


def _better(one: Proposals, other: Proposals) -> Proposals:
    wins = other.score > one.score
    return Proposals(
        torch.where(wins[:, None], other.power_mw, one.power_mw),
        torch.where(wins, other.score, one.score),
    )


def _gap_db(evaluator: Evaluator) -> float:
    return evaluator.model.scenario.radio.implementation_loss_db
