import numpy as np
import pytest

from contracts.errors import RanwrightError
from knowledge import encoder, encoder_pin, minilm, vectors
from knowledge.cache import cache_folder
from knowledge.cards import Card, cards
from knowledge.minilm_graph import build

SENTENCES = ("reduce power of the sector", "word " * 600, "q-RxLevMin", "x" * 3000)


def test_int8_vectors_are_nearly_those_of_the_reference():
    truth = np.concatenate([minilm.load().encode([text]) for text in SENTENCES])
    found = encoder.load().encode(SENTENCES)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (truth * found).sum(axis=1).min() > 0.97


def test_the_float_graph_is_the_reference(tmp_path):
    build(minilm.load().weights, tmp_path / "float.onnx", int8=False)
    tokenizer = minilm.bundled_folder() / "tokenizer.json"
    made = encoder.Encoder(tmp_path / "float.onnx", tokenizer).encode(SENTENCES)
    truth = np.concatenate([minilm.load().encode([text]) for text in SENTENCES])
    np.testing.assert_allclose(made, truth, atol=1e-5)


def test_a_text_has_the_same_vector_whatever_stands_beside_it():
    alone = np.concatenate([encoder.load().encode([text]) for text in SENTENCES])
    assert np.array_equal(encoder.load().encode(SENTENCES), alone)


def test_the_graph_is_built_once_and_a_damaged_one_is_told(tmp_path):
    encoder.load()
    assert len(list(cache_folder().glob("minilm-*.onnx"))) == 1
    damaged = tmp_path / "cut.onnx"
    damaged.write_bytes(b"\x08\x07cut")
    with pytest.raises(RanwrightError, match=r"knowledge\.graph_damaged"):
        encoder.Encoder(damaged, minilm.bundled_folder() / "tokenizer.json")


def test_the_digest_names_weights_and_recipe(monkeypatch):
    before = encoder_pin.encoder_digest()
    monkeypatch.setattr(encoder_pin, "RECIPE", "another")
    assert encoder_pin.encoder_digest() != before


def test_the_shipped_vectors_are_those_of_the_cards():
    """After a change of the cards: python -m knowledge.vectors."""
    texts = cards()
    known = vectors.shipped(texts)
    assert known is not None
    places = range(0, len(texts), 29)
    again = encoder.load().encode([texts[place].text for place in places])
    # Other processors round other integers; the meaning stays.
    assert (known[list(places)] * again).sum(axis=1).min() > 0.98
    assert vectors.shipped(texts[1:]) is None


def test_other_cards_or_another_model_make_another_key(monkeypatch):
    few = tuple(Card(card_id=f"{n}#0", parameter_id=str(n), text=str(n)) for n in range(3))
    first = vectors.content_key(few)
    assert vectors.content_key(few[:2]) != first
    monkeypatch.setitem(encoder_pin.PINNED_SHA256, "tokenizer.json", "0" * 64)
    assert vectors.content_key(few) != first


def test_damaged_vectors_are_none(tmp_path):
    cut = tmp_path / "vectors.safetensors"
    cut.write_bytes(vectors.SHIPPED.read_bytes()[:-100])
    assert vectors.shipped(cards(), cut) is None
    assert vectors.shipped(cards(), tmp_path / "none") is None
