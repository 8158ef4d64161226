"""Word documents (.docx) as 3GPP and O-RAN write them.

Headings, lists, code and captions are known by their styles (3GPP drafting template, TR 21.801:
``B1``, ``PL``, ``TH``; ``heading 8`` for annexes), by outline levels, and by Word's own numbering.
Tracked changes are accepted; hidden text is left out and reported; tables of contents are dropped.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.ingest.archive import Archive, Budget
from knowledge.ingest.limits import Limits, damaged, too_deep
from knowledge.ingest.model import Piece, PieceKind
from knowledge.ingest.number import of_cover
from knowledge.ingest.outline import Outline
from knowledge.ingest.readers.docx_numbering import Numbering
from knowledge.ingest.readers.docx_styles import (
    Style,
    Styles,
    is_dark,
    numbering_of,
    outline_of,
)
from knowledge.ingest.readers.docx_text import DELETED, INSERTED, Texts
from knowledge.ingest.readers.draft import Draft
from knowledge.ingest.readers.ooxml import W, integer, main_part, part, value

_HEADING = re.compile(r"heading (\d)|h(6)")
_LIST = re.compile(r"b([1-9])|list (?:bullet|number|continue)(?: ([1-9]))?")
_CODE = frozenset({"pl", "code", "source code", "html preformatted", "asn.1"})
_CAPTION = frozenset({"th", "caption"})
_TITLE = frozenset({"zt", "title"})
_DROPPED = re.compile(r"toc \d|toc heading|tt|table of figures|index \d")
_SPACES = re.compile(r" {2,}")
_LABEL_CHARS = 60
_ASN1_START, _ASN1_STOP = "-- ASN1START", "-- ASN1STOP"
_INLINE_BLOCKS = INSERTED | {W + "sdtContent", W + "customXml"}


def read(data: bytes, budget: Budget) -> Draft:
    """The document's draft.

    Raises:
        RanwrightError: ``ingest.*`` when the file is damaged, too large, or unsafe.
    """
    archive = Archive(data, budget)
    main = main_part(archive)
    body = part(archive, main).find(W + "body")
    if body is None:
        raise damaged("the document has no body")
    folder = main.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    styles = Styles(_optional(archive, f"{prefix}styles.xml"))
    numbering = Numbering(_optional(archive, f"{prefix}numbering.xml"))
    return _Reader(styles, numbering, budget.limits).read(body)


def _optional(archive: Archive, name: str) -> Element | None:
    return part(archive, name) if name in archive.names else None


class _Reader:
    def __init__(self, styles: Styles, numbering: Numbering, limits: Limits) -> None:
        self._styles = styles
        self._numbering = numbering
        self._limits = limits
        self._texts = Texts(styles, limits)
        self._outline = Outline(limits)
        self._code: list[str] = []
        self._in_asn1 = False
        self._caption = ""
        self._carried = ""
        self._title: list[str] = []

    def read(self, body: Element) -> Draft:
        for block in self._blocks(body, self._limits.nesting):
            if block.tag == W + "p":
                self._paragraph(block)
            else:
                self._table(block)
        self._flush()
        if self._carried.strip():
            self._outline.add(Piece.of(PieceKind.PARAGRAPH, self._carried.strip()))
        clauses = self._outline.clauses()
        cover = "\n".join(piece.text for piece in clauses[0].pieces) if clauses else ""
        return Draft(
            clauses=clauses,
            findings=tuple(self._texts.findings()),
            identity=of_cover(cover),
            title=" ".join(self._title),
        )

    def _blocks(self, parent: Element, room: int) -> Iterator[Element]:
        if room <= 0:
            raise too_deep("blocks")
        for child in parent:
            tag = child.tag
            if tag in (W + "p", W + "tbl"):
                yield child
            elif tag == W + "sdt":
                gallery = child.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
                content = child.find(W + "sdtContent")
                if content is not None and value(gallery) != "Table of Contents":
                    yield from self._blocks(content, room - 1)
            elif tag in _INLINE_BLOCKS:
                yield from self._blocks(child, room - 1)
            elif tag == W + "altChunk":
                self._texts.count("part.unread")

    def _paragraph(self, paragraph: Element) -> None:
        properties = paragraph.find(W + "pPr")
        style = self._style(properties)
        if _DROPPED.fullmatch(style.name):
            return
        text = self._carried + self._texts.of(paragraph, style)
        self._carried = ""
        if _mark_deleted(properties):
            self._carried = text
            return
        level = _heading_level(style, properties)
        if (self._in_asn1 and level is None) or style.name in _CODE:
            self._add_code(text)
        elif text.strip():
            self._flush()
            self._add(text.strip(), level, style, properties)

    def _add(self, text: str, level: int | None, style: Style, properties: Element | None) -> None:
        numbering = self._list_of(style, properties)
        label = self._numbering.label(*numbering) if numbering else ""
        label = self._texts.clean(label[:_LABEL_CHARS])
        if level is not None:
            self._in_asn1 = False
            self._outline.heading(level, f"{label}\t{text}" if label else text, label.strip(" ."))
            return
        text = _SPACES.sub(" ", text)
        listed = _LIST.fullmatch(style.name)
        if style.name in _CAPTION and text.startswith("Table"):
            self._caption = text
        elif listed or label:
            depth = int(next(filter(None, listed.groups()), "1")) if listed else 0
            text = f"{label}\t{text}" if label else text
            depth = depth or (numbering[1] + 1 if numbering else 1)
            self._outline.add(Piece.of(PieceKind.LIST_ITEM, text, level=depth))
        else:
            if style.name in _TITLE:
                self._title.append(" ".join(text.split()))
            self._outline.add(Piece.of(PieceKind.PARAGRAPH, text))
            self._in_asn1 = text.startswith(_ASN1_START)

    def _add_code(self, text: str) -> None:
        if self._caption:
            self._flush()
        self._code.append(text.rstrip())
        if _ASN1_START in text:
            self._in_asn1 = True
        elif _ASN1_STOP in text:
            self._in_asn1 = False

    def _table(self, table: Element) -> None:
        caption, self._caption = self._caption, ""
        self._flush()
        rows = tuple(self._rows(table, self._limits.nesting))
        if any(map(any, rows)):
            self._outline.add(Piece.table(rows, caption))

    def _rows(self, table: Element, room: int) -> Iterator[tuple[str, ...]]:
        if room <= 0:
            raise too_deep("tables")
        styled = table.find(f"{W}tblPr/{W}tblStyle") is not None
        for at, row in enumerate(_inside(table, W + "tr")):
            if row.find(f"{W}trPr/{W}del") is not None:
                self._texts.count("changes.accepted")
                continue
            cells: list[str] = []
            for cell in _inside(row, W + "tc"):
                properties = cell.find(W + "tcPr")
                cells.append(self._cell(cell, properties, styled and at == 0, room))
                span = None if properties is None else properties.find(W + "gridSpan")
                cells += [""] * (min(integer(value(span)) or 1, 63) - 1)
            yield tuple(cells)

    def _cell(self, cell: Element, properties: Element | None, header: bool, room: int) -> str:
        if properties is not None:
            if properties.find(W + "cellDel") is not None:
                return ""
            merged = properties.find(W + "vMerge")
            if merged is not None and value(merged) != "restart":
                return ""
        on_shade = header or (properties is not None and is_dark(properties.find(W + "shd")))
        lines: list[str] = []
        for block in self._blocks(cell, room):
            if block.tag == W + "tbl":
                lines += [" | ".join(row) for row in self._rows(block, room - 1)]
                continue
            style = self._style(block.find(W + "pPr"))
            text = self._texts.of(block, style, on_shade)
            lines.append(_SPACES.sub(" ", text.strip()))
        return "\n".join(filter(None, lines))

    def _flush(self) -> None:
        while self._code and not self._code[-1]:
            self._code.pop()
        if self._code:
            text = "\n".join(self._code).lstrip("\n")
            asn1 = "::=" in text or _ASN1_START in text
            self._outline.add(Piece.of(PieceKind.ASN1 if asn1 else PieceKind.CODE, text))
        self._code = []
        if self._caption:
            self._outline.add(Piece.of(PieceKind.PARAGRAPH, self._caption))
        self._caption = ""

    def _style(self, properties: Element | None) -> Style:
        named = None if properties is None else properties.find(W + "pStyle")
        return self._styles.paragraph(value(named))

    @staticmethod
    def _list_of(style: Style, properties: Element | None) -> tuple[str, int] | None:
        stated = numbering_of(properties)
        if stated is None:
            return style.numbering
        number, level = style.numbering or ("0", 0)
        return stated[0] or number, level if stated[1] is None else stated[1]


def _heading_level(style: Style, properties: Element | None) -> int | None:
    named = _HEADING.fullmatch(style.name)
    if named:
        return int(named[1] or named[2])
    stated = outline_of(properties)
    return style.outline if stated is None else stated or None


def _mark_deleted(properties: Element | None) -> bool:
    """A deleted paragraph mark joins the paragraph to the next one."""
    if properties is None:
        return False
    mark = properties.find(W + "rPr")
    return mark is not None and any(mark.find(tag) is not None for tag in DELETED)


def _inside(parent: Element, wanted: str) -> Iterator[Element]:
    for child in parent:
        if child.tag == wanted:
            yield child
        elif child.tag in (W + "sdt", W + "customXml"):
            content = child.find(W + "sdtContent")
            for inner in child if content is None else content:
                if inner.tag == wanted:
                    yield inner
