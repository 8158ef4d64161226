"""Numbers as people write them, in English and German."""

import re

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "null": 0,
    "ein": 1, "eine": 1,
    "einen": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7,
    "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "fünfzehn": 15,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60,
    "siebzig": 70, "achtzig": 80, "neunzig": 90, "hundred": 100, "hundert": 100, "thousand": 1000,
    "tausend": 1000,
}  # fmt: skip
WORDS = {**_ONES, **_TENS}

DIGITS = re.compile(r"[-+−]?\d{1,3}(?:[ ,.]\d{3})+(?![\d.,]*\d)|[-+−]?\d+(?:[.,]\d+)?")
"""A number in digits; thousands may be set apart."""

_SPOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")


def leading(text: str) -> tuple[float, str] | None:
    """The number that a text begins with, and what follows it; None where it begins with none.

    ``1,500`` is None: one and a half to some, fifteen hundred to others; so is ``1.500``.
    """
    stripped = text.strip()
    found = DIGITS.match(stripped)
    if found:
        value = _value(found.group())
        return None if value is None else (value, stripped[found.end() :].strip())
    spoken = _SPOKEN.match(stripped)
    value = in_words(spoken.group()) if spoken else None
    return None if spoken is None or value is None else (value, stripped[spoken.end() :].strip())


def in_words(word: str) -> float | None:
    """``twenty-five`` or ``fünfundzwanzig`` as 25."""
    folded = word.lower().strip(".,;:")
    if folded in WORDS:
        return float(WORDS[folded])
    for joint in ("-", "und"):
        left, found, right = folded.partition(joint)
        if not found or left not in WORDS or right not in WORDS:
            continue
        return float(WORDS[left] + WORDS[right])
    return None


def _value(text: str) -> float | None:
    plain = text.replace("−", "-").lstrip("+")
    groups = re.findall(r"[ ,.](\d+)", plain)
    if plain.lstrip("-").startswith("0") or len(groups) == 0 or len(groups[-1]) != 3:
        return float(plain.replace(",", "."))
    if len(groups) == 1 and " " not in plain:
        return None
    return float(re.sub(r"[ ,.]", "", plain))
