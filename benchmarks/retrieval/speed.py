"""What a query costs, what the first answer costs, and what the encoder is worth."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.retrieval.measures import Query, Row
from knowledge import encoder, minilm
from knowledge.cards import cards
from knowledge.minilm_graph import build
from knowledge.search import search

_FRESH = """
import json, re, sys, time
from pathlib import Path
began = time.perf_counter()
from knowledge.search import search
assert search("share of users suffering from interference", 3)
first_answer_s = round(time.perf_counter() - began, 2)
said = Path("/proc/self/status").read_text()
print(json.dumps({"first_answer_s": first_answer_s,
    "torch_imported": "torch" in sys.modules,
    "peak_rss_mib": int(re.search("VmHWM: *\\t* *([0-9]+)", said)[1]) // 1024}))
"""


def queries(asked: list[Query]) -> Row:
    """Milliseconds of a whole search, warm."""
    search(asked[0].text, 5)
    times = [_ms(lambda text=query.text: search(text, 5)) for query in asked]  # type: ignore[misc]
    return {"work": "search, warm", **_quantiles(times)}


def fresh() -> list[Row]:
    """The first answer of a new process, on an empty cache and on a full one."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "RANWRIGHT_CACHE": folder}
        for work in ("first answer, empty cache", "first answer, full cache"):
            said = subprocess.run(
                [sys.executable, "-c", _FRESH],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            rows.append({"work": work, **json.loads(said)})
    return rows


def encoders(asked: list[Query]) -> list[Row]:
    """int8 and float graphs and plain NumPy: cosine to NumPy over every 10th card, ms a query."""
    texts = [card.text for card in cards()[::10]]
    truth = np.concatenate([minilm.load().encode([text]) for text in texts])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = minilm.bundled_folder() / "tokenizer.json"
        for name, int8 in (("ONNX Runtime int8", True), ("ONNX Runtime float", False)):
            graph = Path(folder) / f"{int8}.onnx"
            built = _ms(lambda at=graph, q=int8: build(minilm.load().weights, at, int8=q))  # type: ignore[misc]
            made = encoder.Encoder(graph, tokenizer)
            cosines = (truth * made.encode(texts)).sum(axis=1)
            rows.append(
                {
                    "work": name,
                    "build_s": round(built / 1000, 2),
                    "file_mib": round(graph.stat().st_size / 2**20, 1),
                    "cosine_mean": round(float(cosines.mean()), 4),
                    "cosine_min": round(float(cosines.min()), 4),
                    **_quantiles([_ms(lambda q=q, m=made: m.encode([q.text])) for q in asked]),  # type: ignore[misc]
                }
            )
    plain = [_ms(lambda q=q: minilm.load().encode([q.text])) for q in asked]  # type: ignore[misc]
    return [*rows, {"work": "NumPy float", "cosine_mean": 1.0, **_quantiles(plain)}]


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000.0 * (time.perf_counter() - began)


def _quantiles(times_ms: list[float]) -> Row:
    p50, p95 = np.quantile(times_ms, (0.5, 0.95))
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}
