"""The bundled MiniLM as an ONNX graph: built from its weights with onnx and numpy, then int8.

all-MiniLM-L6-v2 is a BERT of six layers (Wang et al., "MiniLM", NeurIPS 2020); pooling and scaling
to length one are in the graph, so token ids go in and unit vectors come out. Weights become int8 by
channel, with 7 bits of range: without that, sums of products saturate on processors without VNNI
and vectors lose their meaning.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from knowledge.minilm import HEADS, LAYERS

_OPSET = 20
_IR_VERSION = 10
_NORM_EPSILON = 1e-12
_FULL_RANGE = 127
_REDUCED_RANGE = 63


def build(weights: Mapping[str, NDArray[np.float32]], place: Path, *, int8: bool = True) -> None:
    """Write the graph of loaded weights to ``place``.

    Inputs ``ids`` and ``mask``, int64 ``[batch, tokens]``; output ``vectors``, ``[batch, 384]``.
    """
    onnx.save(_Graph(weights, int8).model(), str(place))


class _Graph:
    def __init__(self, weights: Mapping[str, NDArray[np.float32]], int8: bool) -> None:
        self._weights = weights
        self._int8 = int8
        self._nodes: list[onnx.NodeProto] = []
        self._arrays: dict[str, onnx.TensorProto] = {}
        self._quantised: dict[str, list[str]] = {}
        self._width = int(weights["embeddings.LayerNorm.weight"].shape[0])

    def model(self) -> onnx.ModelProto:
        """The whole graph."""
        hidden = self._embeddings()
        bias = self._bias()
        for layer in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, bias)
        self._pool(hidden)
        ids, mask = (
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("ids", "mask")
        )
        out = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", self._width])
        graph = helper.make_graph(
            self._nodes, "minilm", [ids, mask], [out], list(self._arrays.values())
        )
        opsets = [helper.make_opsetid("", _OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)

    def _embeddings(self) -> str:
        words = self._words("embeddings.word_embeddings.weight")
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        places = self._array(
            "positions", self._weights["embeddings.position_embeddings.weight"] + kind
        )
        length = self._op("Gather", [self._op("Shape", ["ids"]), self._ints("one", [1])])
        here = self._op("Slice", [places, self._ints("zero", [0]), length])
        return self._norm("embeddings.LayerNorm", self._op("Add", [words, here]))

    def _bias(self) -> str:
        mask = self._op("Cast", ["mask"], to=TensorProto.FLOAT)
        wide = self._op("Unsqueeze", [mask, self._ints("axes", [1, 2])])
        less = self._op("Sub", [wide, self._float("unit", 1.0)])
        return self._op("Mul", [less, self._float("far", 1e9)])

    def _layer(self, name: str, hidden: str, bias: str) -> str:
        mixed = self._linear(f"{name}.attention.output.dense", self._attention(name, hidden, bias))
        hidden = self._norm(f"{name}.attention.output.LayerNorm", self._op("Add", [hidden, mixed]))
        wide = self._op("Gelu", [self._linear(f"{name}.intermediate.dense", hidden)])
        narrow = self._linear(f"{name}.output.dense", wide)
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", [hidden, narrow]))

    def _attention(self, name: str, hidden: str, bias: str) -> str:
        depth = self._width // HEADS
        split = self._ints("split", [0, 0, HEADS, depth])

        def heads(part: str, order: Sequence[int]) -> str:
            flat = self._linear(f"{name}.attention.self.{part}", hidden)
            return self._op("Transpose", [self._op("Reshape", [flat, split])], perm=order)

        scores = self._op("MatMul", [heads("query", (0, 2, 1, 3)), heads("key", (0, 2, 3, 1))])
        scaled = self._op("Mul", [scores, self._float("scale", depth**-0.5)])
        shares = self._op("Softmax", [self._op("Add", [scaled, bias])], axis=-1)
        mixed = self._op("MatMul", [shares, heads("value", (0, 2, 1, 3))])
        joined = self._op("Transpose", [mixed], perm=(0, 2, 1, 3))
        return self._op("Reshape", [joined, self._ints("join", [0, 0, self._width])])

    def _pool(self, hidden: str) -> None:
        mask = self._op("Cast", ["mask"], to=TensorProto.FLOAT)
        wide = self._op("Unsqueeze", [mask, self._ints("last", [2])])
        total = self._op(
            "ReduceSum",
            [self._op("Mul", [hidden, wide]), self._ints("one", [1])],
            keepdims=0,
        )
        # The mean over tokens points where the sum points; its length goes with the next line.
        length = self._op("ReduceL2", [total, self._ints("one", [1])], keepdims=1)
        self._nodes.append(helper.make_node("Div", [total, length], ["vectors"]))

    def _words(self, name: str) -> str:
        if not self._int8:
            return self._op("Gather", [self._weight(name), "ids"])
        whole, scale = _rounded(self._weights[name], _FULL_RANGE)
        rows = self._op("Gather", [self._array(f"{name}.int8", whole), "ids"])
        scales = self._op("Gather", [self._array(f"{name}.scale", scale), "ids"])
        return self._op("Mul", [self._op("Cast", [rows], to=TensorProto.FLOAT), scales])

    def _linear(self, name: str, value: str) -> str:
        matrix = self._weights[f"{name}.weight"]
        if self._int8:
            product = self._integer_product(name, value, matrix)
        else:
            product = self._op("MatMul", [value, self._array(f"{name}.T", matrix.T)])
        return self._op("Add", [product, self._weight(f"{name}.bias")])

    def _integer_product(self, name: str, value: str, matrix: NDArray[np.float32]) -> str:
        whole, scale = _rounded(matrix, _REDUCED_RANGE)
        if value not in self._quantised:
            node = f"Quantise_{len(self._nodes)}"
            outputs = [f"{node}.{part}" for part in ("value", "scale", "zero")]
            kind = "DynamicQuantizeLinear"
            self._nodes.append(helper.make_node(kind, [value], outputs, name=node))
            self._quantised[value] = outputs
        integers, value_scale, zero = self._quantised[value]
        matrix_zero = self._array(f"{name}.zero", np.zeros(len(matrix), np.int8))
        inputs = [integers, self._array(f"{name}.int8", whole.T), zero, matrix_zero]
        total = self._op("Cast", [self._op("MatMulInteger", inputs)], to=TensorProto.FLOAT)
        scales = self._op("Mul", [value_scale, self._array(f"{name}.scale", scale[:, 0])])
        return self._op("Mul", [total, scales])

    def _norm(self, name: str, value: str) -> str:
        inputs = [value, self._weight(f"{name}.weight"), self._weight(f"{name}.bias")]
        return self._op("LayerNormalization", inputs, axis=-1, epsilon=_NORM_EPSILON)

    def _op(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def _weight(self, name: str) -> str:
        return self._array(name, self._weights[name])

    def _ints(self, name: str, values: Sequence[int]) -> str:
        return self._array(name, np.asarray(values, np.int64))

    def _float(self, name: str, value: float) -> str:
        return self._array(name, np.asarray(value, np.float32))

    def _array(self, name: str, value: NDArray[Any]) -> str:
        self._arrays.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


def _rounded(
    matrix: NDArray[np.float32], most: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers and the scale of each row, ``[rows, 1]``: ``matrix`` is nearly their product."""
    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), np.float32(1e-12)) / most
    return np.round(matrix / scale).astype(np.int8), scale.astype(np.float32)
