"""Markdown with tables, as published conversions of specifications use it."""

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from knowledge.ingest.archive import Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import Limits
from knowledge.ingest.model import Finding, Piece, PieceKind
from knowledge.ingest.number import of_cover
from knowledge.ingest.outline import Outline
from knowledge.ingest.readers.draft import Draft
from knowledge.ingest.readers.plain import decode

_UNSEEN_STYLE = re.compile(
    r"display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden|font-size\s{0,5}:\s{0,5}"
    r"(?:0(?:\.0{1,9})?(?![\d.])|(?:0?\.\d{1,9}|1(?:\.0{1,9})?)(?:px|pt))",
    re.IGNORECASE,
)
_UNSEEN_TAGS = frozenset({"script", "style", "template"})
_VOID_TAGS = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "wbr"})
_CELLS = frozenset({"td", "th"})
_IN_TABLE = _CELLS | {"tr"}
_ENDS_ROW = frozenset({"tr", "thead", "tbody", "tfoot", "table"})
_EXCERPT = 120


def read(data: bytes, budget: Budget) -> Draft:
    """The file's draft; its cover line names specification and version where there is one."""
    screen = Screen()
    text = decode(data, screen)
    outline = Outline(budget.limits)
    hidden = fill(text, outline, screen, budget.limits)
    clauses = outline.clauses()
    head = "\n".join(piece.text for clause in clauses[:2] for piece in clause.pieces)
    titles = "\n".join(clause.title for clause in clauses[:2])
    return Draft(
        clauses=clauses,
        findings=tuple([*screen.findings(), *hidden_text(hidden)]),
        identity=of_cover(f"{titles}\n{head}"),
    )


def hidden_text(hidden: list[str]) -> list[Finding]:
    """The finding about text that a page would not show."""
    if not hidden:
        return []
    return [Finding(code="hidden.text", detail=hidden[0][:_EXCERPT], count=len(hidden))]


def fill(text: str, outline: Outline, screen: Screen, limits: Limits) -> list[str]:
    """Add Markdown's headings and pieces to an outline; return what a page would not show.

    ``screen`` cleans the text once more, since character references are resolved here.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": limits.nesting}).enable("table")
    filler = _Filler(outline, screen)
    for node in SyntaxTreeNode(parser.parse(text)).children:
        filler.block(node, 0)
    return filler.hidden


class _Filler:
    def __init__(self, outline: Outline, screen: Screen) -> None:
        self._outline = outline
        self._screen = screen
        self._unseen: list[str] = []
        self.hidden: list[str] = []

    def block(self, node: SyntaxTreeNode, depth: int) -> None:
        """Add one block; ``depth`` counts the lists around it."""
        kind = node.type
        if kind == "heading":
            title = self._text(node)
            if not self._unseen:
                self._outline.heading(int(node.tag[1:]), title)
        elif kind == "paragraph":
            form = PieceKind.LIST_ITEM if depth else PieceKind.PARAGRAPH
            self._add(form, self._text(node), depth)
        elif kind in ("fence", "code_block"):
            code = node.content.rstrip().lstrip("\n")
            if self._unseen:
                self.hidden.append(code)
            else:
                self._add(PieceKind.ASN1 if "::=" in code else PieceKind.CODE, code)
        elif kind == "table":
            self._table([[self._text(cell) for cell in row.children] for row in _rows(node)])
        elif kind == "html_block":
            self._html(node.content)
        else:
            deeper = depth + (kind in ("bullet_list", "ordered_list"))
            for child in node.children:
                self.block(child, deeper)

    def _add(self, kind: PieceKind, text: str, level: int = 0) -> None:
        if text.strip():
            self._outline.add(Piece.of(kind, text, level=level))

    def _table(self, rows: list[list[str]]) -> None:
        if any(map(any, rows)):
            self._outline.add(Piece.table(tuple(map(tuple, rows))))

    def _html(self, html: str) -> None:
        page = _Page(self._screen, self.hidden, self._unseen)
        page.feed(html)
        page.close()
        self._add(PieceKind.PARAGRAPH, "".join(page.text).strip())
        self._table(page.rows)

    def _text(self, node: SyntaxTreeNode) -> str:
        page = _Page(self._screen, self.hidden, self._unseen.copy())
        for inline in node.walk():
            if inline.type in ("text", "code_inline"):
                page.handle_data(inline.content)
            elif inline.type in ("softbreak", "hardbreak"):
                page.handle_data(" " if inline.type == "softbreak" else "\n")
            elif inline.type == "html_inline":
                page.feed(inline.content)
        page.close()
        return "".join(page.text).strip()


class _Page(HTMLParser):
    """What a browser would show of a piece of HTML: text, and rows of tables.

    ``unseen`` holds the open elements from the outermost one that is not shown on; it is changed in
    place, since an element may end in a later block.
    """

    def __init__(self, screen: Screen, hidden: list[str], unseen: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._screen = screen
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self._hidden = hidden
        self._cell: list[str] | None = None
        self._unseen = unseen

    def close(self) -> None:
        """End the block, and with it what no end tag ended."""
        super().close()
        self._end_cell()
        if "p" in self._unseen:
            del self._unseen[self._unseen.index("p") :]

    def _end_cell(self) -> None:
        if self._cell is not None:
            self.rows[-1].append("".join(self._cell).strip())
            self._cell = None

    def _imply_ends(self, tag: str) -> None:
        """End what HTML lets a start tag end: a cell the one before, a row cells and rows."""
        ended = _CELLS if tag in _CELLS else _IN_TABLE if tag == "tr" else frozenset({tag})
        if tag in _IN_TABLE or tag in ("p", "li"):
            while self._unseen and self._unseen[-1] in ended:
                self._unseen.pop()
        if tag in _IN_TABLE and not self._unseen:
            self._end_cell()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; one that is not shown hides all until it ends."""
        self._imply_ends(tag)
        style = dict(attrs)
        unseen = tag in _UNSEEN_TAGS or "hidden" in style
        unseen = unseen or _UNSEEN_STYLE.search(style.get("style") or "") is not None
        if (unseen or self._unseen) and tag not in _VOID_TAGS:
            self._unseen.append(tag)
        elif tag == "tr":
            self.rows.append([])
        elif tag in _CELLS:
            self._cell = []
            if not self.rows:
                self.rows.append([])
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if self._unseen:
            if tag in self._unseen:
                while self._unseen.pop() != tag:
                    pass
            elif tag in _ENDS_ROW and self._unseen[0] in _IN_TABLE:
                self._unseen.clear()
                self._end_cell()
        elif tag in _CELLS or tag in _ENDS_ROW:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        """Keep text where it is shown."""
        data = self._screen.clean(data)
        if self._unseen:
            if data.strip():
                self._hidden.append(data.strip())
        elif self._cell is not None:
            self._cell.append(data)
        else:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """A comment is text that the page does not show."""
        if data.strip():
            self._hidden.append(data.strip())


def _rows(table: SyntaxTreeNode) -> list[SyntaxTreeNode]:
    return [row for part in table.children for row in part.children]
