import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import CELLS

from agents.reader.assemble import assemble
from agents.reader.clause import ReadingError
from agents.reader.draft import Draft, DraftClause
from agents.reader.faithful import clauses_of

SENTENCE = "lift the mean throughput of cells 1-3 by 20 % without raising total power"
WORDS = ["lift", "mean throughput", "cells 1-3", "by", "20 %", "0 %", "2", "raising", "total"]
PIECES = st.none() | st.sampled_from(WORDS) | st.text(max_size=5)


def options(field):
    literal = DraftClause.model_json_schema()["properties"][field]
    found = literal.get("enum") or [v for o in literal["anyOf"] for v in o.get("enum", [None])]
    return st.sampled_from(found)


CLAUSES = st.builds(
    DraftClause,
    kpi=options("kpi"),
    kpi_quote=PIECES,
    role=options("role"),
    direction=options("direction"),
    direction_quote=PIECES,
    comparator=options("comparator"),
    comparator_quote=PIECES,
    amount_quote=PIECES,
    relation=options("relation"),
    relation_quote=PIECES,
    scope_quote=PIECES,
    total=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(CLAUSES, max_size=3), st.sampled_from(["understood", "out_of_scope"]))
def test_whatever_a_model_answers_nothing_but_the_sentence_comes_out(clauses, outcome):
    draft = Draft(outcome=outcome, clauses=tuple(clauses))
    try:
        found = clauses_of(draft, SENTENCE)
    except ReadingError:
        return
    reading = assemble(SENTENCE, found, CELLS)
    if reading.kind == "intent":
        bounds = {r.bound.change_percent for r in reading.requirements}
        assert bounds <= {20.0, 0.0}


def clause(**changes):
    plain = {
        "kpi": "mean_throughput",
        "kpi_quote": "mean throughput",
        "role": "change",
        "direction": "up",
        "direction_quote": "lift",
        "comparator": None,
        "comparator_quote": None,
        "amount_quote": "20 %",
        "relation": "by",
        "relation_quote": "by",
        "scope_quote": "cells 1-3",
        "total": False,
    }
    return DraftClause(**(plain | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_quote": "0 %"},
        {"amount_quote": "20"},
        {"amount_quote": "%"},
        {"amount_quote": "20 %."},
        {"amount_quote": "by 20 %"},
        {"amount_quote": "cells 1-3"},
        {"amount_quote": None},
        {"direction": "down"},
        {"direction_quote": "by"},
        {"direction": None},
        {"direction": None, "direction_quote": None},
        {"comparator": "at_least"},
        {"comparator_quote": "by"},
        {"comparator": "at_least", "comparator_quote": "by"},
        {"relation": "to"},
        {"relation_quote": None},
        {"scope_quote": "cells 1"},
        {"scope_quote": None},
        {"scope_quote": "20 %"},
        {"kpi": "energy"},
        {"kpi": "p5_throughput"},
        {"kpi_quote": None},
        {"kpi_quote": "energy"},
        {"kpi_quote": "throughput"},
        {"role": "refrain"},
    ],
)
def test_one_wrong_field_is_enough(changes):
    sentence = "lift the mean throughput of cells 1-3 by 20 %"
    assert clauses_of(Draft(outcome="understood", clauses=(clause(),)), sentence)
    with pytest.raises(ReadingError) as caught:
        clauses_of(Draft(outcome="understood", clauses=(clause(**changes),)), sentence)
    assert caught.value.code in ("reader.unfaithful", "intent.out_of_scope")
