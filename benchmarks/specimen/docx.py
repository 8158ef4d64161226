"""Writes Word documents of the 3GPP template's form, element by element."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_HEAD = f'<w:document xmlns:w="{_W}" xmlns:m="{_M}" xmlns:mc="{_MC}"><w:body>'
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
_STAMP = (2026, 1, 1, 0, 0, 0)
STYLES = {
    "Normal": ("Normal", ""),
    **{
        f"Heading{level}": (
            f"heading {level}",
            f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr>',
        )
        for level in range(1, 10)
    },
    "H6": ("H6", '<w:basedOn w:val="Heading5"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr>'),
    "TT": ("TT", '<w:basedOn w:val="Heading1"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr>'),
    "TOC1": ("toc 1", ""),
    "B1": ("B1", ""),
    "B2": ("B2", ""),
    "PL": ("PL", ""),
    "TH": ("TH", ""),
    "ZT": ("ZT", ""),
    "EW": ("EW", ""),
    "Auto": (
        "Auto heading",
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr>',
    ),
    "Unseen": ("Unseen", "<w:rPr><w:vanish/></w:rPr>"),
}
"""Identifier to name and definition."""


def _level(level: int, form: str, text: str) -> str:
    return (
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


NUMBERING = (
    f'<w:numbering xmlns:w="{_W}"><w:abstractNum w:abstractNumId="0">'
    + _level(0, "decimal", "%1")
    + _level(1, "decimal", "%1.%2")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
    + _level(0, "lowerLetter", "%1)")
    + _level(1, "bullet", "o")
    + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
)


def run(text: str, properties: str = "") -> str:
    """``w:r`` with tabs and line breaks as elements; ``properties`` is the inside of ``w:rPr``."""
    body = escape(text).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    body = body.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{body}</w:t></w:r>'


def inserted(text: str) -> str:
    """A tracked insertion."""
    return f'<w:ins w:id="1" w:author="a">{run(text)}</w:ins>'


def deleted(text: str) -> str:
    """A tracked deletion."""
    return f'<w:del w:id="2" w:author="a"><w:r><w:delText>{escape(text)}</w:delText></w:r></w:del>'


def paragraph(inside: str, style: str = "", properties: str = "") -> str:
    """``w:p`` around runs; ``properties`` is added to ``w:pPr``."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inside}</w:p>"


def cell(inside: str, properties: str = "") -> str:
    """``w:tc`` around blocks."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def math(inside: str) -> str:
    """``m:oMath``."""
    return f"<m:oMath>{inside}</m:oMath>"


def math_text(text: str) -> str:
    """``m:r``."""
    return f"<m:r><m:t>{escape(text)}</m:t></m:r>"


class Docx:
    """A document under construction; blocks are appended in reading order."""

    def __init__(self) -> None:
        self.blocks: list[str] = []

    def text(self, text: str, style: str = "") -> None:
        """A paragraph of one run."""
        self.blocks.append(paragraph(run(text), style))

    def heading(self, level: int, text: str) -> None:
        """A heading in the template's style of a level."""
        self.text(text, f"Heading{level}")

    def code(self, text: str) -> None:
        """Lines in style PL, one paragraph each."""
        for line in text.split("\n"):
            self.text(line, "PL")

    def table(self, rows: Iterable[Sequence[str]], caption: str = "") -> None:
        """A table under its caption."""
        if caption:
            self.text(caption, "TH")
        body = "".join(
            "<w:tr>" + "".join(cell(paragraph(run(text))) for text in row) + "</w:tr>"
            for row in rows
        )
        self.blocks.append(f"<w:tbl><w:tblPr/>{body}</w:tbl>")

    def data(self) -> bytes:
        """The bytes of the ``.docx``; equal documents have equal bytes."""
        styles = "".join(
            f'<w:style w:type="paragraph" w:styleId="{key}" w:default="{int(key == "Normal")}">'
            f'<w:name w:val="{name}"/>{definition}</w:style>'
            for key, (name, definition) in STYLES.items()
        )
        return package(
            {
                "_rels/.rels": _RELATIONS,
                "word/document.xml": _HEAD + "".join(self.blocks) + "</w:body></w:document>",
                "word/styles.xml": f'<w:styles xmlns:w="{_W}">{styles}</w:styles>',
                "word/numbering.xml": NUMBERING,
            }
        )


def package(members: dict[str, str | bytes]) -> bytes:
    """A zip archive of the members, with a fixed time stamp."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()
