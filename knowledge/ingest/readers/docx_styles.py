"""Styles of a Word document: what makes a heading, a number, or text that nobody sees."""

from typing import NamedTuple
from xml.etree.ElementTree import Element

from knowledge.ingest.readers.ooxml import W, integer, is_on, value

_TINY_HALF_POINTS = 4
_WHITE = "FFFFFF"
_BODY_OUTLINE = 9


class Look(NamedTuple):
    """What of a run's look can hide it; None: not said here."""

    vanished: bool | None = None
    half_points: int | None = None
    white: bool | None = None
    shaded: bool | None = None

    def over(self, below: "Look") -> "Look":
        """The look where it says something, ``below`` elsewhere."""
        said = {name: value for name, value in self._asdict().items() if value is not None}
        return below._replace(**said)

    def hides(self, on_shade: bool) -> bool:
        """Whether a reader of the page sees nothing: hidden, 2 points high, or white on white."""
        tiny = self.half_points is not None and self.half_points <= _TINY_HALF_POINTS
        pale = bool(self.white) and not self.shaded and not on_shade
        return bool(self.vanished) or tiny or pale


def look_of(properties: Element | None) -> Look:
    """The look that ``w:rPr`` states."""
    if properties is None:
        return Look()
    color, size = properties.find(W + "color"), properties.find(W + "sz")
    special = is_on(properties.find(W + "specVanish"))
    shade, highlight = properties.find(W + "shd"), properties.find(W + "highlight")
    return Look(
        special if special else is_on(properties.find(W + "vanish")),
        None if size is None else integer(value(size)),
        None if color is None else value(color).upper() == _WHITE,
        True if is_dark(shade) or value(highlight) not in ("", "none", "white") else None,
    )


def is_dark(shade: Element | None) -> bool:
    """Whether ``w:shd`` fills with something that white stands out from."""
    fill = "" if shade is None else shade.get(W + "fill", "")
    return fill.upper() not in ("", "AUTO", _WHITE)


class Style(NamedTuple):
    """A style with what it takes from the styles it is based on.

    ``outline`` is the level of a heading from 1, None for text; ``numbering`` is (list, level).
    """

    name: str = ""
    look: Look = Look()
    outline: int | None = None
    numbering: tuple[str, int] | None = None


def outline_of(properties: Element | None) -> int | None:
    """Level of a heading from 1 as ``w:pPr`` states it; 0: it states that this is text."""
    stated = None if properties is None else properties.find(W + "outlineLvl")
    level = integer(value(stated))
    if level is None:
        return None
    return level + 1 if 0 <= level < _BODY_OUTLINE else 0


def numbering_of(properties: Element | None) -> tuple[str | None, int | None] | None:
    """List and level that ``w:pPr`` states, either may be left to the style."""
    stated = None if properties is None else properties.find(W + "numPr")
    if stated is None:
        return None
    number, level = stated.find(W + "numId"), stated.find(W + "ilvl")
    return (None if number is None else value(number)), integer(value(level))


class Styles:
    """All styles of a document.

    Args:
        root: ``w:styles``, None where the document has no such part.
    """

    def __init__(self, root: Element | None) -> None:
        self._stated = (
            {}
            if root is None
            else {style.get(W + "styleId", ""): style for style in root.iter(W + "style")}
        )
        self._resolved: dict[str, Style] = {}
        self._default = next(
            (
                name
                for name, style in self._stated.items()
                if style.get(W + "type") == "paragraph"
                and style.get(W + "default") in ("1", "true")
            ),
            "",
        )

    def paragraph(self, identifier: str) -> Style:
        """A paragraph's style; the default one where none is named."""
        return self.style(identifier or self._default)

    def style(self, identifier: str) -> Style:
        """A style by its identifier; an unknown one is plain."""
        if identifier not in self._resolved:
            chain: list[str] = []
            while identifier in self._stated and identifier not in chain:
                chain.append(identifier)
                identifier = value(self._stated[identifier].find(W + "basedOn"))
            below = Style()
            for name in reversed(chain):
                below = self._resolved[name] = self._on(below, self._stated[name])
            return self._resolved[chain[0]] if chain else below
        return self._resolved[identifier]

    @staticmethod
    def _on(below: Style, stated: Element) -> Style:
        properties = stated.find(W + "pPr")
        outline = outline_of(properties)
        number = numbering_of(properties)
        inherited = below.numbering or ("0", 0)
        return Style(
            name=value(stated.find(W + "name")).lower(),
            look=look_of(stated.find(W + "rPr")).over(below.look),
            outline=below.outline if outline is None else outline or None,
            numbering=below.numbering
            if number is None
            else (number[0] or inherited[0], inherited[1] if number[1] is None else number[1]),
        )
