"""``GraphFoundationModel``: learned starts and strides for WMMSE, many at once, the best taken.

A first block reads the graph and puts S starts. Every further block looks at one WMMSE round from
each start's own powers (SINR, what of it is above the cap, factor asked for, marginal), lets links
talk, and moves every power: an over-relaxed round whose exponent is learned for each link, and a
learned shift. Rounds with one learned exponent each follow. No move goes further than a cap can
use. The objective is computable, so the best of the S, on/off roundings included, is the answer.

Everything is symmetric: links may be numbered in any order, and there may be any number of them.
"""

from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tools.power.foundation.attention import AttentionBlock, EdgeProjector
from tools.power.foundation.features import (
    EDGE_FEATURES,
    LINK_FEATURES,
    SCALE,
    View,
    excess,
    log_room,
    scaled_log,
)
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import SUM_RATE, Marginals, Objective
from tools.power.graphs.rates import rates
from tools.power.graphs.rules import rounded
from tools.power.graphs.solvers import Answer, best, trimmed
from tools.power.graphs.wmmse import wmmse_round

_LOWEST = -24.0
"""Logarithm of the smallest share: a link that may still come back."""
_WIDEST_STRIDE = 3.0
"""Largest logarithm of an amplitude's factor that a block believes."""
_LEAST_RATIO = 1e-12


@dataclass(frozen=True)
class ModelSize:
    """What a checkpoint needs besides its weights.

    Attributes:
        width: of a link's state.
        heads: of the attention.
        blocks: the first puts starts, the others move powers.
        starts: power vectors carried along.
        rounds: WMMSE rounds after the blocks.
        edge_width: hidden width of the edge projector.
        edge_channels: of the edge maximum.
    """

    width: int = 48
    heads: int = 4
    blocks: int = 3
    starts: int = 8
    rounds: int = 10
    edge_width: int = 32
    edge_channels: int = 16

    def to_json(self) -> dict[str, int]:
        """As it stands in checkpoints."""
        return asdict(self)


class Unfolded(NamedTuple):
    """What a forward pass gives.

    Attributes:
        power: [B, K, S] shares of the limits.
        state: [B, K, width] of every link after the last block, for probing.
    """

    power: Tensor
    state: Tensor


class _Sight(NamedTuple):
    """One WMMSE round from logarithms of shares [B, K, S]; up to the cap there is ``log_room``."""

    sinr: Tensor
    log_room: Tensor
    log_ratio: Tensor
    marginal: Tensor


