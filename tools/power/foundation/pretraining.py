"""Self-supervised pre-training: masked edges, and a student that agrees with its slow teacher.

Masked edges: a random share of the off-diagonal gains is hidden and predicted, in nepers, from the
states of both ends. Teacher and student: two views of one graph, with hidden edges and noise on
the gains; the student predicts the states and the graph's mean state that the teacher, a moving
average of the student, has for the other view. There are no negative pairs (as in BYOL, Grill et
al., 2020); the predictor and the moving average keep the states from collapsing.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from tools.power.foundation.features import SCALE, View, log_level
from tools.power.foundation.model import GraphFoundationModel
from tools.power.graphs.graph import LinkGraphs

HIDDEN_SHARE = 0.3
NOISE_NP = 0.35
"""Standard deviation of a view's gains, nepers of power: 1.5 dB."""
_MEMORY = 0.996
_AGREEMENT_WEIGHT = 1.0


class Pretraining(nn.Module):
    """Heads, predictor and teacher around a model; all of it is dropped afterwards.

    Args:
        model: trained in place.
        masked_edges, agreement: which of the two objectives count.
    """

    def __init__(
        self, model: GraphFoundationModel, masked_edges: bool = True, agreement: bool = True
    ) -> None:
        super().__init__()
        width = model.size.width
        self.model = model
        self._masked_edges, self._agreement = masked_edges, agreement
        self._sender, self._receiver = nn.Linear(width, width), nn.Linear(width, width)
        self._reverse = nn.Linear(1, width)
        self._level = nn.Linear(width, 1)
        self._predictor = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.teacher = deepcopy(model).requires_grad_(False)

    def loss(self, graphs: LinkGraphs, generator: torch.Generator) -> Tensor:
        """Sum of the objectives on one batch."""
        view = hidden_view(graphs, generator)
        state = self.model(view).state
        total: Tensor = state.new_zeros(())
        if self._masked_edges:
            total = total + self._edge_error(graphs, view, state)
        if self._agreement:
            other = hidden_view(graphs, generator)
            with torch.no_grad():
                target = self.teacher(other).state
            total = total + _AGREEMENT_WEIGHT * disagreement(self._predictor(state), target)
        return total

    @torch.no_grad()
    def follow(self) -> None:
        """The teacher takes a small step towards the student."""
        for old, new in zip(self.teacher.parameters(), self.model.parameters(), strict=True):
            old.lerp_(new, 1.0 - _MEMORY)

    def _edge_error(self, graphs: LinkGraphs, view: View, state: Tensor) -> Tensor:
        assert view.hidden is not None
        level = SCALE * log_level(graphs.leak)
        seen_back = (SCALE * log_level(view.graphs.leak)).mT[..., None]
        pair = self._receiver(state)[:, :, None] + self._sender(state)[:, None]
        guess = self._level(torch.relu(pair + self._reverse(seen_back)))[..., 0]
        error: Tensor = (guess - level)[view.hidden].square().mean() / SCALE**2
        return error


def hidden_view(graphs: LinkGraphs, generator: torch.Generator) -> View:
    """A view with noise on all gains and a share of the off-diagonal ones hidden."""
    shape, device = graphs.gain.shape, graphs.gain.device
    noise = torch.randn(shape, generator=generator, device=generator.device).to(device)
    drawn = torch.rand(shape, generator=generator, device=generator.device).to(device)
    apart = ~torch.eye(graphs.links, dtype=torch.bool, device=device)
    hidden = (drawn < HIDDEN_SHARE) & apart
    gain = (graphs.gain * torch.exp(NOISE_NP * noise)).masked_fill(hidden, 0.0)
    return View(LinkGraphs(gain, graphs.weight, graphs.limit), hidden)


def disagreement(predicted: Tensor, target: Tensor) -> Tensor:
    """One minus the cosine between states [B, K, width], of links and of whole graphs."""
    links = nn.functional.cosine_similarity(predicted, target, dim=-1).mean()
    whole = nn.functional.cosine_similarity(predicted.mean(1), target.mean(1), dim=-1).mean()
    return 2.0 - links - whole
