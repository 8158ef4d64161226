"""What powers on an interference graph can be asked for.

Each objective has an exact value for reports, a smooth one for gradients, and marginals: how much
one more unit of each link's rate, and one less of its power, is worth. Marginals turn any of them
into a weighted sum rate around the present powers, which is all that WMMSE steps need.

Shapes: rates and powers [B, K, S] (S power vectors of each graph), values [B, S].
"""

from dataclasses import dataclass
from math import log
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError
from tools.power.graphs.graph import LinkGraphs
from tools.power.kpis import low_percentile

_LEAST_RATE = 1e-6
"""Rates below count as this in logarithms, bit/s/Hz."""


class Marginals(NamedTuple):
    """Slopes of an objective.

    Attributes:
        rate: [B, K, S] or [B, K, 1] worth of one bit/s/Hz of each link; any common scale.
        power: cost of a link's limit, paid for the share that is sent, [B, K, S]; None: no cost.
            Rates count in nats here: a bit/s/Hz of rate is worth ``rate / ln 2``.
    """

    rate: Tensor
    power: Tensor | None = None


class Objective(Protocol):
    """Something to maximise."""

    @property
    def name(self) -> str:
        """As on the command line and in tables."""
        ...

    @property
    def linear(self) -> bool:
        """Whether marginals are the graphs' weights whatever the rates."""
        ...

    @property
    def stride(self) -> float:
        """What share of a weighted sum rate's exponent a WMMSE round may take, 0..1.

        The faster marginals change with rates, the smaller: alpha-fairness of order n swings from
        exponents of about 1 / (2 n) on, on some families from less; the weighted sum rate hardly
        before 5. Twice too long a stride costs more than half of the lowest rate.
        """
        ...

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """Exact value [B, S], larger is better."""
        ...

    def smooth(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """Differentiable stand-in [B, S] on the scale of :meth:`value`."""
        ...

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """Slopes around the present powers."""
        ...


@dataclass(frozen=True)
class SumRate:
    """``sum_i weight_i r_i`` in bit/s/Hz; with unit weights the sum rate."""

    name: str = "sum_rate"
    linear: bool = True
    stride: float = 1.0

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.value`."""
        return torch.einsum("bk,bks->bs", graphs.weight, rates)

    smooth = value

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """See :meth:`Objective.marginals`."""
        return Marginals(graphs.weight[..., None])


@dataclass(frozen=True)
class ProportionalFair:
    """Weighted geometric mean of the rates, ``exp(sum_i w_i ln r_i / sum_i w_i)``, bit/s/Hz.

    Orders powers as the sum of logarithms does, and its ratios mean something.
    """

    name: str = "proportional_fair"
    linear: bool = False
    stride: float = 0.25

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.value`."""
        logs = rates.clamp(min=_LEAST_RATE).log()
        share = graphs.weight / graphs.weight.sum(1, keepdim=True)
        return torch.einsum("bk,bks->bs", share, logs).exp()

    smooth = value

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """See :meth:`Objective.marginals`."""
        return Marginals(graphs.weight[..., None] / rates.clamp(min=_LEAST_RATE))


@dataclass(frozen=True)
class MaxMin:
    """The lowest rate among the links, bit/s/Hz.

    Args:
        softness: width of the smooth minimum as a share of the mean rate.
        order: marginals are those of alpha-fairness of this order, which tends to max-min and,
            unlike a soft minimum, calls back a link that has fallen to nothing.
    """

    softness: float = 0.05
    order: float = 4.0
    name: str = "max_min"
    linear: bool = False
    stride: float = 0.02

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.value`."""
        return rates.amin(1)

    def smooth(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.smooth`."""
        width = (self.softness * rates.detach().mean(1, keepdim=True)).clamp(min=_LEAST_RATE)
        return -(width * torch.logsumexp(-rates / width, dim=1, keepdim=True))[:, 0]

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """See :meth:`Objective.marginals`."""
        return Marginals(_fair(rates, rates.amin(1, keepdim=True), self.order))


@dataclass(frozen=True)
class LowPercentile:
    """A low percentile of the rates over the links, bit/s/Hz, linearly interpolated.

    Args:
        percent: below 50.
        order: marginals above the percentile are those of alpha-fairness of this order; links
            below it count as if they were at it.
    """

    percent: float = 5.0
    order: float = 3.0
    name: str = "low_percentile"
    linear: bool = False
    stride: float = 0.03

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.value`."""
        return low_percentile(rates.transpose(1, 2), self.percent)

    smooth = value

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """See :meth:`Objective.marginals`."""
        return Marginals(_fair(rates, self.value(graphs, rates, power)[:, None], self.order))


@dataclass(frozen=True)
class EnergyEfficiency:
    """``sum_i weight_i r_i / sum_i (static + slope P_i)`` in bit/s/Hz per watt.

    Args:
        full_power_w: transmit power at a limit of 1.
        static_w: what a link consumes without sending.
        slope: consumed watts per radiated watt.
    """

    full_power_w: float = 1.0
    static_w: float = 0.5
    slope: float = 4.0
    name: str = "energy_efficiency"
    linear: bool = False
    stride: float = 0.5

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.value`."""
        radiated_w = self.full_power_w * torch.einsum("bk,bks->bs", graphs.limit, power)
        consumed_w = graphs.links * self.static_w + self.slope * radiated_w
        return torch.einsum("bk,bks->bs", graphs.weight, rates) / consumed_w

    smooth = value

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """See :meth:`Objective.marginals`; Dinkelbach: a watt costs what it buys at present."""
        efficiency = self.value(graphs, rates, power)[:, None]
        watts = self.slope * self.full_power_w * graphs.limit[..., None]
        return Marginals(graphs.weight[..., None], efficiency * watts * log(2.0))


@dataclass(frozen=True)
class MinRate:
    """Weighted sum rate less a penalty on every rate below a minimum, bit/s/Hz.

    Args:
        minimum_bits_per_hz: every link's.
        penalty: sum rate that a bit/s/Hz of shortfall costs; exact once above the multipliers.
        softness: width of the step of the marginals, share of the minimum.
    """

    minimum_bits_per_hz: float = 0.5
    penalty: float = 20.0
    softness: float = 0.1
    name: str = "min_rate"
    linear: bool = False
    stride: float = 0.25

    def value(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Tensor:
        """See :meth:`Objective.value`."""
        shortfall = (self.minimum_bits_per_hz - rates).clamp(min=0.0).sum(1)
        return torch.einsum("bk,bks->bs", graphs.weight, rates) - self.penalty * shortfall

    smooth = value

    def marginals(self, graphs: LinkGraphs, rates: Tensor, power: Tensor) -> Marginals:
        """See :meth:`Objective.marginals`; steeper the further a link is from its minimum."""
        minimum = self.minimum_bits_per_hz
        short = torch.sigmoid((minimum - rates) / (self.softness * minimum))
        pull = short * minimum / rates.clamp(min=_LEAST_RATE)
        return Marginals(graphs.weight[..., None] + self.penalty * pull)


SUM_RATE = SumRate()
OBJECTIVES: dict[str, Objective] = {
    o.name: o
    for o in (
        SUM_RATE,
        ProportionalFair(),
        MaxMin(),
        LowPercentile(),
        EnergyEfficiency(),
        MinRate(),
    )
}


def objective(name: str) -> Objective:
    """An objective with its usual settings.

    Raises:
        RanwrightError: ``graph.unknown_objective``.
    """
    if name in OBJECTIVES:
        return OBJECTIVES[name]
    raise RanwrightError(
        "graph.unknown_objective",
        f"No objective is called {name!r}.",
        f"Choose one of: {', '.join(OBJECTIVES)}.",
        ExitCode.USAGE,
    )


def _fair(rates: Tensor, level: Tensor, order: float) -> Tensor:
    """Marginals of alpha-fairness, 1 up to the level [B, 1, S] and falling beyond."""
    level = level.clamp(min=_LEAST_RATE)
    return (torch.maximum(rates, level) / level) ** -order
