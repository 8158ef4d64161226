import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.specimen.docx import (
    Docx,
    cell,
    deleted,
    inserted,
    math,
    math_text,
    package,
    paragraph,
    run,
)
from benchmarks.specimen.specification import specification
from contracts.errors import RanwrightError
from knowledge.ingest.archive import Archive, Budget
from knowledge.ingest.limits import DEFAULT, Limits
from knowledge.ingest.model import PieceKind
from knowledge.ingest.number import Identity
from knowledge.ingest.readers import docx

TOY = Identity("38.999-1", "18.6.0")


def read(document, limits=DEFAULT):
    data = document if isinstance(document, bytes) else document.data()
    return docx.read(data, Budget(limits))


def pieces(document, limits=DEFAULT):
    return [piece for clause in read(document, limits).clauses for piece in clause.pieces]


def texts(*blocks):
    document = Docx()
    document.blocks += blocks
    return [piece.text for piece in pieces(document)]


def _ends_well(document):
    try:
        return read(document, Limits(nesting=16)).clauses is not None
    except RanwrightError as error:
        return error.code.startswith("ingest.")


def findings(draft):
    return {finding.code: finding.count for finding in draft.findings}


def test_a_whole_specification():
    draft = read(specification(TOY, paragraphs=60))
    document = draft.document(draft.identity)
    assert (document.spec, document.version, document.release) == ("38.999-1", "18.6.0", "Rel-18")
    assert document.title == "Toy radio network; Toy protocol specification"
    numbers = [clause.number for clause in document.clauses]
    assert numbers[:9] == ["", "", "2", "3", "3.1", "3.2", "4", "4.1", "4.1"]
    assert numbers[-2:] == ["A", "A.1"]
    clause = document.clauses[7]
    kinds = [piece.kind for piece in clause.pieces]
    assert kinds.count(PieceKind.LIST_ITEM) == 6
    assert [piece.level for piece in clause.pieces if piece.level] == [1, 2] * 3
    table = clause.pieces[-1]
    assert table.caption == "Table 4.1-1: Toy elements"
    assert table.rows[0] == ("IE", "Presence", "Range")
    assert len(table.rows) == 5
    element = document.clauses[8]
    assert element.path[-1] == element.title == "ToyConfig-4-1"
    assert element.pieces[0].kind is PieceKind.ASN1
    assert "\n    power    INTEGER (-30.." in element.pieces[0].text
    said = [piece.text for piece in clause.pieces]
    assert "The timer is 20 ms." in said
    assert "Seen." in said
    assert "The ratio is $(P)/(N)$." in said
    assert {term.term for term in document.terms} == {
        "toy beam", "TBD", "ToyConfig-4-1", "ToyConfig-4-2", "ToyConfig-4-3"
    }  # fmt: skip
    targets = {(link.spec, link.number) for link in document.links if link.clause == 7}
    assert targets == {("", "4.1"), ("38.321", "5.2")}
    everything = " ".join(piece.text for clause in document.clauses for piece in clause.pieces)
    assert "Contents" not in everything
    assert "Not seen" not in everything
    assert findings(draft)["hidden.text"] == 3


@pytest.mark.parametrize(
    ("properties", "hidden"),
    [
        ("<w:vanish/>", True),
        ('<w:vanish w:val="0"/>', False),
        ('<w:sz w:val="2"/>', True),
        ('<w:sz w:val="16"/>', False),
        ('<w:color w:val="FFFFFF"/>', True),
        ('<w:color w:val="ffffff"/><w:shd w:val="clear" w:fill="000000"/>', False),
        ('<w:color w:val="FFFFFF"/><w:highlight w:val="black"/>', False),
        ('<w:color w:val="FF0000"/>', False),
        ('<w:rStyle w:val="Unseen"/>', True),
    ],
)
def test_text_that_nobody_sees_is_taken_out_and_reported(properties, hidden):
    document = Docx()
    document.blocks.append(paragraph(run("seen ") + run("planted", properties)))
    draft = read(document)
    assert draft.clauses[0].pieces[0].text == ("seen" if hidden else "seen planted")
    assert findings(draft) == ({"hidden.text": 1} if hidden else {})


