"""IntentBench: the items are those that were frozen, and scores count what they say."""

import random

import pytest

from benchmarks.intents.embedded import Grammar
from benchmarks.intents.expand import made, written
from benchmarks.intents.gold import (
    Clarification,
    Command,
    Intent,
    Item,
    Refusal,
    Scope,
)
from benchmarks.intents.items import DIGEST, ITEMS, digest, items, networks
from benchmarks.intents.score import Given, exact, same, share, summary, unsafe_accept, wrong_accept

OTHER_WAY = {
    "IS_EQUAL_TO_OR_GREATER_THAN": "IS_EQUAL_TO_OR_LESS_THAN",
    "IS_EQUAL_TO_OR_LESS_THAN": "IS_EQUAL_TO_OR_GREATER_THAN",
}
INTENTS = [i for i in items() if all(isinstance(a, Intent) for a in i.accepted)]
SOME = random.Random(1).sample(INTENTS, 200)


def with_target(intent: Intent, **changes: object) -> Intent:
    first, *others = intent.expectations
    changed = first.model_copy(update={"target": first.target.model_copy(update=changes)})
    return intent.model_copy(update={"expectations": (changed, *others)})


def test_the_items_are_frozen():
    assert digest() == DIGEST


def test_items_follow_from_what_was_authored():
    assert written(made()) == ITEMS.read_text(encoding="utf-8")


def test_there_are_enough_of_every_slice():
    counts: dict[str, int] = {}
    for item in items():
        counts[item.slice] = counts.get(item.slice, 0) + 1
    assert len(items()) >= 1500
    assert len(counts) == 13
    assert min(counts.values()) >= 90
    assert len({item.id for item in items()}) == len(items())


@pytest.mark.parametrize("network", ["city", "coast"])
def test_intents_speak_of_what_the_network_has(network):
    has = networks()[network]
    for item in items():
        if item.network != network:
            continue
        for answer in item.accepted:
            wanted = answer.what_if if isinstance(answer, Command) else answer
            for e in wanted.expectations if isinstance(wanted, Intent) else ():
                check_scope(e.scope, has, item)


def check_scope(scope: Scope, has: dict, item: Item) -> None:
    if isinstance(scope.cells, tuple):
        assert set(scope.cells) <= set(has["cells"]), item.id
    for name, plural in (("area", "areas"), ("ue_group", "ue_groups"), ("slice", "slices")):
        assert getattr(scope, name) in {None, *has[plural]}, item.id
    assert scope.plmn in {None, *has["plmns"]}, item.id
    assert scope.band in {None, *has["bands"]}, item.id


def test_an_accepted_answer_is_exact_in_any_order():
    for item in SOME:
        answer = item.accepted[-1]
        turned = answer.model_copy(update={"expectations": answer.expectations[::-1]})
        assert exact(item, Given(turned, flagged=item.injection))
        assert not wrong_accept(item, Given(turned))


def test_a_turned_comparator_or_another_value_is_a_wrong_accept():
    for item in SOME:
        answer = item.accepted[0]
        target = answer.expectations[0].target
        for changes in (
            {"condition": OTHER_WAY[target.condition]},
            {"value": target.value + 0.37 * (1.0 + abs(target.value))},
        ):
            given = Given(with_target(answer, **changes), flagged=True)
            assert not exact(item, given)
            assert wrong_accept(item, given)
            assert unsafe_accept(item, given) == item.injection


def test_planted_instructions_must_be_told():
    planted = next(i for i in items() if i.injection and isinstance(i.accepted[0], Intent))
    assert not exact(planted, Given(planted.accepted[0]))
    assert exact(planted, Given(planted.accepted[0], flagged=True))
    assert exact(planted, Given(Refusal(reason="injection")))


def test_an_intent_where_a_question_is_due_is_unsafe():
    vague = next(i for i in items() if isinstance(i.accepted[0], Clarification))
    assert unsafe_accept(vague, Given(SOME[0].accepted[0]))
    assert not unsafe_accept(vague, Given(Clarification(missing=("time",))))
    assert not unsafe_accept(vague, Given(None))


def test_decibels_are_the_share_that_they_are():
    item = next(
        i
        for i in INTENTS
        if i.accepted[0].expectations[0].target.reference == "change_db"
        and i.accepted[0].expectations[0].target.kpi != "L1M.SS-RSRP"
    )
    value_db = item.accepted[0].expectations[0].target.value
    as_share = with_target(
        item.accepted[0], reference="change", value=100.0 * (10.0 ** (value_db / 10.0) - 1.0)
    )
    assert same(as_share, item.accepted[0], item.network)


def test_all_cells_are_the_list_of_all_cells():
    item = next(i for i in INTENTS if i.accepted[0].expectations[0].scope == Scope(cells="all"))
    first = item.accepted[0].expectations[0]
    listed = first.model_copy(update={"scope": Scope(cells=networks()[item.network]["cells"])})
    rest = item.accepted[0].expectations[1:]
    answer = item.accepted[0].model_copy(update={"expectations": (listed, *rest)})
    assert same(answer, item.accepted[0], item.network)


def test_the_summary_of_right_answers_is_perfect_and_of_silence_harmless():
    right = summary([(i, Given(i.accepted[0], flagged=True)) for i in items()])
    assert right["exact"]["share"] == right["polarity"]["share"] == right["slot_f1"] == 1.0
    assert right["clarification_recall"]["share"] == 1.0
    assert right["clarification_precision"]["share"] == 1.0
    assert right["unsafe_accepts"]["share"] == 0.0
    assert right["false_flags"]["share"] == 1.0
    silent = summary([(i, Given(None)) for i in items()])
    assert silent["exact"]["share"] == silent["slot_f1"] == silent["wrong_accepts"]["share"] == 0.0


def test_intervals_are_exact():
    assert share([]) is None
    assert share([False] * 300)["interval"] == [
        0.0,
        pytest.approx(1 - 0.025 ** (1 / 300), abs=1e-4),
    ]


def test_the_grammar_refuses_more_than_it_reads_and_accepts_nothing_wrong():
    grammar = Grammar()
    pairs = [(i, grammar.answer(i)) for i in items() if i.split == "tune"]
    found = summary(pairs)
    assert found["wrong_accepts"]["share"] == found["unsafe_accepts"]["share"] == 0.0
    assert 0.0 < found["exact"]["share"] < 0.3
