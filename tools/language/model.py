"""MiniLM with low-rank corrections (Hu et al., LoRA, 2021) and heads that mark a sentence."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.language.labels import ACTS, AGGREGATES, KPIS, MEANINGS, TAGS

_WIDTH, _LAYERS, _ATTENTION_HEADS = 384, 6, 12
CORRECTED = (
    "attention.self.query",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""Matrices of a layer that are corrected."""
HEADS = {
    "act": len(ACTS),
    "tags": TAGS,
    "kpis": len(KPIS),
    "aggregates": len(AGGREGATES),
    "meanings": len(MEANINGS) + 1,
}


@dataclass(frozen=True)
class ModelSize:
    """Rank of the corrections, their scale, and the width of links."""

    rank: int = 16
    scale: float = 2.0
    link_width: int = 96

    def to_json(self) -> dict[str, Any]:
        """As it stands in the checkpoint."""
        return asdict(self)


class Marker(nn.Module):
    """Marks sentences; only corrections and heads are parameters.

    Args:
        base: the encoder's arrays by name.
    """

    def __init__(self, base: Mapping[str, Any], size: ModelSize) -> None:
        super().__init__()
        self.size = size
        self._base = {name: torch.as_tensor(array) for name, array in base.items()}
        self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
        for layer in range(_LAYERS):
            for part in CORRECTED:
                wide, narrow = self._base[f"encoder.layer.{layer}.{part}.weight"].shape
                key = f"{layer}/{part}".replace(".", "-")
                self.down[key] = nn.Parameter(torch.randn(size.rank, narrow) / narrow**0.5)
                self.up[key] = nn.Parameter(torch.zeros(wide, size.rank))
        self.heads = nn.ModuleDict({name: nn.Linear(_WIDTH, n) for name, n in HEADS.items()})
        self.bound = nn.Linear(_WIDTH, size.link_width)
        self.about = nn.Linear(_WIDTH, size.link_width)
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Logits by head: ``act`` [B, acts], the others [B, T, classes], ``links`` [B, T, T].

        Args:
            ids: [B, T] tokens.
            mask: [B, T] True where there is one.
        """
        hidden = self._encoded(ids, mask)
        shown = mask[..., None].to(hidden.dtype)
        pooled = (hidden * shown).sum(1) / shown.sum(1)
        found: dict[str, Tensor] = {}
        for name, head in self.heads.items():
            found[name] = head(pooled if name == "act" else hidden)
        pairs = self.bound(hidden) @ self.about(hidden).transpose(1, 2)
        found["links"] = pairs / self.size.link_width**0.5 + self.bias
        return found

    def _encoded(self, ids: Tensor, mask: Tensor) -> Tensor:
        base = self._base
        hidden = (
            base["embeddings.word_embeddings.weight"][ids]
            + base["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + base["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm("embeddings.LayerNorm", hidden)
        for layer in range(_LAYERS):
            hidden = self._layer(layer, hidden, mask)
        return hidden

    def _layer(self, layer: int, hidden: Tensor, mask: Tensor) -> Tensor:
        name = f"encoder.layer.{layer}"
        batch, length, width = hidden.shape
        query, key, value = (
            self._linear(layer, f"attention.self.{part}", hidden)
            .view(batch, length, _ATTENTION_HEADS, width // _ATTENTION_HEADS)
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask[:, None, None, :]
        )
        joined = mixed.transpose(1, 2).reshape(batch, length, width)
        attended = self._linear(layer, "attention.output.dense", joined)
        hidden = self._norm(f"{name}.attention.output.LayerNorm", hidden + attended)
        wide = functional.gelu(self._linear(layer, "intermediate.dense", hidden))
        return self._norm(
            f"{name}.output.LayerNorm", hidden + self._linear(layer, "output.dense", wide)
        )

    def _linear(self, layer: int, part: str, x: Tensor) -> Tensor:
        name = f"encoder.layer.{layer}.{part}"
        plain = functional.linear(x, self._base[f"{name}.weight"], self._base[f"{name}.bias"])
        key = f"{layer}/{part}".replace(".", "-")
        if key not in self.down:
            return plain
        return plain + self.size.scale * functional.linear(
            functional.linear(x, self.down[key]), self.up[key]
        )

    def _norm(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self._base[f"{name}.weight"], self._base[f"{name}.bias"]
        return functional.layer_norm(x, (_WIDTH,), weight, bias, 1e-12)
