import pytest
from pydantic import ValidationError

from contracts.errors import RanwrightError
from contracts.passage import Passage
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.retrieve import open_clause, passages, stands

TEXT = """3GPP TS 38.{number} V18.{minor}.0 (2026-01)

# 8 Toy procedures

## 8.1 Beam handling

The beam recovery timer of {who} is {value} ms.

## 8.2 Paging

A paging message wakes the terminal in its paging occasion.
"""


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        for number, minor, who, value in (
            (901, 5, "the terminal", 10),
            (901, 6, "the terminal", 20),
            (902, 1, "the node", 30),
        ):
            name = f"38{number}-i{minor}0.md"
            text = TEXT.format(number=number, minor=minor, who=who, value=value)
            (tmp_path / name).write_text(text)
        reports = ingest(sorted(tmp_path.glob("*.md")), opened)
        assert all(report.error is None for report in reports)
        yield opened


def test_the_newest_version_answers_unless_another_is_named(store):
    best = passages("beam recovery timer of the terminal", 2, store, spec="38.901")[0]
    assert (best.number, best.version) == ("8.1", "18.6.0")
    assert "20 ms" in best.text
    (older,) = passages("beam recovery timer", 1, store, spec="38.901", version="18.5.0")
    assert "10 ms" in older.text


def test_what_is_found_stands_and_what_is_changed_does_not(store):
    for found in passages("paging occasion", 4, store):
        assert stands(found, store)
        place = (found.spec, found.version, found.part)
        heading = (found.number, found.title, found.path)
        assert not stands(Passage.of(place, heading, found.text + "!", found.tier), store)
        assert not stands(Passage.of(place, ("8.9", *heading[1:]), found.text, found.tier), store)
        with pytest.raises(ValidationError):
            Passage.model_validate({**found.model_dump(), "text": "forged"})


def test_a_clause_is_opened_by_number_and_by_title(store):
    (by_number,) = open_clause("38.902", "8.1", store=store)
    assert by_number == open_clause("TS 38.902", "Beam handling", store=store)[0]
    assert by_number.path == ("8 Toy procedures", "8.1 Beam handling") or by_number.path[-1]
    with pytest.raises(RanwrightError, match=r"knowledge\.unknown_clause"):
        open_clause("38.902", "9.9", store=store)
    with pytest.raises(RanwrightError, match=r"knowledge\.unknown_specification"):
        open_clause("38.999", "8.1", store=store)
