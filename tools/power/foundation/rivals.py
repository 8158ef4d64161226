"""Published learned rivals in our own words, to be trained under the same budget.

* An edge convolution after PCGNN (Shen, Shi, Zhang, Letaief, IEEE J. Sel. Areas Commun. 39, 2021):
  messages from both ends and both directions of an edge, the maximum over senders, few layers.
* Unrolled WMMSE after UWMMSE (Chowdhury, Verma, Rao, Swami, Segarra, IEEE Trans. Wireless Commun.
  20, 2021): a few WMMSE layers whose MSE weights a small graph network scales and shifts.

Both take levels instead of raw gains, which span too many decades for a network, and mark one
power vector, S = 1.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from tools.power.foundation.features import LINK_FEATURES, View
from tools.power.foundation.model import Unfolded
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE, Objective
from tools.power.graphs.rates import interference

_TINY = 1e-30
_MOST_LOG_SCALE = 5.0
"""Of MSE weights: without a bound their exponential overflows late in a long training."""


class EdgeConvolution(nn.Module):
    """PCGNN's kind.

    Args:
        widths: of the links' states after each layer.
        hidden: width of the messages.
    """

    def __init__(self, widths: tuple[int, ...] = (32, 32), hidden: int = 32) -> None:
        super().__init__()
        sizes = (LINK_FEATURES, *widths)
        self._messages = nn.ModuleList(_network(2 * n + 2, hidden, hidden) for n in sizes[:-1])
        self._updates = nn.ModuleList(_network(n + hidden, hidden, m) for n, m in pairwise(sizes))
        self._head = _network(sizes[-1], 16, 1)

    def forward(
        self,
        graphs: LinkGraphs,
        objective: Objective = SUM_RATE,
        cap_bits_per_hz: float | None = None,
    ) -> Unfolded:
        """Powers [B, K, 1]; what is maximised shows in training alone."""
        view = View(graphs, cap_bits_per_hz=cap_bits_per_hz)
        state, edges = view.links, view.edges.permute(1, 2, 3, 0)
        for message, update in zip(self._messages, self._updates, strict=True):
            links = graphs.links
            at_receiver = state[:, :, None].expand(-1, -1, links, -1)
            at_sender = state[:, None].expand(-1, links, -1, -1)
            heard = message(torch.cat([at_receiver, at_sender, edges], -1)).amax(2)
            state = torch.relu(update(torch.cat([state, heard], -1)))
        return Unfolded(torch.sigmoid(self._head(state)), state)


class UnrolledWmmse(nn.Module):
    """UWMMSE's kind, from full power.

    Args:
        layers: WMMSE rounds.
        hidden: width of the graph network.
    """

    def __init__(self, layers: int = 4, hidden: int = 8) -> None:
        super().__init__()
        self._into = nn.ModuleList(nn.Linear(2 * LINK_FEATURES, hidden) for _ in range(layers))
        self._out = nn.ModuleList(nn.Linear(2 * hidden, 2) for _ in range(layers))

    def forward(
        self,
        graphs: LinkGraphs,
        objective: Objective = SUM_RATE,
        cap_bits_per_hz: float | None = None,
    ) -> Unfolded:
        """Powers [B, K, 1]; what is maximised shows in training alone."""
        view = View(graphs, cap_bits_per_hz=cap_bits_per_hz)
        spread = torch.softmax(view.edges[0], -1)  # who is heard how well, rows sum to 1
        power = torch.ones_like(graphs.weight)[..., None]
        state = view.links
        for into, out in zip(self._into, self._out, strict=True):
            state = torch.relu(into(torch.cat([view.links, spread @ view.links], -1)))
            scale, shift = out(torch.cat([state, spread @ state], -1)).split(1, -1)
            factor = (_MOST_LOG_SCALE * torch.tanh(scale / _MOST_LOG_SCALE)).exp()
            power = _unrolled(graphs, power, factor, nn.functional.softplus(shift - 4.0))
        return Unfolded(power, state)


def _unrolled(graphs: LinkGraphs, power: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """A WMMSE round with MSE weights ``scale w + shift``."""
    direct = graphs.direct[..., None]
    disturbed = interference(graphs, power)
    total = disturbed + direct * power
    weight = graphs.weight[..., None] * (scale * total / disturbed + shift)
    receiver = (direct * power).clamp(min=_TINY).sqrt() / total
    price = weight * receiver.square()
    cost = torch.baddbmm(price * direct, graphs.leak.mT, price)
    amplitude = weight * receiver * direct.clamp(min=_TINY).sqrt() / cost.clamp(min=_TINY)
    return amplitude.clamp(max=1.0).square()


def _network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
