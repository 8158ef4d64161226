import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingest import harvest
from knowledge.ingest.model import Clause, Link, Piece, PieceKind, TermKind


def _clause(number, title, *pieces):
    made = tuple(
        piece if isinstance(piece, Piece) else Piece.of(PieceKind.PARAGRAPH, piece)
        for piece in pieces
    )
    return Clause(number=number, title=title, path=(f"{number} {title}",), level=1, pieces=made)


REFERENCES = _clause("2", "References", '[3]\t3GPP TS 38.321: "NR; toy title".')


def _targets(text):
    links = harvest.links([REFERENCES, _clause("5", "Body", text)])
    assert all(link.clause == 1 for link in links)
    return {(link.spec, link.number) for link in links}


def test_cross_references_become_links():
    assert _targets("as in clause 5.3.1 and in Annex B.2") == {("", "5.3.1"), ("", "B.2")}
    assert _targets("see clauses 5.1, 5.2a and A.3") == {("", "5.1"), ("", "5.2a"), ("", "A.3")}
    assert _targets("in clause 5.2 of TS 38.101-1 [9]") == {("38.101-1", "5.2")}
    assert _targets("in TS 38.413 [9], clause 8.2.1.") == {("38.413", "8.2.1")}
    assert _targets("clause 5.4 of [3] and [3], clause 5.5") == {
        ("38.321", "5.4"),
        ("38.321", "5.5"),
    }
    assert _targets("as TS 38.331 says") == {("38.331", "")}
    assert _targets("the element [77] of a list") == set()


def test_definitions_and_abbreviations_are_harvested():
    table = Piece.table((("PRB", "Physical resource block"), ("only one", "")))
    clauses = [
        _clause("3.1", "Definitions", "beam: a direction: with a gain", "no colon here"),
        _clause("3.2", "Abbreviations", "AMF\tAccess function", table),
        _clause("4", "Other", "note: not a definition"),
    ]
    found = [(term.kind, term.term, term.meaning, term.clause) for term in harvest.terms(clauses)]
    assert found == [
        (TermKind.DEFINITION, "beam", "a direction: with a gain", 0),
        (TermKind.ABBREVIATION, "AMF", "Access function", 1),
        (TermKind.ABBREVIATION, "PRB", "Physical resource block", 1),
    ]


ASN1 = """\
-- ASN1START
Toy-Module DEFINITIONS AUTOMATIC TAGS ::=
BEGIN
-- Old ::= INTEGER
ToyConfig ::= SEQUENCE {
    power    INTEGER (-30..33),  -- in dBm ::= not one
    next     Next  OPTIONAL
}
maxToys INTEGER ::= 32
Setup { Element } ::= CHOICE { release NULL, setup Element }
END
-- ASN1STOP
"""


def test_asn1_assignments_are_found_by_name_with_their_text():
    found = dict(harvest.asn1_assignments(ASN1))
    assert list(found) == ["ToyConfig", "maxToys", "Setup"]
    assert "    power    INTEGER (-30..33)" in found["ToyConfig"]
    assert found["Setup"].endswith("setup Element }")


@given(st.text(alphabet="ab:= \n\t{}-/*[],.5clauseTSd", max_size=400))
def test_any_text_is_harvested_without_an_error(text):
    clause = _clause("3", "Definitions and abbreviations", text, Piece.of(PieceKind.ASN1, text))
    harvest.terms([clause])
    assert all(isinstance(link, Link) for link in harvest.links([REFERENCES, clause]))


@pytest.mark.timeout(60)  # a blow-up takes hours, this a second
@pytest.mark.parametrize(
    "text", ["5.5,", "a ", "-", "[1] ", "/*", "\n", "clause ", "a{", "TS 38.331 ["]
)
def test_patterns_do_not_blow_up_on_hostile_text(text):
    text = text * 20_000
    clause = _clause("3", "Definitions", "clause " + text, Piece.of(PieceKind.ASN1, text))
    assert harvest.terms([clause]) == ()
    harvest.links([REFERENCES, clause])
