"""Tokens of lexical search: plain ones for prose, identifier-aware ones for parameters.

Plain: lower-case words and numbers; dotted and hyphenated names also stay whole. Identifier-aware:
the same, and the words that a name is composed of (``configuredMaxTxPower`` -> configured, max, tx,
power). Plurals lose their s (Harman, "How effective is suffixing?", JASIS 42, 1991).
"""

import re

_WORD = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
        a an and any are as at be been by can do does for from has have how i if in into is it
        its me my no not of on or our please should so than that the their them then there these
        they this to too us was we what when where which while who why will with would you your
        """,
    )
)


def readable(text: str) -> str:
    """A text as UTF-8 can say it: half characters (surrogates) become question marks."""
    return text.encode("utf-8", "replace").decode()


def plain(text: str) -> list[str]:
    """Tokens of prose."""
    found = []
    for word in _WORD.findall(text.lower()):
        if word in _STOP:
            continue
        found.append(_singular(word))
        if not word.isalnum():
            parts = re.split(r"[._-]", word)
            found += [_singular(part) for part in parts if part and part not in _STOP]
    return found


def identifier_aware(text: str) -> list[str]:
    """Tokens of texts about parameters; a compound name gives itself and its words."""
    found = []
    for word in re.findall(r"[A-Za-z0-9]+", text):
        low = word.lower()
        if low in _STOP:
            continue
        found.append(_singular(low))
        parts = [part.lower() for part in _PART.findall(word)]
        if len(parts) > 1:
            found += [_singular(part) for part in parts if part not in _STOP]
    return found


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4 and word[-4] not in "ae":
        return f"{word[:-3]}y"
    if word.endswith("es") and len(word) > 3 and word[-3] not in "aeo":
        return word[:-1]
    if word.endswith("s") and len(word) > 3 and word[-2] not in "us":
        return word[:-1]
    return word
