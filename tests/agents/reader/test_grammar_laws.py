import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sentences import CELLS, ENERGY, LEAST, MEAN, MOST, P5, POWER, rel, targets, watts

from agents.reader import GrammarReader
from agents.reader.phrases import MAX_CHARS, terminal_pattern
from contracts.requirement import Requirement, format_cells

READER = GrammarReader()
VOCABULARY = (
    "lift cut raise lower double halve keep limit without not while and with at least most no more "
    "less than worse below above now of by to the 5th percentile mean total throughput power "
    "energy weak RSRP low SINR coverage cell cells 1-3 4 , . 20 % 3 Mbit/s 43 dBm W 10x half a "
    "fifth each all network better users share -5 0 120 -"
)
WORDS = st.sampled_from(VOCABULARY.split())


@given(st.text(max_size=500))
@example("cell " + "1," * 150)
@example("1" * 400)
@example("cells 1" + " " * 390)
@example("not " * 100)
def test_any_text_has_a_reading_in_bounded_time(text):
    started = time.process_time()
    reading = READER.read(text, CELLS)
    assert reading.kind in ("intent", "clarification", "refusal")
    assert time.process_time() - started < 2.0


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_heap_of_known_words_has_a_reading(text):
    reading = READER.read(text, CELLS)
    if reading.kind == "intent":
        for requirement in reading.requirements:
            assert set(requirement.cells) <= set(CELLS)
            if requirement.bound.kind == "relative_change":
                assert -100 < requirement.bound.change_percent <= 10_000


@given(st.text(max_size=30), st.integers(0, 90))
def test_an_unknown_word_is_never_skipped(noise, position):
    sentence = "Lift the mean throughput of cells 1-3 by 20 % without raising total power"
    word = "zzz" + "".join(c for c in noise if c.isalnum())
    words = sentence.split()
    words.insert(position % (len(words) + 1), word)
    reading = READER.read(" ".join(words), CELLS)
    assert (reading.kind, reading.code) == ("refusal", "intent.out_of_scope")


CELL_SETS = st.sets(st.sampled_from(CELLS), min_size=1).map(lambda s: tuple(sorted(s)))
VALUES = st.integers(1, 9999).map(lambda n: n / 100)


def cell_text(cells):
    return f"cell{'s' if len(cells) > 1 else ''} {format_cells(cells)}"


def only(sentence, kpi, cells, condition, bound):
    wanted = Requirement(kpi=kpi, cells=cells, condition=condition, bound=bound)
    assert [t for _, t in targets(READER.read(sentence, CELLS))] == [wanted]


@settings(deadline=None)
@given(
    CELL_SETS,
    VALUES,
    st.sampled_from([("kbit/s", 0.001), ("Mbit/s", 1), ("Mbps", 1), ("MB/s", 8), ("Gbit/s", 1000)]),
    st.sampled_from(
        [
            ("at least", LEAST),
            ("no less than", LEAST),
            ("not below", LEAST),
            ("no worse than", LEAST),
            ("at most", MOST),
            ("not more than", MOST),
            ("no more than", MOST),
            ("not above", MOST),
            ("not exceeding", MOST),
        ]
    ),
    st.sampled_from([("mean", MEAN), ("average", MEAN), ("5th-percentile", P5), ("cell-edge", P5)]),
)
def test_levels_round_trip(cells, value, unit, comparator, kpi):
    sentence = (
        f"Keep the {kpi[0]} throughput of {cell_text(cells)} {comparator[0]} {value:g} {unit[0]}"
    )
    reading = READER.read(sentence, CELLS)
    ((verb, found),) = targets(reading)
    assert verb == "ENSURE"
    assert (found.kpi, found.cells, found.condition) == (kpi[1], cells, comparator[1])
    assert found.bound.kind == "throughput"
    assert found.bound.threshold_mbps == pytest.approx(value * unit[1], rel=1e-9)


@given(CELL_SETS, VALUES, st.sampled_from(["by", "by at least", "by more than"]))
def test_changes_round_trip(cells, value, by):
    where = cell_text(cells)
    only(f"lift the p5 throughput in {where} {by} {value:g} %", P5, cells, LEAST, rel(value))
    only(f"cut the energy of {where} {by} {value:g} %", ENERGY, cells, MOST, rel(-value))
    only(f"in {where}, cut energy {by} {value:g} percent", ENERGY, cells, MOST, rel(-value))


@given(CELL_SETS, VALUES)
def test_side_conditions_round_trip(cells, value):
    where = cell_text(cells)
    only(f"do not lower mean throughput of {where}", MEAN, cells, LEAST, rel(0))
    only(f"without raising the energy of {where}", ENERGY, cells, MOST, rel(0))
    allowed = f"the mean throughput of {where} must not fall by more than {value:g} %"
    only(allowed, MEAN, cells, LEAST, rel(-value))
    below = f"keep mean throughput of {where} no worse than {value:g} % below now"
    only(below, MEAN, cells, LEAST, rel(-value))


@given(CELL_SETS, st.integers(1, 400))
def test_power_caps_round_trip(cells, value):
    sentence = f"limit the total power of {cell_text(cells)} to {value} W"
    only(sentence, POWER, cells, MOST, watts(value))


def test_no_terminal_matches_the_empty_string():
    for name in ("CELLS", "NUMBER", "UNIT", "FILLER", "WITHOUT", "AT_MOST", "FRACTION"):
        assert terminal_pattern(name).match("") is None


def test_the_longest_sentence_is_read_fast():
    sentence = ("total power at most 60 W and " * 20)[: MAX_CHARS - 1].rsplit(" and", 1)[0]
    started = time.process_time()
    READER.read(sentence, CELLS)
    assert time.process_time() - started < 1.0