def test_a_hidden_paragraph_style_hides_and_white_on_a_shaded_cell_does_not():
    white = run("white", '<w:color w:val="FFFFFF"/>')
    shaded = cell(paragraph(white), '<w:shd w:val="clear" w:fill="003366"/>')
    plain = cell(paragraph(white + run("black")))
    table = f"<w:tbl><w:tr>{shaded}{plain}</w:tr></w:tbl>"
    assert texts(paragraph(run("planted"), "Unseen"), table) == ["white | black"]


def test_changes_are_accepted_through_paragraph_marks_and_rows():
    mark = "<w:rPr><w:del w:id='1'/></w:rPr>"
    moved = "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:moveTo>" + run("here")
    row = "<w:tr>{}" + cell(paragraph(run("{}"))) + "</w:tr>"
    dead = row.format("<w:trPr><w:del w:id='3'/></w:trPr>", "dead")
    assert texts(
        paragraph(run("first ") + deleted("x"), properties=mark),
        paragraph(inserted("second")),
        paragraph(moved + "</w:moveTo>"),
        f"<w:tbl>{row.format('', 'kept')}{dead}</w:tbl>",
        paragraph(run("last"), properties=mark),
    ) == ["first second", "here", "kept", "last"]


def test_word_numbers_headings_and_lists_itself():
    list_of = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="2"/></w:numPr>'
    second = '<w:numPr><w:ilvl w:val="1"/></w:numPr><w:outlineLvl w:val="1"/>'
    document = Docx()
    document.blocks += [
        paragraph(run("Scope"), "Auto"),
        paragraph(run("Procedures"), "Auto"),
        paragraph(run("Start"), "Auto", second),
        paragraph(run("Stop"), "Auto", second),
        paragraph(run("one"), "", list_of.format(0)),
        paragraph(run("inner"), "", list_of.format(1)),
        paragraph(run("two"), "", list_of.format(0)),
    ]
    clauses = read(document).clauses
    assert [(clause.number, clause.title) for clause in clauses] == [
        ("1", "Scope"), ("2", "Procedures"), ("2.1", "Start"), ("2.2", "Stop")
    ]  # fmt: skip
    listed = [(piece.text, piece.level) for piece in clauses[-1].pieces]
    assert listed == [("a)\tone", 1), ("-\tinner", 2), ("b)\ttwo", 1)]


def test_tables_keep_merged_cells_in_place_and_tables_in_cells():
    inner = f"<w:tbl><w:tr>{cell(paragraph(run('i')))}{cell(paragraph(run('j')))}</w:tr></w:tbl>"
    document = Docx()
    document.blocks.append(
        "<w:tbl><w:tr>"
        + cell(paragraph(run("wide")), '<w:gridSpan w:val="2"/>')
        + cell(paragraph(run("tall")), '<w:vMerge w:val="restart"/>')
        + "</w:tr><w:tr>"
        + cell(inner + paragraph(run("a")) + paragraph(run("b")))
        + cell(paragraph(run("c")))
        + cell(paragraph(run("tall again")), "<w:vMerge/>")
        + "</w:tr></w:tbl>"
    )
    assert pieces(document)[0].rows == (("wide", "", "tall"), ("i | j\na\nb", "c", ""))


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<m:sSubSup><m:e>{x}</m:e><m:sub>{i}</m:sub><m:sup>{2}</m:sup></m:sSubSup>", "x_{i}^{2}"),
        ("<m:rad><m:radPr/><m:deg/><m:e>{x}</m:e></m:rad>", "sqrt(x)"),
        ("<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{i}</m:sub><m:sup>{N}</m:sup>"
         "<m:e>{x}</m:e></m:nary>", "∑_{i}^{N} x"),
        ("<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e>{x}</m:e></m:d>",
         "[x]"),
        ("<m:m><m:mr><m:e>{a}</m:e><m:e>{b}</m:e></m:mr><m:mr><m:e>{c}</m:e></m:mr></m:m>",
         "[a, b; c]"),
        ("<m:func><m:fName>{log}</m:fName><m:e>{x}</m:e></m:func>", "log x"),
    ],
)  # fmt: skip
def test_formulae_are_written_in_a_line(inside, text):
    for word in ("x", "i", "2", "N", "a", "b", "c", "log"):
        inside = inside.replace(f"{{{word}}}", math_text(word))
    assert texts(paragraph(run("so ") + math(inside))) == [f"so ${text}$"]


