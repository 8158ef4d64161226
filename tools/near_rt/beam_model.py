"""The beam transformer in NumPy: no torch, so that an xApp can hold it.

It reads the checkpoint of ``tools.beams`` as it is and computes what the model there computes (a
test holds the two together).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError, safe_open
from scipy.special import erf

from contracts.errors import RanwrightError
from tools.beams.answers import Outlook
from tools.beams.frames import Frames
from tools.beams.judgement import Judgement
from tools.beams.trackers import Array

_FORMAT = "ranwright-beams-2"
_NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class BeamModel:
    """A trained model.

    Attributes:
        weights: of the checkpoint, by name.
        size: of the checkpoint.
        judgement: what its answers are worth.
        about: its making.
    """

    weights: dict[str, Array]
    size: dict[str, int]
    judgement: Judgement
    about: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> Self:
        """The model of a file.

        Raises:
            RanwrightError: ``model.missing`` or ``model.malformed``.
        """
        if not path.is_file():
            raise RanwrightError("model.missing", f"There is no model at {path}.", "Train one.")
        try:
            with safe_open(path, framework="np") as file:
                header: dict[str, str] = file.metadata() or {}
                weights = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
            if header.get("format") != _FORMAT:
                raise _malformed(path, f"its format is {header.get('format')!r}, not {_FORMAT!r}")
            judgement = Judgement.of({k: v for k, v in weights.items() if "/" in k})
            size, about = json.loads(header["size"]), json.loads(header["about"])
        except (SafetensorError, KeyError, TypeError) as error:
            raise _malformed(path, str(error)) from error
        return cls({k: v for k, v in weights.items() if "/" not in k}, size, judgement, about)

    def outlook(self, shown: Frames, beams: int) -> Outlook:
        """Of windows over a codebook of ``beams``, in its own numbering."""
        best, near = self._logits(shown)
        there = shown.beams >= 0
        best = np.where(there, best, -np.inf)
        share = np.exp(best - best.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        # one place more than the codebook takes what lies beyond it
        at = np.where(there, shown.beams, beams)
        placed = np.zeros((*at.shape[:2], beams + 1), share.dtype)
        logits = np.full(placed.shape, -np.inf, near.dtype)
        np.put_along_axis(placed, at, share, -1)
        np.put_along_axis(logits, at, near, -1)
        return Outlook(placed[..., :beams], logits[..., :beams])

    def _logits(self, shown: Frames) -> tuple[Array, Array]:
        """[N, H, OUT_WIDTH] of being the best beam, and of being within 1 dB of it."""
        count, horizons = len(shown), self.size["horizons"]
        state = self._linear("_see", np.concatenate([shown.past, shown.track], -1))
        state = state + self._linear("_place", shown.there)[:, None] + self.weights["_when"]
        for i in range(self.size["layers"]):
            state = self._layer(f"_layers.layers.{i}", state)
        told = [self._normed("_norm", state), shown.track, shown.expected]
        read = _gelu(self._linear("_read", np.concatenate([t.reshape(count, -1) for t in told], 1)))
        out = self._linear("_out", read).reshape(count, horizons, 2, -1)
        return out[:, :, 0], out[:, :, 1]

    def _layer(self, name: str, state: Array) -> Array:
        """Attention and two linear maps, normalised before (Xiong et al., 2020)."""
        count, steps, width = state.shape
        heads = self.size["heads"]
        w = self.weights
        seen = self._normed(f"{name}.norm1", state)
        projected = seen @ w[f"{name}.self_attn.in_proj_weight"].T
        projected = projected + w[f"{name}.self_attn.in_proj_bias"]
        split = projected.reshape(count, steps, 3, heads, -1).transpose(2, 0, 3, 1, 4)
        query, key, value = split
        scores = query @ key.swapaxes(-1, -2) / np.float32((width // heads) ** 0.5)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        heard = (scores @ value).transpose(0, 2, 1, 3).reshape(count, steps, width)
        state = state + self._linear(f"{name}.self_attn.out_proj", heard)
        grown = _gelu(self._linear(f"{name}.linear1", self._normed(f"{name}.norm2", state)))
        return state + self._linear(f"{name}.linear2", grown)

    def _linear(self, name: str, values: Array) -> Array:
        result: Array = values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return result

    def _normed(self, name: str, values: Array) -> Array:
        apart = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((apart**2).mean(-1, keepdims=True) + np.float32(_NORM_EPSILON))
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        result: Array = apart / spread * weight + bias
        return result


def _gelu(value: Array) -> Array:
    result: Array = 0.5 * value * (1.0 + erf(value / np.float32(2.0**0.5)))
    return result


def _malformed(path: Path, fault: str) -> RanwrightError:
    return RanwrightError(
        "model.malformed", f"{path} holds no beam model: {fault}.", "Restore or train it."
    )
