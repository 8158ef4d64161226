"""Numbers that Word computes for headings and lists and does not write into the text."""

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from knowledge.ingest.readers.ooxml import W, integer, value

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""


@dataclass
class _List:
    levels: dict[int, _Level]
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Numbering:
    """Counts along a document.

    Args:
        root: ``w:numbering``, None where the document has no such part.
    """

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        if root is None:
            return
        shared = {
            abstract.get(W + "abstractNumId", ""): _List(
                {level: stated for level, stated in map(_level, abstract.findall(W + "lvl"))}
            )
            for abstract in root.findall(W + "abstractNum")
        }
        for number in root.findall(W + "num"):
            found = shared.get(value(number.find(W + "abstractNumId")))
            if found is not None:
                overrides = number.findall(W + "lvlOverride")
                if overrides:  # a list of its own, that starts anew
                    found = _List({**found.levels, **_overridden(found, overrides)})
                self._lists[number.get(W + "numId", "")] = found

    def label(self, number: str, level: int) -> str:
        """The next label at a level from 0; empty where there is none, ``-`` for bullets."""
        counted = self._lists.get(number)
        if counted is None or not 0 <= level < _LEVELS:
            return ""
        stated = counted.levels.get(level, _Level())
        if stated.form in ("bullet", "none"):
            return "-" if stated.form == "bullet" else ""
        counts = counted.counts
        before = counts[level]
        counts[level] = stated.start if before is None else before + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        return _PLACE.sub(lambda place: self._shown(counted, int(place[1]) - 1), stated.text)

    @staticmethod
    def _shown(counted: _List, level: int) -> str:
        stated = counted.levels.get(level, _Level())
        count = counted.counts[level]
        return in_form(stated.start if count is None else count, stated.form)


def in_form(count: int, form: str) -> str:
    """A count as ``w:numFmt`` wants it; forms that standards do not use are shown as decimals."""
    if form in ("lowerLetter", "upperLetter") and count > 0:
        repeat, letter = divmod(count - 1, 26)
        text = chr(ord("a") + letter) * min(repeat + 1, _LEVELS)
    elif form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        text = ""
        for size, digits in _ROMAN:
            times, count = divmod(count, size)
            text += digits * times
    else:
        return str(count)
    return text.upper() if form.startswith("upper") else text


def _level(stated: Element) -> tuple[int, _Level]:
    start = integer(value(stated.find(W + "start")))
    return integer(stated.get(W + "ilvl", "0")) or 0, _Level(
        1 if start is None else start,
        value(stated.find(W + "numFmt")) or "decimal",
        value(stated.find(W + "lvlText")),
    )


def _overridden(found: _List, overrides: list[Element]) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for override in overrides:
        at = integer(override.get(W + "ilvl", "0")) or 0
        stated = override.find(W + "lvl")
        level = found.levels.get(at, _Level()) if stated is None else _level(stated)[1]
        start = integer(value(override.find(W + "startOverride")))
        levels[at] = level if start is None else _Level(start, level.form, level.text)
    return levels