def test_special_characters_and_fields():
    symbol = '<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>'
    field = "<w:r><w:instrText>REF secret</w:instrText></w:r>"
    drawing = "<w:r><w:drawing/></w:r>"
    hyphen = "<w:r><w:noBreakHyphen/></w:r>"
    assert texts(paragraph(symbol + field + hyphen + run("x\u200b\u00ady\u00a0z") + drawing)) == [
        "α-xy z[object]"
    ]


def test_strict_documents_read_like_transitional_ones():
    data = Docx()
    data.text("strict")
    strict = data.data()
    members = Archive(strict, Budget(DEFAULT))
    changed = {
        name: members.read(name).replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
        for name in members.names
    }
    assert [piece.text for piece in pieces(package(changed))] == ["strict"]


@pytest.mark.parametrize(
    "block",
    [
        "<w:ins>" * 100 + "</w:ins>" * 100,
        "<w:tbl><w:tr><w:tc>" * 100 + "</w:tc></w:tr></w:tbl>" * 100,
        paragraph("<w:hyperlink>" * 100 + "</w:hyperlink>" * 100),
        paragraph(math("<m:e>" * 100 + "</m:e>" * 100)),
    ],
)
def test_structures_nested_without_end_are_refused(block):
    document = Docx()
    document.blocks.append(block)
    with pytest.raises(RanwrightError, match=r"ingest\.nested_too_deep"):
        read(document)


def test_a_document_without_a_body_is_damaged():
    for data in (b"", b"PK\x03\x04", package({"a": "b"}), package({"_rels/.rels": "<a/>"})):
        with pytest.raises(RanwrightError, match=r"ingest\.damaged"):
            read(data)


@settings(max_examples=60)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40))
)
def test_no_visible_text_is_lost(lines):
    document = Docx()
    for line in lines:
        document.text(line)
    kept = "".join(piece.text for piece in pieces(document))
    assert [c for c in "".join(lines) if c.isascii() and not c.isspace()] == [
        c for c in kept if c.isascii() and not c.isspace()
    ]


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_any_damage_gives_a_document_or_a_stable_error(seed, changes):
    draw = random.Random(seed)
    data = bytearray(SPECIMEN)
    for _ in range(changes):
        data[draw.randrange(len(data))] = draw.randrange(256)
    assert _ends_well(bytes(data))


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_any_reordered_xml_gives_a_document_or_a_stable_error(seed):
    draw = random.Random(seed)
    document = Docx()
    parts = list(SHUFFLED)
    draw.shuffle(parts)
    document.blocks = ["".join(part for part in parts if draw.random() < 0.8)]
    assert _ends_well(document)


SPECIMEN = specification(TOY, paragraphs=20)
SHUFFLED = [
    paragraph(run("a") + deleted("b"), "Heading2"),
    f"<w:sdt><w:sdtContent>{paragraph(run('c'), 'PL')}</w:sdtContent></w:sdt>",
    f"<w:tbl><w:tr>{cell(paragraph(run('d')))}</w:tr><w:tr/></w:tbl>",
    paragraph(run("-- ASN1START"), "PL"),
    paragraph(run("Table 1: e"), "TH"),
    "<w:p/><w:tbl/><w:sdt/><w:altChunk/>",
    paragraph(math("<m:f/><m:nary/><m:m/>")),
    paragraph(inserted("f"), "B2", "<w:rPr><w:del/></w:rPr>"),
    paragraph("<w:r><w:sym/><w:rPr><w:sz/></w:rPr></w:r>", "Auto", "<w:numPr/>"),
]
