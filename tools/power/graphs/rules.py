"""Power control without a rate model's gradients: on/off search, open loop, target SINRs."""

import torch
from torch import Tensor

from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE, Objective
from tools.power.graphs.rates import interference
from tools.power.graphs.solvers import values

_LEAST_SHARE = 1e-12


def open_loop(graphs: LinkGraphs, compensation: float = 0.8) -> Tensor:
    """Fractional open-loop power control, TS 38.213 clause 7.1.1, [B, K, 1].

    ``P = min(P_max, P_0 + alpha PL)`` with the path loss of the wanted link; ``P_0`` such that the
    median link of each graph would send at half of full power.

    Args:
        compensation: alpha, 0..1.
    """
    needed = graphs.gain.diagonal(dim1=1, dim2=2).clamp(min=1e-12) ** -compensation
    wanted = 0.5 * needed / needed.median(1, keepdim=True).values
    return (wanted / graphs.limit.clamp(min=1e-12)).clamp(max=1.0)[..., None]


def least_powers(graphs: LinkGraphs, minimum_bits_per_hz: float, rounds: int = 200) -> Tensor:
    """The smallest powers [B, K, 1] that give every link a minimum rate.

    Foschini, Miljanic (1993), with limits: each link tracks its target SINR. Where no powers give
    all links their minimum, some end at their limits with less: that is what says so.
    """
    target = 2.0**minimum_bits_per_hz - 1.0
    power = torch.zeros_like(graphs.weight)[..., None]
    direct = graphs.direct[..., None].clamp(min=_LEAST_SHARE)
    for _ in range(rounds):
        power = (target * interference(graphs, power) / direct).clamp(max=1.0)
    return power


def greedy_on_off(graphs: LinkGraphs, objective: Objective = SUM_RATE) -> Tensor:
    """Links switched one at a time from all off, the best first, [B, K, 1]."""
    return switched(graphs, torch.zeros_like(graphs.weight)[..., None], objective)


def rounded(power: Tensor) -> Tensor:
    """Shares [B, K, S] to on or off."""
    return (power > 0.5).to(power.dtype)


def switched(
    graphs: LinkGraphs,
    power: Tensor,
    objective: Objective = SUM_RATE,
    rounds: int | None = None,
    cap_bits_per_hz: float | None = None,
) -> Tensor:
    """Local search: switch the one link that helps most, on or off, until none does.

    Args:
        power: [B, K, 1] shares of the limits.
        rounds: the most switches; default twice the number of links.
    """
    power = power.clone()
    rows = torch.arange(len(graphs), device=power.device)
    value = values(graphs, power, objective, cap_bits_per_hz)[:, 0]
    for _ in range(2 * graphs.links if rounds is None else rounds):
        tried_value, link = _switch_values(graphs, power, objective, cap_bits_per_hz).max(1)
        better = tried_value > value * (1.0 + 1e-6) + 1e-12
        if not bool(better.any()):
            break
        row, link = rows[better], link[better]
        power[row, link, 0] = (power[row, link, 0] < 0.5).to(power.dtype)
        value = torch.where(better, tried_value, value)
    return power


def switched_in_pairs(
    graphs: LinkGraphs,
    power: Tensor,
    objective: Objective = SUM_RATE,
    rounds: int = 6,
    cap_bits_per_hz: float | None = None,
) -> Tensor:
    """Local search with two switches at once: one link for another, which single ones never find.

    All pairs are tried in every round, K (K + 1) / 2 of them with the single ones.

    Args:
        power: [B, K, 1] shares of the limits.
        rounds: the most pairs of switches.
    """
    one, other = torch.triu_indices(graphs.links, graphs.links, device=power.device)
    pair = torch.arange(len(one), device=power.device)
    switch = torch.zeros(graphs.links, len(one), dtype=torch.bool, device=power.device)
    switch[one, pair] = switch[other, pair] = True
    value = values(graphs, power, objective, cap_bits_per_hz)
    for _ in range(rounds):
        tried = torch.where(switch, (power < 0.5).to(power.dtype), power)
        tried_value, chosen = values(graphs, tried, objective, cap_bits_per_hz).max(1, keepdim=True)
        better = tried_value > value * (1.0 + 1e-6) + 1e-12
        if not bool(better.any()):
            break
        winner = tried.gather(2, chosen[:, None].expand(-1, graphs.links, 1))
        power = torch.where(better[:, None], winner, power)
        value = torch.where(better, tried_value, value)
    return power


def _switch_values(
    graphs: LinkGraphs, power: Tensor, objective: Objective, cap_bits_per_hz: float | None
) -> Tensor:
    """Objective [B, K] after switching each link alone."""
    change = (power < 0.5).to(power.dtype) - power
    tried = power + torch.diag_embed(change[..., 0])
    # from the common interference: one product for all K switches
    disturbed = interference(graphs, power) + graphs.leak * change.transpose(1, 2)
    signal = graphs.direct[..., None] * tried
    rate = torch.log2(1.0 + signal / disturbed.clamp(min=1.0))
    if cap_bits_per_hz is not None:
        rate = rate.clamp(max=cap_bits_per_hz)
    return objective.value(graphs, rate, tried)
