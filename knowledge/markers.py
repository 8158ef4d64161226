"""Markers of text that wants to be obeyed: phrases that no specification addresses to its reader.

A list of phrases finds what is said openly and no more (:mod:`knowledge.screen` says what else
looks at a passage); an attack without such words passes here, and meets tiers and citations.
"""

import base64
import binascii
import re
from importlib.resources import files

import yaml


def _read() -> dict[str, tuple[re.Pattern[str], ...]]:
    document = yaml.safe_load(files("knowledge").joinpath("markers.yaml").read_text("utf-8"))
    found = {}
    for kind, patterns in document["markers"].items():
        for name, words in document["words"].items():
            patterns = [pattern.replace(f"<{name}>", words) for pattern in patterns]
        found[kind] = tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    return found


_MARKERS = _read()
_SPACE = re.compile(r"\s+")
_SPACED = re.compile(r"\b(?:\w[ ._-]){5,}\w\b")
_BLOB = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_READABLE_SHARE = 0.9


def markers(text: str) -> dict[str, str]:
    """What kinds of markers stand in a text, each with its first words; none is no proof.

    Words spelt letter by letter are joined, and Base64 that holds text is opened.

    Args:
        text: folded by :func:`knowledge.screen.folded`: no look-alikes, no unseen characters.
    """
    text = _SPACE.sub(lambda m: "\n" if "\n" in m[0] else " ", text)
    joined = _SPACED.sub(lambda m: re.sub(r"[ ._-]", "", m[0]), text)
    found: dict[str, str] = {}
    for layer in dict.fromkeys((text, joined, "\n".join(_decoded(text)))):
        for kind, patterns in _MARKERS.items():
            match = next((m for p in patterns if (m := p.search(layer))), None)
            if match is not None:
                found.setdefault(kind, " ".join(match[0].split())[:80])
    return found


def _decoded(text: str) -> list[str]:
    found = []
    for blob in _BLOB.findall(text):
        try:
            data = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        readable = sum(32 <= byte < 127 or byte in b"\n\t" for byte in data)
        if data and readable / len(data) >= _READABLE_SHARE:
            found.append(data.decode("ascii", "ignore"))
    return found
