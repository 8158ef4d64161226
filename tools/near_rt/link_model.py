"""The graph foundation model in NumPy: one graph at a time, the weighted sum rate, no torch.

It reads the checkpoint of ``tools.power.foundation`` as it is and computes what the model there
computes (a test holds the two together). A graph is K links on one resource; see
``tools.power.graphs.graph``.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError, safe_open

from contracts.errors import RanwrightError
from tools.near_rt.model import Array

_FORMAT = "ranwright-power-2"
_SCALE, _FLOOR, _CLIP = 0.15, 1e-9, 4.0
_LOWEST, _WIDEST_STRIDE, _LEAST_RATIO, _TINY = -24.0, 3.0, 1e-12, 1e-30
_HUGE = 1e30
_NORM_EPSILON = 1e-5
_BOLDEST = 4.0


@dataclass(frozen=True)
class Graph:
    """K links.

    Attributes:
        gain: [K, K] received power over noise at full power; row i is the receiver.
        weight: [K] worth of one bit/s/Hz.
    """

    gain: Array
    weight: Array

    @cached_property
    def direct(self) -> Array:
        """[K] SNR of the wanted links."""
        return np.diagonal(self.gain).copy()

    @cached_property
    def leak(self) -> Array:
        """[K, K] interference over noise; the diagonal is 0."""
        leak = self.gain.copy()
        np.fill_diagonal(leak, 0.0)
        return leak

    def look(self, power: Array) -> tuple[Array, Array]:
        """SINR and the amplitudes' factor of a WMMSE round, [K, S] each, from shares [K, S]."""
        direct = self.direct[:, None]
        disturbed = 1.0 + self.leak @ power
        signal = direct * power
        lifted = self.weight[:, None] / disturbed
        price = lifted * signal / (disturbed + signal)
        cost = price * direct + self.leak.T @ price
        return signal / disturbed, lifted * direct / np.maximum(cost, _TINY)

    def value(self, power: Array, cap_bits_per_hz: float | None = None) -> Array:
        """[S] weighted sum rates in bit/s/Hz of shares [K, S]."""
        sinr = self.direct[:, None] * power / (1.0 + self.leak @ power)
        rate = np.log1p(sinr) / np.log(2.0)
        if cap_bits_per_hz is not None:
            rate = np.minimum(rate, cap_bits_per_hz)
        value: Array = self.weight @ rate
        return value

    def trimmed(self, power: Array, cap_bits_per_hz: float | None) -> Array:
        """Shares [K, S] lowered where the SINR is above what the cap can use."""
        if cap_bits_per_hz is None:
            return power
        sinr = self.direct[:, None] * power / (1.0 + self.leak @ power)
        useful = 2.0**cap_bits_per_hz - 1.0
        lowered: Array = power * (useful / np.maximum(sinr, useful)).astype(power.dtype)
        return lowered

    def refined(self, power: Array, rounds: int, cap_bits_per_hz: float | None = None) -> Array:
        """Shares [K, S] after WMMSE rounds, the first half of them over-relaxed."""
        for i in range(rounds):
            exponent = _BOLDEST if i < rounds // 2 else 1.0
            factor = np.minimum(self.look(power)[1] ** (2.0 * exponent), _HUGE)
            power = self.trimmed(np.minimum(power * factor, 1.0), cap_bits_per_hz)
        return power


