"""Adaptation of a trained model to another objective with few graphs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from contracts.errors import ExitCode, RanwrightError
from tools.learning.fitting import fit
from tools.power.foundation.losses import utility_loss
from tools.power.foundation.model import GraphFoundationModel
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.objectives import Objective
from twins.runtime import derive_seed

_HEADS = ("_heads", "_spread", "_exponents")
_LOW_RANK = r".*(_project|_mix|_expand|_shrink|_heads\.\d+)"
_BATCH = 32


class Scope(StrEnum):
    """What adaptation changes."""

    FULL = "full"
    LORA = "lora"
    HEADS = "heads"


_RATES = {Scope.FULL: 1e-3, Scope.LORA: 3e-3, Scope.HEADS: 3e-3}


@dataclass(frozen=True)
class Adaptation:
    """How a model is adapted.

    Attributes:
        scope: all weights, low-rank updates of the blocks' products (LoRA, Hu et al., 2022), or
            the heads that put starts and move powers.
        steps: of the fit.
        rank: of the low-rank updates.
        seed: of the order of graphs.
    """

    scope: Scope = Scope.FULL
    steps: int = 200
    rank: int = 4
    seed: int = 0

    def of(
        self,
        model: GraphFoundationModel,
        graphs: LinkGraphs,
        objective: Objective,
        cap_bits_per_hz: float | None = None,
    ) -> GraphFoundationModel:
        """A copy of a model, fitted to an objective on some graphs of one size."""
        copy = GraphFoundationModel(model.size)
        copy.load_state_dict(model.state_dict())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("adaptation", self.seed))
            fitted = _with_low_rank(copy, self.rank) if self.scope is Scope.LORA else copy
            passes = -(-self.steps * _BATCH // len(graphs))
            order = torch.cat([torch.randperm(len(graphs)) for _ in range(passes)])

        def loss(step: int) -> Tensor:
            some = graphs[order[step * _BATCH : (step + 1) * _BATCH]]
            return utility_loss(fitted, some, objective, cap_bits_per_hz)

        fit(_chosen(fitted, self.scope), loss, self.steps, _RATES[self.scope])
        if isinstance(fitted, _Merging):
            fitted.merge_and_unload()  # into the copy
        return copy.eval().requires_grad_(False)


def scope_called(name: str) -> Scope:
    """A scope by name.

    Raises:
        RanwrightError: ``model.unknown_scope``.
    """
    if name in set(Scope):
        return Scope(name)
    raise RanwrightError(
        "model.unknown_scope",
        f"No scope of adaptation is called {name!r}.",
        f"Choose one of: {', '.join(Scope)}.",
        ExitCode.USAGE,
    )


@runtime_checkable
class _Merging(Protocol):
    """A model with low-rank updates beside its weights."""

    def merge_and_unload(self) -> nn.Module:
        """Add them to the weights."""
        ...


def _with_low_rank(model: GraphFoundationModel, rank: int) -> nn.Module:
    """The model with LoRA beside the products of its blocks and heads."""
    # here, because it takes seconds to import and nothing else needs it
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=_LOW_RANK)
    adapted: nn.Module = get_peft_model(model, config)
    return adapted


def _chosen(model: nn.Module, scope: Scope) -> list[nn.Parameter]:
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [p for name, p in named if scope is not Scope.HEADS or name.startswith(_HEADS)]
