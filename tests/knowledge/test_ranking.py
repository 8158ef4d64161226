"""Tokens, concepts, fusion, and what the ranking of cards does with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.dictionary import records
from knowledge.card_search import built_in
from knowledge.cards import phrases
from knowledge.concepts import concepts
from knowledge.fusion import fuse
from knowledge.lexical import Lexical
from knowledge.tokens import identifier_aware, plain


def test_names_give_themselves_and_their_words():
    assert identifier_aware("configuredMaxTxPower") == [
        "configuredmaxtxpower",
        "configured",
        "max",
        "tx",
        "power",
    ]
    assert identifier_aware("the timers of q-RxLevMin")[0] == "timer"
    assert plain("see clause 5.3.5.13a") == ["see", "clause", "5.3.5.13a", "5", "3", "5", "13a"]


@given(st.text(max_size=300))
def test_any_text_has_tokens_without_case(text):
    for tokens in (plain(text), identifier_aware(text)):
        assert all(token == token.lower() and token for token in tokens)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("handset", "UE"),
        ("mobility robustness", "MRO"),
        ("smoothing", "filterCoefficient"),
        ("discontinuous reception", "drx"),
        ("remaining transmit power", "PHR"),
    ],
)
def test_words_of_one_meaning_share_a_concept(one, other):
    assert set(concepts(identifier_aware(one))) & set(concepts(identifier_aware(other)))


def test_words_of_no_concept_have_none():
    assert concepts(identifier_aware("apple pie")) == []


def test_fusion_prefers_what_both_rankings_hold():
    scores = fuse([[1, 2, 3], [2, 4]], [2.0, 1.0])
    assert max(scores, key=lambda place: scores[place]) == 2
    assert scores[1] == pytest.approx(2 / 11)
    assert scores[4] == pytest.approx(1 / 12)


def test_bm25_finds_shared_tokens_alone():
    index = Lexical([["beam", "tilt"], ["cell", "load"], []])
    assert index.best(["tilt"], 5)[0][0] == 0
    assert index.best(["nothing"], 5) == []
    assert Lexical([]).best(["tilt"], 5) == []
    assert Lexical([[]]).scores(["tilt"]).tolist() == [0.0]


def test_a_misspelt_word_is_read_as_the_nearest():
    assert "length" in built_in().tokens("snFieldLengthh")
    (best,) = built_in().search("delayBudgetReportngProhibitTimer", 1).hits
    assert best.parameter_id == "TS 38.331:OtherConfig.delayBudgetReportingProhibitTimer"


@pytest.mark.parametrize(
    "query",
    ["How long should I boil an egg?", "Bluetooth LE connection", "knitting pattern raglan", "!!"],
)
def test_what_the_dictionary_does_not_know_is_not_answered(query):
    assert built_in().search(query, 5).abstains


def test_every_record_has_phrases_of_its_own():
    found = phrases()
    assert set(found) == {record.id for record in records()}
    assert min(map(len, found.values())) >= 5
    every = [phrase.casefold() for asked in found.values() for phrase in asked]
    assert len(set(every)) == len(every)
