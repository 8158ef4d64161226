"""What of the HTML in Markdown a page shows."""

import pytest

from knowledge.ingest.archive import Budget
from knowledge.ingest.limits import DEFAULT
from knowledge.ingest.readers import markdown


def shown(text):
    draft = markdown.read(text.encode(), Budget(DEFAULT))
    return [piece.text for clause in draft.clauses for piece in clause.pieces]


@pytest.mark.parametrize(
    ("style", "seen"),
    [
        ("DISPLAY: None", False),
        ("Visibility:HIDDEN", False),
        ("font-size:0", False),
        ("font-size: 0.0em", False),
        ("FONT-SIZE:1PX", False),
        ("font-size:.5pt", False),
        ("font-size:1em", True),
        ("font-size:1.2pt", True),
        ("font-size:10px", True),
        ("font-size:0.9em", True),
    ],
)
def test_styles(style, seen):
    assert shown(f'a <span style="{style}">b</span>') == ["a b" if seen else "a"]


def test_an_element_that_is_not_shown_hides_all_blocks_until_it_ends():
    blocks = "# 9 Title\n\ntext\n\n- item\n\n| a |\n|---|\n| b |\n\n```\ncode\n```\n"
    text = f"# 1 Scope\n\n<div hidden>\n\n{blocks}\n</div>\n\nseen\n"
    draft = markdown.read(text.encode(), Budget(DEFAULT))
    assert [clause.number for clause in draft.clauses] == ["1"]
    assert shown(text) == ["seen"]
    assert [(found.code, found.count) for found in draft.findings] == [("hidden.text", 6)]


def test_a_paragraph_that_is_not_shown_ends_with_its_block():
    assert shown("<p hidden>one\n\ntwo\n") == ["two"]
    assert shown("one <span hidden>two\n\nthree\n") == ["one", "three"]


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>a<td>b<tr><td>c<td>d</table>",
        "<table><tr><td>a</td><td>b</tr><tr><td>c<td>d",
        "<table><tr><td>a<td hidden>x<td>b<tr><td>c<td>d<td hidden>x</table>",
    ],
)
def test_cells_without_end_tags_are_kept(html):
    assert shown(html) == ["a | b\nc | d"]