class LinkModel:
    """A trained model.

    Args:
        weights: of the checkpoint, by name.
        size: of the checkpoint.
    """

    def __init__(self, weights: dict[str, Array], size: dict[str, int]) -> None:
        self._w = weights
        self._size = size
        dtype = weights["_exponents"].dtype
        channels = [size["heads"]] * size["blocks"] + [size["edge_channels"]]
        self._cuts = np.cumsum(channels)[:-1].tolist()
        self._exponents = (2.0 + 2.0 * _softplus(weights["_exponents"])).astype(dtype)

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
                weights = {k: file.get_tensor(k) for k in file.keys() if "/" not in k}  # noqa: SIM118
        except SafetensorError as error:
            raise _malformed(path, str(error)) from error
        if header.get("format") != _FORMAT:
            raise _malformed(path, f"its format is {header.get('format')!r}, not {_FORMAT!r}")
        return cls(weights, json.loads(header["size"]))

    def in_double_precision(self) -> Self:
        """The same model, slower and finer."""
        return type(self)({k: w.astype(np.float64) for k, w in self._w.items()}, self._size)

    def starts(self, graph: Graph, cap_bits_per_hz: float | None = None) -> Array:
        """Shares [K, S] of full power that the model ends with."""
        links = _links(graph, cap_bits_per_hz)
        *biases, messages = np.split(self._edges(graph, links), self._cuts)
        state = self._block(0, self._linear("_read", links), biases[0], messages)
        log_share = -_softplus(-(2.0 * self._linear("_heads.0", state) + self._w["_spread"]))
        for i in range(1, self._size["blocks"]):
            sinr, ratio = graph.look(np.exp(log_share))
            log_ratio, log_room = _log_ratio(ratio), _log_room(sinr, cap_bits_per_hz)
            seen = _seen(graph, sinr, log_room, log_ratio, log_share)
            state = state + self._linear(f"_see.{i - 1}", seen)
            state = self._block(i, state, biases[i], messages)
            stride, shift = np.split(self._linear(f"_heads.{i}", state), 2, axis=-1)
            exponent = 2.0 + 2.0 * _softplus(stride + 1.0)
            log_share = _moved(log_share, exponent * log_ratio + 2.0 * shift, log_room)
        for exponent in self._exponents:
            sinr, ratio = graph.look(np.exp(log_share))
            log_room = _log_room(sinr, cap_bits_per_hz)
            log_share = _moved(log_share, exponent * _log_ratio(ratio), log_room)
        return graph.trimmed(np.exp(log_share), cap_bits_per_hz)

    def answer(self, graph: Graph, rounds: int = 0, cap_bits_per_hz: float | None = None) -> Array:
        """[K] the best shares by the weighted sum rate, rounded to on and off where that helps.

        Args:
            rounds: of WMMSE behind the model.
        """
        power = self.starts(graph, cap_bits_per_hz)
        offers = [power, (power > 0.5).astype(power.dtype)]
        if rounds:
            more = graph.refined(power, rounds, cap_bits_per_hz)
            offers += [more, (more > 0.5).astype(power.dtype)]
        tried = np.concatenate(offers, axis=1)
        return tried[:, int(graph.value(tried, cap_bits_per_hz).argmax())]

    def _edges(self, graph: Graph, links: Array) -> Array:
        """[heads of all blocks and channels, K, K] biases and messages."""
        level = _scaled_log(graph.leak)
        edges = np.stack([level, level.T]).reshape(2, -1)
        ends = (links @ self._w["_edges._from_ends.weight"].T).T
        at_receiver, at_sender = np.split(ends, 2)
        hidden = self._w["_edges._from_edge.weight"][:, :2] @ edges
        hidden += self._w["_edges._from_edge.bias"][:, None]
        hidden = hidden.reshape(-1, *level.shape)
        hidden += at_receiver[:, :, None]
        hidden += at_sender[:, None, :]
        np.maximum(hidden, 0.0, out=hidden)
        projected = self._w["_edges._out.weight"] @ hidden.reshape(len(hidden), -1)
        projected += self._w["_edges._out.bias"][:, None]
        return projected.reshape(-1, *level.shape)

    def _block(self, number: int, state: Array, bias: Array, messages: Array) -> Array:
        name, heads = f"_blocks.{number}", self._size["heads"]
        links, width = state.shape
        projected = self._linear(f"{name}._project", self._normed(f"{name}._before", state))
        split = projected[:, : 3 * width].reshape(links, 3, heads, -1).transpose(1, 2, 0, 3)
        query, key, value = split
        scores = bias + query @ key.transpose(0, 2, 1) / np.float32(query.shape[-1] ** 0.5)
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        heard = (scores @ value).transpose(1, 0, 2).reshape(links, width)
        if len(messages):
            sent = projected[:, 3 * width :].T
            heard = np.concatenate([heard, (messages + sent[:, None]).max(-1).T], axis=1)
        state = state + self._linear(f"{name}._mix", heard)
        grown = self._linear(f"{name}._expand", self._normed(f"{name}._between", state))
        return state + self._linear(f"{name}._shrink", np.maximum(grown, 0.0))

    def _linear(self, name: str, values: Array) -> Array:
        result: Array = values @ self._w[f"{name}.weight"].T + self._w[f"{name}.bias"]
        return result

    def _normed(self, name: str, values: Array) -> Array:
        apart = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((apart**2).mean(-1, keepdims=True) + _NORM_EPSILON)
        result: Array = apart / spread * self._w[f"{name}.weight"] + self._w[f"{name}.bias"]
        return result


