"""Text of one paragraph: changes accepted, hidden runs taken out, formulae in a line."""

from collections import Counter
from xml.etree.ElementTree import Element

from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import Limits, too_deep
from knowledge.ingest.model import Finding
from knowledge.ingest.readers.docx_math import linear
from knowledge.ingest.readers.docx_styles import Look, Style, Styles, is_dark, look_of
from knowledge.ingest.readers.ooxml import MC, M, W, value

DELETED = frozenset({W + "del", W + "moveFrom"})
INSERTED = frozenset({W + "ins", W + "moveTo"})
TRANSPARENT = frozenset(
    W + name
    for name in (
        "hyperlink",
        "smartTag",
        "sdt",
        "sdtContent",
        "fldSimple",
        "customXml",
        "dir",
        "bdo",
    )
)
_UNREAD = frozenset(W + name for name in ("drawing", "pict", "object"))
_FIXED = {
    W + "tab": "\t",
    W + "ptab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "-",
}
_SYMBOL_FONT = dict(
    zip(
        range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True
    )
) | dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)) | {
    0xA3: "≤", 0xB3: "≥", 0xB4: "×", 0xB1: "±", 0xAC: "←", 0xAE: "→", 0xB7: "•", 0xB9: "≠",
    0xA5: "∞", 0xCE: "∈", 0xC7: "∩", 0xC8: "∪", 0xE5: "∑", 0xD6: "√", 0x2D: "-", 0xBB: "≈",
}  # fmt: skip
_EXCERPT = 120


class Texts:
    """Reads paragraphs and keeps count of what it took out or could not read."""

    def __init__(self, styles: Styles, limits: Limits) -> None:
        self._styles = styles
        self._limits = limits
        self._screen = Screen()
        self._hidden: list[str] = []
        self._counts: Counter[str] = Counter()

    def count(self, code: str) -> None:
        """Something is to be reported."""
        self._counts[code] += 1

    def clean(self, text: str) -> str:
        """Text from outside a paragraph, screened and counted like the others."""
        return self._screen.clean(text)

    def of(self, paragraph: Element, style: Style, on_shade: bool = False) -> str:
        """The text as a reader of the page sees it once every change is accepted.

        Args:
            paragraph: ``w:p``.
            style: its style.
            on_shade: it stands in a shaded cell, where white text can be read.
        """
        properties = paragraph.find(W + "pPr")
        on_shade = on_shade or (properties is not None and is_dark(properties.find(W + "shd")))
        parts: list[str] = []
        self._collect(paragraph, style.look, on_shade, parts, self._limits.nesting)
        return self._screen.clean("".join(parts))

    def findings(self) -> list[Finding]:
        """What was taken out or could not be read."""
        found = self._screen.findings()
        if self._hidden:
            excerpt = self._hidden[0][:_EXCERPT]
            found.append(Finding(code="hidden.text", detail=excerpt, count=len(self._hidden)))
        details = {
            "changes.accepted": "insertions kept, deletions dropped",
            "object.unread": "figures and embedded objects, [object] in the text",
            "formula.linearised": "formulae written in one line between $ signs",
            "note.unread": "footnotes and endnotes",
            "part.unread": "parts of another format inside the document",
        }
        found += [
            Finding(code=code, detail=detail, count=self._counts[code])
            for code, detail in details.items()
            if self._counts[code]
        ]
        return found

    def _collect(
        self, parent: Element, look: Look, on_shade: bool, parts: list[str], room: int
    ) -> None:
        if room <= 0:
            raise too_deep("parts of a paragraph")
        for child in parent:
            tag = child.tag
            if tag == W + "r":
                self._run(child, look, on_shade, parts)
            elif tag in DELETED:
                self.count("changes.accepted")
            elif tag in INSERTED:
                self.count("changes.accepted")
                self._collect(child, look, on_shade, parts, room - 1)
            elif tag in TRANSPARENT:
                self._collect(child, look, on_shade, parts, room - 1)
            elif tag == M + "oMath" or tag == M + "oMathPara":
                self.count("formula.linearised")
                parts.append(f"${linear(child, self._limits.nesting).strip()}$")
            elif tag == MC + "AlternateContent":
                self._alternative(child, look, on_shade, parts, room - 1)

    def _alternative(
        self, parent: Element, look: Look, on_shade: bool, parts: list[str], room: int
    ) -> None:
        choice = parent.find(MC + "Choice")
        if choice is not None:
            self._collect(choice, look, on_shade, parts, room)

    def _run(self, run: Element, below: Look, on_shade: bool, parts: list[str]) -> None:
        properties = run.find(W + "rPr")
        look = below
        if properties is not None:
            named = value(properties.find(W + "rStyle"))
            if named:
                look = self._styles.style(named).look.over(look)
            look = look_of(properties).over(look)
        text = "".join(self._piece(child) for child in run)
        if not text:
            return
        if look.hides(on_shade):
            if text.strip():
                self._hidden.append(text.strip())
            return
        parts.append(text)

    def _piece(self, child: Element) -> str:
        tag = child.tag
        if tag == W + "t":
            return child.text or ""
        if tag in _FIXED:
            return _FIXED[tag]
        if tag == W + "sym":
            return _symbol(child)
        if tag in _UNREAD or tag == MC + "AlternateContent":
            self.count("object.unread")
            return "[object]"
        if tag in (W + "footnoteReference", W + "endnoteReference"):
            self.count("note.unread")
        return ""


def _symbol(element: Element) -> str:
    try:
        code = int(element.get(W + "char", ""), 16)
    except ValueError:
        return "?"
    if element.get(W + "font", "").lower() == "symbol":
        return _SYMBOL_FONT.get(code & 0xFF, "?")
    return chr(code) if 0x20 <= code < 0xD800 else "?"
