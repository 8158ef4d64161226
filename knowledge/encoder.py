"""The sentence encoder of search: bundled MiniLM on ONNX Runtime, int8, one thread.

A configured model (:mod:`knowledge.plugin`) takes its place.

The graph is built once into the cache folder, under the digest of weights and recipe; neither torch
nor a download takes part. :mod:`knowledge.minilm` computes the same model in plain numpy: what the
graph is checked against, and what other models take layers from.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from contracts.errors import ExitCode, RanwrightError
from knowledge import minilm, plugin
from knowledge.cache import cache_folder, told
from knowledge.encoder_pin import MAX_TOKENS, bundled_digest
from knowledge.minilm import DIMENSIONS, Array
from knowledge.plugin_model import ConfiguredEncoder


class TextEncoder(Protocol):
    """Texts to unit vectors of one length."""

    def encode(self, texts: Sequence[str]) -> Array:
        """Unit vectors ``[len(texts), D]`` of texts that are searched."""

    def query(self, text: str) -> Array:
        """Unit vector ``[D]`` of a question."""


class Encoder:
    """Texts to unit vectors; use :func:`load` to get the shared one.

    Args:
        graph: the ONNX file.
        tokenizer: the tokenizer's file.

    Raises:
        RanwrightError: ``knowledge.graph_damaged``.
    """

    def __init__(self, graph: Path, tokenizer: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise RanwrightError(
                "knowledge.graph_damaged",
                f"{graph} cannot be loaded: {type(error).__name__}.",
                "Delete the file; it is built again.",
                ExitCode.DEFECT,
            ) from error
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()  # its file asks for 128 tokens

    def encode(self, texts: Sequence[str]) -> Array:
        """Unit vectors, shape ``[len(texts), 384]``.

        One text a run: in a batch, the integers of a text would depend on its neighbours.
        """
        found = np.empty((len(texts), DIMENSIONS), np.float32)
        for row, tokens in enumerate(self._tokenizer.encode_batch(list(texts))):
            ids = np.array([tokens.ids], np.int64)
            (vectors,) = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
            found[row] = vectors[0]
        return found

    def query(self, text: str) -> Array:
        """Unit vector ``[384]``: this model reads questions as it reads texts."""
        found: Array = self.encode([text])[0]
        return found


@cache
def load() -> TextEncoder:
    """The encoder, loaded once a process: the configured one, else the bundled one, whose graph is
    built at the first use on a machine.

    Raises:
        RanwrightError: ``knowledge.model_missing``, ``knowledge.model_changed``,
            ``knowledge.graph_damaged`` or ``knowledge.cache``; of a configured model as
            :func:`knowledge.plugin.encoder` and :class:`knowledge.plugin_model.ConfiguredEncoder`.
    """
    configured = plugin.encoder()
    if configured is not None:
        return ConfiguredEncoder(configured)
    name = hashlib.sha256(bundled_digest().encode()).hexdigest()[:24]
    graph = cache_folder() / f"minilm-{name}.onnx"
    if not graph.is_file():
        _build(graph)
    return Encoder(graph, minilm.checked_folder(("tokenizer.json",)) / "tokenizer.json")


def _build(graph: Path) -> None:
    from knowledge.minilm_graph import build  # imports onnx, which only building needs

    weights = minilm.load().weights
    with told(graph):
        graph.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place: builders beside each other do no harm.
        with tempfile.TemporaryDirectory(prefix="draft-", dir=graph.parent) as folder:
            draft = Path(folder) / graph.name
            build(weights, draft)
            draft.replace(graph)
