import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge import index, minilm, vectors
from knowledge.cards import Card, cards

FEW = tuple(
    Card(card_id=f"c{n}", parameter_id=f"p{n}", text=text)
    for n, text in enumerate(("transmit power", "user throughput", "beam tilt"))
)

BUILD = """
import sys
from pathlib import Path
from knowledge.cards import Card
from knowledge.index import open_index
texts = tuple(Card(card_id=f"c{n}", parameter_id=f"p{n}", text=t)
              for n, t in enumerate(("transmit power", "user throughput", "beam tilt")))
assert open_index(texts, Path(sys.argv[1])).count() == 3
"""


def test_an_index_is_built_once_and_then_opened(tmp_path, monkeypatch):
    index.open_index(FEW, tmp_path)

    def fail(*_):
        raise AssertionError("built twice")

    monkeypatch.setattr(index, "_build", fail)
    collection = index.open_index(FEW, tmp_path)
    answer = collection.query(query_texts=["electrical tilt"], n_results=1)
    assert answer["metadatas"][0][0]["parameter_id"] == "p2"


def test_other_cards_or_another_model_make_another_index(monkeypatch):
    first = vectors.content_key(FEW)
    assert vectors.content_key(FEW[:2]) != first
    monkeypatch.setitem(minilm.PINNED_SHA256, "tokenizer.json", "0" * 64)
    assert vectors.content_key(FEW) != first


def test_builders_beside_each_other_end_with_one_index(tmp_path):
    def build(_):
        return subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], check=False).returncode

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(build, range(3))) == [0, 0, 0]
    assert [p.name for p in tmp_path.iterdir()] == [vectors.content_key(FEW)]


def test_a_failed_build_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(index, "_build", fail)
    with pytest.raises(OSError, match="disk full"):
        index.open_index(FEW, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_search_finds_the_exact_nearest_neighbours():
    collection = index.open_collection()
    texts = cards()
    assert collection.count() == len(texts)
    encoder = minilm.load()
    vectors = np.asarray(collection.get(include=["embeddings"])["embeddings"])
    for query in ("cell edge throughput", "save energy at night", "handover too early"):
        similar = vectors @ encoder.encode([query])[0]
        best = sorted(similar, reverse=True)[:20]
        answer = collection.query(query_texts=[query], n_results=20, include=["distances"])
        assert [1 - d for d in answer["distances"][0]] == pytest.approx(best, abs=1e-4)


def test_the_shipped_vectors_are_those_of_the_cards():
    """After a change of the cards: python -m knowledge.vectors."""
    texts = cards()
    known = vectors.shipped(texts)
    assert known is not None
    assert known.shape == (len(texts), minilm.DIMENSIONS)
    places = range(0, len(texts), 29)
    again = minilm.load().encode([texts[place].text for place in places])
    assert np.abs(known[list(places)] - again).max() < 1e-3
    assert vectors.shipped(texts[1:]) is None


def test_damaged_vectors_are_none(tmp_path):
    cut = tmp_path / "vectors.safetensors"
    cut.write_bytes(vectors.SHIPPED.read_bytes()[:-100])
    assert vectors.shipped(cards(), cut) is None
    assert vectors.shipped(cards(), tmp_path / "none") is None
