"""Configured models on ONNX Runtime: an embedding model and a cross-encoder, one thread each.

Inputs are named as Hugging Face exports name them: ``input_ids``, ``attention_mask`` and
``token_type_ids``, int64 ``[batch, tokens]``, those that the graph asks for.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from contracts.errors import ExitCode, RanwrightError
from knowledge import plugin
from knowledge.minilm import Array
from knowledge.plugin import MODEL, TOKENIZER, EncoderDescription, Plugin, RerankerDescription

_POOLED = "sentence_embedding"
_SMALLEST_NORM = 1e-12


class ConfiguredEncoder:
    """Texts to unit vectors of the model's own length.

    Args:
        model: what :func:`knowledge.plugin.encoder` found.

    Raises:
        RanwrightError: ``knowledge.plugin_damaged``, ``knowledge.plugin_unfit``,
            ``knowledge.plugin_changed``.
    """

    def __init__(self, model: Plugin[EncoderDescription]) -> None:
        self._says = model.description
        self._graph = _Graph(model.folder, model.description.max_tokens)
        self._output = 0
        if self._says.pooling == "none" and _POOLED in self._graph.outputs:
            self._output = self._graph.outputs.index(_POOLED)
        self.query("probe")
        model.check_unchanged()

    def encode(self, texts: Sequence[str]) -> Array:
        """Unit vectors ``[len(texts), dimensions]`` of texts that are searched, one a run."""
        found = np.empty((len(texts), self._says.dimensions), np.float32)
        for row, text in enumerate(texts):
            found[row] = self._vector(self._says.passage_prefix + text)
        return found

    def query(self, text: str) -> Array:
        """Unit vector ``[dimensions]`` of a question."""
        return self._vector(self._says.query_prefix + text)

    def _vector(self, text: str) -> Array:
        answer = self._graph.run(self._graph.tokenizer.encode(text))[self._output]
        rank = 2 if self._says.pooling == "none" else 3
        if answer.ndim != rank or answer.shape[-1] != self._says.dimensions:
            wanted = "[1, tokens, D]" if rank == 3 else "[1, D]"
            raise self._graph.unfit(
                f"it answers {list(answer.shape)}; pooling {self._says.pooling} needs {wanted}"
                f" with D = {self._says.dimensions}"
            )
        if self._says.pooling == "mean":
            pooled = answer[0].mean(axis=0)  # one text a run: no padding to leave out
        else:
            pooled = answer[0, 0] if rank == 3 else answer[0]
        found: Array = pooled / np.float32(max(float(np.linalg.norm(pooled)), _SMALLEST_NORM))
        return found


class Reranker:
    """Query and passage to one score: the higher, the better the passage answers.

    Args:
        model: what :func:`knowledge.plugin.reranker` found.

    Raises:
        RanwrightError: as :class:`ConfiguredEncoder`.
    """

    def __init__(self, model: Plugin[RerankerDescription]) -> None:
        self._graph = _Graph(model.folder, model.description.max_tokens)
        self.scores("probe", ["probe"])
        model.check_unchanged()

    def scores(self, query: str, texts: Sequence[str]) -> Array:
        """Scores ``[len(texts)]``, without unit, one pair a run."""
        found = np.empty(len(texts), np.float32)
        for row, text in enumerate(texts):
            answer = self._graph.run(self._graph.tokenizer.encode(query, text))[0]
            if answer.size != 1:
                raise self._graph.unfit(
                    f"it answers {list(answer.shape)}, not one score for a pair"
                )
            found[row] = answer.reshape(())
        return found


@cache
def load_reranker() -> Reranker | None:
    """The configured cross-encoder, loaded once a process; none where none is configured.

    Raises:
        RanwrightError: as :func:`knowledge.plugin.reranker` and :class:`Reranker`.
    """
    configured = plugin.reranker()
    return None if configured is None else Reranker(configured)


class _Graph:
    def __init__(self, folder: Path, max_tokens: int) -> None:
        self._folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        name = MODEL
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
            name = TOKENIZER
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # neither library has an error class of its own to name
            raise RanwrightError(
                "knowledge.plugin_damaged",
                f"{folder / name} cannot be loaded: {type(error).__name__}.",
                "Export the model again.",
                ExitCode.USAGE,
            ) from error
        self.tokenizer.enable_truncation(max_tokens)
        self.tokenizer.no_padding()
        self.outputs = [one.name for one in self._session.get_outputs()]
        self._inputs = [one.name for one in self._session.get_inputs()]

    def run(self, tokens: Encoding) -> list[Array]:
        """All outputs for one text or pair, in float32."""
        known = {
            "input_ids": tokens.ids,
            "attention_mask": tokens.attention_mask,
            "token_type_ids": tokens.type_ids,
        }
        if "input_ids" not in self._inputs or not set(self._inputs) <= known.keys():
            raise self.unfit(f"it takes {self._inputs}; known are {list(known)}")
        if not tokens.ids:
            raise self.unfit("its tokenizer makes no token of a text")
        feeds = {name: np.array([known[name]], np.int64) for name in self._inputs}
        try:
            answers = [np.asarray(one, np.float32) for one in self._session.run(None, feeds)]
        except Exception as error:
            raise self.unfit(
                f"it cannot run on {len(tokens.ids)} tokens: {type(error).__name__}"
            ) from error
        if not all(np.isfinite(answer).all() for answer in answers):
            raise self.unfit("it answers with numbers that are not finite")
        return answers

    def unfit(self, why: str) -> RanwrightError:
        """The refusal of the model."""
        return RanwrightError(
            "knowledge.plugin_unfit",
            f"{self._folder} does not fit: {why}.",
            "Correct the description or export the model again; see docs/guide/knowledge.md.",
            ExitCode.USAGE,
        )
