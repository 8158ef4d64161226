"""Characters that a person does not see, or takes for others: taken out or named, and counted."""

import re
import unicodedata
from collections import Counter

from knowledge.ingest.model import Finding

_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN = str.maketrans(
    {"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u2011": "-", "\u00ad": None, "\r": "\n"}
)
_WORD = re.compile(r"\w+")
_FOREIGN = re.compile(r"[\u0400-\u052f\u0531-\u058f]")
_LATIN = re.compile(r"[A-Za-z]")


class Screen:
    """Cleans text on its way in, and keeps count of what it met."""

    def __init__(self) -> None:
        self._invisible: Counter[str] = Counter()
        self._look_alikes: Counter[str] = Counter()

    def clean(self, text: str) -> str:
        """The text in normal form C, without invisible and control characters.

        Spaces and hyphens that only forbid a line break become plain ones. Words that mix Latin
        with Cyrillic or Armenian letters stay, and are reported.
        """
        if text.isascii():
            return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        for character in _INVISIBLE.findall(text):
            self._invisible[f"U+{ord(character):04X}"] += 1
        text = _INVISIBLE.sub("", text.replace("\r\n", "\n").translate(_PLAIN))
        for word in _WORD.findall(text):
            if _FOREIGN.search(word) and _LATIN.search(word):
                self._look_alikes[word] += 1
        return _CONTROL.sub("", unicodedata.normalize("NFC", text))

    def join(self, other: "Screen") -> None:
        """Count what another screen met."""
        self._invisible.update(other._invisible)
        self._look_alikes.update(other._look_alikes)

    def findings(self) -> list[Finding]:
        """What was met."""
        found = []
        if self._invisible:
            kinds = ", ".join(sorted(self._invisible))
            count = self._invisible.total()
            found.append(Finding(code="hidden.characters", detail=kinds, count=count))
        if self._look_alikes:
            words = ", ".join(word for word, _ in self._look_alikes.most_common(5))
            count = self._look_alikes.total()
            found.append(Finding(code="text.look_alike", detail=words, count=count))
        return found
