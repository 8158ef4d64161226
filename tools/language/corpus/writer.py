"""Writes a sentence and, at the same time, what stands where."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.language.marks import Mark, Role


class Writer:
    """Text with its marks; spaces are never doubled, and none stands before , . ; : ? ! )."""

    def __init__(self) -> None:
        self.text = ""
        self.marks: list[Mark] = []
        self.links: set[tuple[int, int]] = set()
        self._space = False

    def say(self, text: str) -> None:
        """Plain text."""
        for piece in text.split(" "):
            if piece:
                self._put(piece)
            self._space = True
        self._space = text.endswith(" ")

    def mark(self, role: Role, text: str, **classes: Any) -> int:
        """Text that means something; the position of its mark."""
        self._put(text)
        found = Mark(role, len(self.text) - len(text), len(self.text), **classes)
        self.marks.append(found)
        return len(self.marks) - 1

    def link(self, bounds: Sequence[int], others: Sequence[int]) -> None:
        """That these bounds are about these KPIs and places."""
        self.links |= {(b, o) for b in bounds for o in others}

    def capitalise(self) -> None:
        """The first letter large, as sentences begin."""
        self.text = self.text[:1].upper() + self.text[1:]

    def join(self, other: "Writer") -> None:
        """Another's text, marks and links after one's own."""
        before = len(self.marks)
        self._put(other.text)
        shift = len(self.text) - len(other.text)
        self.marks += [replace(m, start=m.start + shift, end=m.end + shift) for m in other.marks]
        self.links |= {(b + before, o + before) for b, o in other.links}

    def _put(self, piece: str) -> None:
        if self._space and self.text and piece[0] not in ",.;:?!)":
            self.text += " "
        self.text += piece
        self._space = False
