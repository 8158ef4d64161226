import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from knowledge.ingest.limits import DEFAULT, Limits
from knowledge.ingest.model import Piece, PieceKind
from knowledge.ingest.outline import Outline, depth, split_heading


def _paragraph(text):
    return Piece.of(PieceKind.PARAGRAPH, text)


@pytest.mark.parametrize(
    ("text", "number", "title"),
    [
        ("5.3.5.13a\tConditional handover", "5.3.5.13a", "Conditional handover"),
        ("5.7a  Letter suffix", "5.7a", "Letter suffix"),
        ("6.2.1A.3\tDeep suffix", "6.2.1A.3", "Deep suffix"),
        ("1 Scope", "1", "Scope"),
        ("4a\tWith a tab", "4a", "With a tab"),
        ("5G system", "", "5G system"),
        ("A reading example", "", "A reading example"),
        ("A.2.1\tIn an annex", "A.2.1", "In an annex"),
        ("Annex B (informative):\nExamples of\nuse", "B", "Examples of use"),
        ("–\tMeasConfigToy", "", "MeasConfigToy"),
        ("5.3.2", "5.3.2", ""),
        ("3.1. Trailing dot", "3.1", "Trailing dot"),
        ("Foreword", "", "Foreword"),
    ],
)
def test_headings_are_split(text, number, title):
    assert split_heading(text) == (number, title)


@given(st.text(max_size=200))
def test_any_heading_gives_a_number_or_none_and_loses_no_words(text):
    number, title = split_heading(text)
    assert "\n" not in title
    assert number == "" or depth(number) >= 1


def test_levels_follow_numbers_and_unnumbered_headings_inherit():
    outline = Outline(DEFAULT)
    outline.add(_paragraph("cover"))
    outline.heading(1, "6\tElements")
    outline.heading(3, "6.3.2\tRadio elements")
    outline.heading(4, "–\tToyConfig")
    outline.add(_paragraph("body"))
    outline.heading(8, "Annex A (normative):\nMore")
    outline.heading(1, "A.1\tFirst")
    front, six, radio, toy, annex, first = outline.clauses()
    assert (front.number, front.level, front.pieces[0].text) == ("", 0, "cover")
    assert toy.number == radio.number == "6.3.2"
    assert toy.path == ("6 Elements", "6.3.2 Radio elements", "ToyConfig")
    assert six.pieces == ()
    assert annex.path == ("A More",)
    assert first.path == ("A More", "A.1 First")


def test_a_document_of_too_many_pieces_is_refused():
    outline = Outline(Limits(pieces=2))
    outline.add(_paragraph("one"))
    outline.add(_paragraph("two"))
    with pytest.raises(RanwrightError, match=r"ingest\.too_large"):
        outline.add(_paragraph("three"))


def test_equal_text_has_an_equal_digest_wherever_it_stands():
    assert _paragraph("x").text_digest == _paragraph("x").text_digest
    assert _paragraph("x").text_digest != Piece.of(PieceKind.LIST_ITEM, "x").text_digest
    table = Piece.table((("a", "b"), ("1", "2")), "Table 1")
    assert table.text == "a | b\n1 | 2"
    assert table.text_digest != Piece.table((("a", "b"), ("1", "2")), "Table 2").text_digest
