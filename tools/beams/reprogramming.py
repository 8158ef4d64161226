"""Beam prediction in the style of BP-LLM: a frozen language model between two small trained ends.

The past beam indices, normalised window by window, are cut into patches; attention rewrites each
patch in terms of word vectors (Time-LLM, Jin et al., ICLR 2024), a frozen transformer reads them as
if they were words, and a linear layer reads the next indices off. Here the language model is the
bundled MiniLM; the paper takes GPT-2 large and puts a prompt in front, which is left out. The same
ends around random layers, or around none, say what the language model is worth.
"""

from enum import StrEnum

import torch
from torch import Tensor, nn

from knowledge import minilm
from tools.learning.fitting import LARGEST_GRADIENT, scheduled
from twins.runtime import derive_seed

_HEADS = 12
_WORDS = 1000
_PROTOTYPES = 64
_KEY_WIDTH = 32


class Backbone(StrEnum):
    """What stands between the trained ends."""

    LANGUAGE = "MiniLM, frozen"
    RANDOM = "random, frozen"
    NONE = "none"


class Reprogrammed(nn.Module):
    """Indices [B, past] to indices [B, future], as real numbers.

    Args:
        patch: indices in a patch; must divide ``past``.
        layers: how many of MiniLM's six are used, from the first.
        seed: of the ends, and of random layers.
    """

    def __init__(
        self,
        backbone: Backbone,
        past: int,
        future: int,
        patch: int = 8,
        layers: int = 3,
        seed: int = 0,
    ) -> None:
        super().__init__()
        torch.manual_seed(derive_seed("beams", "reprogramming", seed))
        self._patch = patch
        width = minilm.DIMENSIONS
        self._embed = nn.Linear(patch, _KEY_WIDTH)
        self._mix = nn.Linear(_WORDS, _PROTOTYPES)
        self._attend = nn.MultiheadAttention(
            width, 4, kdim=width, vdim=width, batch_first=True, bias=False
        )
        self._widen = nn.Linear(_KEY_WIDTH, width)
        self._head = nn.Linear(past // patch * width, future)
        self.register_buffer("_words", _words(backbone))
        self.frozen = nn.Sequential(*_layers(backbone, layers)).requires_grad_(False)

    def forward(self, past: Tensor) -> Tensor:
        """As the class says."""
        mean, spread = past.mean(1, keepdim=True), past.std(1, keepdim=True) + 0.5
        series = (past - mean) / spread
        queries = self._widen(self._embed(series.view(len(past), -1, self._patch)))
        words = self.get_buffer("_words")
        prototypes = self._mix(words.T).T.expand(len(past), -1, -1)
        read, _ = self._attend(queries, prototypes, prototypes, need_weights=False)
        state = self.frozen(queries + read)
        found: Tensor = self._head(state.flatten(1)) * spread + past[:, -1:]
        return found


def fit(model: Reprogrammed, past: Tensor, future: Tensor, steps: int, seed: int) -> None:
    """Fit the ends in place to squared errors of indices [N, past] and [N, future]."""
    generator = torch.Generator().manual_seed(derive_seed("beams", "reprogramming", "fit", seed))
    chosen = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(chosen)
    scale = past.std(1, keepdim=True) + 0.5
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = 1e-3 * scheduled(step, steps, 20)
        at = torch.randint(len(past), (64,), generator=generator)
        error = ((model(past[at]) - future[at]) / scale[at]).square().mean()
        optimiser.zero_grad(set_to_none=True)
        error.backward()
        nn.utils.clip_grad_norm_(chosen, LARGEST_GRADIENT, error_if_nonfinite=True)
        optimiser.step()


def _words(backbone: Backbone) -> Tensor:
    """[_WORDS, width] word vectors, evenly over the vocabulary, or random ones of their size."""
    table = torch.from_numpy(minilm.load().weights["embeddings.word_embeddings.weight"])
    words = table[torch.linspace(1000, len(table) - 1, _WORDS).long()].clone()
    return words if backbone is Backbone.LANGUAGE else torch.randn_like(words) * words.std()


def _layers(backbone: Backbone, count: int) -> list[nn.Module]:
    if backbone is Backbone.NONE:
        return []
    width = minilm.DIMENSIONS
    made = [
        nn.TransformerEncoderLayer(
            width, _HEADS, 4 * width, 0.0, "gelu", layer_norm_eps=1e-12, batch_first=True
        )
        for _ in range(count)
    ]
    if backbone is Backbone.LANGUAGE:
        for i, layer in enumerate(made):
            layer.load_state_dict(_weights(f"encoder.layer.{i}"))
    return list(made)


def _weights(name: str) -> dict[str, Tensor]:
    """Weights of one of MiniLM's layers under torch's names."""
    found = minilm.load().weights
    parts = {
        "self_attn.out_proj": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm2": "output.LayerNorm",
    }
    weights = {
        f"{own}.{kind}": torch.from_numpy(found[f"{name}.{theirs}.{kind}"])
        for own, theirs in parts.items()
        for kind in ("weight", "bias")
    }
    for kind in ("weight", "bias"):
        three = [found[f"{name}.attention.self.{p}.{kind}"] for p in ("query", "key", "value")]
        weights[f"self_attn.in_proj_{kind}"] = torch.cat([torch.from_numpy(t) for t in three])
    return weights
