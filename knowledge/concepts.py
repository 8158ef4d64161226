"""Concepts: words that mean the same, so that a question need not use the words of a card.

The list (``thesaurus.txt``) holds bare names, several a concept. A text that holds any of them gets
the concept's own token, on the side of the cards and on that of the question.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from knowledge.tokens import identifier_aware


def concepts(tokens: Iterable[str]) -> list[str]:
    """Tokens of the concepts that a token list names, each once."""
    held = list(tokens)
    most = max(map(len, _phrases()), default=0)
    found: dict[str, None] = {}
    for start in range(len(held)):
        for length in range(1, most + 1):
            found.update(dict.fromkeys(_phrases().get(tuple(held[start : start + length]), ())))
    return list(found)


@cache
def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    lines = files("knowledge").joinpath("thesaurus.txt").read_text(encoding="utf-8").splitlines()
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for number, line in enumerate(line for line in lines if line and not line.startswith("#")):
        for entry in line.split(";"):
            phrase = tuple(identifier_aware(entry))
            if phrase:
                found[phrase] = (*found.get(phrase, ()), f"={number}")
    return found
