"""The trained marker without torch: NumPy on the bundled encoder, corrections added in."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from contracts.errors import RanwrightError
from knowledge import minilm
from tools.language.labels import Offsets, Scores, marks_of
from tools.language.marks import Marks

FORMAT = "ranwright-intent-1"
_HEADS = ("act", "tags", "kpis", "aggregates", "meanings")

Array = NDArray[np.float32]


class NumpyTagger:
    """Marks sentences with the weights of a file.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """

    def __init__(self, path: Path) -> None:
        self._weights, scale = _loaded(path)
        self._encoder = minilm.load().changed(_corrected(self._weights, scale))

    def mark(self, sentence: str) -> Marks:
        """The likeliest marks of a sentence."""
        scores, offsets, tokens = self._read(sentence)
        return marks_of(scores, offsets, tokens)

    def scores(self, sentence: str) -> Scores:
        """What the marks are chosen by."""
        return self._read(sentence)[0]

    def _read(self, sentence: str) -> tuple[Scores, Offsets, list[str]]:
        hidden, offsets, tokens = self._encoder.states(sentence)
        pooled = hidden.mean(0)
        said: dict[str, Array] = {
            name: self._linear(f"heads.{name}", pooled if name == "act" else hidden)
            for name in _HEADS
        }
        bound, about = self._linear("bound", hidden), self._linear("about", hidden)
        width = np.float32(bound.shape[1] ** 0.5)
        said["links"] = bound @ about.T / width + self._weights["bias"]
        return Scores(**said), offsets, tokens

    def _linear(self, name: str, x: Array) -> Array:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])


def _corrected(weights: dict[str, Any], scale: float) -> dict[str, Array]:
    """The encoder's matrices with their corrections."""
    base, found = minilm.load().weights, {}
    for name, up in weights.items():
        kind, _, key = name.partition(".")
        if kind != "up":
            continue
        layer, part = key.split("/")
        target = f"encoder.layer.{layer}.{part.replace('-', '.')}.weight"
        down = weights[f"down.{key}"]
        found[target] = np.asarray(base[target] + np.float32(scale) * (up @ down))
    return found


def _loaded(path: Path) -> tuple[dict[str, Any], float]:
    """The arrays of a file, and the scale of its corrections."""
    if not path.is_file():
        raise RanwrightError("model.missing", f"There is no model at {path}.", "Train one.")
    try:
        with safe_open(path, framework="numpy") as file:
            about: dict[str, str] = file.metadata() or {}
        weights = load_file(path)
    except SafetensorError as error:
        raise _malformed(path, str(error)) from error
    if about.get("format") != FORMAT:
        raise _malformed(path, f"its format is {about.get('format')!r}, not {FORMAT!r}")
    return dict(weights), float(json.loads(about["size"])["scale"])


def _malformed(path: Path, fault: str) -> RanwrightError:
    return RanwrightError(
        "model.malformed", f"{path} holds no marker: {fault}.", "Restore or train it."
    )