class GraphFoundationModel(nn.Module):
    """Powers of any interference graph for any objective; see the module."""

    def __init__(self, size: ModelSize | None = None) -> None:
        super().__init__()
        self.size = size = size or ModelSize()
        outputs = size.blocks * size.heads + size.edge_channels
        self._edges = EdgeProjector(EDGE_FEATURES, LINK_FEATURES, size.edge_width, outputs)
        self._read = nn.Linear(LINK_FEATURES, size.width)
        self._see = nn.ModuleList(
            nn.Linear(5 * size.starts, size.width) for _ in range(size.blocks - 1)
        )
        self._blocks = nn.ModuleList(
            AttentionBlock(size.width, size.heads, size.edge_channels) for _ in range(size.blocks)
        )
        moves = [size.starts] + [2 * size.starts] * (size.blocks - 1)
        self._heads = nn.ModuleList(_gentle(size.width, n) for n in moves)
        self._channels = [size.heads] * size.blocks + [size.edge_channels]
        self._spread = nn.Parameter(torch.randn(size.starts))
        self._exponents = nn.Parameter(torch.full((size.rounds,), 1.85))

    def forward(
        self,
        graphs: LinkGraphs | View,
        objective: Objective = SUM_RATE,
        cap_bits_per_hz: float | None = None,
    ) -> Unfolded:
        """S power vectors for each graph.

        Args:
            graphs: or a view of them with hidden edges.
            objective: sets the marginals of every round.
            cap_bits_per_hz: see :func:`tools.power.graphs.rates.rates`.
        """
        view = View(graphs) if isinstance(graphs, LinkGraphs) else graphs
        view = replace(view, cap_bits_per_hz=cap_bits_per_hz)
        projected = self._edges(view.edges, view.links)
        *biases, messages = projected.split(self._channels)
        look = _Look(view.graphs, objective, cap_bits_per_hz)
        state = self._blocks[0](self._read(view.links), biases[0], messages)
        log_share = nn.functional.logsigmoid(2.0 * self._heads[0](state) + self._spread)
        for i in range(1, self.size.blocks):
            sight = look(log_share)
            state = state + self._see[i - 1](_seen(sight, log_share))
            state = self._blocks[i](state, biases[i], messages)
            stride, shift = self._heads[i](state).chunk(2, dim=-1)
            exponent = objective.stride * (2.0 + 2.0 * nn.functional.softplus(stride + 1.0))
            log_share = _moved(log_share, exponent * sight.log_ratio + 2.0 * shift, sight)
        for exponent in objective.stride * (2.0 + 2.0 * nn.functional.softplus(self._exponents)):
            sight = look(log_share)
            log_share = _moved(log_share, exponent * sight.log_ratio, sight)
        power = log_share.exp()
        if cap_bits_per_hz is not None:
            power = trimmed(view.graphs, power, cap_bits_per_hz)
        return Unfolded(power, state)

    @torch.no_grad()
    def answer(
        self,
        graphs: LinkGraphs,
        objective: Objective = SUM_RATE,
        cap_bits_per_hz: float | None = None,
    ) -> Answer:
        """The best powers of the forward pass, as they are or rounded to on and off."""
        power = self(graphs, objective, cap_bits_per_hz).power
        return best(graphs, torch.cat([power, rounded(power)], -1), objective, cap_bits_per_hz)


def _gentle(width: int, outputs: int) -> nn.Linear:
    """A head whose first answers are near nought."""
    head = nn.Linear(width, outputs)
    nn.init.zeros_(head.bias)
    with torch.no_grad():
        head.weight.mul_(0.3)
    return head


class _Look:
    """WMMSE rounds of one batch under one objective."""

    def __init__(self, graphs: LinkGraphs, objective: Objective, cap: float | None) -> None:
        self._graphs, self._objective, self._cap = graphs, objective, cap
        self._fixed = Marginals(graphs.weight[..., None]) if objective.linear else None

    def __call__(self, log_share: Tensor) -> _Sight:
        power = log_share.exp()
        marginals = self._fixed
        if marginals is None:
            rate = rates(self._graphs, power, self._cap)
            marginals = self._objective.marginals(self._graphs, rate, power)
        round_ = wmmse_round(self._graphs, power, marginals)
        log_ratio = round_.ratio.clamp(min=_LEAST_RATIO).log()
        stride = log_ratio.clamp(-_WIDEST_STRIDE, _WIDEST_STRIDE)
        return _Sight(round_.sinr, log_room(round_.sinr, self._cap), stride, marginals.rate)


def _moved(log_share: Tensor, by: Tensor, sight: _Sight) -> Tensor:
    """Shares after a move, which goes no further than the cap can use."""
    return (log_share + torch.minimum(by, sight.log_room)).clamp(_LOWEST, 0.0)


def _seen(sight: _Sight, log_share: Tensor) -> Tensor:
    """[B, K, 5 S] features of a round."""
    relative = sight.marginal / sight.marginal.mean(1, keepdim=True).clamp(min=_LEAST_RATIO)
    columns = [
        scaled_log(sight.sinr),
        SCALE * excess(sight.log_room),
        sight.log_ratio,
        SCALE * log_share,
        scaled_log(relative).expand_as(log_share),
    ]
    return torch.cat(columns, dim=-1)
