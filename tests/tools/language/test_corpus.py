from collections import Counter
from random import Random

import pytest

from tools.language.corpus.pattern import render, text
from tools.language.corpus.stream import sample
from tools.language.marks import BOUNDS, PLACES, Role


def test_a_sentence_follows_from_its_number() -> None:
    assert sample(3, 7) == sample(3, 7)
    assert sample(3, 7) != sample(4, 7)
    assert sample(3, 7) != sample(3, 7, "validation")


def test_marks_stand_in_the_sentence_and_links_join_bounds_with_what_they_are_about() -> None:
    for s in (sample(1, n) for n in range(400)):
        end = 0
        for mark in s.marks.marks:
            words = s.sentence[mark.start : mark.end]
            assert words
            assert words == words.strip()
            assert mark.start >= end
            end = mark.end
        for bound, about in s.marks.links:
            assert s.marks.marks[bound].role in BOUNDS
            assert s.marks.marks[about].role in PLACES | {Role.KPI}


def test_all_kinds_roles_and_acts_are_drawn() -> None:
    samples = [sample(2, n) for n in range(3000)]
    roles = {m.role for s in samples for m in s.marks.marks}
    assert roles == set(Role)
    acts = Counter(s.marks.act for s in samples)
    assert len(acts) == 14
    assert len({s.sentence for s in samples}) > 2800


def test_patterns() -> None:
    words = {text("(a|b)[ c]", Random(n)) for n in range(50)}
    assert words == {"a", "b", "a c", "b c"}
    slots: list[str] = []
    render("x {one} (y {two}|y {two})", Random(0), lambda _: None, slots.append)
    assert slots == ["one", "two"]
    with pytest.raises(ValueError, match="unbalanced"):
        text("(a|b", Random(0))
