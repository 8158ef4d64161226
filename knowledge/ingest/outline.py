"""From headings and pieces in reading order to clauses with numbers and heading paths."""

import re
from dataclasses import dataclass, field

from knowledge.ingest.limits import Limits, too_large
from knowledge.ingest.model import Clause, Piece

NUMBER = (
    r"(?:[A-Z]{1,2}|\d{1,3}[A-Za-z]{0,2})(?:\.\d{1,3}[A-Za-z]{0,3}){0,9}(?:-\d{1,3}[A-Za-z]{0,2})?"
)
"""A clause number: letter suffixes (5.7a, 5.3.5.13aa), annexes (A.2.1), appended parts (5.1-1)."""

_NUMBERED = re.compile(rf"({NUMBER})\.?(\t\s{{0,9}}|[ \u00a0]{{1,9}}|$)(.*)", re.DOTALL)
_ANNEX = re.compile(
    r"Annex\s{1,3}([A-Z]{1,2})\b\s{0,3}(?:\((?:normative|informative)\))?[\s:.]{0,5}(.*)",
    re.DOTALL | re.IGNORECASE,
)
_DASH = re.compile(r"[-\u2013\u2014]\s{1,9}")


def split_heading(text: str) -> tuple[str, str]:
    """Number and title of a heading; the number is empty where the heading has none.

    A bare number needs a tab behind it when it ends in a letter, so that "5G system" is a title.
    """
    text = text.strip()
    annex = _ANNEX.fullmatch(text)
    if annex is not None:
        return annex[1].upper(), _one_line(annex[2])
    match = _NUMBERED.fullmatch(text)
    if match is not None:
        number, separator, title = match.groups()
        tab = separator.startswith("\t") and number[0].isdigit()
        if "." in number or tab or (number.isdecimal() and separator):
            return number, _one_line(title)
    return "", _one_line(_DASH.sub("", text, count=1) if _DASH.match(text) else text)


def depth(number: str) -> int:
    """Level that a number stands at: 5.3.1 at 3, Annex A at 1, A.1 at 2."""
    return number.count(".") + 1


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass
class _Open:
    number: str
    title: str
    path: tuple[str, ...]
    level: int
    pieces: list[Piece] = field(default_factory=list)


class Outline:
    """Collects a document in reading order; what stands before the first heading is its front.

    The level of a numbered heading is that of its number: annexes of 3GPP documents use heading
    style 8 for "Annex A" and style 1 for "A.1".
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._clauses = [_Open("", "", (), 0)]
        self._around: list[_Open] = []
        self._count = 0

    def heading(self, level: int, text: str, number: str = "") -> None:
        """Begin a clause; ``number`` is one that the document's numbering computed."""
        printed, title = split_heading(text)
        number = printed or number
        if number:
            level = depth(number)
        while self._around and self._around[-1].level >= level:
            self._around.pop()
        own = f"{number} {title}".strip()
        above = self._around[-1] if self._around else None
        path = (*above.path, own) if above else (own,)
        inherited = number or (above.number if above else "")
        clause = _Open(inherited, title, path, level)
        self._spend()
        self._around.append(clause)
        self._clauses.append(clause)

    def add(self, piece: Piece) -> None:
        """A piece of the clause that is open."""
        self._spend()
        self._clauses[-1].pieces.append(piece)

    def clauses(self) -> tuple[Clause, ...]:
        """All clauses in reading order; the front only where something stands in it."""
        return tuple(
            Clause(
                number=clause.number,
                title=clause.title,
                path=clause.path,
                level=clause.level,
                pieces=tuple(clause.pieces),
            )
            for clause in self._clauses
            if clause.level or clause.pieces
        )

    def _spend(self) -> None:
        self._count += 1
        if self._count > self._limits.pieces:
            raise too_large(f"more than {self._limits.pieces} pieces of text in one document")
