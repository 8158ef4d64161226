"""Classical solvers: rounds repeated from many starts, and the best of them by the objective."""

from typing import NamedTuple

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE, Objective
from tools.power.graphs.rates import rates, sinr
from tools.power.graphs.wmmse import fp_step, wmmse_step

ITERATIONS = 100
BOLDEST = 4.0
"""Exponent of over-relaxed rounds that serves the weighted sum rate on all families."""
_LEAST_SHARE = 1e-12


class Answer(NamedTuple):
    """Powers [B, K] as shares of the limits, and what the objective says of them, [B]."""

    power: Tensor
    value: Tensor


def full_power(graphs: LinkGraphs) -> Tensor:
    """Every link at its limit, [B, K, 1]."""
    return torch.ones_like(graphs.weight)[..., None]


def random_starts(graphs: LinkGraphs, count: int, seed: int = 0) -> Tensor:
    """Starts [B, K, count]: full power, then uniform shares that follow from the seed."""
    generator = torch.Generator(graphs.gain.device).manual_seed(seed)
    shape = (len(graphs), graphs.links, count)
    starts = torch.rand(
        shape, generator=generator, dtype=graphs.gain.dtype, device=graphs.gain.device
    )
    starts[..., 0] = 1.0
    return starts


def max_min(graphs: LinkGraphs, rounds: int = 200, on: Tensor | None = None) -> Tensor:
    """Powers [B, K, S] that maximise the lowest rate: the exact optimum, by power iteration.

    Every link steps towards the power that would give all the same SINR (half of the way in dB:
    whole steps may swing for ever), and the largest is put back to its limit. The fixed point is
    unique (Cai, Quek, Tan, IEEE Trans. Signal Processing 59, 2011).

    Args:
        on: [B, K, S] 1 for the links that count, 0 for those that are off; default all, S = 1.
    """
    alive = (graphs.direct > 0.0).to(graphs.weight.dtype)[..., None]
    on = alive if on is None else on * alive
    power = on
    for _ in range(rounds):
        power = power / sinr(graphs, power).clamp(min=_LEAST_SHARE).sqrt()
        power = power / power.amax(1, keepdim=True).clamp(min=_LEAST_SHARE)
        power = on * power.clamp(min=_LEAST_SHARE)
    return power


def values(
    graphs: LinkGraphs, power: Tensor, objective: Objective, cap_bits_per_hz: float | None = None
) -> Tensor:
    """Exact objective [B, S] of powers [B, K, S]."""
    return objective.value(graphs, rates(graphs, power, cap_bits_per_hz), power)


def best(
    graphs: LinkGraphs,
    power: Tensor,
    objective: Objective = SUM_RATE,
    cap_bits_per_hz: float | None = None,
) -> Answer:
    """The best of S power vectors [B, K, S] of each graph."""
    value, chosen = values(graphs, power, objective, cap_bits_per_hz).max(1)
    index = chosen[:, None, None].expand(-1, graphs.links, 1)
    return Answer(power.gather(2, index)[..., 0], value)


def leading(
    graphs: LinkGraphs,
    power: Tensor,
    objective: Objective,
    count: int,
    cap_bits_per_hz: float | None = None,
) -> Tensor:
    """The best ``count`` of S power vectors [B, K, S], best first."""
    value = values(graphs, power, objective, cap_bits_per_hz)
    index = value.topk(min(count, power.shape[-1]), 1).indices
    return power.gather(2, index[:, None].expand(-1, graphs.links, -1))


def wmmse(
    graphs: LinkGraphs,
    starts: Tensor,
    iterations: int = ITERATIONS,
    objective: Objective = SUM_RATE,
    cap_bits_per_hz: float | None = None,
    exponent: float | None = None,
) -> Tensor:
    """WMMSE from starts [B, K, S].

    For an objective other than the weighted sum rate, weights are its marginals at every round's
    start, and the best round counts, since few objectives rise in every one. Under a cap, links
    lower their power to what the cap needs after every round, which costs nobody anything.

    Args:
        exponent: over-relaxation of each round, see :mod:`tools.power.graphs.wmmse`; default 1, or
            less where the objective's stride says so.
    """
    power = starts
    exponent = min(1.0, BOLDEST * objective.stride) if exponent is None else exponent
    kept = _Best(graphs, objective, cap_bits_per_hz)
    for _ in range(iterations):
        marginals = None
        if not objective.linear:
            rate = kept.offer(power)
            marginals = objective.marginals(graphs, rate, power)
        power = wmmse_step(graphs, power, marginals, exponent)
        if cap_bits_per_hz is not None:
            power = trimmed(graphs, power, cap_bits_per_hz)
    if objective.linear:
        return power
    kept.offer(power)
    return kept.power


class _Best:
    """The best powers [B, K, S] of each start so far."""

    def __init__(self, graphs: LinkGraphs, objective: Objective, cap: float | None) -> None:
        self._graphs, self._objective, self._cap = graphs, objective, cap
        self._value: Tensor | None = None
        self.power = torch.empty(0)

    def offer(self, power: Tensor) -> Tensor:
        """Keep what is better; the rates of what was offered."""
        rate = rates(self._graphs, power, self._cap)
        value = self._objective.value(self._graphs, rate, power)
        if self._value is None:
            self._value, self.power = value, power
        better = value > self._value
        self._value = torch.where(better, value, self._value)
        self.power = torch.where(better[:, None], power, self.power)
        return rate


def trimmed(graphs: LinkGraphs, power: Tensor, cap_bits_per_hz: float) -> Tensor:
    """Powers [B, K, S] lowered where the SINR is above what the cap can use."""
    useful = 2.0**cap_bits_per_hz - 1.0
    lowered: Tensor = power * (useful / sinr(graphs, power).clamp(min=useful))
    return lowered


def fractional_programming(
    graphs: LinkGraphs, starts: Tensor, iterations: int = ITERATIONS
) -> Tensor:
    """Closed-form FP of the weighted sum rate from starts [B, K, S]."""
    power = starts
    for _ in range(iterations):
        power = fp_step(graphs, power)
    return power


def best_wmmse(
    graphs: LinkGraphs,
    count: int,
    objective: Objective = SUM_RATE,
    cap_bits_per_hz: float | None = None,
    iterations: int = ITERATIONS,
    seed: int = 0,
    exponent: float | None = None,
) -> Answer:
    """The best of WMMSE from full power and ``count - 1`` random starts.

    For an objective that weighs rates by what they are, the max-min optimum is the second start.
    """
    starts = random_starts(graphs, count, seed)
    if count > 1 and not objective.linear:
        starts[..., 1] = max_min(graphs)[..., 0]
    power = wmmse(graphs, starts, iterations, objective, cap_bits_per_hz, exponent)
    return best(graphs, power, objective, cap_bits_per_hz)