def _links(graph: Graph, cap_bits_per_hz: float | None) -> Array:
    """[K, 5] as in ``tools.power.foundation.features.View.links``."""
    relative = graph.weight / max(float(graph.weight.mean()), _FLOOR)
    columns = [
        np.log(np.maximum(graph.direct, _FLOOR)),
        np.log1p(graph.leak.sum(1)),
        np.log1p(graph.leak.sum(0)),
        np.log(np.maximum(relative, _FLOOR)),
        _excess(_log_room(graph.direct, cap_bits_per_hz)),
    ]
    features: Array = (_SCALE * np.stack(columns, axis=-1)).clip(-_CLIP, _CLIP)
    return features


def _seen(graph: Graph, sinr: Array, log_room: Array, log_ratio: Array, log_share: Array) -> Array:
    """[K, 5 S] features of a WMMSE round."""
    relative = graph.weight / max(float(graph.weight.mean()), _LEAST_RATIO)
    weight = np.broadcast_to(_scaled_log(relative)[:, None], sinr.shape)
    excess = _SCALE * _excess(log_room)
    columns = [_scaled_log(sinr), excess, log_ratio, _SCALE * log_share, weight]
    return np.concatenate(columns, axis=-1)


def _moved(log_share: Array, by: Array, log_room: Array) -> Array:
    moved: Array = (log_share + np.minimum(by, log_room)).clip(_LOWEST, 0.0)
    return moved


def _log_room(sinr: Array, cap_bits_per_hz: float | None) -> Array:
    """Nepers from SINRs up to what the cap can use; much where there is none."""
    if cap_bits_per_hz is None:
        return np.full_like(sinr, _CLIP / _SCALE)
    useful = np.log(2.0**cap_bits_per_hz - 1.0).astype(sinr.dtype)
    room: Array = useful - np.log(np.maximum(sinr, _FLOOR))
    return room


def _excess(log_room: Array) -> Array:
    """Nepers above the cap; 0 below it."""
    excess: Array = np.maximum(-log_room, 0.0)
    return excess


def _log_ratio(ratio: Array) -> Array:
    logarithm: Array = np.log(np.maximum(ratio, _LEAST_RATIO))
    return logarithm.clip(-_WIDEST_STRIDE, _WIDEST_STRIDE)


def _scaled_log(value: Array) -> Array:
    scaled: Array = _SCALE * np.log(np.maximum(value, _FLOOR))
    return scaled.clip(-_CLIP, _CLIP)


def _softplus(value: Array) -> Array:
    result: Array = np.logaddexp(value, np.zeros((), value.dtype))
    return result


def _malformed(path: Path, fault: str) -> RanwrightError:
    return RanwrightError(
        "model.malformed", f"{path} holds no power model: {fault}.", "Restore or train it."
    )
