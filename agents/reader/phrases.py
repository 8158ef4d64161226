"""Words to phrases: the Lark grammar, and amounts and cell lists with their values."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedInput

from agents.reader import quantity
from agents.reader.clause import Amount, ReadingError, Scope

MAX_CHARS = 400
"""Longest sentence that is read; a longer one is no single intent."""

UNDERSTOOD = (
    "Ask for throughput (mean or 5th percentile), energy or transmit power, or the share of users "
    "with weak RSRP or low SINR, in cells of this network, with an amount: "
    "'lift the 5th-percentile throughput of cells 1-3 by 20 % without raising total power'."
)

_MAX_CELLS = 2000


@dataclass(frozen=True)
class Phrase:
    """A terminal of the grammar, or ``AMOUNT``/``SCOPE`` with its value."""

    kind: str
    text: str
    value: Amount | Scope | None = None


def clean(sentence: str) -> str:
    """The sentence ready for the grammar.

    Raises:
        ReadingError: ``intent.unreadable`` for what is empty, too long, or not one line of text.
    """
    text = sentence.strip()
    if not text:
        raise ReadingError("intent.unreadable", "The sentence is empty.")
    if len(sentence) > MAX_CHARS:
        raise ReadingError(
            "intent.unreadable", f"The sentence has {len(sentence)} characters, over {MAX_CHARS}."
        )
    if any(unicodedata.category(char)[0] == "C" for char in text):
        raise ReadingError(
            "intent.unreadable", "The sentence holds line breaks or control characters."
        )
    return " ".join(unicodedata.normalize("NFKC", text).split())


def parse(text: str) -> tuple[Phrase, ...]:
    """All phrases of a cleaned sentence; every word must belong to one.

    Raises:
        ReadingError: ``intent.out_of_scope`` for a word that the grammar does not know, or as
            :mod:`agents.reader.quantity`.
    """
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        at = getattr(error, "pos_in_stream", None) or 0
        words = text[at:].split()
        word = words[0][:40] if words else "the end"
        raise ReadingError("intent.out_of_scope", f"{word!r} is not understood.") from error
    return tuple(_phrase(child) for child in tree.children)


def terminal_pattern(name: str) -> re.Pattern[str]:
    """The regular expression behind a terminal, for cross-checks outside the grammar."""
    return _patterns()[name]


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {t.name: re.compile(t.pattern.to_regexp()) for t in _grammar().terminals}


@cache
def _grammar() -> Lark:
    source = files("agents.reader").joinpath("sentence.lark").read_text(encoding="utf-8")
    return Lark(source, parser="lalr", lexer="basic")


def _phrase(node: Tree[Token] | Token) -> Phrase:
    if isinstance(node, Token):
        return Phrase(node.type, str(node))
    tokens = [str(child) for child in node.children]
    text = " ".join(tokens)
    match str(node.data):
        case "word":
            return _phrase(node.children[0])
        case "cells":
            return Phrase("SCOPE", text, Scope(cell_list(tokens[0])))
        case "each_cells":
            return Phrase("SCOPE", text, Scope(cell_list(tokens[1]), each=True))
        case "each_all":
            return Phrase("SCOPE", text, Scope("all", each=True))
        case "all_cells":
            return Phrase("SCOPE", text, Scope("all"))
        case _:
            return Phrase(
                "FRACTION" if node.data == "fraction" else "AMOUNT", text, amount_of(node)
            )


def amount_of(node: Tree[Token]) -> Amount:
    """The value of an ``amount`` node of the grammar."""
    tokens = [str(child) for child in node.children]
    match str(node.data):
        case "measured":
            return quantity.measured(tokens[0], tokens[1])
        case "factor":
            return quantity.factor(tokens[-1])
        case "fraction":
            return Amount("factor", quantity.fraction(tokens[0]))
        case _:
            return Amount("bare", quantity.checked(tokens[0]))


def cell_list(text: str) -> tuple[int, ...]:
    """``cells 1-3, 7 and 9`` as ``(1, 2, 3, 7, 9)``.

    Raises:
        ReadingError: ``intent.bad_cells`` for a range that runs backwards or never ends.
    """
    cells: set[int] = set()
    for part in re.finditer(r"(\d+)(?:\s*(?:-|–|\.\.|to\b|through\b)\s*(\d+))?", text):
        first, last = int(part[1]), int(part[2] or part[1])
        if last < first or last - first > _MAX_CELLS:
            raise ReadingError("intent.bad_cells", f"{part[0]!r} is no range of cells.")
        cells.update(range(first, last + 1))
    return tuple(sorted(cells))
