"""Every method of power control link by link under one name each, learned and classical."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from tools.power.foundation.model import GraphFoundationModel, Unfolded
from tools.power.foundation.portfolio import Portfolio
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE
from tools.power.graphs.rules import greedy_on_off, open_loop, rounded
from tools.power.graphs.solvers import (
    BOLDEST,
    best,
    best_wmmse,
    fractional_programming,
    full_power,
    random_starts,
    values,
    wmmse,
)

Method = Callable[[LinkGraphs], Tensor]
"""Weighted sum rates [B] that a method reaches."""

REFERENCE = "WMMSE best of 100"
"""What all ratios are to."""
RIVAL = "WMMSE best of 5"
"""What differences are to, graph by graph."""
FP_BEST = "FP best of 100"
_MORE_ROUNDS = 20
_FEWER_ROUNDS = (0, 4)


def classical(cap_bits_per_hz: float | None) -> dict[str, Method]:
    """Methods without training.

    Args:
        cap_bits_per_hz: spectral efficiency of the highest MCS; None: Shannon's without end.
    """
    cap = cap_bits_per_hz

    def judged(powers: Callable[[LinkGraphs], Tensor]) -> Method:
        return lambda g: values(g, powers(g), SUM_RATE, cap).amax(1)

    def starts(count: int) -> Method:
        return lambda g: best_wmmse(g, count, cap_bits_per_hz=cap).value

    def bold(count: int) -> Method:
        return lambda g: (
            best_wmmse(
                g, count, cap_bits_per_hz=cap, iterations=_MORE_ROUNDS, exponent=BOLDEST
            ).value
        )

    return {
        "full power": judged(full_power),
        "open loop 0.8": judged(open_loop),
        "greedy on/off": judged(greedy_on_off),
        "FP": judged(lambda g: fractional_programming(g, full_power(g))),
        **{f"WMMSE best of {n}": starts(n) for n in (1, 5, 10, 100)},
        **{f"over-relaxed best of {n}, 20 rounds": bold(n) for n in (8, 32, 100)},
    }


def fp_best(some: LinkGraphs) -> Tensor:
    """Closed-form FP from 100 starts: the published reference of PCGNN's benchmark."""
    power = fractional_programming(some, random_starts(some, 100))
    return values(some, power, SUM_RATE).amax(1)


def learned(
    model: GraphFoundationModel,
    rivals: Mapping[str, nn.Module],
    cap_bits_per_hz: float | None,
) -> dict[str, Method]:
    """The model alone, refined and in its portfolio; rivals alone and refined."""
    cap = cap_bits_per_hz
    found: dict[str, Method] = {}
    for kind, rival in rivals.items():
        found[f"{kind}-like"] = _alone(rival, cap)
        found[f"{kind}-like, 20 over-relaxed rounds"] = _refined(rival, cap)
    portfolio = Portfolio(model)
    for rounds in _FEWER_ROUNDS:
        found[f"model, exit after {rounds} rounds"] = _answers(shortened(model, rounds), cap)
    found["model"] = _answers(model, cap)
    found["model, 20 over-relaxed rounds"] = _refined(model, cap)
    found["portfolio"] = lambda g: portfolio.choose(g, SUM_RATE, cap).value
    return found


def shortened(model: GraphFoundationModel, rounds: int) -> GraphFoundationModel:
    """The model with the first of its rounds alone: an early exit."""
    weights = {k: v[:rounds] if k == "_exponents" else v for k, v in model.state_dict().items()}
    short = GraphFoundationModel(replace(model.size, rounds=rounds))
    short.load_state_dict(weights)
    return short.eval()


def _answers(model: GraphFoundationModel, cap: float | None) -> Method:
    return lambda g: model.answer(g, SUM_RATE, cap).value


def _alone(model: nn.Module, cap: float | None) -> Method:
    @torch.no_grad()
    def method(some: LinkGraphs) -> Tensor:
        return values(some, _power(model, some, cap), SUM_RATE, cap).amax(1)

    return method


def _refined(model: nn.Module, cap: float | None) -> Method:
    @torch.no_grad()
    def method(some: LinkGraphs) -> Tensor:
        power = _power(model, some, cap)
        more = wmmse(some, power, _MORE_ROUNDS, SUM_RATE, cap, BOLDEST)
        offers = torch.cat([power, more, rounded(power), rounded(more)], -1)
        return best(some, offers, SUM_RATE, cap).value

    return method


def _power(model: nn.Module, some: LinkGraphs, cap: float | None) -> Tensor:
    unfolded: Unfolded = model(some, SUM_RATE, cap)
    return unfolded.power
