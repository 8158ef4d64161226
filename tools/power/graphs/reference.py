"""The strongest classical answer for any objective: many starts, special ones, then ascent.

WMMSE from random starts alone is no reference for every objective. From full power it creeps past
the small powers that energy efficiency asks for; it never gives up a link as a low percentile
wants; and it stops short of minimum rates. Starts made for the objective and gradient ascent from
the best of all close these gaps.
"""

import torch
from torch import Tensor

from tools.power.graphs.ascent import ascended, lifted
from tools.power.graphs.balance import sacrificing
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import LowPercentile, MaxMin, MinRate, Objective
from tools.power.graphs.rules import least_powers, switched
from tools.power.graphs.solvers import Answer, best, full_power, leading, max_min, wmmse

_LEVELS = (1.0, 0.1, 0.01, 0.001)
_LOWEST_LEVEL = -9.0
"""Natural logarithm of the lowest level of random starts: 39 dB below full power."""


def special_starts(graphs: LinkGraphs, objective: Objective) -> Tensor:
    """Powers [B, K, S] that an objective's answer may be near to.

    Full power at four levels; the max-min optimum; for a percentile the balanced links without
    those it does not see; for minimum rates the least powers that give them.
    """
    full = full_power(graphs)
    starts = [torch.cat([level * full for level in _LEVELS], -1)]
    if isinstance(objective, LowPercentile):
        unseen = int((graphs.links - 1) * objective.percent / 100.0) + 1
        starts.append(sacrificing(graphs, unseen))
    elif not objective.linear:
        starts.append(max_min(graphs))
    if isinstance(objective, MinRate):
        starts.append(least_powers(graphs, objective.minimum_bits_per_hz))
    return torch.cat(starts, -1)


def climbed(
    graphs: LinkGraphs,
    offers: Tensor,
    objective: Objective,
    cap_bits_per_hz: float | None,
    climbers: int,
    steps: int,
) -> Tensor:
    """Powers [B, K, S'] after ascent from the best of the offers [B, K, S].

    The max-min optimum is exact without it. Minimum rates are met to the last digit where only
    digits are missing.
    """
    if isinstance(objective, MaxMin):
        return leading(graphs, offers, objective, 1, cap_bits_per_hz)
    starts = leading(graphs, offers, objective, climbers, cap_bits_per_hz)
    power = ascended(graphs, starts, objective, cap_bits_per_hz, steps)
    if isinstance(objective, MinRate):
        power = torch.cat([power, lifted(graphs, power, objective.minimum_bits_per_hz)], -1)
    return power


def strongest(
    graphs: LinkGraphs,
    objective: Objective,
    cap_bits_per_hz: float | None = None,
    starts: int = 100,
    climbers: int = 10,
    steps: int = 300,
    seed: int = 0,
) -> Answer:
    """The best of everything classical; slow, for reference.

    WMMSE from random starts at full and at random levels and from :func:`special_starts`; single
    switches from the best; ascent from the best ten.
    """
    special = special_starts(graphs, objective)
    first = torch.cat([special, _random(graphs, starts, seed)], -1)
    found = wmmse(graphs, first, 100, objective, cap_bits_per_hz)
    offers = torch.cat([special, found], -1)
    top = leading(graphs, offers, objective, 1, cap_bits_per_hz)
    on_off = switched(graphs, top, objective, cap_bits_per_hz=cap_bits_per_hz)
    offers = torch.cat([on_off, offers], -1)
    high = climbed(graphs, offers, objective, cap_bits_per_hz, climbers, steps)
    return best(graphs, torch.cat([offers, high], -1), objective, cap_bits_per_hz)


def _random(graphs: LinkGraphs, count: int, seed: int) -> Tensor:
    """Uniform shares [B, K, count], every second vector scaled to a log-uniform level."""
    device, dtype = graphs.gain.device, graphs.gain.dtype
    generator = torch.Generator(device).manual_seed(seed)
    size, one = (len(graphs), graphs.links, count), (len(graphs), 1, count)
    share = torch.rand(size, generator=generator, dtype=dtype, device=device)
    level = torch.rand(one, generator=generator, dtype=dtype, device=device)
    level[..., ::2] = 0.0
    scaled: Tensor = share * torch.exp(_LOWEST_LEVEL * level)
    return scaled
